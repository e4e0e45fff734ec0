"""Credentials: new ones, others, none, and where they go.

How users differ: they change the host and leave the token alone; they want a token gone; they have a token
server of their own, mistype its address, or clear that field; they think better of it when they are warned;
they submit a form as it is; they come from a service that asked for nothing.
"""

from typing import Any

from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from yarl import URL

from custom_components.websocket_tts.const import CONF_TOKEN_URL, CONF_VOICE
from custom_components.websocket_tts.flow.connection import cleartext_host
from custom_components.websocket_tts.state import async_known_server
from simulator import Simulator

from .certificate import tls_server
from .flows import (
    CLIENT,
    VOICE_INPUT,
    answer,
    finish,
    host,
    no_setup,
    own_fields,
    start,
    suggested,
    token_url,
)
from .in_home_assistant import VOICE, MakeEntry, stored_profile
from .services import KINDS, SERVICES

__all__ = ["host", "no_setup", "token_url"]


@pytest.mark.parametrize("kind", KINDS)
async def test_reauthentication(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """New credentials are tried before they are kept."""
    simulator.habits.token = "new"
    entry = await make_entry(kind, data={CONF_TOKEN: "old"})
    await hass.async_block_till_done()
    result = await entry.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"
    for token, errors in (("wrong", {CONF_TOKEN: "invalid_auth"}), ("", {CONF_TOKEN: "token_required"})):
        result = await answer(hass, result["flow_id"], {CONF_TOKEN: token})
        assert result["errors"] == errors
    result = await answer(hass, result["flow_id"], {CONF_TOKEN: "new"})
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_TOKEN] == "new"
    assert stored_profile(entry).data[CONF_VOICE] == VOICE[kind]


async def test_reauthentication_with_client_credentials(
    hass: HomeAssistant, token_url: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A token is replaced by client id and secret."""
    simulator.habits.token = "nobody has this one"
    entry = await make_entry("knovvu", data={CONF_TOKEN: "old"})
    await hass.async_block_till_done()
    result = await entry.start_reauth_flow(hass)
    credentials = {CONF_CLIENT_ID: "client", CONF_TOKEN_URL: token_url}
    result = await answer(hass, result["flow_id"], credentials)
    assert result["errors"] == {CONF_CLIENT_SECRET: "missing_credential"}
    result = await answer(hass, result["flow_id"], {**credentials, CONF_CLIENT_SECRET: "secret"})
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_CLIENT_ID] == "client"
    assert CONF_TOKEN not in entry.data


async def test_reauthentication_keeps_the_token_url(
    hass: HomeAssistant, token_url: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The user's own token server and client ID show, the secret does not; the new secret goes there."""
    simulator.habits.token = "nobody has this one"
    stored = {CONF_CLIENT_ID: "client", CONF_CLIENT_SECRET: "expired", CONF_TOKEN_URL: token_url}
    entry = await make_entry("knovvu", data=stored)
    await hass.async_block_till_done()
    result = await entry.start_reauth_flow(hass)
    assert suggested(result) == {CONF_CLIENT_ID: "client", CONF_TOKEN_URL: token_url}
    # The frontend leaves out a field that was cleared.
    result = await answer(hass, result["flow_id"], CLIENT)
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_TOKEN_URL] == token_url
    issued = async_known_server(hass, entry.data).issued
    assert issued
    assert issued.token in simulator.issued


