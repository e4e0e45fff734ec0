"""The trace of the line: what helps to understand a server, and nothing that is private."""

import base64
import json
import logging
from typing import Any

from aiohttp import WSMessage, WSMsgType
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech import SynthesisError, SynthesisMetrics, TextSegments, TextStream
from custom_components.websocket_tts.speech.privacy import _VOCABULARY, Privacy
from custom_components.websocket_tts.speech.trace import MAX_ENTRIES, WireTrace
from simulator import Cut, Simulator

from .speaking import TEXT, VOICES, MakeService, set_habits

_AUDIO: dict[str, Any] = {
    "data": f"data:audio/pcm;base64,{base64.b64encode(bytes(range(256))).decode()}",
    "last": False,
}


def text_message(message: object) -> WSMessage:
    """Return a text message as aiohttp hands it on."""
    return WSMessage(WSMsgType.TEXT, message if isinstance(message, str) else json.dumps(message), "")


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
        async with service.speak(segments, VOICES[kind], metrics) as buffer:
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
    assert asked["shape"] == {"synthesize": {"text": "<12 characters>", "voice_id": "<21 characters>"}}
    assert answer["shape"] == {"200": {"token": "<39 characters>", "sample_rate": 22050}}
    assert audio["count"] > 3
    assert audio["until"] >= audio["at"]
    assert audio["shape"]["last"] is False
    assert last["shape"]["last"] is True
    assert simulator.calls == ["synthesize", "socket"]


async def test_knovvu(simulator: Simulator, make_service: MakeService) -> None:
    """All that is said, binary audio folded, and the close frame."""
    set_habits(simulator, "knovvu", {"token": "s3cr3t-t0ken"}, {})
    entries = await traced(make_service("knovvu", token="s3cr3t-t0ken"), "knovvu", "Hello there.")
    sent = [entry["shape"] for entry in entries if entry["sent"]]
    assert [message["message-name"] for message in sent] == [
        "synthesize",
        "add-tts-text",
        "finalize-synthesis",
    ]
    assert sent[0]["voice-name"] == "Emily_Premium"
    assert sent[0]["sample-rate"] == "24000"
    assert sent[0]["Authorization"] == "<12 characters>"
    assert sent[1] == {"message-name": "add-tts-text", "text": "<12 characters>", "flush": "true"}
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
    assert entries[-2]["shape"] == {"error": "<16 characters>"}
    assert "'SynthesisError'" in caplog.text
    assert "private" not in "".join(record.getMessage() for record in caplog.records)


async def test_statuses_show(simulator: Simulator, make_service: MakeService) -> None:
    """What HTTP says is there, where it is no speech service that answers."""
    simulator.habits.statuses["synthesize"] = 418
    metrics = SynthesisMetrics()
    async with make_service("vivoka").speak(
        TextSegments(TextStream.of("Hello.")), VOICES["vivoka"], metrics
    ) as buffer:
        with pytest.raises(Exception, match="418"):
            await buffer.next()
    assert metrics.trace.entries()[-1]["shape"] == "ProtocolError 418"


def test_audio_is_folded_whatever_its_size() -> None:
    """Frames are told to be alike by what stands around the audio."""
    trace = WireTrace()
    small = {**_AUDIO, "data": _AUDIO["data"][:120]}
    for message in (_AUDIO, small, _AUDIO, {**_AUDIO, "last": True}, _AUDIO):
        trace.received(text_message(message))
    assert [entry.get("count", 1) for entry in trace.entries()] == [3, 1, 1]
    size = 2 * len(json.dumps(_AUDIO)) + len(json.dumps(small))
    assert trace.entries()[0]["size"] == size


def test_audio_among_other_messages() -> None:
    """What comes between does not make audio be read again; each run is counted by itself."""
    trace = WireTrace()
    for message in (_AUDIO, _AUDIO, {"event": "began"}, _AUDIO, _AUDIO, _AUDIO):
        trace.received(text_message(message))
    assert [entry.get("count", 1) for entry in trace.entries()] == [2, 1, 3]
    assert shapes(trace)[0] == shapes(trace)[2]


def test_many_short_messages_are_looked_at_in_the_end() -> None:
    """They show the same as the first ones, and hide what has become known meanwhile."""
    trace = WireTrace()
    for number in range(MAX_ENTRIES):
        trace.received(text_message({"code": number, "state": "melody", "token": "abc"}))
        trace.received(text_message("no JSON"))
    assert "abc" not in repr(trace.__dict__["_latest"])
    trace.privacy.hide_text("Melody of the sea.")
    *_, message, nonsense = shapes(trace)
    assert message == {"code": MAX_ENTRIES - 1, "state": "<6 characters>", "token": "<3 characters>"}
    assert nonsense == "<no JSON>"


