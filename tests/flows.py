"""Going through the flows as a user does."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestServer
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    SubentryFlowContext,
)
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowManager, FlowResultType, section
import pytest

from custom_components.websocket_tts.const import CONF_VOICE, DOMAIN, SECTION_ADVANCED, SUBENTRY_VOICE

from .in_home_assistant import stored_profile
from .services import KINDS, SERVICES

__all__ = ["host", "no_setup", "token_url"]

VOICE_INPUT: dict[str, dict[str, Any]] = {
    kind: {CONF_VOICE: service.voice, SECTION_ADVANCED: dict(service.settings)}
    for kind, service in SERVICES.items()
}
TOKEN_URL = "https://identity.ldm.knovvu.com/connect/token"

CLIENT = {CONF_CLIENT_ID: "client", CONF_CLIENT_SECRET: "secret"}


@pytest.fixture
def token_url(server: TestServer) -> str:
    """Return the address of a token server that is not the vendor's."""
    return str(server.make_url("/connect/token"))


@pytest.fixture
def host(server: TestServer) -> str:
    """Return the address of both services."""
    return f"http://127.0.0.1:{server.port}/"


@pytest.fixture(autouse=True)
def no_setup() -> Iterator[None]:
    """Leave the setting up of entries to other tests."""
    with (
        patch("custom_components.websocket_tts.async_setup_entry", return_value=True),
        patch("custom_components.websocket_tts.async_unload_entry", return_value=True),
    ):
        yield


async def start(hass: HomeAssistant, kind: str) -> str:
    """Choose a kind of service in the menu; return the id of the flow."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "user"
    assert result["menu_options"] == list(KINDS)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": kind})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == kind
    return result["flow_id"]


async def answer(hass: HomeAssistant, flow_id: str, user_input: dict[str, Any]) -> Any:
    """Submit a form, and take the voice that can be listened to, where Home Assistant offers that."""
    flows = hass.config_entries.flow
    return await take_voice(flows, await flows.async_configure(flow_id, user_input))


async def add_voice_form(hass: HomeAssistant, entry: ConfigEntry) -> Any:
    """Open the form of a new voice profile."""
    handler = entry.entry_id, SUBENTRY_VOICE
    return await hass.config_entries.subentries.async_init(handler, context={"source": SOURCE_USER})


async def change_voice(hass: HomeAssistant, entry: ConfigEntry, profile_id: str | None = None) -> Any:
    """Open the form of a voice profile, by default the only one."""
    subentry_id = profile_id or stored_profile(entry).subentry_id
    context = SubentryFlowContext(source=SOURCE_RECONFIGURE, subentry_id=subentry_id)
    handler = entry.entry_id, SUBENTRY_VOICE
    return await hass.config_entries.subentries.async_init(handler, context=context)


async def answer_voice(hass: HomeAssistant, flow_id: str, user_input: dict[str, Any]) -> Any:
    """Submit a form of a voice profile, and take the voice that can be listened to."""
    flows = hass.config_entries.subentries
    return await take_voice(flows, await flows.async_configure(flow_id, user_input))


async def take_voice(flows: FlowManager[Any, Any, Any], result: Any) -> Any:
    """Take a voice that can be listened to."""
    if result["type"] is FlowResultType.MENU and result["step_id"] == "listen":
        return await flows.async_configure(result["flow_id"], {"next_step_id": "use_voice"})
    return result


def check_changed(result: Any) -> None:
    """Assert that a voice profile was changed."""
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"


async def finish(hass: HomeAssistant, kind: str, flow_id: str, host: str, **more: Any) -> Any:
    """Fill in the right things from the connection on, and return the entry."""
    result = await answer(hass, flow_id, {CONF_HOST: host, **more})
    assert result["step_id"] == "voice", result
    result = await answer(hass, flow_id, VOICE_INPUT[kind])
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    return result["result"]


def own_fields(kind: str) -> dict[str, Any]:
    """Return what a service's form adds by itself."""
    return dict(SERVICES[kind].form_defaults)


def suggested(result: Any) -> dict[str, Any]:
    """Return what a form shows in its fields before anything is entered; sections left out."""
    shown: dict[str, Any] = {}
    for key, value in result["data_schema"].schema.items():
        if isinstance(value, section):
            continue
        if callable(key.default):
            shown[str(key)] = key.default()
        if key.description and "suggested_value" in key.description:
            shown[str(key)] = key.description["suggested_value"]
    return shown
