"""What both services may say on a socket: audio in every form of base64, errors at any depth, warnings."""

from base64 import b64encode
from collections.abc import Callable
import json
import logging
from typing import Any

import pytest

from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    InvalidAuthError,
    ProtocolError,
    SpeechError,
    SynthesisError,
)
from custom_components.websocket_tts.speech.knovvu import messages as knovvu
from custom_components.websocket_tts.speech.transport.http import parse_json
from custom_components.websocket_tts.speech.vivoka.messages import Frame

type Parse = Callable[[str], bytes | str]

SAMPLES = bytes(range(256)) + b"\xfb\xff\xfe"
PLAIN = b64encode(SAMPLES).decode()
URL_SAFE = PLAIN.replace("+", "-").replace("/", "_")
WRAPPED = "\r\n".join(PLAIN[start : start + 76] for start in range(0, len(PLAIN), 76))
TYPES = (
    *("audio/pcm", "audio/l16", "audio/x-pcm", "audio/raw", "audio/wav", "audio/x-wav", "audio/wave"),
    *("audio/vnd.wave", "application/octet-stream", ""),
)


@pytest.fixture(params=["vivoka", "knovvu"])
def parse(request: pytest.FixtureRequest) -> Parse:
    """Return what reads the text frames of a service: samples, perhaps none, or an end."""
    if request.param == "knovvu":
        return lambda text: knovvu.parse(parse_json(text))
    return lambda text: Frame.parse(parse_json(text)).samples


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        PLAIN.rstrip("="),
        URL_SAFE,
        URL_SAFE.rstrip("="),
        WRAPPED,
        f" {PLAIN}\n",
        *(f"data:{mime};base64,{PLAIN}" for mime in TYPES),
        f"DATA:AUDIO/PCM;BASE64,{PLAIN}",
        f"data:audio/pcm;rate=16000;base64,{PLAIN}",
        f'data:Audio/L16; rate=16000; channels="1";base64,{URL_SAFE}',
        f"data:audio/x-wav;codec=1;base64,\n{WRAPPED}",
        f"data:,{PLAIN}",
    ],
)
def test_base64(parse: Parse, data: str) -> None:
    """As it comes: any header and alphabet, wrapped, without padding; behind a byte order mark."""
    text = json.dumps({"data": data})
    assert parse(text) == SAMPLES
    assert parse(f"\ufeff{text}") == SAMPLES


@pytest.mark.parametrize("data", ["A", "?", "AAA=AAA", "äöü=", "AAAAA", "data:audio/pcm;base64,AAE!", "AA.A"])
def test_no_base64(parse: Parse, data: str, request: pytest.FixtureRequest) -> None:
    """What is damaged is an error, not noise; only Knovvu may have words under this key."""
    is_word = "knovvu" in request.node.callspec.id and not data.startswith("data:")
    key = "audio" if is_word else "data"
    with pytest.raises(ProtocolError, match="not base64"):
        parse(json.dumps({key: data}))


@pytest.mark.parametrize(
    "mime", ["audio/mpeg", "audio/ogg", "AUDIO/FLAC", "audio/basic", "audio/webm", "text/html", "pcm"]
)
@pytest.mark.parametrize("parameters", ["", ";rate=16000", ";codecs=opus"])
def test_what_is_no_pcm(parse: Parse, mime: str, parameters: str) -> None:
    """What says that it is something else is an error, which tells what it is."""
    with pytest.raises(ProtocolError, match=f"{mime.lower()} instead of PCM") as raised:
        parse(json.dumps({"data": f"data:{mime}{parameters};base64,{PLAIN}"}))
    # It is the service's, and may not be shown if it is of the text.
    assert mime.lower() in raised.value.placeholders["error"]


