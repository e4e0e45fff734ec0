"""Servers that do all as they should, in whichever way the protocol leaves open, for hypothesis."""

from base64 import b64encode
from dataclasses import dataclass
from itertools import pairwise
import json

from hypothesis import strategies as st

from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.models import VoiceSettings

from .scenario import PAUSES, PROPER, RATE, Answer, Close, HearUntil, Pause, Scenario, Send, Step


@dataclass(frozen=True, slots=True)
class Proper:
    """A server that does all as it should, and the samples that it sends on one socket after the other."""

    scenario: Scenario
    samples: list[bytes]


SHORT = 49
"""Bytes of audio from which on their base64 can be no word."""
_ASIDE: tuple[Step, ...] = (
    *(
        Send(text)
        for text in ('{"event":{"name":"started"}}', '{"message-name":"marks"}', "no JSON", "[1]", "{}")
    ),
    # A ping, a pong, and a message in halves.
    *(Send(frame, raw=True) for frame in (b"\x89\x01a", b"\x8a\x00", b"\x01\x01{\x80\x01}")),
    *(Pause(seconds) for seconds in PAUSES),
)
"""What a server may do beside speaking."""


@st.composite
def _pieces(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """Return some bytes cut anywhere, also into nothing."""
    cuts = draw(st.lists(st.one_of(st.integers(0, 60), st.integers(0, len(data))), max_size=6))
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@st.composite
def _with_asides(draw: st.DrawFn, steps: list[Step]) -> list[Step]:
    """Return the steps with something else before some of them."""
    asides = st.lists(st.sampled_from(_ASIDE), max_size=1)
    return [each for step in steps for each in (*draw(asides), step)]


def _in_json(key: str, prefix: str, data: bytes, **more: object) -> Send:
    return Send(json.dumps({key: prefix + b64encode(data).decode(), **more}))


@st.composite
def _spoken_by_vivoka(draw: st.DrawFn, samples: bytes, rate: int, endings: tuple[str, ...]) -> list[Step]:
    """Return what the Vivoka VDK Service may do on a socket to send some samples."""
    prefix = draw(st.sampled_from(("", "data:audio/pcm;base64,")))
    head = draw(
        st.sampled_from((b"", wav.header(PcmFormat(rate)), wav.header(PcmFormat(rate), len(samples))))
    )
    *others, last = draw(_pieces(head + samples))
    speech: list[Step] = [_in_json("data", prefix, piece, last=False) for piece in others]
    match draw(st.sampled_from(endings)):
        case "last":
            ending: list[Step] = [_in_json("data", prefix, last, last=True)]
        case "empty":
            ending = [_in_json("data", prefix, last), _in_json("data", "", b"", last=True)]
        case _:
            ending = [_in_json("data", prefix, last), Close(1000)]
    return [*draw(_with_asides(speech)), *ending]


@st.composite
def _spoken_by_knovvu(draw: st.DrawFn, samples: bytes, header_rate: int | None) -> list[Step]:
    """Return what Knovvu TTS may do on a socket to send some samples, perhaps behind a WAV header."""
    head = wav.header(PcmFormat(header_rate)) if header_rate else b""
    if head and draw(st.booleans()):
        head = head[:36] + b"LIST\3\0\0\0abc\0" + head[36:]
    key = draw(st.sampled_from((None, "audio", "data", "audio-data")))
    # What is short could be a word, unless it says that it is audio.
    url = "data:audio/pcm;base64,"
    speech: list[Step] = [
        _in_json(key, url if key == "data" and len(piece) < SHORT else "", piece) if key else Send(piece)
        for piece in draw(_pieces(head + samples))
    ]
    end = draw(st.sampled_from(((), (Send('{"message-name":"synthesis-finalized"}'),))))
    return [HearUntil("finalize"), *draw(_with_asides(speech)), *end, Close(1000)]


@st.composite
def proper(draw: st.DrawFn, kind: str) -> Proper:
    """Return every server that does all as it should, in whichever way the protocol leaves open."""
    text = draw(st.lists(st.sampled_from(("Hi. ", "One two. ", "😀 yes. ")), min_size=1, max_size=3))
    confirmed = draw(st.booleans())
    rate = RATE if confirmed else draw(st.sampled_from((RATE, 24000)))
    # Long enough not to look cut off.
    least = rate // 10 * len("".join(text))
    sounds = draw(
        st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=2 if kind == "vivoka" else 1)
    )
    samples = [(sound * least)[: least * 2] for sound in sounds]
    answers = {route: [Answer(body)] for route, body in PROPER.items()}
    if kind == "vivoka":
        answers["synthesize"] = [Answer(json.dumps({"token": "granted", "sample_rate": rate}).encode())]
        # A service marks the end of each speech, or of none.
        endings = draw(st.sampled_from((("last", "empty"), ("close",))))
        sockets = [draw(_spoken_by_vivoka(sound, rate, endings)) for sound in samples]
    else:
        header_rate = rate if rate != RATE else draw(st.sampled_from((None, rate)))
        sockets = [draw(_spoken_by_knovvu(sound, header_rate)) for sound in samples]
    scenario = Scenario(
        answers={**answers, "socket": []},
        sockets=sockets,
        text=text,
        settings=VoiceSettings("enu,evan,embedded-pro", sample_rate=RATE),
        credentials=draw(st.sampled_from(("none", "token", "client"))),
        quirks={"rates": {"enu,evan,embedded-pro": RATE}, "finalize_late": False} if confirmed else {},
        stand_by=draw(st.booleans()),
        leave_after=None,
    )
    return Proper(scenario, samples)
