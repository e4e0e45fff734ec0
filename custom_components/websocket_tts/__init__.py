"""Stream speech from services that use WebSockets."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady

from .characters import CharacterCount
from .coordinator import VoicesCoordinator, WebSocketTTSConfigEntry
from .fallback_use import follow_fallback
from .issues import async_withdraw_issues
from .migration import async_migrate_entry, async_move_to_profile

__all__ = ["async_migrate_entry"]

PLATFORMS = [Platform.SENSOR, Platform.TTS]


async def async_setup_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> bool:
    """Set up a speech service from a config entry."""
    async_move_to_profile(hass, entry)
    coordinator = VoicesCoordinator(hass, entry)
    try:
        await coordinator.async_config_entry_first_refresh()
    except ConfigEntryNotReady:
        if not coordinator.has_fallback:
            raise
    except ConfigEntryAuthFailed:
        if not coordinator.has_fallback:
            raise
        entry.async_start_reauth(hass)
    entry.runtime_data = coordinator
    entry.async_on_unload(follow_fallback(hass, entry))
    entry.async_on_unload(entry.add_update_listener(async_update_profiles))
    # Profiles may have been added or removed while the service listed its voices.
    await async_update_profiles(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_update_profiles(_hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> None:
    """Take over changes of the voice profiles. A reload would interrupt those that are speaking."""
    for profile in entry.runtime_data.async_update_profiles():
        await profile.async_remove()


async def async_unload_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> bool:
    """Unload a config entry."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> None:
    """Remove the issues and the stored data of a config entry and its voice profiles."""
    async_withdraw_issues(hass, entry)
    for profile in entry.subentries.values():
        async_withdraw_issues(hass, entry, profile)
        await CharacterCount(hass, profile.subentry_id).async_remove()
