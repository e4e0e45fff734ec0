"""Setting up, in every way it can go: each error is shown on the form and mended there.

How users differ: they paste whole addresses; they add a second service of the same kind, or the same one
twice at once; their Home Assistant speaks another language or another region's; their service tells nothing
of its voices; they rename what they have added.
"""

from typing import Any
from unittest.mock import patch

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.const import (
    CONF_CLIENT_ID,
    CONF_CLIENT_SECRET,
    CONF_HOST,
    CONF_LANGUAGE,
    CONF_TOKEN,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.websocket_tts.const import CONF_SERVICE, CONF_TOKEN_URL, CONF_VOICE, SECTION_ADVANCED
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.speech.preview import preview_text
from custom_components.websocket_tts.state import async_known_server
from simulator import Cut, Simulator

from .flows import VOICE_INPUT, answer, finish, host, no_setup, own_fields, start, suggested
from .in_home_assistant import VOICE, MakeEntry, SetLimits, stored_profile
from .services import KINDS, SERVICES

__all__ = ["host", "no_setup"]

needs_socket = pytest.mark.needs("websocket")
DEFAULTS = {
    "volume": 1.0,
    "audio_format": "auto",
    "lead_in": 0,
    "lead_out": 0,
    "sentence_pause": 0,
    "clean_text": True,
    "chime": "none",
    "pronunciations": [],
    "fallback": None,
}
PROFILE: dict[str, dict[str, Any]] = {
    kind: {CONF_VOICE: service.voice, **service.profile, **DEFAULTS} for kind, service in SERVICES.items()
}


@pytest.mark.parametrize("kind", KINDS)
async def test_set_up(
    hass: HomeAssistant, kind: str, host: str, server: TestServer, simulator: Simulator
) -> None:
    """From the menu to an entry, with what was entered: the connection, and how to speak."""
    entry = await finish(hass, kind, await start(hass, kind), host)
    quirks = async_known_server(hass, entry.data).quirks
    assert entry.title == SERVICES[kind].name
    assert entry.data == {
        CONF_SERVICE: kind,
        CONF_HOST: f"http://127.0.0.1:{server.port}",
        CONF_VERIFY_SSL: True,
        **own_fields(kind),
    }
    assert stored_profile(entry).data == PROFILE[kind]
    title = {"vivoka": "Vivoka Evan", "knovvu": "Knovvu Emily"}.get(kind, "Third Ann")
    assert stored_profile(entry).title == title
    assert entry.options == {}
    if kind == "vivoka":
        assert quirks == {"ends": {VOICE[kind]: "marked"}, "rates": {VOICE[kind]: 22050}}
    elif kind == "knovvu":
        assert quirks["rates"] == {VOICE[kind]: 24000}
    assert simulator.requests[-1].texts == [preview_text("en")]


@pytest.mark.parametrize("kind", KINDS)
async def test_token(hass: HomeAssistant, kind: str, host: str, simulator: Simulator) -> None:
    """A wrong token is told on the form, and mended there."""
    simulator.habits.token = "right"
    flow_id = await start(hass, kind)
    for token, errors in (("", {CONF_TOKEN: "token_required"}), ("wrong", {CONF_TOKEN: "invalid_auth"})):
        result = await answer(hass, flow_id, {CONF_HOST: host, CONF_TOKEN: token})
        assert result["errors"] == errors
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
    assert result["errors"] == {CONF_CLIENT_SECRET: "invalid_auth"}
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
@pytest.mark.parametrize(
    ("status", "error"), [(500, "http_status"), (502, "http_status"), (200, "not_a_service")]
)
async def test_service_does_not_answer(
    hass: HomeAssistant, kind: str, status: int, error: str, host: str, simulator: Simulator
) -> None:
    """A service that is ill, or a web page in its place."""
    simulator.habits.statuses["voices"] = status
    flow_id = await start(hass, kind)
    result = await answer(hass, flow_id, {CONF_HOST: host})
    assert result["errors"] == {CONF_HOST: error}
    assert result["description_placeholders"]["place"].startswith("127.0.0.1:")
    del simulator.habits.statuses["voices"]
    await finish(hass, kind, flow_id, host)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("base", ["", "some/path"])
async def test_other_web_server(hass: HomeAssistant, kind: str, base: str, host: str) -> None:
    """A file server, Home Assistant itself, or a wrong path: the error says what is not there."""
    path = {"vivoka": "/v1/voice-synthesis/voices", "knovvu": "/synthesizer"}.get(kind, "/third/voices")
    async with TestServer(web.Application(), host="127.0.0.1") as files:
        flow_id = await start(hass, kind)
        result = await answer(hass, flow_id, {CONF_HOST: str(files.make_url(f"/{base}"))})
        assert result["errors"] == {CONF_HOST: "no_such_page"}
        below = f"/{base}" if base else ""
        assert result["description_placeholders"]["path"] == below + path
        assert result["description_placeholders"]["place"] == f"127.0.0.1:{files.port}"
        assert result["step_id"] == kind
    await finish(hass, kind, flow_id, host)


@pytest.mark.parametrize(
    ("status", "errors"),
    [
        (200, {CONF_HOST: "not_a_service"}),
        (401, {CONF_TOKEN: "token_required"}),
        (500, {CONF_HOST: "http_status"}),
        (503, {CONF_HOST: "busy"}),
    ],
)
async def test_socket_is_proved(
    hass: HomeAssistant, status: int, errors: dict[str, str], host: str, simulator: Simulator
) -> None:
    """Where there is no list, only the socket shows that this is the service; it is closed again."""
    simulator.habits.knovvu.voices = "missing"
    simulator.habits.statuses["socket"] = status
    flow_id = await start(hass, "knovvu")
    result = await answer(hass, flow_id, {CONF_HOST: host})
    assert result["errors"] == errors
    simulator.habits.statuses.clear()
    result = await answer(hass, flow_id, {CONF_HOST: host})
    assert (result["step_id"], result["errors"]) == ("voice", {CONF_VOICE: "no_list"})
    assert simulator.requests == []


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_there(hass: HomeAssistant, kind: str, host: str) -> None:
    """The wrong port."""
    flow_id = await start(hass, kind)
    result = await answer(hass, flow_id, {CONF_HOST: "http://127.0.0.1:9"})
    assert result["errors"] == {CONF_HOST: "cannot_connect"}
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
    assert result["errors"] == {CONF_HOST: "no_voices"}
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
        ("no_audio", True, {CONF_VOICE: "no_audio"}),
        pytest.param("statuses", {"socket": 403}, {"base": "invalid_auth"}, marks=needs_socket),
        pytest.param("statuses", {"socket": 500}, {"base": "http_status"}, marks=needs_socket),
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
    assert result["step_id"] == "language"
    result = await answer(hass, flow_id, {CONF_LANGUAGE: "en-US"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert stored_profile(result["result"]).data[CONF_VOICE] == "Emily_Premium"
    assert stored_profile(result["result"]).data[CONF_LANGUAGE] == "en-US"


@pytest.mark.parametrize("kind", KINDS)
async def test_duplicate(hass: HomeAssistant, kind: str, host: str, make_entry: MakeEntry) -> None:
    """A service is set up once; the same server may be both services."""
    await make_entry(kind, setup=False)
    result = await answer(hass, await start(hass, kind), {CONF_HOST: host})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    other = next(other for other in KINDS if other != kind)
    await finish(hass, other, await start(hass, other), host)


async def test_the_same_twice_at_once(hass: HomeAssistant, host: str) -> None:
    """Whoever opens two dialogs gets one entry."""
    first, second = await start(hass, "vivoka"), await start(hass, "vivoka")
    for flow_id in (first, second):
        result = await answer(hass, flow_id, {CONF_HOST: host})
        assert result["step_id"] == "voice"
    result = await answer(hass, first, VOICE_INPUT["vivoka"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    result = await answer(hass, second, VOICE_INPUT["vivoka"])
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


@pytest.mark.parametrize(
    "pasted",
    ["{}v1/voice-synthesis/voices?x=1#top", " {}v1/ws/0123 ", "{}", "{}?token=abc", "ws://127.0.0.1:{port}"],
)
async def test_pasted_address(hass: HomeAssistant, pasted: str, host: str, server: TestServer) -> None:
    """Whatever was copied along with an address is left out of it."""
    entry = await finish(hass, "vivoka", await start(hass, "vivoka"), pasted.format(host, port=server.port))
    assert entry.data[CONF_HOST] == host.rstrip("/")


@pytest.mark.parametrize(
    ("language", "country", "expected"),
    [
        ("de", None, "de-DE"),
        ("de-CH", "CH", "de-DE"),
        ("en-GB", "GB", "en-GB"),
        ("en", None, "en-US"),
        ("en", "GB", "en-GB"),
        ("zh-Hans", "CN", "zh-CN"),
        ("zh-Hant", "TW", "zh-TW"),
        ("es-419", "MX", "es-MX"),
        ("es-419", None, "es-ES"),
        ("pt-BR", "BR", "pt-PT"),
        ("nb", "NO", "nb-NO"),
        # Nobody speaks it: English.
        ("fi", "FI", "en-US"),
    ],
)
async def test_voice_of_the_own_language(
    hass: HomeAssistant, language: str, country: str | None, expected: str, host: str
) -> None:
    """The voice that is suggested is of the language that Home Assistant finds closest; never just any."""
    hass.config.language, hass.config.country = language, country
    languages = ("ar-SA", "de-DE", "en-GB", "en-US", "es-ES", "es-MX", "nb-NO", "pt-PT", "zh-CN", "zh-TW")
    voices = [Voice("untold", "Untold"), *(Voice(tag, tag, tag) for tag in languages)]
    with patch("custom_components.websocket_tts.speech.SpeechClient.voices", return_value=voices):
        result = await answer(hass, await start(hass, "knovvu"), {CONF_HOST: host})
    assert suggested(result)[CONF_VOICE].startswith(f"{expected}, ")
    labels = [option["label"] for option in result["data_schema"].schema[CONF_VOICE].config["options"]]
    arabic = {"de": "Arabisch", "zh-Hans": "阿拉伯语", "pt-BR": "árabe"}.get(language, "Arabic")
    assert labels[:2] == ["Untold", f"ar-SA, {arabic}"]


async def test_no_voice_to_suggest(hass: HomeAssistant, host: str) -> None:
    """Where no voice is of the own language, nor of English, the user chooses."""
    voices = [Voice("ar", "Laila", "ar-SA"), Voice("untold", "Untold")]
    with patch("custom_components.websocket_tts.speech.SpeechClient.voices", return_value=voices):
        result = await answer(hass, await start(hass, "knovvu"), {CONF_HOST: host})
    assert CONF_VOICE not in suggested(result)


MORE_LANGUAGES = {"az", "az-AZ", "ku", "ku-TR", "kn", "kn-IN", "ur", "ur-PK", "gsw", "es-419", "en-AU"}
"""Some that Home Assistant can name, beside those of its own translations."""


@pytest.mark.parametrize(
    ("language", "shown"),
    # Releases of Home Assistant differ in which is the closest.
    [("de-CH", {"de-CH"}), ("zh-Hans", {"zh-CN"}), ("lt", {"lt", "lt-LT"}), ("gsw", {"gsw"})],
)
async def test_language_is_asked(
    hass: HomeAssistant, language: str, shown: set[str], host: str, simulator: Simulator
) -> None:
    """The language of a voice that the service does not tell is asked for, and only then."""
    hass.config.language = language
    simulator.habits.knovvu.voices = "unstated"
    flow_id = await start(hass, "knovvu")
    form = await answer(hass, flow_id, {CONF_HOST: host})
    words = form["data_schema"].schema[SECTION_ADVANCED].schema.schema["pronunciations"].config["fields"]
    assert set(words[CONF_LANGUAGE]["selector"]["language"]["languages"]) >= MORE_LANGUAGES
    result = await answer(hass, flow_id, VOICE_INPUT["knovvu"])
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "language")
    assert set(result["data_schema"].schema[CONF_LANGUAGE].config["languages"]) >= MORE_LANGUAGES
    assert result["description_placeholders"]["voice"] == VOICE["knovvu"]
    assert suggested(result).get(CONF_LANGUAGE) in shown
    result = await answer(hass, flow_id, {CONF_LANGUAGE: "tr-TR"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert stored_profile(result["result"]).data[CONF_LANGUAGE] == "tr-TR"


async def test_titles(hass: HomeAssistant, simulator: Simulator) -> None:
    """Services of one kind are told apart by a number, without their addresses; one may be renamed."""
    titles = []
    for name in (None, "Kitchen", None, None):
        async with TestServer(simulator.app(), host="127.0.0.1") as server:
            host = str(server.make_url("/"))
            entry = await finish(hass, "vivoka", await start(hass, "vivoka"), host)
            titles.append(entry.title)
            if name:
                hass.config_entries.async_update_entry(entry, title=name)
                hass.config_entries.async_update_subentry(entry, stored_profile(entry), title=name)
    assert titles == ["Vivoka VDK", "Vivoka VDK 2", "Vivoka VDK 2", "Vivoka VDK 3"]
