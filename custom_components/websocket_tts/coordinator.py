"""The voices of a service, and whether it is there."""

from datetime import timedelta
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .connect import speech_service
from .const import CONF_STAND_BY, DOMAIN
from .speech import InvalidAuthError, SpeechError, Voice

_LOGGER = logging.getLogger(__name__)

UPDATE_INTERVAL = timedelta(minutes=5)
RETRY_INTERVAL = timedelta(minutes=1)
"""While the service is away: an announcement to an unavailable entity is lost without a word."""

type WebSocketTTSConfigEntry = ConfigEntry[VoicesCoordinator]


class VoicesCoordinator(DataUpdateCoordinator[list[Voice]]):
    """Polls the voices of one service."""

    config_entry: WebSocketTTSConfigEntry

    def __init__(self, hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> None:
        """Make the client of the service."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=entry.title, update_interval=UPDATE_INTERVAL)
        self.service = speech_service(hass, entry.data)
        entry.async_on_unload(self.service.aclose)
        # Home Assistant unloads nothing when it stops.
        entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._async_stop))

    @override
    async def _async_update_data(self) -> list[Voice]:
        self.update_interval = RETRY_INTERVAL
        try:
            voices = await self.service.voices()
        except InvalidAuthError as err:
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth") from err
        except SpeechError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="update_failed",
                translation_placeholders={"error": str(err)},
            ) from err
        self.update_interval = UPDATE_INTERVAL
        if self.config_entry.options.get(CONF_STAND_BY):
            self.service.stand_by()
        return voices

    async def _async_stop(self, _event: Event) -> None:
        await self.service.aclose()
