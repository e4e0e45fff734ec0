"""What a report shows of messages that nobody knows: their shape, and nothing that is private."""

import json
from typing import Any

from aiohttp import WSMessage, WSMsgType
from hypothesis import given, settings, strategies as st
import pytest

from probe.shape import Shapes
from probe.trace import Trace


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"message-name": "synthesis-completed"}, {"message-name": "synthesis-completed"}),
        ({"ErrorCode": "Invalid-License"}, {"ErrorCode": "Invalid-License"}),
        ({"error-code": "401", "ok": True, "none": None}, {"error-code": "401", "ok": True, "none": None}),
        ({"format": "audio/pcm"}, {"format": "audio/pcm"}),
        ({"duration": 1.25}, {"duration": 1.25}),
        # What may be anything, is secret, or belongs to somebody.
        ({"session-id": "abc"}, {"session-id": "<3 characters>"}),
        ({"sessionId": 12}, {"sessionId": "<2 characters>"}),
        ({"host": "node"}, {"host": "<4 characters>"}),
        ({"access_token": "abc"}, {"access_token": "<3 characters>"}),
        ({"x": "10.0.0.1"}, {"x": "<8 characters>"}),
        ({"x": "a.b"}, {"x": "<3 characters>"}),
        ({"x": "eyJhbGciOi"}, {"x": "<10 characters>"}),
        ({"x": "qGhbZkLm"}, {"x": "<8 characters>"}),
        ({"x": "ghjkl"}, {"x": "<5 characters>"}),
        ({"x": "synthesisQueued"}, {"x": "synthesisQueued"}),
        ({"x": "AAAAAAAA"}, {"x": "<8 characters>"}),
        ({"x": "two words"}, {"x": "<9 characters>"}),
        ({"x": 1234567890123}, {"x": "<number>"}),
        ({"x": "a" * 41}, {"x": "<41 characters>"}),
        ({"x": "a" * 64}, {"x": "<characters>"}),
        ({"words": ["one"]}, {"words": "<7 characters>"}),
        ({"words": [{"at": 3}]}, {"words": [{"at": 3}, "<1 in all>"]}),
        ({"two things": 1, "déjà": 2}, {"<key 0>": 1, "<key 1>": 2}),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, {"a": {"b": {"c": {"d": "<object>"}}}}),
        ([], ["<0 in all>"]),
        ({}, {}),
        ({str(i) + "x": 1 for i in range(25)}, {**{f"<key {i}>": 1 for i in range(20)}, "<more>": 5}),
    ],
)
def test_values(value: object, shown: object) -> None:
    """Only short names, numbers and codes are shown."""
    assert Shapes().of(value) == shown


@pytest.mark.parametrize(
    ("payload", "shape"),
    [
        ([], "empty list"),
        (["any"], "list of strings"),
        ([7], "list of int"),
        (None, "null"),
        ("any", "strings"),
        ({}, "objects ()"),
        ({"enu,ann,neural": None}, "object by id of null"),
        ({"Voices": [{"Name": "any", "Language": "any"}]}, "list of objects (Language Name) in Voices"),
        ({"data": {"a list": []}}, "empty list in another key in data"),
        ({"enu,ann,neural": {"sample rates": [16000]}}, "object by id of objects (?)"),
        ({"error": "no"}, "objects (error)"),
        ({"a": {"b": {"c": {"d": []}}}}, "objects (a)"),
    ],
)
def test_lists_of_voices(payload: object, shape: str) -> None:
    """The shape of a list names where it is, and what is in it, but no voice."""
    assert Shapes().of_list(payload) == shape


def received(*messages: object) -> list[dict[str, Any]]:
    """Return the trace of these messages."""
    trace = Trace(Shapes())
    for message in messages:
        is_binary = isinstance(message, bytes)
        text = message if isinstance(message, bytes | str) else json.dumps(message)
        trace.received(WSMessage(WSMsgType.BINARY if is_binary else WSMsgType.TEXT, text, ""))
    return trace.entries


def test_consecutive_messages_of_a_shape_are_one_entry() -> None:
    """Also where they differ in what is not shown; another one in between ends a run."""
    audio = {"data": "A" * 2000, "last": False}
    entries = received(audio, {**audio, "data": "A" * 1000}, audio, {"event": "began"}, audio, b"1", b"234")
    assert [entry.get("count", 1) for entry in entries] == [3, 1, 1, 2]
    assert entries[0]["shape"] == {"data": "<characters>", "last": False}
    assert entries[0]["size"] == 2 * len(json.dumps(audio)) + len(json.dumps(audio)) - 1000
    assert entries[0]["until"] >= entries[0]["at"]
    assert entries[-1].keys() == {"at", "sent", "kind", "size", "count", "until"}


@pytest.mark.parametrize("message", ["no JSON", "{", "[1]", "7", '"text"', '{"a":"' + "\\/" * 100 + '"}'])
def test_any_message(message: str) -> None:
    """What a server should not send is noted, too."""
    assert received(message, message)[0]["count"] == 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
_PRIVATE = ("S3cret-Passphrase", "living-room.example.net", "481516")


@st.composite
def _leaks(draw: st.DrawFn) -> object:
    """Return JSON in which pieces of what is private stand anywhere, as they are or slightly changed."""
    whole = draw(st.sampled_from(_PRIVATE))
    start = draw(st.integers(0, len(whole) - 4))
    piece = whole[start : start + draw(st.integers(4, len(whole)))]
    change = draw(st.sampled_from([str, str.lower, str.upper, str.title, str.strip]))
    changed = change(piece)  # type: ignore[operator]
    message = draw(st.dictionaries(st.text(max_size=8), _JSON, max_size=3))
    place = draw(st.sampled_from(["key", "value", "list", "inner", "number"]))
    match place:
        case "key":
            return {**message, changed: 1}
        case "list":
            return {**message, "x": [changed]}
        case "inner":
            return {**message, "x": {"y": changed}}
        case "number":
            return {**message, "x": 481516}
        case _:
            return {**message, draw(st.text(max_size=8)): changed}


def _leaves(shape: object) -> list[str]:
    """Return all keys and values of a shape, as one would read them."""
    if isinstance(shape, dict):
        return [text for key, value in shape.items() for text in (str(key), *_leaves(value))]
    if isinstance(shape, list):
        return [text for value in shape for text in _leaves(value)]
    return [str(shape)]


@settings(max_examples=400, deadline=None)
@given(_leaks(), _JSON)
def test_nothing_private_shows(message: object, other: object) -> None:
    """Neither secrets nor hosts, whatever a server makes of them."""
    shapes = Shapes()
    shapes.hide(*_PRIVATE)
    hidden = ["".join(filter(str.isalnum, private.casefold())) for private in _PRIVATE]
    for leaf in _leaves([shapes.of(message), shapes.of(other)]):
        letters = "".join(filter(str.isalnum, leaf.casefold()))
        if leaf.startswith("<") or leaf in ("None", "True", "False"):
            continue
        assert len(letters) < 3 or not any(letters in private for private in hidden), leaf
        assert not any(private in letters for private in hidden), leaf
