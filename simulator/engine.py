"""What both services share: their audio, channels, tokens and the calls they received."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
import re
from time import monotonic
from typing import Protocol

from aiohttp import web

from .espeak import Espeak
from .habits import Cut, Habits, Route
from .tones import Tones
from .voices import VIVOKA

_TAG = re.compile(r"<[^>]*>")
WEB_PAGE = "<!doctype html><title>Welcome to nginx!</title>"


class Synthesizer(Protocol):
    """What turns text into samples."""

    def speak(
        self, text: str, voice: str, sample_rate: int, rate: float, volume: float
    ) -> AsyncGenerator[bytes]:
        """Yield samples (s16le mono); the sample rate in Hz, rate and volume as factors."""


@dataclass(slots=True)
class Request:
    """A speech that was asked for and not refused, and what came of it.

    Times are of the monotonic clock, in seconds.
    """

    service: str
    voice: str = ""
    sample_rate: int = 0
    rate: float = 1.0
    volume: float = 1.0
    authorization: str | None = None
    """As it was received."""
    texts: list[str] = field(default_factory=list)
    """The pieces, in order."""
    spoken: int = 0
    """Pieces that were begun."""
    messages: list[str] = field(default_factory=list)
    """The names of the messages that came in, in order (Knovvu)."""
    started: float = field(default_factory=monotonic)
    """When it was asked for (Vivoka), or its socket was opened (Knovvu)."""
    connected: float | None = None
    """When the socket was opened."""
    first_text: float | None = None
    first_audio: float | None = None
    ended: float | None = None


class CutOffError(Exception):
    """The speech is to be cut off here."""


@asynccontextmanager
async def meanwhile(work: Coroutine[object, object, None]) -> AsyncGenerator[None]:
    """Have this done while the context lasts, and no longer; raises what went wrong with it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


class Engine:
    """What is behind both services; it does as its habits say."""

    def __init__(self, habits: Habits | None = None, *, tones: bool = False) -> None:
        """Speak with espeak-ng, or in tones."""
        self.habits = habits or Habits()
        self.synthesizer: Synthesizer = Tones() if tones else Espeak()
        self.requests: list[Request] = []
        self._sockets: set[web.WebSocketResponse] = set()
        self.calls: list[Route] = []
        """Every call of an HTTP route or a socket, in order."""
        self.client = ("client", "secret")
        """Client id and client secret that a token can be had for."""
        self.issued: set[str] = set()
        """Tokens that were had so; they are as good as the one in the habits."""
        self.expires_in = 3600
        self.channels_taken = 0
        self.refused = 0
        """Speeches that there was no channel for."""
        self.vivoka_voices = dict(VIVOKA)
        """The voices of the Vivoka VDK Service; they may be taken away and installed again."""

    @property
    def open_sockets(self) -> int:
        """Return how many WebSockets are open right now."""
        return len(self._sockets)

    async def close_sockets(self) -> None:
        """Send every client away."""
        await asyncio.gather(*(socket.close() for socket in list(self._sockets)))

    def route(
        self, route: Route, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return a handler that first does what the habits say of this route."""

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
        """Return whether this request fails, and count it."""
        if self.habits.failures is None:
            return True
        self.habits.failures -= 1
        return self.habits.failures >= 0

    def take_channel(self) -> bool:
        """Return whether there was a channel free, which is taken now."""
        if self.habits.channels is not None and self.channels_taken >= self.habits.channels:
            self.refused += 1
            return False
        self.channels_taken += 1
        return True

    def release_channel(self) -> None:
        """Give a channel back."""
        self.channels_taken -= 1

    def busy(self) -> web.Response:
        """Return the answer for when all channels are taken."""
        headers = {"Retry-After": self.habits.retry_after} if self.habits.retry_after else {}
        return web.json_response(
            {"error": "all channels are in use"}, status=self.habits.busy_status, headers=headers
        )

    async def say_busy(
        self, socket: web.WebSocketResponse, error: Callable[[object], Awaitable[None]]
    ) -> None:
        """Say on a socket that all channels are taken."""
        if self.habits.busy_as == "error":
            await error("all channels are in use")
        await socket.close(code=1013 if self.habits.busy_as == "close" else 1000)

    def is_authorized(self, authorization: str | None) -> bool:
        """Return whether "Bearer TOKEN" holds a token that is good."""
        if self.habits.token is None:
            return True
        scheme, _, token = (authorization or "").partition(" ")
        return scheme == "Bearer" and self.is_token(token)

    def is_token(self, token: str) -> bool:
        """Return whether a token is good."""
        return token in self.issued | {self.habits.token}

    async def chunks(self, request: Request, text: str) -> AsyncGenerator[bytes]:
        """Yield the audio of a piece in messages, at the speed of the engine. Raises CutOffError."""
        habits = self.habits
        cut = habits.cut if habits.cut and self._fails() else None
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
                    yield part
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
        if self.habits.ignores_tags:
            text = _TAG.sub("", text)
        again = True
        while again:
            async with aclosing(
                self.synthesizer.speak(text, request.voice, request.sample_rate, request.rate, request.volume)
            ) as audio:
                async for data in audio:
                    yield data
            again = self.habits.endless
            await asyncio.sleep(0)
        if self.habits.odd_length and request.service == "vivoka":
            yield b"\0"

    async def socket(
        self, request: web.Request, converse: Callable[[web.WebSocketResponse], Awaitable[None]]
    ) -> web.StreamResponse:
        """Hold a conversation on a WebSocket, which ends when the client goes away."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await converse(socket)
        except ConnectionError:
            # The client went away in the middle of a message.
            pass
        finally:
            self._sockets.discard(socket)
        return socket

    async def cut_off(
        self, request: web.Request, socket: web.WebSocketResponse, error: Callable[[object], Awaitable[None]]
    ) -> None:
        """Cut a speech off as the habits say."""
        cut = self.habits.cut or Cut(0, "close")
        if cut.how == "error":
            await error(cut.error)
        elif cut.how == "abort" and request.transport:
            request.transport.abort()
        elif cut.how == "close":
            await socket.close(code=cut.code)
