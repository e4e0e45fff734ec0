"""Schemas of the forms of a voice."""

from collections.abc import Sequence

from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    LanguageSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorMode,
)
from homeassistant.util import language as language_util
import voluptuous as vol

from ..const import CONF_VOICE, SECTION_ADVANCED
from ..speech import KNOWN_TAGS, SpeechClient, Voice
from .settings import settings_schema


def voice_selector(service: SpeechClient, voices: Sequence[Voice]) -> SelectSelector:
    """Return a selector of voices; one that is not listed can be entered where the list is not complete."""
    labels = [
        SelectOptionDict(value=voice.id, label=", ".join(filter(None, (voice.name, voice.language))))
        for voice in voices
    ]
    # A plain list shows names; a list that allows custom values shows the value itself.
    is_complete = service.lists_all_voices and bool(voices)
    return SelectSelector(
        {"options": labels, "custom_value": not is_complete, "mode": SelectSelectorMode.DROPDOWN}
    )


def suggested_voice(hass: HomeAssistant, voices: Sequence[Voice]) -> dict[str, str]:
    """Return a voice in the language closest to Home Assistant's, or else in English, as input of a form."""
    # The first voice of each language.
    by_language = {voice.language: voice.id for voice in reversed(voices) if voice.language}
    for language, country in ((hass.config.language, hass.config.country), ("en", None)):
        if closest := language_util.matches(language, by_language, country):
            return {CONF_VOICE: by_language[closest[0]]}
    return {}


def voice_schema(service: SpeechClient, voices: Sequence[Voice], own_entity: str | None = None) -> vol.Schema:
    """Return the schema of the voice form; own_entity cannot be selected as the fallback."""
    advanced = section(settings_schema(service, own_entity), {"collapsed": True})
    selector = voice_selector(service, voices)
    return vol.Schema({vol.Required(CONF_VOICE): selector, vol.Required(SECTION_ADVANCED): advanced})


def language_schema(hass: HomeAssistant, language: str | None) -> vol.Schema:
    """Return the schema of the language form; it suggests the previous language, or Home Assistant's."""
    closest = language_util.matches(hass.config.language, KNOWN_TAGS, hass.config.country)
    shown = language or next(iter(closest), vol.UNDEFINED)
    selector = LanguageSelector({"languages": list(KNOWN_TAGS)})
    return vol.Schema({vol.Required(CONF_LANGUAGE, default=shown): selector})
