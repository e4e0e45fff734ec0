"""Setting up, in every way it can go: each error is shown on the form and mended there."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, patch

from aiohttp.test_utils import TestServer
from homeassistant.config_entries import SOURCE_USER
from homeassistant.const import (
    CONF_CLIENT_ID,
    CONF_CLIENT_SECRET,
    CONF_HOST,
    CONF_LANGUAGE,
    CONF_TOKEN,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from yarl import URL

from custom_components.websocket_tts.cleartext import cleartext_host
from custom_components.websocket_tts.const import (
    CONF_LEARNED,
    CONF_SERVICE,
    CONF_TOKEN_URL,
    CONF_VOICE,
    DOMAIN,
    SECTION_ADVANCED,
)
from custom_components.websocket_tts.speech import KnovvuClient, Limits, Voice
from simulator import Cut, Simulator

from .certificate import tls_server
from .in_home_assistant import VOICE, MakeEntry, SetLimits

KINDS = list(VOICE)
VOICE_INPUT: dict[str, dict[str, Any]] = {
    "vivoka": {CONF_VOICE: VOICE["vivoka"], CONF_LANGUAGE: "en", SECTION_ADVANCED: {}},
    "knovvu": {CONF_VOICE: VOICE["knovvu"], CONF_LANGUAGE: "en", SECTION_ADVANCED: {"rate": 1.5}},
}
DEFAULTS = {"audio_format": "auto", "lead_in": 0, "lead_out": 0, "sentence_pause": 0, "clean_text": True}
OPTIONS: dict[str, dict[str, Any]] = {
    "vivoka": {CONF_VOICE: VOICE["vivoka"], CONF_LANGUAGE: "en", **DEFAULTS},
    "knovvu": {
        CONF_VOICE: VOICE["knovvu"],
        CONF_LANGUAGE: "en",
        "rate": 1.5,
        "volume": 1.0,
        "sample_rate": 24000,
        "stand_by": False,
        **DEFAULTS,
    },
}
TOKEN_URL = "https://identity.ldm.knovvu.com/connect/token"


@pytest.fixture
def host(server: TestServer) -> str:
    """Return the address of both services."""
    return f"http://127.0.0.1:{server.port}/"


@pytest.fixture(autouse=True)
def no_setup() -> Iterator[None]:
    """Leave the setting up of entries to other tests."""
    with patch("custom_components.websocket_tts.async_setup_entry", return_value=True):
        yield


async def start(hass: HomeAssistant, kind: str) -> str:
    """Choose a kind of service in the menu; return the id of the flow."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "user"
    assert result["menu_options"] == KINDS
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": kind})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == kind
    return result["flow_id"]


async def answer(hass: HomeAssistant, flow_id: str, user_input: dict[str, Any]) -> Any:
    """Submit a form."""
    return await hass.config_entries.flow.async_configure(flow_id, user_input)


async def finish(hass: HomeAssistant, kind: str, flow_id: str, host: str, **more: Any) -> Any:
    """Fill in the right things from the connection on, and return the entry."""
    result = await answer(hass, flow_id, {CONF_HOST: host, **more})
    assert result["step_id"] == "voice", result
    result = await answer(hass, flow_id, VOICE_INPUT[kind])
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    return result["result"]


def own_fields(kind: str) -> dict[str, Any]:
    """Return what a service's form adds by itself."""
    return {CONF_TOKEN_URL: TOKEN_URL} if kind == "knovvu" else {}


@pytest.mark.parametrize("kind", KINDS)
async def test_set_up(
    hass: HomeAssistant, kind: str, host: str, server: TestServer, simulator: Simulator
) -> None:
    """From the menu to an entry: the connection in its data, how to speak in its options."""
    entry = await finish(hass, kind, await start(hass, kind), host)
    learned = entry.data[CONF_LEARNED]
    assert entry.title == {"vivoka": "Vivoka VDK (127.0.0.1)", "knovvu": "Knovvu TTS (127.0.0.1)"}[kind]
    assert entry.data == {
        CONF_SERVICE: kind,
        CONF_HOST: f"http://127.0.0.1:{server.port}",
        CONF_VERIFY_SSL: True,
        CONF_LEARNED: learned,
        **own_fields(kind),
    }
    assert entry.options == OPTIONS[kind]
    assert learned == {} if kind == "vivoka" else learned["confirmed_rate"] == 24000
    assert simulator.requests[-1].texts == ["Home Assistant"]


