"""The part that both services share: audio, channels, tokens, and recorded calls."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
import re
import struct
from time import monotonic
from typing import Protocol

from aiohttp import web

from .espeak import Espeak
from .habits import Cut, Habits, Route
from .tones import Tones
from .varied import varied
from .voices import KNOVVU, VIVOKA

_TAG = re.compile(r"<[^>]*>")
_BARE_CLOSE = b"\x88\x00"
_HALF = b'\x81\x7e\x40\x00{"data":"data:audio/pcm;base64,AAA'
"""The beginning of a message that is far longer."""
WEB_PAGE = "<!doctype html><title>Welcome to nginx!</title>"


class Synthesizer(Protocol):
    """Converts text to samples."""

    def speak(
        self, text: str, voice: str, sample_rate: int, rate: float, volume: float
    ) -> AsyncGenerator[bytes]:
        """Yield samples (s16le mono); sample_rate in Hz, rate and volume as factors."""


@dataclass(slots=True)
class Request:
    """An accepted request for speech, and its progress.

    Times are in seconds of the monotonic clock.
    """

    service: str
    voice: str = ""
    sample_rate: int = 0
    rate: float = 1.0
    volume: float = 1.0
    authorization: str | None = None
    """The Authorization as received."""
    texts: list[str] = field(default_factory=list)
    """The segments, in order."""
    spoken: int = 0
    """Number of segments that were started."""
    messages: list[str] = field(default_factory=list)
    """Names of the received messages, in order (Knovvu)."""
    started: float = field(default_factory=monotonic)
    """When it was requested (Vivoka), or its socket was opened (Knovvu)."""
    connected: float | None = None
    """When the socket was opened."""
    first_text: float | None = None
    first_audio: float | None = None
    ended: float | None = None


def encoded(data: bytes, *, padded: bool) -> str:
    """Return the base64 of some audio."""
    text = b64encode(data).decode()
    return text if padded else text.rstrip("=")


def wav_header(rate: int, size: int | None = None, *, listed: bool = False) -> bytes:
    """Return the header of a WAV with so much data, or unknown; listed adds a LIST chunk before the data."""
    # A chunk of odd length is padded with one byte.
    other = b"LIST" + struct.pack("<I", 3) + b"abc\0" if listed else b""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    whole, data = (0xFFFFFFFF,) * 2 if size is None else (36 + len(other) + size, size)
    return b"RIFF" + struct.pack("<I", whole) + b"WAVE" + form + other + b"data" + struct.pack("<I", data)


class CutOffError(Exception):
    """The speech is to be interrupted here."""


@asynccontextmanager
async def meanwhile(work: Coroutine[object, object, None]) -> AsyncGenerator[None]:
    """Run work in a task until the context is left; raises its error."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