@pytest.mark.parametrize("kind", KINDS)
async def test_reauthentication_without_encryption(
    hass: HomeAssistant, kind: str, host: str, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first token for a service that asked for none is not sent unencrypted without a warning."""
    entry = await make_entry(kind)
    monkeypatch.setattr("custom_components.websocket_tts.flow.connection._is_public", lambda _: True)
    await hass.async_block_till_done()
    result = await entry.start_reauth_flow(hass)
    result = await answer(hass, result["flow_id"], {CONF_TOKEN: "secret"})
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "unencrypted")
    result = await answer(hass, result["flow_id"], {"next_step_id": "change_address"})
    assert result["step_id"] == "reconfigure"
    assert suggested(result)[CONF_HOST] == host.rstrip("/")
    assert CONF_TOKEN not in suggested(result)
    result = await answer(hass, result["flow_id"], {CONF_HOST: host, CONF_TOKEN: "secret"})
    result = await answer(hass, result["flow_id"], {"next_step_id": "send_unencrypted"})
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_TOKEN] == "secret"
    # It has been agreed to: for the next token as well.
    await hass.async_block_till_done()
    result = await entry.start_reauth_flow(hass)
    result = await answer(hass, result["flow_id"], {CONF_TOKEN: "newer"})
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_TOKEN] == "newer"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ("not an address", "invalid_token_url"),
        ("https://xn--zz/token", "invalid_token_url"),
        ("https://192.168.1.256/token", "invalid_token_url"),
        ("ftp://127.0.0.1/token", "invalid_token_url"),
        ("https://id:secret@127.0.0.1/token", "invalid_host"),
        ("{}", "not_a_token_server"),
        ("http://127.0.0.1:9/", "cannot_connect"),
        ("{}v1/nothing", "invalid_token_url"),
    ],
)
async def test_wrong_token_url(
    hass: HomeAssistant, wrong: str, error: str, host: str, token_url: str, simulator: Simulator
) -> None:
    """A wrong token URL is told at its field, whatever is found there; a wrong secret is not its fault."""
    simulator.habits.token = "nobody has this one"
    if error == "not_a_token_server":
        wrong, error = "{}connect/token", "invalid_token_url"
        simulator.habits.statuses["token"] = 200
        simulator.habits.bodies["token"] = {"token_type": "Bearer"}
    flow_id = await start(hass, "knovvu")
    entered = {CONF_HOST: host, **CLIENT, CONF_TOKEN_URL: wrong.format(host)}
    result = await answer(hass, flow_id, entered)
    assert result["errors"] == {CONF_TOKEN_URL: error}
    simulator.habits.statuses.clear()
    entered[CONF_TOKEN_URL] = token_url
    result = await answer(hass, flow_id, {**entered, CONF_CLIENT_SECRET: "wrong"})
    assert result["errors"] == {CONF_CLIENT_SECRET: "invalid_auth"}
    entry = await finish(hass, "knovvu", flow_id, **entered)
    assert entry.data[CONF_TOKEN_URL] == token_url
    assert len(simulator.issued) == 1


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("192.168.1.20", False),
        ("127.0.0.1", False),
        ("fd00::1", False),
        ("vdk", False),
        ("vdk.local", False),
        ("tts.fritz.box", False),
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("tts.example.com", True),
    ],
)
def test_public_hosts(host: str, *, public: bool) -> None:
    """Credentials for a host of the own network may go unencrypted; nothing is exposed without any."""
    url = str(URL.build(scheme="http", host=host, port=80))
    assert (cleartext_host({CONF_HOST: url, CONF_TOKEN: "secret"}) is not None) is public
    assert cleartext_host({CONF_HOST: url.replace("http:", "https:"), CONF_TOKEN: "secret"}) is None
    assert cleartext_host({CONF_HOST: url}) is None
    tokens_at = {CONF_HOST: "https://x.y", CONF_CLIENT_ID: "id", CONF_TOKEN_URL: url}
    assert (cleartext_host(tokens_at) is not None) is public


@pytest.mark.parametrize("kind", KINDS)
async def test_unencrypted_credentials(
    hass: HomeAssistant, kind: str, host: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before credentials go unencrypted, the user is warned, and may enter another address."""
    monkeypatch.setattr("custom_components.websocket_tts.flow.connection._is_public", lambda _: True)
    simulator.habits.token = "secret"
    flow_id = await start(hass, kind)
    entered: dict[str, Any] = {CONF_HOST: host, CONF_TOKEN: "secret", CONF_VERIFY_SSL: False}
    # As often as the user likes.
    for _ in range(2):
        result = await answer(hass, flow_id, entered)
        assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "unencrypted")
        assert result["menu_options"] == ["change_address", "send_unencrypted"]
        assert result["description_placeholders"]["host"] == "127.0.0.1"
        result = await answer(hass, flow_id, {"next_step_id": "change_address"})
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, kind)
        assert suggested(result) == {CONF_HOST: host, CONF_VERIFY_SSL: False, **own_fields(kind)}
        assert simulator.calls == []
    await answer(hass, flow_id, entered)
    result = await answer(hass, flow_id, {"next_step_id": "send_unencrypted"})
    assert result["step_id"] == "voice"
    result = await answer(hass, flow_id, VOICE_INPUT[kind])
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("kind", KINDS)
async def test_untrusted_certificate(hass: HomeAssistant, kind: str, simulator: Simulator) -> None:
    """A certificate that is not trusted is named, and can be done without."""
    with tls_server(simulator) as port:
        flow_id = await start(hass, kind)
        address = f"https://127.0.0.1:{port}"
        result = await answer(hass, flow_id, {CONF_HOST: address, CONF_VERIFY_SSL: True})
        assert result["errors"] == {CONF_HOST: "certificate"}
        entry = await finish(hass, kind, flow_id, address, **{CONF_VERIFY_SSL: False})
        assert entry.data[CONF_VERIFY_SSL] is False


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verify", [True, False])
async def test_no_https_there(
    hass: HomeAssistant, kind: str, host: str, simulator: Simulator, *, verify: bool
) -> None:
    """A service that speaks http is not told to have a bad certificate, but how to be asked."""
    flow_id = await start(hass, kind)
    is_http = SERVICES[kind].client.default_scheme == "http"
    entered = host.replace("http:", "https:") if is_http else host.removeprefix("http://")
    result = await answer(hass, flow_id, {CONF_HOST: entered, CONF_VERIFY_SSL: verify})
    assert result["errors"] == {CONF_HOST: "not_https"}
    assert result["description_placeholders"]["place"] in host
    assert (result["description_placeholders"]["http"], result["description_placeholders"]["ws"]) == (
        "http://",
        "ws://",
    )
    assert simulator.calls == []
    await finish(hass, kind, flow_id, entered.replace("https:", "ws:") if is_http else f"ws://{entered}")