def test_what_is_between_audio_is_not_folded() -> None:
    """A message of ours between two of the same shape ends a run; so does a binary one."""
    trace = WireTrace()
    trace.received(text_message(_AUDIO))
    trace.sent('{"message-name":"stop"}')
    trace.received(text_message(_AUDIO))
    trace.received(WSMessage(WSMsgType.BINARY, b"12", ""))
    trace.received(WSMessage(WSMsgType.BINARY, b"345", ""))
    trace.received(text_message(_AUDIO))
    assert [entry["kind"] for entry in trace.entries()] == ["text", "text", "text", "binary", "text"]
    assert trace.entries()[3]["size"] == 5


def test_no_more_than_so_many() -> None:
    """The first and the latest stay, and how many were between."""
    trace = WireTrace()
    for number in range(MAX_ENTRIES + 50):
        trace.received(text_message({"code": number + 1000}))
    entries = trace.entries()
    assert len(entries) == MAX_ENTRIES + 1
    assert entries[0]["shape"] == {"code": 1000}
    assert entries[MAX_ENTRIES // 2] == {"left_out": 50}
    assert entries[-1]["shape"] == {"code": 1000 + MAX_ENTRIES + 49}


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
    assert Privacy().shape(value) == shown


@pytest.mark.parametrize("message", ["no JSON", "{", "[1]", "7", '"text"', '{"a":"' + "\\/" * 100 + '"}'])
def test_any_message(message: str) -> None:
    """What a server should not send is noted, too."""
    trace = WireTrace()
    trace.received(text_message(message))
    trace.received(text_message(message))
    assert trace.entries()[0]["count"] == 2


def test_responses() -> None:
    """Long ones and those that are nested deeply are told by their shape, too."""
    trace = WireTrace()
    nested: Any = "melody"
    for _ in range(900):
        nested = {"inner": nested}
    trace.answered(nested, 500)
    trace.answered({"names": ["one"] * 1000})
    trace.answered({"token": "abc", "sample_rate": 22050})
    deep, long, short = shapes(trace)
    assert deep == {"500": {"inner": {"inner": {"inner": {"inner": "<object>"}}}}}
    assert long == {"200": {"names": ["one", "<1000 in all>"]}}
    assert short == {"200": {"token": "<3 characters>", "sample_rate": 22050}}


def test_audio_that_is_not_folded() -> None:
    """A message with more than audio in it, or with audio that does not end, is told by its shape."""
    trace = WireTrace()
    for message in ({**_AUDIO, "marks": ["one"] * 200}, "A" * 600):
        trace.received(text_message(message))
    marked, endless = shapes(trace)
    assert marked["marks"] == "<1400 characters>"
    assert endless == "<no JSON>"


def test_same_shapes_are_one_entry() -> None:
    """Also where the messages differ in what is not shown."""
    trace = WireTrace()
    for number in range(5):
        trace.received(text_message({"session-id": f"secret-{number}"}))
    assert trace.entries()[0]["count"] == 5
    assert len(trace.entries()) == 1


def test_protocol_shows_whatever_the_text_is() -> None:
    """A text that has the words of the protocol in it does not hide them."""
    privacy = Privacy()
    privacy.hide_text("The message name is: audio, synthesis completed. Finished.")
    shown = privacy.shape({"message-name": "synthesis-completed", "data": None, "state": "finished"})
    assert shown == {"message-name": "synthesis-completed", "data": None, "state": "<8 characters>"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
_PRIVATE = ("Coffee for Jonathan, code 481516.", "S3cret-Passphrase", "living-room.example.net")


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
    """Neither the text nor secrets nor hosts, whatever a server makes of them."""
    trace = WireTrace()
    text, *secrets = _PRIVATE
    trace.privacy.hide(*secrets)
    trace.privacy.hide_text(text)
    for thing in (message, other):
        trace.received(text_message(thing))
        trace.answered(thing)
    hidden = ["".join(filter(str.isalnum, private.casefold())) for private in _PRIVATE]
    for leaf in _leaves(shapes(trace)):
        letters = "".join(filter(str.isalnum, leaf.casefold()))
        if leaf.startswith("<") or leaf in ("None", "True", "False") or letters in _VOCABULARY:
            continue
        assert len(letters) < 3 or not any(letters in private for private in hidden), leaf
        assert not any(private in letters for private in hidden), leaf
