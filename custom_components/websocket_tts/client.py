"""Create the speech client of a config entry."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from yarl import URL

from .const import CONF_ISSUED, CONF_LEARNED, CONF_SERVICE, CONF_TOKEN_URL
from .speech import (
    SERVICES,
    ConnectionConfig,
    CreateTask,
    IssuedToken,
    Limits,
    SpeechClient,
    create_own_task,
)

LIMITS = Limits()


def speech_client(
    hass: HomeAssistant, data: Mapping[str, Any], create_task: CreateTask = create_own_task
) -> SpeechClient:
    """Return a client for the data of a config entry; create_task starts the tasks that receive audio.

    Nothing is requested from the service yet.
    """
    session = async_get_clientsession(hass, verify_ssl=data[CONF_VERIFY_SSL])
    return SERVICES[data[CONF_SERVICE]](
        session, connection_config(data), data.get(CONF_LEARNED), limits=LIMITS, create_task=create_task
    )


def connection_config(data: Mapping[str, Any]) -> ConnectionConfig:
    """Return how to reach the service of an entry."""
    issued = data.get(CONF_ISSUED)
    return ConnectionConfig(
        URL(data[CONF_HOST]),
        token=data.get(CONF_TOKEN),
        client_id=data.get(CONF_CLIENT_ID),
        client_secret=data.get(CONF_CLIENT_SECRET),
        token_url=data.get(CONF_TOKEN_URL),
        issued=IssuedToken(**issued) if issued else None,
    )


def persistent_data(service: SpeechClient) -> dict[str, Any]:
    """Return what the next client of this service needs, as config entry data."""
    kept: dict[str, Any] = {CONF_LEARNED: dict(service.quirks)}
    if service.issued:
        kept[CONF_ISSUED] = asdict(service.issued)
    return kept
