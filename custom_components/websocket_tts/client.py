"""Create the speech client of a config entry."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from yarl import URL

from .const import CONF_SERVICE, CONF_TOKEN_URL
from .speech import SERVICES
from .speech.client import SpeechClient
from .speech.limits import Limits
from .speech.models import ConnectionConfig
from .state import async_channels, async_known_server

LIMITS = Limits()


def speech_client(hass: HomeAssistant, data: Mapping[str, Any]) -> SpeechClient:
    """Return a client for the data of a config entry, which knows what was found out about the server.

    Nothing is requested from the service yet. What it speaks, it speaks to the end: the tasks are those of
    Home Assistant, not of an entry.
    """
    server = async_known_server(hass, data)
    return SERVICES[data[CONF_SERVICE]](
        async_get_clientsession(hass, verify_ssl=data[CONF_VERIFY_SSL]),
        ConnectionConfig(
            URL(data[CONF_HOST]),
            token=data.get(CONF_TOKEN),
            client_id=data.get(CONF_CLIENT_ID),
            client_secret=data.get(CONF_CLIENT_SECRET),
            token_url=data.get(CONF_TOKEN_URL),
            issued=server.issued,
        ),
        server.quirks,
        limits=LIMITS,
        create_task=hass.async_create_background_task,
        channels=async_channels(hass, data, LIMITS.busy),
    )
