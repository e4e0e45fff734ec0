"""The messages of the Vivoka VDK Service: what is an error, and which."""

import pytest

from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    InvalidAuthError,
    ProtocolError,
    SpeechError,
    SynthesisError,
    VoiceNotFoundError,
)
from custom_components.websocket_tts.speech.vivoka.messages import Frame, parse_response


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("the engine has failed", SynthesisError),
        ("the token has expired", SynthesisError),
        ("Invalid token", SynthesisError),
        ({"code": 401}, InvalidAuthError),
        ("Unauthorized", InvalidAuthError),
        ({"type_string": "Unavailable", "message": "no channel"}, BusyError),
        ("all channels are in use", BusyError),
        ({"code": 503, "message": "starting"}, BusyError),
        ("voice not found", VoiceNotFoundError),
        ("voice engine is not ready", SynthesisError),
        ([{"message": "too long"}], SynthesisError),
        (7, SynthesisError),
        (True, SynthesisError),
    ],
)
def test_error(error: object, kind: type[SpeechError]) -> None:
    """The same words mean the same in an answer and on the socket; its tokens are not those of the user."""
    for message in ({"error": error}, {"error": error, "data": "AAE="}, {"Error": error, "event": {}}):
        with pytest.raises(SpeechError) as raised:
            Frame.parse(message)
        assert type(raised.value) is kind
    if error is not True:
        with pytest.raises(SpeechError) as raised:
            parse_response({"error": error})
        assert type(raised.value) is kind


@pytest.mark.parametrize("error", [None, "", 0, False, {}, []])
def test_no_error(error: object) -> None:
    """A key for errors without one in it is none."""
    assert Frame.parse({"error": error, "data": "AAE="}) == Frame(b"\0\1")


def test_warning() -> None:
    """The audio beside it, and behind it, is played."""
    error = {"message": "no phonemes", "type_string": "Warning"}
    assert Frame.parse({"error": error, "data": "AAE="}) == Frame(b"\0\1")


def test_answer_that_is_a_message() -> None:
    """An answer without a token says why, or makes no sense."""
    with pytest.raises(SynthesisError, match="queue is full"):
        parse_response({"message": "queue is full"})
    with pytest.raises(ProtocolError, match="no token"):
        parse_response({"status": "queued", "sample_rate": 22050})
