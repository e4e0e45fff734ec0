"""Another host, another token or none: what is kept, and what is forgotten."""

from aiohttp.test_utils import TestServer
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.websocket_tts.const import (
    CONF_REMOVE_CREDENTIALS,
    CONF_SERVICE,
    CONF_TOKEN_URL,
    CONF_VOICE,
)
from custom_components.websocket_tts.state import async_known_server
from simulator import Simulator

from .flows import CLIENT, TOKEN_URL, answer, host, no_setup, own_fields, suggested, token_url
from .in_home_assistant import VOICE, MakeEntry, stored_profile
from .services import KINDS, SERVICES

__all__ = ["host", "no_setup", "token_url"]


@pytest.mark.parametrize("kind", KINDS)
async def test_reconfiguration(
    hass: HomeAssistant, kind: str, host: str, simulator: Simulator, server: TestServer, make_entry: MakeEntry
) -> None:
    """Another host is tried before it is kept, and gets no credential that was stored."""
    simulator.habits.token = "secret"
    entry = await make_entry(
        kind, data={CONF_HOST: "http://127.0.0.1:9", CONF_TOKEN: "secret"}, quirks={"bearer": True}
    )
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert "secret" not in str([key.description for key in result["data_schema"].schema])
    result = await answer(hass, result["flow_id"], {CONF_HOST: "my host", CONF_VERIFY_SSL: True})
    assert result["errors"] == {CONF_HOST: "invalid_host"}
    result = await answer(hass, result["flow_id"], {CONF_HOST: "http://127.0.0.1:7", CONF_VERIFY_SSL: True})
    assert result["errors"] == {CONF_HOST: "cannot_connect"}
    result = await answer(hass, result["flow_id"], {CONF_HOST: host, CONF_TOKEN: "wrong"})
    assert result["errors"] == {CONF_TOKEN: "invalid_auth"}
    result = await answer(hass, result["flow_id"], {CONF_HOST: host})
    assert result["errors"] == {CONF_TOKEN: "token_required"}
    assert simulator.requests == []
    result = await answer(
        hass, result["flow_id"], {CONF_HOST: host, CONF_TOKEN: "secret", CONF_VERIFY_SSL: False}
    )
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {
        CONF_SERVICE: kind,
        CONF_HOST: f"http://127.0.0.1:{server.port}",
        CONF_TOKEN: "secret",
        CONF_VERIFY_SSL: False,
        **own_fields(kind),
    }
    assert stored_profile(entry).data[CONF_VOICE] == VOICE[kind]


@pytest.mark.parametrize("kind", KINDS)
async def test_reconfiguration_of_the_same_host(
    hass: HomeAssistant, kind: str, host: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Submitted as it is, or in another spelling, nothing changes: the token, which is not shown, stays."""
    simulator.habits.token = "secret"
    entry = await make_entry(kind, data={CONF_TOKEN: "secret", **own_fields(kind)})
    before = dict(entry.data)
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    result = await answer(hass, result["flow_id"], suggested(result))
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == before
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    result = await answer(hass, result["flow_id"], {CONF_HOST: host + SERVICES[kind].pasted_path})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_TOKEN] == "secret"


@pytest.mark.parametrize("kind", KINDS)
async def test_token_is_removed(
    hass: HomeAssistant, kind: str, host: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A token that is not needed any more can be removed; without one there is nothing to remove."""
    entry = await make_entry(kind, data={CONF_TOKEN: "secret"})
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    changes = {CONF_HOST: host, CONF_REMOVE_CREDENTIALS: True}
    simulator.habits.token = "secret"
    result = await answer(hass, result["flow_id"], changes)
    assert result["errors"] == {CONF_TOKEN: "token_required"}
    simulator.habits.token = None
    result = await answer(hass, result["flow_id"], changes)
    assert result["reason"] == "reconfigure_successful"
    assert CONF_TOKEN not in entry.data
    assert CONF_REMOVE_CREDENTIALS not in entry.data
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    assert CONF_REMOVE_CREDENTIALS not in result["data_schema"].schema


async def test_client_credentials_are_kept(
    hass: HomeAssistant, host: str, token_url: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The client ID shows; the secret stays while host and token URL are the same, or is removed."""
    simulator.habits.token = "nobody has this one"
    entry = await make_entry("knovvu", data={**CLIENT, CONF_TOKEN_URL: token_url})
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    shown = suggested(result)
    assert shown[CONF_CLIENT_ID] == "client"
    assert CONF_CLIENT_SECRET not in shown
    for elsewhere in (
        {CONF_HOST: "http://localhost"},
        {CONF_HOST: host.replace("http:", "https:")},
        {CONF_TOKEN_URL: TOKEN_URL},
    ):
        result = await answer(hass, result["flow_id"], {**shown, **elsewhere})
        assert result["errors"] == {CONF_CLIENT_SECRET: "missing_credential"}
    result = await answer(hass, result["flow_id"], {**shown, CONF_CLIENT_ID: "another"})
    assert result["errors"] == {CONF_CLIENT_SECRET: "missing_credential"}
    result = await answer(hass, result["flow_id"], {**shown, CONF_VERIFY_SSL: False})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_CLIENT_SECRET] == "secret"
    simulator.habits.token = None
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    result = await answer(hass, result["flow_id"], {**shown, CONF_REMOVE_CREDENTIALS: True})
    assert result["reason"] == "reconfigure_successful"
    assert not {CONF_CLIENT_ID, CONF_CLIENT_SECRET} & set(entry.data)


async def test_reconfiguration_with_a_voice_that_is_gone(
    hass: HomeAssistant, host: str, make_entry: MakeEntry
) -> None:
    """At the same host, with the same credentials, it is the same server; its voice may be gone meanwhile."""
    entry = await make_entry("knovvu", voice="Gone", quirks={"finalize_late": True})
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    result = await answer(hass, result["flow_id"], {CONF_HOST: host, CONF_VERIFY_SSL: False})
    assert result["reason"] == "reconfigure_successful"
    assert async_known_server(hass, entry.data).quirks == {"finalize_late": True}


async def test_reconfiguration_to_another_entry(
    hass: HomeAssistant, host: str, make_entry: MakeEntry
) -> None:
    """Two entries for one service are refused here, too."""
    await make_entry("vivoka", setup=False)
    entry = await make_entry("vivoka", setup=False, data={CONF_HOST: "http://127.0.0.1:9"})
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    result = await answer(hass, result["flow_id"], {CONF_HOST: host})
    assert result["reason"] == "already_configured"


async def test_reconfiguration_without_encryption(
    hass: HomeAssistant, host: str, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reconfiguration warns as well, once."""
    entry = await make_entry("vivoka")
    monkeypatch.setattr("custom_components.websocket_tts.flow.connection._is_public", lambda _: True)
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    flow_id = result["flow_id"]
    result = await answer(hass, flow_id, {CONF_HOST: host, CONF_TOKEN: "secret"})
    assert result["step_id"] == "unencrypted"
    result = await answer(hass, flow_id, {"next_step_id": "change_address"})
    assert (result["step_id"], suggested(result)[CONF_HOST]) == ("reconfigure", host)
    await answer(hass, flow_id, {CONF_HOST: host, CONF_TOKEN: "secret"})
    result = await answer(hass, flow_id, {"next_step_id": "send_unencrypted"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.data[CONF_TOKEN] == "secret"
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    result = await answer(hass, result["flow_id"], suggested(result))
    assert result["reason"] == "reconfigure_successful"
