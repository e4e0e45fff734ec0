"""Actions."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import voluptuous as vol

from .client import connection_config
from .const import ATTR_CONFIG_ENTRY_ID, CONF_SERVICE, DOMAIN, SERVICE_PROBE
from .coordinator import WebSocketTTSConfigEntry
from .speech.probe import PATIENCE, probe

_PROBE_SCHEMA = vol.Schema({vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string})


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN, SERVICE_PROBE, _async_probe, _PROBE_SCHEMA, supports_response=SupportsResponse.ONLY
    )


async def _async_probe(call: ServiceCall) -> ServiceResponse:
    """Probe the server of an entry, and return the report."""
    entry = _loaded_entry(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    coordinator = entry.runtime_data
    if coordinator.is_probing:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="probe_running")
    # The probe is canceled when its entry is unloaded.
    task = entry.async_create_background_task(call.hass, _probe(call.hass, entry), f"{DOMAIN} probe")
    coordinator.is_probing = True
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
        coordinator.is_probing = False
    if task.cancelled():
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="probe_interrupted")
    coordinator.probe_report = task.result()
    return coordinator.probe_report


async def _probe(hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> dict[str, Any]:
    """Return the report on the server of an entry. Announcements take precedence."""
    session = async_get_clientsession(hass, verify_ssl=entry.data[CONF_VERIFY_SSL])
    connection = connection_config(entry.data)
    wait = entry.runtime_data.service.idle
    voice = next((profile.voice for profile in entry.runtime_data.profiles.values()), "")
    report = await probe(entry.data[CONF_SERVICE], session, connection, voice, wait, PATIENCE)
    return report.as_dict()


def _loaded_entry(hass: HomeAssistant, entry_id: str) -> WebSocketTTSConfigEntry:
    """Return the entry with this ID. Raises ServiceValidationError."""
    entry: WebSocketTTSConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.domain != DOMAIN:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="entry_not_found")
    if entry.state is not ConfigEntryState.LOADED:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="entry_not_loaded",
            translation_placeholders={"name": entry.title},
        )
    return entry
