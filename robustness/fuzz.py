"""Hostile servers, made up by hypothesis, against both clients: scripts/fuzz.

Whatever they do, only a SpeechError comes out, samples are whole, and nothing stays open. What comes from a
server that does all as it should, if in its own way, is exactly the samples that it sent.
"""

import argparse
import asyncio
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
import gc
from itertools import pairwise
import json
import logging
import os
import re
import subprocess
import sys
from time import monotonic
from typing import Literal, Self

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings, strategies as st
from yarl import URL

from custom_components.websocket_tts.speech import (
    SERVICES,
    ConnectionConfig,
    Limits,
    PcmFormat,
    SpeechClient,
    SpeechError,
    TextSegments,
    VoiceSettings,
    wav,
)
from custom_components.websocket_tts.speech.audio.pcm import SAMPLE_WIDTH

from .frames import TARGETS

type Route = Literal["voices", "synthesize", "token", "socket"]

_MAX_FRAME = 16 * 1024
_CLEANED_UP = 1.0
"""Seconds after which nothing may be open any more."""
_IMPATIENT = 0.03
"""Seconds instead of those that people have patience for."""
_PAUSES = (0.0, 0.005, 1.5 * _IMPATIENT)
_RATE = 8000


LIMITS = Limits(
    connect=0.5,
    first_audio=_IMPATIENT,
    between_audio=_IMPATIENT,
    close=_IMPATIENT,
    retry_pause=0.001,
    busy=2 * _IMPATIENT,
    min_quiet=_IMPATIENT / 4,
    max_quiet=_IMPATIENT,
    worthwhile=0.005,
    frame=_MAX_FRAME,
    held=1024,
    audio=0.5,
    audio_per_character=0.01,
)
"""Every limit within the reach of a short example."""
PATIENT = Limits(between_audio=1.0, max_quiet=0.2)
"""What a proper server does not reach."""


# What a server does: steps on a socket, answers to requests, and a scenario of them.


@dataclass(frozen=True, slots=True)
class Send:
    """A text or binary frame; bytes that are raw go out without a frame around them."""

    data: str | bytes
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """A close frame with any code."""

    code: int


@dataclass(frozen=True, slots=True)
class Abort:
    """The connection is torn down."""


@dataclass(frozen=True, slots=True)
class Hear:
    """The next message of the client is waited for."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing happens for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HearUntil:
    """Messages of the client are waited for until one has these words."""

    words: str


type Step = Send | Close | Abort | Hear | HearUntil | Pause


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP, or raw bytes instead of one, after so many seconds."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bool = False
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A server, and what is asked of it."""

    answers: Mapping[Route, list[Answer]]
    """Taken in turn for each route; a socket without any is opened."""
    sockets: list[list[Step]]
    """What is done on one socket after the other, in turn."""
    text: list[str]
    settings: VoiceSettings
    credentials: Literal["none", "token", "client"]
    quirks: Mapping[str, object]
    stand_by: bool
    leave_after: int | None
    """Parts of the audio after which the listener goes away."""


PROPER: dict[Route, bytes] = {
    "voices": b'{"Voices":[{"Name":"enu,evan,embedded-pro","Language":null}],"Success":true}',
    "synthesize": b'{"token":"granted","sample_rate":8000}',
    "token": b'{"access_token":"issued","expires_in":3600}',
}
_KEYS = (
    *("data", "last", "error", "token", "sample_rate", "message-name", "audio", "audio-data", "error-code"),
    *("error-message", "message", "access_token", "expires_in", "voices", "name", "id", "language", ""),
)
_NAMES = (
    "synthesis-completed",
    "SpeechFinished",
    "synthesis-finalized",
    "audio",
    "error",
    "synthesis-started",
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
_base64 = st.one_of(
    st.binary(max_size=64).map(lambda data: b64encode(data).decode()),
    st.binary(max_size=64).map(lambda data: "data:audio/pcm;base64," + b64encode(data).decode()),
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
    *(st.sampled_from((_RATE, 24000)), _samples, st.sampled_from((0, 0, 2, 20))),
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
    st.sampled_from(_PAUSES).map(Pause),
    st.one_of(st.just(1000), st.integers(0, 65535)).map(Close),
    st.sampled_from(_FRAMES).map(partial(Send, raw=True)),
    st.binary(max_size=32).map(partial(Send, raw=True)),
    st.sampled_from((Abort(), Send(bytes(_MAX_FRAME + 2)), Send(bytes(_MAX_FRAME - 1)))),
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
    after=st.sampled_from(_PAUSES),
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
            sample_rate=st.just(_RATE),
            sentence_pause=_mostly(st.just(0), st.just(20)),
        ),
        credentials=st.sampled_from(("none", "token", "client")),
        quirks=st.sampled_from(
            (
                {},
                {"bearer": True},
                {"finalize_late": True},
                {"confirmed_rates": {"v": _RATE}},
                {"tells_end": True},
                {"tells_end": False, "pace": {"v": 0.05}},
            )
        ),
        stand_by=_mostly(st.just(value=False), st.just(value=True)),
        leave_after=_mostly(st.none(), st.integers(0, 3)),
    )


