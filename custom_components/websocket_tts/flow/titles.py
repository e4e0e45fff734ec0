"""What people call services and voices: titles, and labels in lists."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from homeassistant.components.tts import DOMAIN as TTS_DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.translation import async_get_translations

from ..announcement.profile import VoiceProfile
from ..announcement.voices import bare_language
from ..const import CONF_SERVICE, CONF_VOICE, DOMAIN
from ..speech import SERVICES
from ..speech.client import SpeechClient
from ..speech.models import Voice


def new_title(hass: HomeAssistant, wanted: str, others: Iterable[str] = ()) -> str:
    """Return a title that neither the others nor a voice profile have: with a number, if it is taken.

    Those of profiles are the names of their entities, and lists of entities show nothing else.
    """
    entries = hass.config_entries.async_entries(DOMAIN)
    taken = {profile.title for entry in entries for profile in entry.subentries.values()}.union(others)
    number, title = 1, wanted
    while title in taken:
        number += 1
        title = f"{wanted} {number}"
    return title


def voice_title(
    hass: HomeAssistant,
    service: type[SpeechClient],
    settings: Mapping[str, Any],
    before: ConfigSubentry | None = None,
) -> str:
    """Return the title of a voice profile: the name that the user has entered, or brand and voice.

    One that exists keeps its title unless its name or its voice has changed.
    """
    wanted = _wanted_title(service, settings)
    if before and wanted == _wanted_title(service, before.data):
        return before.title
    return new_title(hass, wanted)


def _wanted_title(service: type[SpeechClient], settings: Mapping[str, Any]) -> str:
    name: str | None = settings.get(CONF_NAME)
    voice = service.voice(Voice(settings[CONF_VOICE])).name
    return name or f"{service.name.partition(' ')[0]} {voice}"


def own_entity(hass: HomeAssistant, profile: ConfigSubentry) -> str | None:
    """Return the entity ID of a voice profile."""
    return er.async_get(hass).async_get_entity_id(TTS_DOMAIN, DOMAIN, profile.subentry_id)


async def async_voice_labels(hass: HomeAssistant, voices: Iterable[Voice]) -> dict[str, str]:
    """Return what lists show of voices, by ID, in the language of Home Assistant."""
    texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])

    def named(kind: str, key: str) -> str | None:
        return texts.get(f"component.{DOMAIN}.selector.{kind}.options.{key.lower()}")

    labels, seen = dict[str, str](), set[str]()
    for voice in voices:
        tag = voice.language or ""
        # A region is named only where there are several.
        language = named("voice_language", tag) or named("voice_language", bare_language(tag)) or tag
        told = (voice.name, language, named("gender", voice.gender))
        label = replace(voice, name=", ".join(filter(None, told))).full_name
        labels[voice.id] = f"{label}, {voice.id}" if label in seen else label
        seen.add(label)
    return labels


@callback
def async_follow_device_names(hass: HomeAssistant) -> None:
    """Make the new name of a device that of its voice profile: there is one name, which all lists show."""

    @callback
    def follow(event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        devices = dr.async_get(hass)
        device = devices.async_get(event.data["device_id"])
        if not device or device.name_by_user is None:
            return
        ids = {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
        for entry in hass.config_entries.async_entries(DOMAIN):
            for profile in [entry.subentries[profile_id] for profile_id in ids & entry.subentries.keys()]:
                devices.async_update_device(device.id, name_by_user=None)
                _rename(hass, entry, profile, device.name_by_user)

    hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, follow)


@callback
def async_keep_new_titles(
    hass: HomeAssistant, entry: ConfigEntry, profiles: Mapping[str, VoiceProfile]
) -> bool:
    """Keep titles that the user has changed, as names; return whether there were any.

    profiles are those that the entry was set up with. A flow changes a title only together with settings.
    """
    renamed = [
        profile
        for profile in entry.subentries.values()
        if (before := profiles.get(profile.subentry_id))
        and (profile.title != before.title and profile.data == before.settings)
    ]
    for profile in renamed:
        _rename(hass, entry, profile, profile.title)
    return bool(renamed)


def _rename(hass: HomeAssistant, entry: ConfigEntry, profile: ConfigSubentry, name: str) -> None:
    """Keep a name; without one, the title is ours again."""
    data = {key: value for key, value in profile.data.items() if key != CONF_NAME}
    data |= {CONF_NAME: name.strip()} if name.strip() else {}
    title = data.get(CONF_NAME) or voice_title(hass, SERVICES[entry.data[CONF_SERVICE]], data)
    hass.config_entries.async_update_subentry(entry, profile, title=title, data=data)