class Engine:
    """The engine behind both services, which follows its habits."""

    def __init__(self, habits: Habits | None = None, *, tones: bool = False) -> None:
        """Initialize with espeak-ng, or with tones."""
        self.habits = habits or Habits()
        self.synthesizer: Synthesizer = Tones() if tones else Espeak()
        self.requests: list[Request] = []
        self._renderings = 0
        self._sockets: set[web.WebSocketResponse] = set()
        self.transports: set[asyncio.Transport | None] = set()
        """The connections of the sockets that are open, to be torn down."""
        self.calls: list[Route] = []
        """All calls of HTTP routes and sockets, in order."""
        self.client = ("client", "secret")
        """Client ID and client secret for which tokens are issued."""
        self.issued: set[str] = set()
        """Tokens that were issued; they are as valid as the one in the habits."""
        self.expires_in = 3600
        self.channels_taken = 0
        self.refused = 0
        """Number of requests for which there was no channel."""
        self.vivoka_voices = dict(VIVOKA)
        self.knovvu_voices = dict(KNOVVU)
        """The voices of both services, which can be removed and added."""

    @property
    def open_sockets(self) -> int:
        """Return the number of open WebSockets."""
        return len(self._sockets)

    async def close_sockets(self, code: int = 1000) -> None:
        """Close all WebSockets."""
        await asyncio.gather(*(socket.close(code=code) for socket in list(self._sockets)))

    def route(
        self, route: Route, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return a handler that first applies the habits for its route."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self.calls.append(route)
            status = self.habits.statuses.get(route)
            if status is not None and self._fails():
                return self._failure(route, status)
            return await handler(request)

        return handle

    def _failure(self, route: Route, status: int) -> web.Response:
        headers = {} if self.habits.retry_after is None else {"Retry-After": self.habits.retry_after}
        if route in self.habits.bodies:
            return web.json_response(self.habits.bodies[route], status=status, headers=headers)
        return web.Response(status=status, text=WEB_PAGE, content_type="text/html", headers=headers)

    def _fails(self) -> bool:
        """Return whether this request is to fail, and count it."""
        if self.habits.failures is None:
            return True
        self.habits.failures -= 1
        return self.habits.failures >= 0

    def take_channel(self) -> bool:
        """Take a channel; return whether one was free."""
        if self.habits.channels is not None and self.channels_taken >= self.habits.channels:
            self.refused += 1
            return False
        self.channels_taken += 1
        return True

    def release_channel(self) -> None:
        """Release a channel."""
        self.channels_taken -= 1

    def busy(self) -> web.Response:
        """Return the response for when all channels are in use."""
        headers = {"Retry-After": self.habits.retry_after} if self.habits.retry_after else {}
        return web.json_response(
            {"error": "all channels are in use"}, status=self.habits.busy_status, headers=headers
        )

    async def say_busy(
        self, socket: web.WebSocketResponse, error: Callable[[object], Awaitable[None]]
    ) -> None:
        """Refuse on a socket because all channels are in use."""
        if self.habits.busy_as == "error":
            await error("all channels are in use")
        await socket.close(code=1013 if self.habits.busy_as == "close" else 1000)

    def is_authorized(self, authorization: str | None) -> bool:
        """Return whether "Bearer TOKEN" contains a valid token."""
        if self.habits.token is None:
            return True
        scheme, _, token = (authorization or "").partition(" ")
        return scheme == "Bearer" and self.is_token(token)

    def is_token(self, token: str) -> bool:
        """Return whether a token is valid."""
        return token in self.issued | {self.habits.token}

    async def chunks(self, request: Request, text: str) -> AsyncGenerator[bytes]:
        """Yield the audio of a segment in messages, at the speed of the engine. Raises CutOffError."""
        habits = self.habits
        is_cut = habits.cut and habits.cut.piece in (None, request.spoken) and self._fails()
        cut = habits.cut if is_cut else None
        await asyncio.sleep(habits.first_audio_latency)
        if habits.late and request.spoken == habits.late[0]:
            await asyncio.sleep(habits.late[1])
        request.spoken += 1
        if habits.thinks:
            size = sum([len(data) async for data in self._audio(request, text)])
            await asyncio.sleep(habits.thinks * size / 2 / request.sample_rate)
        sent, begun = 0, monotonic()
        async with aclosing(self._messages(request, text)) as messages:
            async for message in messages:
                if habits.pause and sent <= habits.pause_after < sent + len(message):
                    await asyncio.sleep(habits.pause)
                    begun += habits.pause
                is_last = cut is not None and sent + len(message) > cut.after
                part = message[: cut.after - sent] if cut and is_last else message
                if part:
                    request.first_audio = request.first_audio or monotonic()
                    yield wav_header(request.sample_rate, len(part)) + part if habits.wav_each else part
                if is_last:
                    raise CutOffError
                sent += len(message)
                if habits.speed:
                    due = sent / 2 / request.sample_rate / habits.speed
                    await asyncio.sleep(begun + due - monotonic())
        if cut:
            raise CutOffError

    async def _messages(self, request: Request, text: str) -> AsyncGenerator[bytes]:
        size, rest = self.habits.chunk_size, b""
        async with aclosing(self._audio(request, text)) as audio:
            async for data in audio:
                rest += data
                whole = len(rest) - len(rest) % size
                for start in range(0, whole, size):
                    yield rest[start : start + size]
                rest = rest[whole:]
        if rest:
            yield rest

    async def _audio(self, request: Request, text: str) -> AsyncGenerator[bytes]:
        if self.habits.no_audio:
            return
        if self.habits.silent:
            text = text.replace(self.habits.silent, "")
        if self.habits.ignores_tags:
            text = _TAG.sub("", text)
        again = True
        while again:
            again = False
            async with aclosing(self._rendering(request, text)) as audio:
                async for data in audio:
                    # Repeating what has no audio would keep the event loop busy for ever.
                    again = self.habits.endless and bool(data)
                    yield data
            await asyncio.sleep(0)

    def _rendering(self, request: Request, text: str) -> AsyncGenerator[bytes]:
        self._renderings += 1
        audio = self.synthesizer.speak(text, request.voice, request.sample_rate, request.rate, request.volume)
        most = int(self.habits.varies * request.sample_rate)
        return varied(audio, self._renderings, most) if most else audio

    async def socket(
        self, request: web.Request, converse: Callable[[web.WebSocketResponse], Awaitable[None]]
    ) -> web.StreamResponse:
        """Handle a WebSocket until the client disconnects."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        # The request has none any more once the client has gone.
        transport = request.transport
        self._sockets.add(socket)
        self.transports.add(transport)
        try:
            await converse(socket)
        except ConnectionError:
            # The client disconnected in the middle of a message.
            pass
        finally:
            self._sockets.discard(socket)
            self.transports.discard(transport)
        return socket

    async def cut_off(
        self, request: web.Request, socket: web.WebSocketResponse, error: Callable[[object], Awaitable[None]]
    ) -> None:
        """Interrupt speech as the habits define."""
        cut = self.habits.cut or Cut(0, "close")
        if cut.how == "error":
            await error(cut.error)
        elif cut.how in ("abort", "half") and request.transport:
            if cut.how == "half":
                request.transport.write(_HALF)
                await asyncio.sleep(0)
            request.transport.abort()
        elif cut.how == "close" and cut.code is None and request.transport:
            request.transport.write(_BARE_CLOSE)
        elif cut.how == "close":
            await socket.close(code=cut.code or 1000)
