"""Stream speech from services that use WebSockets."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .characters import CharacterCount
from .const import DOMAIN
from .coordinator import VoicesCoordinator, WebSocketTTSConfigEntry
from .fallback_use import follow_fallback
from .issues import Issue, async_withdraw_issue
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.SENSOR, Platform.TTS]


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Set up the actions."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> bool:
    """Set up a speech service from a config entry."""
    coordinator = VoicesCoordinator(hass, entry)
    try:
        await coordinator.async_config_entry_first_refresh()
    except ConfigEntryNotReady:
        if not coordinator.fallback:
            raise
    except ConfigEntryAuthFailed:
        if not coordinator.fallback:
            raise
        entry.async_start_reauth(hass)
    entry.runtime_data = coordinator
    entry.async_on_unload(follow_fallback(hass, entry))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> bool:
    """Unload a config entry."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> None:
    """Remove the issues and the stored data of a config entry."""
    for issue in Issue:
        async_withdraw_issue(hass, entry, issue)
    await CharacterCount(hass, entry.entry_id).async_remove()