@dataclass(frozen=True, slots=True)
class Proper:
    """A server that does all as it should, and the samples that it sends on one socket after the other."""

    scenario: Scenario
    samples: list[bytes]


_ASIDE: tuple[Step, ...] = (
    *(
        Send(text)
        for text in ('{"event":{"name":"started"}}', '{"message-name":"marks"}', "no JSON", "[1]", "{}")
    ),
    # A ping, a pong, and a message in halves.
    *(Send(frame, raw=True) for frame in (b"\x89\x01a", b"\x8a\x00", b"\x01\x01{\x80\x01}")),
    *(Pause(seconds) for seconds in _PAUSES),
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
def _spoken_by_vivoka(draw: st.DrawFn, samples: bytes, endings: tuple[str, ...]) -> list[Step]:
    """Return what the Vivoka VDK Service may do on a socket to send some samples."""
    prefix = draw(st.sampled_from(("", "data:audio/pcm;base64,")))
    *others, last = draw(_pieces(samples))
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
    speech: list[Step] = [
        _in_json(key, "", piece) if key else Send(piece) for piece in draw(_pieces(head + samples))
    ]
    end = draw(st.sampled_from(((), (Send('{"message-name":"synthesis-finalized"}'),))))
    return [HearUntil("finalize"), *draw(_with_asides(speech)), *end, Close(1000)]


@st.composite
def proper(draw: st.DrawFn, kind: str) -> Proper:
    """Return every server that does all as it should, in whichever way the protocol leaves open."""
    text = draw(st.lists(st.sampled_from(("Hi. ", "One two. ", "😀 yes. ")), min_size=1, max_size=3))
    confirmed = draw(st.booleans())
    rate = _RATE if confirmed else draw(st.sampled_from((_RATE, 24000)))
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
        sockets = [draw(_spoken_by_vivoka(sound, endings)) for sound in samples]
    else:
        header_rate = rate if rate != _RATE else draw(st.sampled_from((None, rate)))
        sockets = [draw(_spoken_by_knovvu(sound, header_rate)) for sound in samples]
    scenario = Scenario(
        answers={**answers, "socket": []},
        sockets=sockets,
        text=text,
        settings=VoiceSettings("enu,evan,embedded-pro", sample_rate=_RATE),
        credentials=draw(st.sampled_from(("none", "token", "client"))),
        quirks={"confirmed_rates": {"enu,evan,embedded-pro": _RATE}, "finalize_late": False}
        if confirmed
        else {},
        stand_by=draw(st.booleans()),
        leave_after=None,
    )
    return Proper(scenario, samples)


class Hostile:
    """The server: a real one, on loopback."""

    def __init__(self) -> None:
        self.scenario: Scenario | None = None
        self.open_sockets = 0
        self.calls: Counter[Route] = Counter()
        self.total: Counter[Route] = Counter()

    def begin(self, scenario: Scenario) -> None:
        """Be this server from now on."""
        self.total += self.calls
        self.scenario, self.calls = scenario, Counter()

    def app(self) -> web.Application:
        """Return the server; every address below it is answered."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        assert self.scenario
        route = _route(request.path)
        answers, turn = self.scenario.answers[route], self.calls[route]
        self.calls[route] += 1
        if answers:
            return await self._answer(request, answers[turn % len(answers)])
        if "Upgrade" not in request.headers:
            return web.Response(status=400)
        return await self._converse(request, self.scenario.sockets[turn % len(self.scenario.sockets)])

    async def _answer(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        await asyncio.sleep(answer.after)
        if answer.raw and request.transport:
            request.transport.write(answer.body)
            request.transport.close()
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    async def _converse(self, request: web.Request, steps: list[Step]) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=_IMPATIENT, max_msg_size=0)
        self.open_sockets += 1
        try:
            await socket.prepare(request)
            with suppress(ConnectionError):
                for step in steps:
                    await _take(step, request, socket)
            async for _ in socket:
                pass
        finally:
            self.open_sockets -= 1
        return socket


def _route(path: str) -> Route:
    if path.rstrip("/").endswith("/voices"):
        return "voices"
    if path.endswith("/voice-synthesis/synthesize"):
        return "synthesize"
    return "token" if path == "/connect/token" else "socket"


async def _take(step: Step, request: web.Request, socket: web.WebSocketResponse) -> None:
    match step:
        case Send(str(text)):
            await socket.send_str(text)
        case Send(bytes(data), raw=False):
            await socket.send_bytes(data)
        case Send(bytes(data)) if request.transport:
            request.transport.write(data)
        case Close(code):
            await socket.close(code=code)
        case Abort() if request.transport:
            request.transport.abort()
        case Hear() | HearUntil():
            await _hear(step, socket)
        case Pause(seconds):
            await asyncio.sleep(seconds)
        case _:
            # The connection has gone already.
            raise ConnectionError


async def _hear(step: Hear | HearUntil, socket: web.WebSocketResponse) -> None:
    if isinstance(step, Hear):
        with suppress(TimeoutError):
            await socket.receive(_IMPATIENT)
        return
    async for message in socket:
        if step.words in str(message.data):
            return


class Arena:
    """Where a client meets hostile servers, one after the other."""

    def __init__(self, kind: str, limits: Limits) -> None:
        self._kind = kind
        self._limits = limits
        self._hostile = Hostile()
        self._server = TestServer(self._hostile.app(), host="127.0.0.1")
        self._stack = AsyncExitStack()
        self._unhandled: list[Mapping[str, object]] = []
        self._heard = bytearray()
        self._said = ""
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._server)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._unhandled.append(context))
        # Debugging is on since aiohttp then tells of what was left for it to close; who is slow is no matter.
        loop.slow_callback_duration = _CLEANED_UP
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def requests(self) -> int:
        """Return how many requests there were, sockets among them."""
        return sum((self._hostile.total + self._hostile.calls).values())

    @property
    def sockets(self) -> int:
        """Return how many WebSockets were asked for."""
        return (self._hostile.total + self._hostile.calls)["socket"]

    async def play(self, scenario: Scenario) -> None:
        """Hold the client to what must hold for any server."""
        begun = monotonic()
        self._hostile.begin(scenario)
        async with ClientSession() as session:
            service = self._service(session, scenario)
            if scenario.stand_by:
                service.preconnect()
            try:
                await self._note("voices", self._list(service))
                await self._note("speech", self._speak(service, scenario))
            finally:
                await service.aclose()
            await _soon(lambda: not self._hostile.open_sockets, "a socket stays open")
            await _soon(lambda: not _tasks(), "a task is left")
        await _soon(lambda: not self._connections, "a connection stays open")
        self.slowest = max(self.slowest, monotonic() - begun)
        self._check_unhandled()

    async def compare(self, server: Proper) -> None:
        """Hold the client to the samples as well."""
        await self.play(server.scenario)
        sockets = self._hostile.calls["socket"] if self._kind == "vivoka" else 1
        sent = b"".join(server.samples[turn % len(server.samples)] for turn in range(sockets))
        assert self._heard == sent, f"{len(self._heard)} bytes instead of {len(sent)}: {self._said}"

    def check_rest(self) -> None:
        """Raise AssertionError for what nobody took or closed, and shows only when it is thrown away."""
        gc.collect()
        self._check_unhandled()

    def _check_unhandled(self) -> None:
        unhandled, self._unhandled = self._unhandled, []
        assert not unhandled, unhandled

    @property
    def _connections(self) -> int:
        runner = self._server.runner
        assert runner
        assert runner.server
        return len(runner.server.connections)

    def _service(self, session: ClientSession, scenario: Scenario) -> SpeechClient:
        address = URL(f"http://127.0.0.1:{self._server.port}")
        connection = ConnectionConfig(address)
        if scenario.credentials == "token":
            connection = ConnectionConfig(address, token="Bearer given")  # noqa: S106 (of nobody)
        if scenario.credentials == "client":
            token_url = str(address / "connect" / "token")
            connection = ConnectionConfig(address, client_id="a", client_secret="b", token_url=token_url)  # noqa: S106
        return SERVICES[self._kind](session, connection, scenario.quirks, limits=self._limits)

    async def _note(self, what: str, work: AsyncGenerator[str]) -> None:
        """Count how something ended; only SpeechErrors that say something are an end."""
        words = self._said = "."
        try:
            async with aclosing(work) as outcomes:
                async for outcome in outcomes:
                    self.outcomes[f"{what}: {outcome}"] += 1
        except SpeechError as err:
            words = self._said = str(err)
            self.outcomes[f"{what}: {type(err).__name__}"] += 1
        assert words, "an error without words"

    async def _list(self, service: SpeechClient) -> AsyncGenerator[str]:
        voices = await service.voices()
        assert all(voice.id and voice.name for voice in voices)
        yield "listed" if voices else "none"

    async def _speak(self, service: SpeechClient, scenario: Scenario) -> AsyncGenerator[str]:
        parts = 0
        self._heard.clear()
        async with service.speak(TextSegments(_written(scenario.text)), scenario.settings) as buffer:
            audio_format = await buffer.format()
            assert audio_format is None or audio_format.sample_rate > 0
            while part := await buffer.next():
                assert audio_format is not None, "the format comes first"
                assert len(part) % SAMPLE_WIDTH == 0, "half a sample"
                self._heard += part
                parts += 1
                if parts == scenario.leave_after:
                    yield "left"
                    return
        yield "spoken" if parts else "nothing to say"


async def _written(text: list[str]) -> AsyncGenerator[str]:
    for chunk in text:
        yield chunk
        await asyncio.sleep(0.001)


def _tasks() -> set[asyncio.Task[object]]:
    """Return what runs beside us, without the server's own tasks: one for each connection."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    return {task for task in tasks if getattr(task.get_coro(), "__qualname__", "") != "RequestHandler.start"}


async def _soon(condition: Callable[[], bool], complaint: str) -> None:
    try:
        async with asyncio.timeout(_CLEANED_UP):
            while not condition():  # noqa: ASYNC110 (nothing tells when it is so)
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"{complaint}: {_tasks()}") from None


