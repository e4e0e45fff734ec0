"""Knovvu's messages, out and in."""

import json

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
    End,
    Message,
    Status,
    Synthesize,
    add_text,
    parse,
)


def test_synthesize() -> None:
    """As documented: all values are strings."""
    message = json.loads(Synthesize("Emily_Premium", 24000, 1, 0.5, "secret").json())
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
    assert "Authorization" not in json.loads(Synthesize("v", 8000, 1, 1, None).json())


def test_other_messages() -> None:
    """As documented."""
    assert json.loads(add_text('Söz "1"')) == {
        "message-name": "add-tts-text",
        "text": 'Söz "1"',
        "flush": "true",
    }
    assert json.loads(STOP) == {"message-name": "stop"}
    assert json.loads(FINALIZE) == {"message-name": "finalize-synthesis"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"audio":"AAE="}', b"\0\1"),
        ('{"message-name":"audio","data":"data:audio/pcm;base64,AAE="}', b"\0\1"),
        ('{"audio-data":"AAE=","error":null}', b"\0\1"),
        ('{"AudioData":"AAE=","ErrorCode":"0","Error":"","Errors":[],"Success":true}', b"\0\1"),
        ('{"MessageName":"Synthesis-Completed"}', End("Synthesis-Completed")),
        ('{"message-name":"synthesis-completed"}', End("synthesis-completed")),
        ('{"message-name":"SynthesisFinished"}', End("SynthesisFinished")),
        ('{"message-name":"speech-ended","error-code":0}', End("speech-ended")),
        ('{"message-name":"synthesis-finalized"}', End("synthesis-finalized")),
        ('{"message-name":"synthesis-started"}', Status("synthesis-started")),
        ('{"message-name":"text-completed"}', Status("text-completed")),
        ('{"status":"ok"}', Status("")),
        ('["audio"]', Status("")),
        ("no json", Status("")),
    ],
)
def test_parse(text: str, message: Message) -> None:
    """Audio, the end, and everything else."""
    assert parse(text) == message


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
    ],
)
def test_parse_error(text: str, kind: type[SpeechError], words: str) -> None:
    """The service said no, in any of these ways."""
    with pytest.raises(kind, match=words) as raised:
        parse(text)
    assert type(raised.value) is kind


def test_parse_damaged_audio() -> None:
    """Audio that cannot be read is not skipped in silence."""
    with pytest.raises(ProtocolError):
        parse('{"audio":"?"}')
