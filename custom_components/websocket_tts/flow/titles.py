"""Titles of config entries and of voice profiles."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant

from ..const import DOMAIN


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
