"""Every error has a text of its own, with what it mentions, in actions and on forms."""

import re
from typing import Any

from aiohttp import ClientConnectionError, WSMessage, WSMsgType
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from yarl import URL

from custom_components.websocket_tts.errors import (
    ERROR_KEYS,
    error_key,
    message_key,
    translated,
)
from custom_components.websocket_tts.speech import exceptions
from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    CannotConnectError,
    CertificateError,
    NoAudioError,
    SpeechError,
    SpeechTimeoutError,
    TextStalledError,
)
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.redaction import without_secrets
from custom_components.websocket_tts.speech.transport.http import (
    connection_error,
    redirect_error,
    status_error,
)
from custom_components.websocket_tts.speech.transport.websocket import is_normal_close
from simulator import Cut, Simulator

from .in_home_assistant import MakeEntry, SetLimits, error_of
from .services import KINDS
from .speech.speaking import TEXT
from .translation_check import english, placeholders

PLACE = URL("https://tts.example.com/v1/ws/secret")
REASONS = (
    "cannot_connect",
    "timeout",
    "certificate",
    "not_https",
    "not_a_service",
    "http_status",
    "http_error",
    "redirected",
    "connection_lost",
    "first_audio",
    "next_audio",
)
ALL_KINDS = [
    kind
    for kind in vars(exceptions).values()
    if isinstance(kind, type) and issubclass(kind, SpeechError) and kind is not SpeechError
]


def lost() -> SpeechError:
    """Return the error of a connection that breaks."""
    with pytest.raises(CannotConnectError) as raised:
        is_normal_close(WSMessage(WSMsgType.CLOSED, None, None))
    return raised.value


@pytest.mark.parametrize(
    ("err", "key", "text"),
    [
        (
            connection_error(ClientConnectionError(), PLACE),
            "cannot_connect",
            "Cannot connect to tts.example.com:443.",
        ),
        (connection_error(TimeoutError(), PLACE), "timeout", "tts.example.com:443 did not respond in time."),
        (
            status_error(500, PLACE),
            "http_status",
            "tts.example.com:443 responded with HTTP status 500.",
        ),
        (
            status_error(500, PLACE, {"error": "engine"}),
            "http_error",
            "tts.example.com:443 responded with HTTP status 500: engine",
        ),
        (
            redirect_error(PLACE, "http://other/x?token=secret"),
            "redirected",
            # No address of it: only its origin.
            english("exceptions", "redirected", "message").format(
                place="tts.example.com:443", target="http://other"
            ),
        ),
        (lost(), "connection_lost", "The speech service closed the connection."),
        (BusyError("all taken"), "busy", "The speech service is busy. Try again in a moment."),
        (TextStalledError("x"), "text_stalled", "The text to speak ended before it was complete."),
        (NoAudioError("x"), "no_audio", "The speech service sent no audio for this text."),
        (
            SpeechTimeoutError("x"),
            "communication_error",
            "Error communicating with the speech service: x",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_text(err: SpeechError, key: str, text: str) -> None:
    """What an error says, it says by a key with what belongs into it; never the path, which may be secret."""
    told = translated(HomeAssistantError, err)
    assert told.translation_key == key
    assert english("exceptions", key, "message").format(**(told.translation_placeholders or {})) == text
    assert str(err)
    assert "secret" not in str(told.translation_placeholders)


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_error(kind: type[SpeechError]) -> None:
    """A kind of error without a reason has a text, and a state of the sensor."""
    doubt = [next(iter(exceptions.Doubt))] if kind is exceptions.DoubtfulEndError else []
    err = kind("words", *doubt)
    assert error_key(err) in ERROR_KEYS
    assert english("entity", "sensor", "last_error", "state", error_key(err))
    if kind is exceptions.VoiceNotFoundError:
        return
    told = translated(HomeAssistantError, err)
    text = english("exceptions", str(told.translation_key), "message")
    assert placeholders(text) <= {"error"}
    if kind is not TextStalledError:
        for flow in (("config",), ("config_subentries", "voice")):
            assert placeholders(english(*flow, "error", str(told.translation_key))) <= {"error"}


@pytest.mark.parametrize("key", REASONS)
def test_every_reason(key: str) -> None:
    """A reason has a text in actions and on forms, which mention the same."""
    mentioned = placeholders(english("exceptions", key, "message"))
    assert mentioned <= {"place", "status", "error", "target"}
    for flow in (("config",), ("config_subentries", "voice")):
        assert placeholders(english(*flow, "error", key)) - {"http", "ws"} == mentioned


def test_reasons_are_documented() -> None:
    """The library says which reasons there are."""
    assert set(re.findall(r"\b[a-z_]+\b", exceptions.SpeechError.__doc__ or "")) >= set(REASONS)


def test_without_secrets() -> None:
    """An error that had a secret in it has a text by its key, without the words that it had."""
    err = status_error(500, PLACE, {"error": "s3cret is bad"})
    told = translated(HomeAssistantError, without_secrets(err, {"s3cret"}))
    text = english("exceptions", str(told.translation_key), "message").format(
        **(told.translation_placeholders or {})
    )
    assert "s3cret" not in str(told.translation_placeholders)
    assert text.startswith("Error communicating with the speech service: code 500 (")
    same = translated(HomeAssistantError, without_secrets(err, {"another"}))
    told = translated(HomeAssistantError, err)
    assert same.translation_key == told.translation_key
    assert same.translation_placeholders == told.translation_placeholders


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("habits", "key"),
    [
        ({"statuses": {"synthesize": 500, "socket": 500}}, "http_status"),
        ({"statuses": {"synthesize": 200, "socket": 200}}, None),
        ({"cut": Cut(4000, "abort")}, "connection_lost"),
    ],
)
async def test_in_an_action(
    hass: HomeAssistant,
    kind: str,
    habits: dict[str, Any],
    key: str | None,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """What fails in an action is told with its place, so that it can be translated."""
    await make_entry(kind)
    for habit, value in habits.items():
        setattr(simulator.habits, habit, value)
    error = await error_of(hass, kind, TEXT)
    assert error.translation_key == (key or "not_a_service")
    text = english("exceptions", str(error.translation_key), "message")
    assert placeholders(text) <= set(error.translation_placeholders or {})
    # Home Assistant leaves out the last period, because its log adds words of its own.
    assert str(error) == text.rstrip(".").format(**(error.translation_placeholders or {}))


async def test_while_it_is_set_up(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """The reason why an entry is not loaded is told by its key, too."""
    entry = await make_entry("vivoka", setup=False, data={CONF_HOST: "http://127.0.0.1:9"})
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.reason == "Cannot connect to 127.0.0.1:9"


async def test_first_audio(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, set_limits: SetLimits
) -> None:
    """Audio that does not come is told apart from audio that stops."""
    set_limits(Limits(first_audio=0.3, between_audio=0.3))
    for kind in KINDS:
        await make_entry(kind)
        simulator.habits.cut = Cut(0, "stall")
        assert (await error_of(hass, kind, TEXT)).translation_key == "first_audio"
        await hass.async_block_till_done(wait_background_tasks=True)
    simulator.habits.cut = Cut(8000, "stall")
    assert (await error_of(hass, "vivoka", TEXT)).translation_key == "next_audio"


def test_certificate_without_a_place() -> None:
    """A text that needs a place is not used without one."""
    assert message_key(CertificateError("x")) == "communication_error"