def nested(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Return fields where a service may have them."""
    return [
        fields,
        {"event": fields},
        {"data": fields},
        {"event": {"data": fields}},
        {"Event": {"result": fields}},
        {"events": [{}, fields]},
    ]


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"error": "too long"}, SynthesisError, "too long"),
        ({"error": {"message": "too long", "code": 7}}, SynthesisError, "too long: 7"),
        ({"errors": ["too long"]}, SynthesisError, "too long"),
        ({"Error_Message": "too long", "ErrorCode": 429}, BusyError, "too long: 429"),
        ({"error-code": "401"}, InvalidAuthError, "401"),
        ({"success": False, "message": "too long"}, SynthesisError, "too long"),
        ({"error": {"error": {"code": 401}}}, InvalidAuthError, "401"),
        ({"error": {"message": "", "code": 0, "code_string": "BadText"}}, SynthesisError, "BadText"),
        ({"error": {"message": "", "code": 0, "type_string": "Engine"}}, SynthesisError, "Engine"),
        ({"error": {"message": None, "code": 0, "type": "Error"}}, SynthesisError, "Error"),
        ({"error": {"reason": "nobody knows this key"}}, SynthesisError, "without words"),
        ({"error": True}, SynthesisError, "without words"),
        ({"errors": [{"type": "warning"}, {"type": "Error", "message": "no"}]}, SynthesisError, "no"),
    ],
)
def test_error(parse: Parse, fields: dict[str, Any], kind: type[SpeechError], words: str) -> None:
    """It is one at any depth, with its words, and never the zero that means that there is no code."""
    for message in nested(fields):
        with pytest.raises(kind, match=words) as raised:
            parse(json.dumps(message))
        assert type(raised.value) is kind
        assert raised.value.placeholders["code"] != "0"


NOTHING: list[object] = [None, "", 0, False, [], {}, "none", "OK", "No error"]
HARMLESS: list[dict[str, Any]] = [
    *({"error": nothing} for nothing in NOTHING),
    {"error": {"code": 0}},
    {"error": {"code": "200", "message": "OK", "type_string": None}},
    {"error": {"error": {"code": 0}}, "errors": [{}, {"code": 0}]},
    *({"code": code} for code in (0, 200, "ok", 401, 500)),
    {"error-code": 0, "error-message": None, "success": True},
    {"message": "Voice not found", "code": 401},
    {"event": {"code": 3, "message": "unauthorized", "name": "Marker"}},
    {"event": "ProcessFinished", "type": "Error"},
    {"result": {"technology": "csdk", "type": 1, "type_string": "Error"}},
    {"status": "error-free"},
]
WARNINGS: list[dict[str, Any]] = [
    {"error": {"type": "Warning", "code": 1, "message": "The door is open."}},
    {"error": {"type": 1, "type_string": "WARNING", "message": "The door is open."}},
    {"error": {"Type-String": "info", "message": "The door is open."}},
    {"error": "The door is open.", "type": "Warning"},
    {"error": {"error": {"type": "warning", "message": "The door is open."}}},
    {"errors": [{"type": "Warning", "message": "The door is open."}, {"type": "Info"}]},
]


@pytest.mark.parametrize("fields", HARMLESS)
def test_no_error(parse: Parse, fields: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Messages that only look like errors, at any depth."""
    caplog.set_level(logging.DEBUG)
    for message in nested(fields):
        assert parse(json.dumps(message)) == b""
    assert parse(json.dumps({"data": PLAIN} | fields)) == SAMPLES
    assert not caplog.records


@pytest.mark.parametrize("fields", WARNINGS)
def test_warning(parse: Parse, fields: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """It is read over, logged where nobody looks in vain, and without words that could be of the text."""
    caplog.set_level(logging.DEBUG)
    for message in nested(fields):
        caplog.clear()
        assert parse(json.dumps(message)) == b""
        (record,) = caplog.records
        assert record.levelno == logging.DEBUG
        assert "warning" in record.getMessage()
        assert "door" not in record.getMessage()
    assert parse(json.dumps({"data": PLAIN} | fields)) == SAMPLES
