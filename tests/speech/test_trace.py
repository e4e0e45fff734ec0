"""The trace of the line: what helps to understand a server, and nothing that is private."""

import base64
import json
import logging
from typing import Any

from aiohttp import WSMessage, WSMsgType
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.audio.buffer import AudioBuffer
from custom_components.websocket_tts.speech.exceptions import SynthesisError
from custom_components.websocket_tts.speech.metrics import SynthesisMetrics
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from custom_components.websocket_tts.speech.trace import _DOCUMENTED, _TYPES, _VALUES, MAX_ENTRIES, WireTrace
from custom_components.websocket_tts.speech.transport.http import parse_json
from simulator import Cut, Simulator

from .memory import strings_of
from .speaking import TEXT, VOICES, MakeService, set_habits

_AUDIO: dict[str, Any] = {
    "data": f"data:audio/pcm;base64,{base64.b64encode(bytes(range(256)) * 2).decode()}",
    "last": False,
}


def text_message(message: object) -> WSMessage:
    """Return a text message as aiohttp hands it on."""
    return WSMessage(WSMsgType.TEXT, message if isinstance(message, str) else json.dumps(message), "")


def receive(trace: WireTrace, message: object) -> None:
    """Note a message as the clients do, with its JSON."""
    text = text_message(message)
    trace.received(text, parse_json(text.data))


def shapes(trace: WireTrace) -> list[Any]:
    """Return the shapes of all that came."""
    return [entry.get("shape") for entry in trace.entries()]


async def traced(
    service: Any, kind: str, text: str = TEXT, error: type[Exception] | None = None
) -> list[dict[str, Any]]:
    """Speak, and return what went over the line."""
    metrics = SynthesisMetrics()
    segments = TextSegments(TextStream.of(text))
    try:
        async with service.speak(
            segments, VOICES[kind], AudioBuffer(service.limits, metrics=metrics)
        ) as buffer:
            while await buffer.next(segments):
                pass
    except SynthesisError:
        assert error is SynthesisError
    else:
        assert error is None
    return metrics.trace.entries()


async def test_vivoka(simulator: Simulator, make_service: MakeService) -> None:
    """The request, its answer, the socket, the audio folded, and how it ended."""
    entries = await traced(make_service("vivoka"), "vivoka", "Hello there.")
    assert [(entry["kind"], entry["sent"]) for entry in entries] == [
        ("http", True),
        ("http", False),
        ("open", False),
        ("text", False),
        ("text", False),
    ]
    asked, answer, _, audio, last = entries
    assert asked["shape"] == {"synthesize": {"text": "<text>", "voice_id": "<text>"}}
    assert answer["shape"] == {"token": "<text>", "sample_rate": 22050}
    assert audio["count"] > 3
    assert audio["until"] >= audio["at"]
    assert audio["shape"] == {"data": "<text>", "last": False}
    assert last["shape"] == {"data": "<text>", "last": True}
    assert simulator.calls == ["synthesize", "socket"]


async def test_knovvu(simulator: Simulator, make_service: MakeService) -> None:
    """All that is said, binary audio folded, and the close frame."""
    set_habits(simulator, "knovvu", {"token": "s3cr3t-t0ken"}, {})
    entries = await traced(make_service("knovvu", token="s3cr3t-t0ken"), "knovvu", "Hello there.")
    sent = [entry["shape"] for entry in entries if entry["sent"]]
    assert sent == [
        {
            "message-name": "synthesize",
            "audio-format": "<text>",
            "voice-name": "<text>",
            "sample-rate": "24000",
            "volume": "<text>",
            "rate": "<text>",
            "Authorization": "<text>",
        },
        {"message-name": "add-tts-text", "text": "<text>", "flush": "<text>"},
        {"message-name": "finalize-synthesis"},
    ]
    audio, end = entries[-2:]
    assert audio["kind"] == "binary"
    assert audio["size"] == simulator.requests[0].sample_rate * 2 * 0.05 * len("Hellothere.")
    assert (end["kind"], end["shape"]) == ("close", 1000)


@pytest.mark.parametrize("kind", VOICES)
async def test_failures_show(
    kind: str, simulator: Simulator, make_service: MakeService, caplog: pytest.LogCaptureFixture
) -> None:
    """An error is there with its kind, and before it the message that it came in; also in the log."""
    caplog.set_level(logging.DEBUG)
    set_habits(simulator, kind, {"cut": Cut(0, "error", error="My private words")}, {})
    entries = await traced(make_service(kind), kind, "My private words.", SynthesisError)
    assert entries[-1]["kind"] == "failure"
    assert entries[-1]["shape"] == "SynthesisError"
    assert entries[-2]["shape"] == {"error": "<text>"}
    assert "'SynthesisError'" in caplog.text
    assert "private" not in "".join(record.getMessage() for record in caplog.records)


