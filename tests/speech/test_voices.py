"""Voices from every shape of list."""

import pytest

from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    InvalidAuthError,
    ProtocolError,
    SpeechError,
    SynthesisError,
)
from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.speech.voices import parse_voices

IDS = ("id", "voiceid", "name")


@pytest.mark.parametrize(
    ("payload", "voices"),
    [
        ({}, []),
        ([], []),
        ({"a": {}, "b": None, "c,d": "x"}, [Voice(voice) for voice in ("a", "b", "c,d")]),
        ({"a": {"Name": "Ann", "language": "en_US"}}, [Voice("a", "Ann", "en_US")]),
        ([{"voice_id": "a", "language": "tr"}], [Voice("a", "", "tr")]),
        (
            [{"id": "7", "name": "Ann"}, {"name": "Bob"}],
            [Voice("7", "Ann"), Voice("Bob", "Bob")],
        ),
        (["a", "", 3, None, {}, "b", "a"], [Voice("a"), Voice("b")]),
        ({"voices": ["a"]}, [Voice("a")]),
        ({"a": {"language": ""}, "": {}}, [Voice("a")]),
    ],
)
def test_parse_voices(payload: object, voices: list[Voice]) -> None:
    """Objects, lists, and lists in objects."""
    assert parse_voices(payload, IDS, by_id=True) == voices


EMILY = {"Gender": "female", "Name": "Emily_Premium", "Language": "en-US"}
NAME = "Гүл سارة 声"
GUL = {"Gender": "female", "Name": NAME, "Language": None}
LISTED = [
    Voice("Emily_Premium", "Emily_Premium", "en-US", "female"),
    Voice(NAME, NAME, None, "female"),
]
ENVELOPE = {"Count": 2, "Success": True, "ErrorMessage": None, "ErrorCode": None, "MoreInfo": None}


@pytest.mark.parametrize(
    ("payload", "voices"),
    [
        ({"Voices": [EMILY, GUL], **ENVELOPE}, LISTED),
        ({"VOICES": [EMILY, GUL], "SUCCESS": "True"}, LISTED),
        ({"voices": [{"NAME": "a", "LANGUAGE": "tr"}]}, [Voice("a", "a", "tr")]),
        ({"Voices": [EMILY, GUL], "ErrorMessage": "No error"}, LISTED),
        ({"Voices": [EMILY, GUL], **ENVELOPE, "ErrorMessage": "one voice is not licensed"}, LISTED),
        ({"Voices": [EMILY, GUL], "error": {"type": "Warning", "message": "no"}}, LISTED),
        ({"Voices": [EMILY, GUL, EMILY], **ENVELOPE}, LISTED),
        ({"Voices": [{"Name": "a", "Language": {"Code": "tr"}}]}, [Voice("a", "a")]),
        ({"Voices": [], **ENVELOPE}, []),
        ({"Voices": None, **ENVELOPE}, []),
    ],
)
@pytest.mark.parametrize("by_id", [False, True])
def test_vendors_list(payload: object, voices: list[Voice], *, by_id: bool) -> None:
    """As the vendor's own client reads it, in any case; nothing else becomes a voice."""
    assert parse_voices(payload, IDS, by_id=by_id) == voices


@pytest.mark.parametrize(
    "payload",
    [
        *(None, "voices", 3, True, [None], [{}], [[EMILY]], ["", 3], {"count": 3}, {"status": "ok"}),
        *({"Voices": "none"}, {"Voices": 5}, {"Voices": {"a": {}}}, {"version": "1.0"}),
    ],
)
@pytest.mark.parametrize("by_id", [False, True])
def test_no_voices(payload: object, *, by_id: bool) -> None:
    """What is no list is not taken for an empty one."""
    with pytest.raises(ProtocolError, match="no list of voices"):
        parse_voices(payload, IDS, by_id=by_id)


@pytest.mark.parametrize("payload", [{}, {"a": {}, "b": None}])
def test_objects_that_are_voices_only_by_id(payload: object) -> None:
    """Where a service lists its voices, an object is none."""
    parse_voices(payload, IDS, by_id=True)
    with pytest.raises(ProtocolError, match="no list of voices"):
        parse_voices(payload, IDS)


@pytest.mark.parametrize(
    ("payload", "kind", "words"),
    [
        ({"error": "forbidden"}, InvalidAuthError, "forbidden"),
        ({"message": "Unauthorized"}, InvalidAuthError, "Unauthorized"),
        ({"error": {"message": "no engine"}}, SynthesisError, "no engine"),
        ({"errors": [{"detail": "no engine"}]}, SynthesisError, "no engine"),
        ({"data": {"error": "no engine"}}, SynthesisError, "no engine"),
        ({"message": "try again later"}, BusyError, "again later"),
        ({"voices": [], "error": "no engine"}, SynthesisError, "no engine"),
        ({"voices": None, "error": "no engine"}, SynthesisError, "no engine"),
        ({"Success": False}, SynthesisError, "without words"),
        ({"Voices": [EMILY], **ENVELOPE, "Success": False, "ErrorMessage": "no"}, SynthesisError, "no"),
        ({"voices": [EMILY], "success": "false", "errorMessage": "no"}, SynthesisError, "no"),
        (
            {"Voices": None, "Success": False, "ErrorCode": "Invalid-License", "ErrorMessage": "lisans yok"},
            InvalidAuthError,
            "lisans yok: Invalid-License",
        ),
        (
            {"Voices": None, "Count": 0, "Success": False, "ErrorCode": "Internal-Server-Error"},
            SynthesisError,
            "Internal-Server-Error",
        ),
    ],
)
@pytest.mark.parametrize("by_id", [False, True])
def test_refused(payload: object, kind: type[SpeechError], words: str, *, by_id: bool) -> None:
    """An error is one whatever the status, with the words of the service; never a voice."""
    with pytest.raises(SpeechError, match=words) as raised:
        parse_voices(payload, IDS, by_id=by_id)
    assert type(raised.value) is kind