def fuzz(kind: str, examples: int, *, derandomize: bool = False) -> Arena:
    """Play so many servers to a client; raises AssertionError, or whatever came out of the client."""
    return _play(Arena(kind, LIMITS), scenarios(kind), Arena.play, examples, derandomize=derandomize)


def compare(kind: str, examples: int, *, derandomize: bool = False) -> Arena:
    """Play so many proper servers to a client; raises AssertionError where other samples come out."""
    return _play(Arena(kind, PATIENT), proper(kind), Arena.compare, examples, derandomize=derandomize)


def _play[S](
    arena: Arena,
    servers: st.SearchStrategy[S],
    play: Callable[[Arena, S], Coroutine[object, object, None]],
    examples: int,
    *,
    derandomize: bool,
) -> Arena:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=derandomize,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(servers)
    def survives(server: S) -> None:
        runner.run(play(arena, server))

    with asyncio.Runner(debug=True) as runner:
        runner.run(arena.__aenter__())
        try:
            survives()
            arena.check_rest()
        finally:
            runner.run(arena.__aexit__())
    return arena


def _report(kind: str, arena: Arena, seconds: float) -> None:
    """Print the figures of one client."""
    print(f"{kind}: {arena.requests} requests, {arena.sockets} of them sockets, in {seconds:.0f} s")
    print(f"  slowest example {arena.slowest * 1000:.0f} ms; nothing but SpeechErrors, nothing stays open")
    for outcome, count in sorted(arena.outcomes.items()):
        print(f"  {outcome:<32} {count:>7}")


