"""Titles of config entries, which are also the names of their devices and text-to-speech entities."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from yarl import URL

from .const import CONF_SERVICE, DOMAIN
from .speech import SERVICES


def new_title(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    """Return the product name, with a number if another entry has that title."""
    product = SERVICES[data[CONF_SERVICE]].name
    taken = {entry.title for entry in hass.config_entries.async_entries(DOMAIN)}
    number, title = 1, product
    while title in taken:
        number += 1
        title = f"{product} {number}"
    return title


def changed_title(hass: HomeAssistant, entry: ConfigEntry, data: Mapping[str, Any]) -> str:
    """Return the title after a reconfiguration, with the new host in place of the old one.

    Only earlier versions put the host in the title. A title that the user has chosen stays.
    """
    product = SERVICES[data[CONF_SERVICE]].name
    old, new = URL(entry.data[CONF_HOST]), URL(data[CONF_HOST])
    if entry.title not in (f"{product} ({old.host})", f"{product} ({old.host}:{old.port})"):
        return entry.title
    title = f"{product} ({new.host})"
    others = {other.title for other in hass.config_entries.async_entries(DOMAIN) if other is not entry}
    return f"{product} ({new.host}:{new.port})" if title in others else title