async def test_statuses_show(simulator: Simulator, make_service: MakeService) -> None:
    """What HTTP says is there, where it is no speech service that answers."""
    simulator.habits.statuses["synthesize"] = 418
    metrics = SynthesisMetrics()
    service = make_service("vivoka")
    kept = AudioBuffer(service.limits, metrics=metrics)
    async with service.speak(TextSegments(TextStream.of("Hello.")), VOICES["vivoka"], kept) as buffer:
        with pytest.raises(Exception, match="418"):
            await buffer.next()
    assert metrics.trace.entries()[-1]["shape"] == "ProtocolError 418"


def test_audio_is_folded_whatever_its_size() -> None:
    """Frames are alike if their keys are."""
    trace = WireTrace()
    small = {**_AUDIO, "data": _AUDIO["data"][:120]}
    for message in (_AUDIO, small, _AUDIO, {**_AUDIO, "last": True}, _AUDIO):
        receive(trace, message)
    assert [entry.get("count", 1) for entry in trace.entries()] == [3, 1, 1]
    size = 2 * len(json.dumps(_AUDIO)) + len(json.dumps(small))
    assert trace.entries()[0]["size"] == size


def test_audio_among_other_messages() -> None:
    """Each run of it is counted by itself."""
    trace = WireTrace()
    for message in (_AUDIO, _AUDIO, {"event": "Marker"}, _AUDIO, _AUDIO, _AUDIO):
        receive(trace, message)
    assert [entry.get("count", 1) for entry in trace.entries()] == [2, 1, 3]
    assert shapes(trace)[0] == shapes(trace)[2]


def test_what_is_between_audio_is_not_folded() -> None:
    """A message of ours between two of the same shape ends a run; so does a binary one."""
    trace = WireTrace()
    receive(trace, _AUDIO)
    trace.sent({"message-name": "stop"}, 23)
    receive(trace, _AUDIO)
    trace.received(WSMessage(WSMsgType.BINARY, b"12", ""), None)
    trace.received(WSMessage(WSMsgType.BINARY, b"345", ""), None)
    receive(trace, _AUDIO)
    assert [entry["kind"] for entry in trace.entries()] == ["text", "text", "text", "binary", "text"]
    assert trace.entries()[3]["size"] == 5


def test_ends_show() -> None:
    """The code of a close frame, or what aiohttp says in its place."""
    trace = WireTrace()
    trace.received(WSMessage(WSMsgType.CLOSE, 1013, "my private words"), None)
    trace.received(WSMessage(WSMsgType.CLOSED, None, None), None)
    trace.received(WSMessage(WSMsgType.ERROR, ValueError("private"), None), None)
    assert shapes(trace) == [1013, "closed", "error"]


