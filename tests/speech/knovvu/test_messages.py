"""Knovvu's messages, out and in."""

from base64 import b64encode
import time

import pytest

from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    InvalidAuthError,
    ProtocolError,
    SpeechError,
    SynthesisError,
    VoiceNotFoundError,
)
from custom_components.websocket_tts.speech.knovvu.messages import (
    FINALIZE,
    STOP,
    add_text,
    parse,
    synthesize,
)
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.transport.http import parse_json

ENDS = ("complete", "completed", "done", "end", "ended", "finish", "finished", "finalized")
SPOKEN = ("synthesis", "speech", "tts", "audio", "utterance", "synthesize", "synthesizer")


def test_synthesize() -> None:
    """As documented: all values are strings."""
    message = synthesize(VoiceSettings("Emily_Premium", 0.5, 1), "secret")
    assert message == {
        "message-name": "synthesize",
        "audio-format": "pcm",
        "voice-name": "Emily_Premium",
        "sample-rate": "24000",
        "volume": "1.0",
        "rate": "0.5",
        "Authorization": "secret",
    }


def test_synthesize_on_premises() -> None:
    """Without a credential there is no key for it."""
    assert "Authorization" not in synthesize(VoiceSettings("v"), "")


def test_other_messages() -> None:
    """As documented."""
    assert add_text('Söz "1"') == {
        "message-name": "add-tts-text",
        "text": 'Söz "1"',
        "flush": "true",
    }
    assert STOP == {"message-name": "stop"}
    assert FINALIZE == {"message-name": "finalize-synthesis"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"audio":"AAE="}', b"\0\1"),
        ('{"message-name":"audio","data":"data:audio/pcm;base64,AAE="}', b"\0\1"),
        ('{"audio-data":"AAE=","error":null}', b"\0\1"),
        ('{"AudioData":"AAE=","ErrorCode":"0","Error":"","Errors":[],"Success":true}', b"\0\1"),
        ('{"MessageName":"Synthesis-Completed"}', "Synthesis-Completed"),
        ('{"message-name":"synthesis-completed"}', "synthesis-completed"),
        ('{"message-name":"SynthesisFinished"}', "SynthesisFinished"),
        ('{"message-name":"speech-ended","error-code":0}', "speech-ended"),
        ('{"message-name":"synthesis-finalized"}', "synthesis-finalized"),
        ('{"message-name":"synthesis-completed","data":""}', "synthesis-completed"),
        ('{"message-name":"synthesis-completed","audio":""}', "synthesis-completed"),
        ('{"audio":{"rate":1},"audio-data":"AAE="}', b"\0\1"),
        ('{"event":{"data":{"audio":"AAE="}}}', b"\0\1"),
        ('{"event":{"data":"AAE="}}', b"\0\1"),
        ('{"event":{"message-name":"x","audio-data":"AAE="}}', b"\0\1"),
        ('{"data":{"audio":"AAE="}}', b"\0\1"),
        ('{"data":{"data":"AAE=","rate":1}}', b"\0\1"),
        ('{"status":"ok"}', b""),
        ('["audio"]', b""),
        ("no json", b""),
    ],
)
def test_parse(text: str, message: bytes | str) -> None:
    """Audio, the end, and everything else, which is no samples."""
    assert parse(parse_json(text)) == message


@pytest.mark.parametrize(
    "name",
    [
        *(f"{what}-{end}" for what in SPOKEN for end in ENDS),
        *(f"{what}_{end}".upper() for what in SPOKEN for end in ENDS),
        *(f"{what}.{end}".title() for what in SPOKEN for end in ENDS),
        *(f"{what}{end.title()}" for what in ("Synthesis", "textToSpeech") for end in ENDS),
        *(f"speech{end}" for end in ENDS),
        *("end-of-synthesis", "EndOfSynthesis", "END_OF_SPEECH", "speech-synthesis has ended", "EndOfAudio"),
    ],
)
def test_names_of_an_end(name: str) -> None:
    """As public services write them, and where another app of the vendor has them."""
    for wrapped in (
        {"message-name": name},
        {"message-name": "event", "event": name},
        {"event": {"messageName": name}},
        {"event": {"name": name, "data": {}}},
        {"data": {"type": name}},
        {"event": {"data": {"message_name": name}}},
    ):
        assert parse(wrapped) == name


