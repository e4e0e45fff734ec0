"""ScenarioServer servers: every scenario there could be, for hypothesis."""

from base64 import b64encode, urlsafe_b64encode
from functools import partial
import json

from hypothesis import strategies as st

from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.models import VoiceSettings

from .scenario import (
    MAX_FRAME,
    PAUSES,
    PROPER,
    RATE,
    Abort,
    Answer,
    Close,
    Hear,
    Pause,
    Route,
    Scenario,
    Send,
    Step,
)

_KEYS = (
    *("data", "last", "error", "token", "sample_rate", "message-name", "audio", "audio-data", "error-code"),
    *("event", "type", "code"),
    *("error-message", "message", "access_token", "expires_in", "voices", "name", "id", "language", ""),
)
_NAMES = (
    "synthesis-completed",
    "SpeechFinished",
    "synthesis-finalized",
    "audio",
    "error",
    "synthesis-started",
    "Warning",
)
_FRAMES = (
    # Frames that aiohttp's server would not send: a ping, a pong, halves of a message, a half alone, a
    # reserved opcode, reserved bits, a mask, text that is no UTF-8, a length without end, a close frame of
    # one byte and more behind a proper one.
    *(b"\x89\x01a", b"\x8a\x00", b"\x01\x02{}\x80\x00", b"\x80\x01a", b"\x83\x00", b"\xf1\x01a"),
    *(b"\x82\x84abcdefgh", b"\x81\x02\xff\xff", b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"),
    *(b"\x88\x01a", b"\x88\x02\x03\xe8\x82\x02\x00\x01", b"\x82\x7e\x00\x02\x00\x01", b"\x82"),
)
_PLACES = ("", "/", "http://[", "ftp://127.0.0.1/", "http:///", "http://127.0.0.1:1/", "/v1", "\t")
"""Where redirects lead: never away from this machine."""


def _mostly[T](ordinary: st.SearchStrategy[T], odd: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """Return the ordinary four times out of five: what is odd at once is never seen in depth."""
    return st.integers(0, 4).flatmap(lambda turn: odd if turn == 4 else ordinary)


_numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
_heads = st.sampled_from(("DATA:Audio/PCM;rate=8000;BASE64,", "data:audio/mpeg;base64,", "data:;base64,\n"))
_base64 = st.one_of(
    st.binary(max_size=64).map(lambda data: b64encode(data).decode()),
    st.binary(max_size=64).map(lambda data: "data:audio/pcm;base64," + b64encode(data).decode()),
    st.builds(
        lambda head, data: head + urlsafe_b64encode(data).decode().rstrip("="), _heads, st.binary(max_size=64)
    ),
    st.text(max_size=8),
    st.just("AAE"),
)
_leaves = st.one_of(st.none(), st.booleans(), _numbers, st.text(max_size=8), st.sampled_from(_NAMES), _base64)
_keys = st.one_of(st.sampled_from(_KEYS), st.text(max_size=4))
_values: st.SearchStrategy[object] = st.recursive(
    _leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_keys, inner, max_size=4)),
    max_leaves=6,
)


def _nested(key: str, depth: int) -> bytes:
    """Return objects within each other, or lists where there is no key."""
    opening, closing = (f'{{"{key}":', "}") if key else ("[", "]")
    return (opening * depth + "1" + closing * depth).encode()


