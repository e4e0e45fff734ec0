"""Migration of config entries of version 1, which had one voice: it becomes their first voice profile."""

from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import (
    CONF_FALLBACK_COUNT,
    CONF_FALLBACK_SINCE,
    CONF_STAND_BY,
    CONF_VOICE,
    DOMAIN,
    SUBENTRY_VOICE,
)

VERSION = 2

_OF_PROFILE = (CONF_FALLBACK_SINCE, CONF_FALLBACK_COUNT)
"""Entry data that belongs to the voice profile."""


async def async_migrate_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Make the options of an entry its first voice profile; entries of newer versions are refused.

    The profile gets the ID of the entry, because unique IDs of entities, the device and the stored number
    of characters contain that.
    """
    if entry.version > VERSION:
        return False
    if entry.version == 1:
        settings = {CONF_VOICE: "", **entry.options}
        settings |= {key: entry.data[key] for key in _OF_PROFILE if key in entry.data}
        data = {key: value for key, value in entry.data.items() if key not in _OF_PROFILE}
        if CONF_STAND_BY in settings:
            data[CONF_STAND_BY] = settings.pop(CONF_STAND_BY)
        profile = ConfigSubentry(
            data=MappingProxyType(settings),
            subentry_id=entry.entry_id,
            subentry_type=SUBENTRY_VOICE,
            title=entry.title,
            unique_id=None,
        )
        hass.config_entries.async_add_subentry(entry, profile)
        hass.config_entries.async_update_entry(entry, data=data, options={}, version=VERSION)
    return True


@callback
def async_move_to_profile(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Move entities and device of a migrated entry to its first voice profile.

    The registries are written to disk later than the entry: after a crash, they may still be as they were.
    Entities go first: those that belong to another subentry than their device are removed.
    """
    profile_id = entry.entry_id
    if profile_id not in entry.subentries:
        return
    entities = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(entities, entry.entry_id):
        if entity.config_subentry_id is None:
            entities.async_update_entity(entity.entity_id, config_subentry_id=profile_id)
    devices = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        if (DOMAIN, profile_id) in device.identifiers:
            for move in _moves(device, entry.entry_id):
                devices.async_update_device(device.id, **move)


def _moves(device: dr.DeviceEntry, entry_id: str) -> list[dict[str, Any]]:
    """Return the changes that move a device of an entry to the subentry with the same ID."""
    # In older releases, a device can belong to several subentries, and one that belongs to none is removed.
    old: list[dict[str, Any]] = [
        {"add_config_entry_id": entry_id, "add_config_subentry_id": entry_id},
        {"remove_config_entry_id": entry_id, "remove_config_subentry_id": None},
    ]
    new: list[dict[str, Any]] = [{"new_config_subentry_id": entry_id}]
    return new if hasattr(device, "config_subentry_id") else old
