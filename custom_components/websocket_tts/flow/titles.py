"""Titles of config entries and of voice profiles; those of profiles are the names of their entities."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..speech import Voice


def new_title(hass: HomeAssistant, product: str) -> str:
    """Return the product name, with a number if another entry or a voice profile has that title."""
    # Its first voice profile gets the same title.
    titles = {entry.title for entry in hass.config_entries.async_entries(DOMAIN)}
    return _free_title(product, titles | _profile_titles(hass))


def new_profile_title(hass: HomeAssistant, name: str, voice_id: str, voices: Iterable[Voice]) -> str:
    """Return the name that was entered, or else that of the voice; with a number if it is taken."""
    names = (voice.name for voice in voices if voice.id == voice_id)
    return _free_title(name.strip() or next(names, voice_id), _profile_titles(hass))


def _profile_titles(hass: HomeAssistant) -> set[str]:
    """Return the titles of all voice profiles: lists of entities show nothing else."""
    entries = hass.config_entries.async_entries(DOMAIN)
    return {profile.title for entry in entries for profile in entry.subentries.values()}


def _free_title(wanted: str, taken: set[str]) -> str:
    """Return a title, with a number if it is taken."""
    number, title = 1, wanted
    while title in taken:
        number += 1
        title = f"{wanted} {number}"
    return title