@pytest.mark.parametrize(
    "name",
    [
        *("synthesis-started", "text-completed", "synthesis-incomplete", "speech-append", "speech-suspend"),
        *("speechSend", "synthesis-completed-soon", "finalize-synthesis", "end", "endpoint-of-synthesis"),
        *("incomplete", "append", "tts-ending-soon", "tts-incomplete", "audio-append", "audioAppend"),
        *("add-tts-text-completed", "addTtsTextDone", "watts-end", "synthesizing", "audio-chunk-end"),
    ],
)
def test_names_of_no_end(name: str) -> None:
    """What only looks like one cuts no speech."""
    for wrapped in ({"message-name": name}, {"event": {"name": name}}, {"text": "synthesis-completed"}):
        assert parse(wrapped) == b""


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ('{"message-name":"error"}', SynthesisError, "error"),
        ('{"message-name":"synthesis-error","message":"too long"}', SynthesisError, "too long"),
        ('{"error":"too long"}', SynthesisError, "too long"),
        ('{"error":{"message":"too long","code":7}}', SynthesisError, "too long"),
        ('{"error-message":"too long","error-code":7}', SynthesisError, "too long: 7"),
        ('{"error-code":"401"}', InvalidAuthError, "401"),
        ('{"error":{"code":403}}', InvalidAuthError, "403"),
        ('{"error":"Unauthorized"}', InvalidAuthError, "Unauthorized"),
        ('{"error":"the token has expired"}', InvalidAuthError, "token"),
        ('{"error":"Unexpected token \'<\' in SSML"}', SynthesisError, "Unexpected token"),
        ('{"error":"Token limit exceeded"}', SynthesisError, "Token limit"),
        ('{"error":"Voice synthesis engine is not ready"}', SynthesisError, "not ready"),
        ('{"MessageName":"x","ErrorCode":"Invalid-License"}', InvalidAuthError, "Invalid-License"),
        ('{"Success":false}', SynthesisError, "without words"),
        ('{"success":false,"message-name":"synthesis"}', SynthesisError, "synthesis"),
        ('{"error-code":429,"error-message":"slow down"}', BusyError, "slow down: 429"),
        ('{"error":"all channels are in use"}', BusyError, "channels"),
        ('{"errors":[{"code":"1013"}]}', BusyError, "1013"),
        ('{"error":true}', SynthesisError, "without words"),
        ('{"message-name":"unauthorized-error"}', InvalidAuthError, "unauthorized"),
        ('{"error":"Voice not found: Emil"}', VoiceNotFoundError, "Emil"),
        ('{"error-message":"unknown voice"}', VoiceNotFoundError, "unknown voice"),
        ('{"event":{"data":{"message-name":"synthesis-error"}}}', SynthesisError, "synthesis-error"),
    ],
)
def test_parse_error(text: str, kind: type[SpeechError], words: str) -> None:
    """The service said no, in any of these ways."""
    with pytest.raises(kind, match=words) as raised:
        parse(parse_json(text))
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("key", "damaged"),
    [
        *((key, damaged) for key in ("audio", "audio-data") for damaged in ("?", "A", "AAA=AAA", "{}")),
        *((key, "data:audio/pcm;base64,AAE!") for key in ("audio", "audio-data", "data")),
        ("data", "A" * 65),
    ],
)
def test_parse_damaged_audio(key: str, damaged: str) -> None:
    """Audio that cannot be read is not skipped in silence."""
    with pytest.raises(ProtocolError):
        parse({key: damaged})


@pytest.mark.parametrize(
    "data",
    [
        *("started", "finished", "done", "OK", "synthesis-completed", "audio/mpeg", "24000", "16000000"),
        *("the synthesis", "The synthesis of the text that was sent last has been started and goes on"),
        *('{"progress":50}', "50 %", "?", "AAA=AAA"),
        *("550e8400-e29b-41d4-a716-446655440000", "550e8400e29b41d4a716446655440000", "0123456789abcdef" * 4),
    ],
)
def test_data_that_are_no_audio(data: str) -> None:
    """A word would be noise, and would shift all samples behind it."""
    assert parse({"message-name": "status", "data": data}) == b""
    assert parse({"message-name": "synthesis-completed", "data": data}) == "synthesis-completed"
    assert parse({"data": data, "event": {"audio": "AAE="}}) == b"\0\1"


@pytest.mark.parametrize("data", ["\n" * 300_000 + "!", "A" * 100 + " " * 300_000 + "!", "A=" * 300_000])
def test_data_without_end(data: str) -> None:
    """Whatever it is, that is seen at once."""
    started = time.monotonic()
    assert parse({"data": data}) == b""
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("size", [1, 2, 49, 50, 51, 480, 3200])
def test_data_that_are_silence(size: int) -> None:
    """They are letters only, and are no word."""
    assert parse({"message-name": "audio", "data": b64encode(bytes(size)).decode()}) == bytes(size)