def _search(target: str, seconds: int) -> tuple[str, bool]:
    """Have atheris look for bytes that break a parser; return its last words, and whether it found some."""
    done = subprocess.run(  # noqa: S603 (our own module)
        [sys.executable, "-m", "robustness.frames", target, f"-max_total_time={seconds}"],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        return done.stderr[-4000:], False
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    if not runs or not reached:
        return done.stderr[-4000:], False
    return "{} inputs; {} edges, {} features, {} inputs kept".format(runs[1], *reached[-1]), True


def _search_all(minutes: float) -> bool:
    """Give each target so many minutes; return whether all parsers held."""
    with ThreadPoolExecutor(os.process_cpu_count()) as pool:
        found = pool.map(partial(_search, seconds=round(minutes * 60)), TARGETS)
        held = True
        for target, (words, well) in zip(TARGETS, found, strict=True):
            print(f"atheris, {target}: {words}", flush=True)
            held = held and well
    return held


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=5000, help="servers for each client (%(default)s)")
    parser.add_argument("--atheris", type=float, metavar="MINUTES", help="then for each parser of frames")
    arguments = parser.parse_args()
    # The server complains about what it does itself.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    for kind in KINDS:
        begun = monotonic()
        arena = fuzz(kind, arguments.examples)
        _report(kind, arena, monotonic() - begun)
        begun = monotonic()
        arena = compare(kind, arguments.examples // 5)
        seconds = monotonic() - begun
        print(f"{kind}: {arena.outcomes['speech: spoken']} speeches as they were sent, in {seconds:.0f} s")
    return 0 if arguments.atheris is None or _search_all(arguments.atheris) else 1


if __name__ == "__main__":
    sys.exit(main())
