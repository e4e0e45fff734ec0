"""Stream speech from services that use WebSockets."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.typing import ConfigType

from .announcement.outcome import async_watch
from .const import CONF_FALLBACK, DOMAIN
from .coordinator import VoicesCoordinator, WebSocketTTSConfigEntry
from .flow.titles import async_follow_device_names, async_keep_new_titles, async_voice_labels
from .issues import async_withdraw_issues
from .state import async_entry_state, async_remove_entry_state

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.SENSOR, Platform.TTS]


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Set up what all entries share."""

    @callback
    def follow_fallback(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Take over the new ID of an entity that is the fallback of voice profiles."""
        if not (old_id := event.data.get("old_entity_id")):
            return
        for entry in hass.config_entries.async_entries(DOMAIN):
            for profile in list(entry.subentries.values()):
                if profile.data.get(CONF_FALLBACK) == old_id:
                    data = {**profile.data, CONF_FALLBACK: event.data["entity_id"]}
                    hass.config_entries.async_update_subentry(entry, profile, data=data)

    hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, follow_fallback)
    async_follow_device_names(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> bool:
    """Set up a speech service from a config entry. The network is waited for only the first time."""
    state = await async_entry_state(hass, entry.entry_id)
    if not entry.update_listeners:
        # For good: a change must bring an entry back that could not be set up.
        entry.add_update_listener(async_reload_entry)
    async_withdraw_issues(hass, state.async_keep_profiles(entry.subentries))
    coordinator = entry.runtime_data = VoicesCoordinator(hass, entry, state)
    if state.server.voices is not None:
        entry.async_create_background_task(hass, coordinator.async_refresh(), f"{DOMAIN} first poll")
    else:
        try:
            await coordinator.async_config_entry_first_refresh()
        except ConfigEntryNotReady:
            if not any(profile.fallback for profile in coordinator.profiles.values()):
                raise
    coordinator.labels = await async_voice_labels(hass, coordinator.data)
    async_watch(coordinator)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_reload_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> None:
    """Take over any change of the configuration."""
    if entry.state is ConfigEntryState.LOADED and async_keep_new_titles(
        hass, entry, entry.runtime_data.profiles
    ):
        # This is called again.
        return
    if entry.state is not ConfigEntryState.NOT_LOADED:
        await hass.config_entries.async_reload(entry.entry_id)


async def async_unload_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> bool:
    """Unload a config entry. What is being said is said to its end."""
    await entry.runtime_data.state.async_flush()
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> None:
    """Remove the issues and the state of a config entry and its voice profiles."""
    async_withdraw_issues(hass, [entry.entry_id, *entry.subentries])
    await async_remove_entry_state(hass, entry.entry_id)