@pytest.mark.parametrize("kind", KINDS)
async def test_token(hass: HomeAssistant, kind: str, host: str, simulator: Simulator) -> None:
    """A wrong token is told on the form, and mended there."""
    simulator.habits.token = "right"
    flow_id = await start(hass, kind)
    for token in ("", "wrong"):
        result = await answer(hass, flow_id, {CONF_HOST: host, CONF_TOKEN: token})
        assert result["errors"] == {"base": "invalid_auth"}
    entry = await finish(hass, kind, flow_id, host, **{CONF_TOKEN: "right"})
    assert entry.data[CONF_TOKEN] == "right"


async def test_client_credentials(
    hass: HomeAssistant, host: str, server: TestServer, simulator: Simulator
) -> None:
    """Client id and secret, wrong at first."""
    simulator.habits.token = "nobody has this one"
    flow_id = await start(hass, "knovvu")
    token_url = str(server.make_url("/connect/token"))
    connection = {CONF_HOST: host, CONF_CLIENT_ID: "client", CONF_TOKEN_URL: token_url}
    result = await answer(hass, flow_id, connection)
    assert result["errors"] == {CONF_CLIENT_SECRET: "missing_credential"}
    result = await answer(hass, flow_id, {CONF_HOST: host, CONF_CLIENT_SECRET: "secret"})
    assert result["errors"] == {CONF_CLIENT_ID: "missing_credential"}
    result = await answer(hass, flow_id, {**connection, CONF_CLIENT_SECRET: "secret", CONF_TOKEN: "token"})
    assert result["errors"] == {CONF_TOKEN: "two_credentials"}
    result = await answer(hass, flow_id, {**connection, CONF_CLIENT_SECRET: "wrong"})
    assert result["errors"] == {"base": "invalid_auth"}
    entry = await finish(
        hass,
        "knovvu",
        flow_id,
        host,
        **{CONF_CLIENT_ID: "client", CONF_CLIENT_SECRET: "secret", CONF_TOKEN_URL: token_url},
    )
    assert CONF_TOKEN not in entry.data
    assert entry.data[CONF_CLIENT_SECRET] == "secret"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("typo", ["127.0.0.1:99999", "my host", "user:password@host", ""])
async def test_invalid_host(hass: HomeAssistant, kind: str, typo: str, host: str) -> None:
    """What is no address is told at its field."""
    flow_id = await start(hass, kind)
    result = await answer(hass, flow_id, {CONF_HOST: typo})
    assert result["errors"] == {CONF_HOST: "invalid_host"}
    await finish(hass, kind, flow_id, host)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [500, 503, 200])
async def test_service_does_not_answer(
    hass: HomeAssistant, kind: str, status: int, host: str, simulator: Simulator
) -> None:
    """A service that is ill, or a web page in its place."""
    simulator.habits.statuses["voices"] = status
    flow_id = await start(hass, kind)
    result = await answer(hass, flow_id, {CONF_HOST: host})
    assert result["errors"] == {"base": "cannot_connect"}
    assert "127.0.0.1" in result["description_placeholders"]["error"]
    del simulator.habits.statuses["voices"]
    await finish(hass, kind, flow_id, host)


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_there(hass: HomeAssistant, kind: str, host: str) -> None:
    """The wrong port."""
    flow_id = await start(hass, kind)
    result = await answer(hass, flow_id, {CONF_HOST: "http://127.0.0.1:9"})
    assert result["errors"] == {"base": "cannot_connect"}
    await finish(hass, kind, flow_id, host)