def test_no_more_than_so_many() -> None:
    """The latest stay, and how many were before."""
    trace = WireTrace()
    for number in range(MAX_ENTRIES + 50):
        receive(trace, {"last": number % 2 == 0})
    entries = trace.entries()
    assert len(entries) == MAX_ENTRIES + 1
    assert entries[0] == {"left_out": 50}
    assert entries[-1]["shape"] == {"last": False}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        # Values that the protocols document, with the keys as the server spells them.
        ({"message-name": "synthesis-completed"}, {"message-name": "synthesis-completed"}),
        ({"messageName": "add-tts-text"}, {"messageName": "add-tts-text"}),
        ({"ErrorCode": "Invalid-License"}, {"ErrorCode": "Invalid-License"}),
        ({"event": "GenerationEnded"}, {"event": "GenerationEnded"}),
        ({"sample_rate": "22050"}, {"sample_rate": "22050"}),
        ({"last": True, "error": None, "Success": False}, {"last": True, "error": None, "Success": False}),
        (
            {"error": {"code_string": "x", "type": 2}},
            {"error": {"code_string": "<text>", "type": "<number>"}},
        ),
        (
            {"data": "", "rate": 1.5, "result": [1]},
            {"data": "<text>", "rate": "<number>", "result": "<list>"},
        ),
        # What else there is, is only counted.
        ({"message-name": "my-private-words"}, {"message-name": "<text>"}),
        ({"text": "stop", "data": "synthesize"}, {"text": "<text>", "data": "<text>"}),
        ({"sample_rate": 4711, "error-code": "401"}, {"sample_rate": "<number>", "error-code": "<text>"}),
        ({"session-id": "abc", "host": "node", "last": True}, {"last": True, "<other>": 2}),
        ({"message__name": "stop", "xlast": True}, {"message__name": "stop", "<other>": 1}),
        ({"words": {"last": True}}, {"<other>": 1}),
        (
            {"error": {"error": {"error": {"error": 1}}}},
            {"error": {"error": {"error": {"error": "<number>"}}}},
        ),
        ([{"last": True}], "<list>"),
        (7, "<number>"),
        ({}, {}),
    ],
)
def test_values(value: object, shown: object) -> None:
    """Documented keys are shown, and documented values of some."""
    trace = WireTrace()
    receive(trace, value)
    trace.sent(value, 1)
    trace.answered(value)
    trace.asked("voices", value)
    assert shapes(trace) == [shown, shown, shown, {"voices": shown}]


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        "{",
        "[1]",
        "7",
        '"text"',
        '{"a":"' + "\\/" * 300 + '"}',
        "private " * 99,
        '"\ud800"',
        "A" * 600,
    ],
)
def test_any_message(message: str) -> None:
    """What a server should not send is noted, too."""
    trace = WireTrace()
    receive(trace, message)
    receive(trace, message)
    assert trace.entries()[0]["count"] == 2
    assert trace.entries()[0]["shape"] in ("<no JSON>", "<list>", "<number>", "<text>", {"<other>": 1})


def test_deep_responses() -> None:
    """One that is nested more deeply than anything that means something is cut."""
    nested: Any = "melody"
    for _ in range(900):
        nested = {"error": nested}
    trace = WireTrace()
    trace.answered(nested)
    assert "'<object>'" in str(trace)
    assert "melody" not in str(trace)


def test_same_shapes_are_one_entry() -> None:
    """Also where the messages differ in what is not shown."""
    trace = WireTrace()
    for number in range(5):
        receive(trace, {"token": f"secret-{number}"})
    assert trace.entries()[0]["count"] == 5
    assert len(trace.entries()) == 1


_KEYS = st.sampled_from(sorted(_DOCUMENTED)) | st.text(max_size=10)
_PRIVATE = st.sampled_from(
    ["Coffee for Jonathan, code 481516.", "S3cret-Passphrase", "living-room.example.net"]
)
_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
_JSON = st.recursive(
    _LEAVES | _PRIVATE | st.sampled_from(sorted(set().union(*_VALUES.values()))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | _PRIVATE, inner, max_size=4),
    max_leaves=12,
)
_SHOWN = {
    *("None", "True", "False", "200", "<other>", "<object>", "<no JSON>", *_TYPES.values()),
    *(value.casefold() for values in _VALUES.values() for value in values),
    *(key.replace("-", hyphen) for key in _DOCUMENTED for hyphen in ("", "-", "_")),
}


def _leaves(shape: object) -> list[str]:
    """Return all keys and values of a shape, as one would read them."""
    if isinstance(shape, dict):
        others = {"<other>": shape["<other>"]} if "<other>" in shape else {}
        assert all(isinstance(number, int) for number in others.values())
        told = {key: value for key, value in shape.items() if key not in others}
        return [*others, *(text for key, value in told.items() for text in (key, *_leaves(value)))]
    return [str(shape)]


@settings(max_examples=400, deadline=None)
@given(_JSON, st.text())
def test_nothing_else_shows(message: object, nonsense: str) -> None:
    """Whatever a server says, nothing can be read but what is documented, and nothing else is kept."""
    trace = WireTrace()
    receive(trace, message)
    receive(trace, nonsense)
    trace.answered(message)
    for leaf in [leaf for shape in shapes(trace) for leaf in _leaves(shape)]:
        assert leaf.casefold() in {text.casefold() for text in _SHOWN}, leaf


def test_nothing_else_is_kept() -> None:
    """Nor is it in memory: what is shown is all that there is."""
    trace = WireTrace()
    for message in (
        {"text": "private"},
        {"private": "A" * 600},
        "private " * 99,
        {**_AUDIO, "text": "private"},
    ):
        receive(trace, message)
        trace.sent(message, 1)
        trace.asked("voices", message)
        trace.answered(message)
    kept = strings_of(trace)
    assert "voices" in kept
    assert not [text for text in kept if "private" in text]