_deep = st.builds(_nested, st.sampled_from(_KEYS), st.integers(200, 1000))
_bodies = st.one_of(
    _values.map(lambda value: json.dumps(value).encode()), _deep, st.binary(max_size=32), st.just(b"<html>")
)
_samples = st.one_of(st.binary(max_size=400), st.just(b"\1\2" * 800))
_headed = st.builds(
    lambda rate, data, cut: (wav.header(PcmFormat(rate)) + data)[cut:],
    *(st.sampled_from((RATE, 24000)), _samples, st.sampled_from((0, 0, 2, 20))),
)
_messages = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("data", "audio", "audio-data"), st.one_of(_base64, _base64, _values)),
        "last": st.one_of(st.booleans(), _values),
        "message-name": st.one_of(st.sampled_from(_NAMES), _values),
        **dict.fromkeys(("error", "error-code", "error-message", "message"), _values),
    },
)
_spoken = st.builds(
    lambda data, last: json.dumps({"data": b64encode(data).decode(), "last": last}), _samples, st.booleans()
)
texts = st.one_of(
    _spoken,
    _messages.map(json.dumps),
    st.sampled_from(_NAMES).map(lambda name: json.dumps({"message-name": name})),
    _bodies.map(lambda body: body.decode(errors="ignore")),
    st.text(max_size=16),
)
"""Text frames."""
_steps: st.SearchStrategy[Step] = st.one_of(
    _spoken.map(Send),
    texts.map(Send),
    _samples.map(Send),
    _headed.map(Send),
    st.just(Hear()),
    st.sampled_from(PAUSES).map(Pause),
    st.one_of(st.just(1000), st.integers(0, 65535)).map(Close),
    st.sampled_from(_FRAMES).map(partial(Send, raw=True)),
    st.binary(max_size=32).map(partial(Send, raw=True)),
    st.sampled_from((Abort(), Send(bytes(MAX_FRAME + 2)), Send(bytes(MAX_FRAME - 1)))),
)
_wild_answers = st.builds(
    Answer,
    _bodies,
    status=st.one_of(st.sampled_from((200, 204, 302, 400, 401, 403, 404, 429, 500)), st.integers(200, 599)),
    headers=st.fixed_dictionaries(
        {},
        optional={
            "Location": st.sampled_from(_PLACES),
            "Content-Encoding": st.sampled_from(("gzip", "deflate", "x")),
            "Content-Type": st.sampled_from(("application/json", "text/html; charset=x")),
            "Set-Cookie": st.text("a=;é ", max_size=8),
        },
    ),
    raw=st.booleans(),
    after=st.sampled_from(PAUSES),
)


def _answers(route: Route) -> st.SearchStrategy[list[Answer]]:
    """Return answers to the requests of a route, most of them proper."""
    proper = st.just(Answer(PROPER[route]))
    return st.lists(_mostly(proper, st.one_of(_bodies.map(Answer), _wild_answers)), min_size=1, max_size=3)


_SPEECH: dict[str, list[Step]] = {
    "vivoka": [
        Send(f'{{"data":"{b64encode(b"\1\2" * 800).decode()}"}}'),
        Send('{"data":"AAE=","last":true}'),
    ],
    "knovvu": [Hear(), Hear(), Send(b"\1\2" * 800), Hear(), Send(b"\1\2" * 800), Close(1000)],
}
"""What a service does on a socket."""
KINDS = tuple(_SPEECH)
"""The services that are played here: those whose audio comes on a socket."""


def _scripts(kind: str) -> st.SearchStrategy[list[Step]]:
    """Return what is done on a socket: speech, mostly with something odd in it, or anything at all."""
    speech, odd = _SPEECH[kind], st.lists(_steps, max_size=3)
    return _mostly(
        st.builds(lambda at, steps: [*speech[:at], *steps, *speech[at:]], st.integers(0, len(speech)), odd),
        st.lists(_steps, max_size=8),
    )


def scenarios(kind: str) -> st.SearchStrategy[Scenario]:
    """Return every server there could be."""
    sentences = st.sampled_from(("Hi. ", "One two. ", "a", "<speak>x</speak>", "1 < 2? ", "😀"))
    return st.builds(
        Scenario,
        answers=st.fixed_dictionaries(
            {
                "voices": _answers("voices"),
                "synthesize": _answers("synthesize"),
                "token": _answers("token"),
                "socket": _mostly(st.just([]), st.lists(_wild_answers, max_size=1)),
            }
        ),
        sockets=st.lists(_scripts(kind), min_size=1, max_size=3),
        text=_mostly(st.lists(sentences, min_size=1, max_size=4), st.just([])),
        settings=st.builds(
            VoiceSettings,
            voice=st.sampled_from(("enu,evan,embedded-pro", "Emily_Premium")),
            rate=st.sampled_from((1.0, 0.5)),
            sample_rate=st.just(RATE),
            sentence_pause=_mostly(st.just(0), st.just(20)),
        ),
        credentials=st.sampled_from(("none", "token", "client")),
        quirks=st.sampled_from(
            (
                {},
                {"bearer": True},
                {"finalize_late": True},
                {"rates": {"v": RATE}},
                {"ending": "close"},
                {"ending": "varies"},
            )
        ),
        stand_by=_mostly(st.just(value=False), st.just(value=True)),
        leave_after=_mostly(st.none(), st.integers(0, 3)),
    )
