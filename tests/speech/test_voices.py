"""Voices from every shape of list, and the languages in their names."""

import pytest

from custom_components.websocket_tts.speech import ProtocolError
from custom_components.websocket_tts.speech.languages import cerence_tag, language_tag
from custom_components.websocket_tts.speech.voices import ListedVoice, parse_voices

IDS = ("id", "voiceid", "name")


@pytest.mark.parametrize(
    ("payload", "voices"),
    [
        ({}, []),
        ([], []),
        ({"a": {}, "b": None, "c": "x"}, [ListedVoice(voice, None, None) for voice in "abc"]),
        ({"a": {"Name": "Ann", "locale": "en_US"}}, [ListedVoice("a", "Ann", "en_US")]),
        ([{"voice_id": "a", "language-code": "tr"}], [ListedVoice("a", None, "tr")]),
        (
            [{"id": 7, "name": "Ann"}, {"name": "Bob"}],
            [ListedVoice("7", "Ann", None), ListedVoice("Bob", "Bob", None)],
        ),
        (["a", "", 3, None, {}, "b", "a"], [ListedVoice("a", None, None), ListedVoice("b", None, None)]),
        ({"voices": ["a"]}, [ListedVoice("a", None, None)]),
        ({"data": {"a": {"language": ""}}}, [ListedVoice("a", None, None)]),
    ],
)
def test_parse_voices(payload: object, voices: list[ListedVoice]) -> None:
    """Objects, lists, and lists in objects."""
    assert parse_voices(payload, IDS) == voices


@pytest.mark.parametrize("payload", [None, "voices", 3, True])
def test_no_voices(payload: object) -> None:
    """What is no list is not taken for an empty one."""
    with pytest.raises(ProtocolError, match="no list of voices"):
        parse_voices(payload, IDS)


@pytest.mark.parametrize(
    ("code", "tag"),
    [("tr-TR", "tr-TR"), ("TR_tr", "tr-TR"), ("en", "en"), ("zh_hans_cn", "zh-Hans-CN"), ("ar-001", "ar-001")]
    + [("Turkish", None), ("", None), ("e", None), ("en-", None)],
)
def test_language_tag(code: str, tag: str | None) -> None:
    """Every spelling of a tag, and nothing else."""
    assert language_tag(code) == tag


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("enu", "en-US"),
        ("ENU", "en-US"),
        ("mnc", "zh-CN"),
        ("arw", "ar-001"),
        ("viv", "vi-VN"),
        ("de-AT", "de-AT"),
    ]
    + [("xyz", None), ("english", None)],
)
def test_cerence_tag(code: str, tag: str | None) -> None:
    """A code of Cerence, or a tag."""
    assert cerence_tag(code) == tag
