"""Titles of config entries and of voice profiles; those of profiles are the names of their entities."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant

from .const import CONF_SERVICE, DOMAIN
from .speech import SERVICES, Voice


def new_title(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    """Return the product name, with a number if another entry or a voice profile has that title."""
    # Its first voice profile gets the same title.
    titles = {entry.title for entry in hass.config_entries.async_entries(DOMAIN)} | _profile_titles(hass)
    return _free_title(SERVICES[data[CONF_SERVICE]].name, titles)


def new_profile_title(hass: HomeAssistant, name: str, voice_id: str, voices: Iterable[Voice]) -> str:
    """Return the name that was entered, or else that of the voice; with a number if it is taken."""
    names = (voice.name for voice in voices if voice.id == voice_id)
    return _free_title(name.strip() or next(names, voice_id), _profile_titles(hass))


def _profile_titles(hass: HomeAssistant) -> set[str]:
    """Return the titles of all voice profiles: lists of entities show nothing else."""
    entries = hass.config_entries.async_entries(DOMAIN)
    return {profile.title for entry in entries for profile in entry.subentries.values()}


def _free_title(wanted: str, taken: Container[str]) -> str:
    """Return a title, with a number if it is taken."""
    number, title = 1, wanted
    while title in taken:
        number += 1
        title = f"{wanted} {number}"
    return title