async def test_timeout(hass: HomeAssistant, host: str, simulator: Simulator, set_limits: SetLimits) -> None:
    """A service that takes too long."""
    set_limits(Limits(first_audio=0.2))
    flow_id = await start(hass, "vivoka")
    await answer(hass, flow_id, {CONF_HOST: host})
    simulator.habits.vivoka.answer_latency = 3
    result = await answer(hass, flow_id, VOICE_INPUT["vivoka"])
    assert result["errors"] == {"base": "timeout"}
    simulator.habits.vivoka.answer_latency = 0
    result = await answer(hass, flow_id, VOICE_INPUT["vivoka"])
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_no_voices(hass: HomeAssistant, host: str, simulator: Simulator) -> None:
    """A Vivoka service without voices cannot speak."""
    simulator.habits.vivoka.voices = "none"
    flow_id = await start(hass, "vivoka")
    result = await answer(hass, flow_id, {CONF_HOST: host})
    assert result["errors"] == {"base": "no_voices"}
    simulator.habits.vivoka.voices = "objects"
    await finish(hass, "vivoka", flow_id, host)


@pytest.mark.parametrize("kind", KINDS)
async def test_unexpected(
    hass: HomeAssistant, kind: str, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours is told as such, and logged."""
    flow_id = await start(hass, kind)
    with patch(
        "custom_components.websocket_tts.speech.SpeechClient.voices", side_effect=RuntimeError("ours")
    ):
        result = await answer(hass, flow_id, {CONF_HOST: host})
    assert result["errors"] == {"base": "unknown"}
    assert "Unexpected error" in caplog.text
    caplog.clear()
    await finish(hass, kind, flow_id, host)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("attribute", "value", "errors"),
    [
        ("cut", Cut(0, "error", error="too long"), {"base": "synthesis_failed"}),
        ("no_audio", True, {"base": "no_audio"}),
        ("statuses", {"socket": 403}, {"base": "invalid_auth"}),
        ("statuses", {"socket": 500}, {"base": "cannot_connect"}),
    ],
)
async def test_voice_that_fails(
    hass: HomeAssistant,
    kind: str,
    attribute: str,
    value: object,
    errors: dict[str, str],
    host: str,
    simulator: Simulator,
    set_limits: SetLimits,
) -> None:
    """The voice is really tried: what fails is told, and can be tried again."""
    set_limits(Limits(first_audio=0.2))
    flow_id = await start(hass, kind)
    await answer(hass, flow_id, {CONF_HOST: host})
    before = getattr(simulator.habits, attribute)
    setattr(simulator.habits, attribute, value)
    result = await answer(hass, flow_id, VOICE_INPUT[kind])
    if kind == "knovvu" and attribute == "no_audio":
        # It cannot be told from a server that takes finalize-synthesis for "close now", which is waited for.
        errors = {"base": "timeout"}
    assert result["errors"] == errors
    setattr(simulator.habits, attribute, before)
    result = await answer(hass, flow_id, VOICE_INPUT[kind])
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_own_voice(hass: HomeAssistant, host: str, simulator: Simulator) -> None:
    """A service that does not list its voices takes the name of one; a wrong one is told at its field."""
    simulator.habits.knovvu.voices = "missing"
    flow_id = await start(hass, "knovvu")
    await answer(hass, flow_id, {CONF_HOST: host})
    result = await answer(hass, flow_id, {**VOICE_INPUT["knovvu"], CONF_VOICE: "Emil"})
    assert result["errors"] == {CONF_VOICE: "voice_not_found"}
    result = await answer(hass, flow_id, {**VOICE_INPUT["knovvu"], CONF_VOICE: " Emily_Premium "})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].options[CONF_VOICE] == "Emily_Premium"


@pytest.mark.parametrize(
    ("language", "voice"), [("de", "ged,anna-ml,embedded-pro"), ("fi", "enu,evan,embedded-pro")]
)
async def test_voice_of_the_own_language(hass: HomeAssistant, language: str, voice: str, host: str) -> None:
    """A voice of Home Assistant's language is suggested, if there is one."""
    hass.config.language = language
    flow_id = await start(hass, "vivoka")
    result = await answer(hass, flow_id, {CONF_HOST: host})
    suggested = {str(key): key.description for key in result["data_schema"].schema if key.description}
    assert suggested[CONF_VOICE] == {"suggested_value": voice}


@pytest.mark.parametrize("kind", KINDS)
async def test_duplicate(hass: HomeAssistant, kind: str, host: str, make_entry: MakeEntry) -> None:
    """A service is set up once; the same server may be both services."""
    await make_entry(kind, setup=False)
    result = await answer(hass, await start(hass, kind), {CONF_HOST: host})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    other = next(other for other in KINDS if other != kind)
    await finish(hass, other, await start(hass, other), host)


@pytest.mark.parametrize("kind", KINDS)
async def test_reauthentication(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """New credentials are tried before they are kept."""
    simulator.habits.token = "new"
    entry = await make_entry(kind, data={CONF_TOKEN: "old"})
    result = await entry.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"
    for token, error in (("wrong", "invalid_auth"), ("", "invalid_auth")):
        result = await answer(hass, result["flow_id"], {CONF_TOKEN: token})
        assert result["errors"] == {"base": error}
    result = await answer(hass, result["flow_id"], {CONF_TOKEN: "new"})
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_TOKEN] == "new"
    assert entry.options[CONF_VOICE] == VOICE[kind]


async def test_reauthentication_with_client_credentials(
    hass: HomeAssistant, server: TestServer, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A token is replaced by client id and secret."""
    simulator.habits.token = "nobody has this one"
    entry = await make_entry("knovvu", data={CONF_TOKEN: "old"})
    result = await entry.start_reauth_flow(hass)
    credentials = {CONF_CLIENT_ID: "client", CONF_TOKEN_URL: str(server.make_url("/connect/token"))}
    result = await answer(hass, result["flow_id"], credentials)
    assert result["errors"] == {CONF_CLIENT_SECRET: "missing_credential"}
    result = await answer(hass, result["flow_id"], {**credentials, CONF_CLIENT_SECRET: "secret"})
    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_CLIENT_ID] == "client"
    assert CONF_TOKEN not in entry.data


@pytest.mark.parametrize("kind", KINDS)
async def test_reconfiguration(
    hass: HomeAssistant, kind: str, host: str, simulator: Simulator, server: TestServer, make_entry: MakeEntry
) -> None:
    """Another host is tried before it is kept; an empty credential keeps the old one, which is not shown."""
    simulator.habits.token = "secret"
    entry = await make_entry(
        kind, data={CONF_HOST: "http://127.0.0.1:9", CONF_TOKEN: "secret", CONF_LEARNED: {"bearer": True}}
    )
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert "secret" not in str([key.description for key in result["data_schema"].schema])
    result = await answer(hass, result["flow_id"], {CONF_HOST: "::", CONF_VERIFY_SSL: True})
    assert result["errors"] == {CONF_HOST: "invalid_host"}
    result = await answer(hass, result["flow_id"], {CONF_HOST: "http://127.0.0.1:7", CONF_VERIFY_SSL: True})
    assert result["errors"] == {"base": "cannot_connect"}
    result = await answer(hass, result["flow_id"], {CONF_HOST: host, CONF_TOKEN: "wrong"})
    assert result["errors"] == {"base": "invalid_auth"}
    result = await answer(hass, result["flow_id"], {CONF_HOST: host, CONF_VERIFY_SSL: False})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {
        CONF_SERVICE: kind,
        CONF_HOST: f"http://127.0.0.1:{server.port}",
        CONF_TOKEN: "secret",
        CONF_VERIFY_SSL: False,
        **own_fields(kind),
    }
    assert entry.options[CONF_VOICE] == VOICE[kind]


async def test_reconfiguration_keeps_what_was_learned(
    hass: HomeAssistant, host: str, make_entry: MakeEntry
) -> None:
    """At the same host it is the same server; its voice may be gone meanwhile."""
    entry = await make_entry("knovvu", voice="Gone", data={CONF_LEARNED: {"finalize_late": True}})
    result = await entry.start_reconfigure_flow(hass)
    result = await answer(hass, result["flow_id"], {CONF_HOST: host, CONF_TOKEN: "new"})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_LEARNED] == {"finalize_late": True}
    assert entry.data[CONF_TOKEN] == "new"


async def test_reconfiguration_to_another_entry(
    hass: HomeAssistant, host: str, make_entry: MakeEntry
) -> None:
    """Two entries for one service are refused here, too."""
    await make_entry("vivoka", setup=False)
    entry = await make_entry("vivoka", setup=False, data={CONF_HOST: "http://127.0.0.1:9"})
    result = await entry.start_reconfigure_flow(hass)
    result = await answer(hass, result["flow_id"], {CONF_HOST: host})
    assert result["reason"] == "already_configured"


@pytest.mark.parametrize("kind", KINDS)
async def test_options(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """What is set shows, what is changed is kept, a voice that is not there is told."""
    other = {"vivoka": "ged,anna-ml,embedded-pro", "knovvu": "Sestek Rae 24k"}[kind]
    entry = await make_entry(kind, lead_in=100)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["step_id"] == "init"
    user_input = {
        CONF_VOICE: "nobody",
        CONF_LANGUAGE: "en",
        SECTION_ADVANCED: {"lead_out": 50, "audio_format": "wav"},
    }
    if kind == "vivoka":
        # All of its voices are on the list: no other can be entered.
        with pytest.raises(InvalidData):
            await hass.config_entries.options.async_configure(result["flow_id"], user_input)
    else:
        result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
        assert result["errors"] == {CONF_VOICE: "voice_not_found"}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {**user_input, CONF_VOICE: other}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_VOICE] == other
    assert entry.options["lead_out"] == 50
    assert entry.options["audio_format"] == "wav"


async def test_own_voice_in_options(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A voice that is not listed is tried, and kept if it speaks."""
    entry = await make_entry("knovvu")
    listed = AsyncMock(return_value=[Voice(VOICE["knovvu"], "Emily")])
    monkeypatch.setattr(KnovvuClient, "voices", listed)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    user_input = {CONF_VOICE: "Sestek Rae 24k", CONF_LANGUAGE: "en", SECTION_ADVANCED: {}}
    result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_VOICE] == "Sestek Rae 24k"
    assert simulator.requests[-1].texts == ["Home Assistant"]


@pytest.mark.parametrize("kind", KINDS)
async def test_options_while_the_service_is_away(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The other settings can be changed all the same."""
    entry = await make_entry(kind)
    simulator.habits.statuses["voices"] = 503
    result = await hass.config_entries.options.async_init(entry.entry_id)
    user_input = {CONF_VOICE: VOICE[kind], CONF_LANGUAGE: "tr", SECTION_ADVANCED: {}}
    result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_LANGUAGE] == "tr"


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
    """Before credentials go over the internet unencrypted, the user is warned; then nothing has been sent."""
    monkeypatch.setattr("custom_components.websocket_tts.cleartext._is_public", lambda _: True)
    simulator.habits.token = "secret"
    flow_id = await start(hass, kind)
    result = await answer(hass, flow_id, {CONF_HOST: host, CONF_TOKEN: "secret"})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "unencrypted")
    assert result["description_placeholders"] == {"host": "127.0.0.1"}
    assert simulator.calls == []
    result = await answer(hass, flow_id, {})
    assert result["step_id"] == "voice"
    result = await answer(hass, flow_id, VOICE_INPUT[kind])
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_reconfiguration_without_encryption(
    hass: HomeAssistant, host: str, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reconfiguration warns as well."""
    entry = await make_entry("vivoka")
    monkeypatch.setattr("custom_components.websocket_tts.cleartext._is_public", lambda _: True)
    result = await entry.start_reconfigure_flow(hass)
    result = await answer(hass, result["flow_id"], {CONF_HOST: host, CONF_TOKEN: "secret"})
    assert result["step_id"] == "unencrypted"
    result = await answer(hass, result["flow_id"], {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.data[CONF_TOKEN] == "secret"


@pytest.mark.parametrize("kind", KINDS)
async def test_untrusted_certificate(hass: HomeAssistant, kind: str, simulator: Simulator) -> None:
    """A certificate that is not trusted is named, and can be done without."""
    with tls_server(simulator) as port:
        flow_id = await start(hass, kind)
        address = f"https://127.0.0.1:{port}"
        result = await answer(hass, flow_id, {CONF_HOST: address, CONF_VERIFY_SSL: True})
        assert result["errors"] == {"base": "certificate"}
        entry = await finish(hass, kind, flow_id, address, **{CONF_VERIFY_SSL: False})
        assert entry.data[CONF_VERIFY_SSL] is False
