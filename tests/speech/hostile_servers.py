"""Both services as small servers, of which a test says what each attempt at a speech meets.

An attempt is a POST and its socket (Vivoka), or a socket (Knovvu). Audio depends only on the text.
"""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from aiohttp import web
from aiohttp.test_utils import unused_port

from simulator import tones

PAGE = "<!doctype html><title>Welcome to nginx!</title>"
CHUNK = 0.2
"""Seconds of audio in one message."""
SPEED = 10.0
"""Seconds of audio that are sent in one second."""
TRICKLE = 4.0
"""Seconds between two bytes and the next two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meets:
    """What an attempt meets; ordinary speech unless something is said."""

    status: int | None = None
    """The HTTP status it is refused with: of synthesize (Vivoka), or of the handshake (Knovvu)."""
    on_socket: bool = False
    """The status comes with the socket of Vivoka instead."""
    body: dict[str, Any] | None = None
    """JSON beside the status; without, a web page."""
    headers: dict[str, str] = field(default_factory=dict)
    rate: int | None = None
    """Another sample rate in Hz."""
    delay: float = 0.0
    """Seconds before the first audio."""
    says: tuple[dict[str, Any], ...] = ()
    """Messages before the first audio and after some of it (Vivoka)."""
    how: Literal["", "close", "bare close", "abort", "error", "stall", "trickle"] = ""
    """How the audio breaks off: with a close frame, one without a code, a reset, an error message and a
    close; with no more audio, or with nearly none."""
    share: float = 0.0
    """Which part of the audio is sent before that."""
    piece: int = 0
    """In which text of a socket (Knovvu); -1: in the moment when synthesize comes."""
    code: int = 1000
    """Code of the close."""
    error: dict[str, Any] = field(default_factory=dict)
    """The error message."""
    idle: float | None = None
    """Seconds without a text after which that happens (Knovvu)."""
    end: str | None = None
    """How complete speech ends; None: as is usual for the server."""


type Script = Callable[[Attempt], Meets]
type Fate = Callable[[str], Meets | None]


@dataclass(slots=True)
class Attempt:
    """An attempt, and what came of it; at is in seconds of the event loop."""

    number: int
    at: float
    authorization: str | None
    texts: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    meets: Meets = field(default_factory=Meets)
    sent: int = 0
    """Bytes of audio."""
    ended: float | None = None
    socket: web.WebSocketResponse | None = None
    transport: asyncio.Transport | None = None


def ordinary(_: Attempt) -> Meets:
    """Meet nothing special."""
    return Meets()


def in_turn(*meets: Meets, then: Meets | None = None) -> Script:
    """Meet these one after the other, then always the last one (or ordinary speech)."""
    left = iter(meets)
    return lambda _: next(left, then or Meets())


class Server(ABC):
    """A server on a port of its own, which can go away and come back."""

    usual_end = ""

    def __init__(self) -> None:
        """Be ordinary."""
        self.script: Script = ordinary
        self.fate: Fate = lambda _: None
        """Returns how a text breaks off, whatever its attempt meets; None if it does not."""
        self.speaks: Callable[[str, int], bytes] = tones.pcm
        """Returns the audio (s16le) of a text at a sample rate."""
        self.end = self.usual_end
        self.speed = SPEED
        self.pauses: tuple[float, float] | None = None
        """Which part of the audio of each text comes before a pause of so many seconds."""
        self.attempts: list[Attempt] = []
        self.channels: int | None = None
        """How many attempts may be open at the same time; more are refused with 429."""
        self.retry_after: int | None = None
        """When they are told to come back, in seconds, if they are."""
        self.refused: list[float] = []
        """When attempts were refused because of that."""
        self.open: list[asyncio.Transport] = []
        """The connections of the attempts that go on, in order."""
        self.tokens: set[str] | None = None
        """The tokens that are good; None: none is needed."""
        self.authorizations: set[str] = set()
        """What came as a credential, with any request."""
        self._port = unused_port()
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> str:
        """Return the address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def asked(self) -> list[str]:
        """Return all texts that the server was asked for, in order."""
        return [text for attempt in self.attempts for text in attempt.texts]

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Go away."""
        if self._runner:
            await self.down()

    async def up(self) -> None:
        """Listen."""
        app = web.Application()
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def down(self) -> None:
        """Reset all connections, and refuse new ones."""
        assert self._runner
        runner, self._runner = self._runner, None
        for site in list(runner.sites):
            await site.stop()
        self.reset()
        await runner.cleanup()

    def reset(self) -> None:
        """Reset the connections of all attempts."""
        for transport in list(self.open):
            transport.abort()

    async def close_all(self, how: str = "close") -> None:
        """Close the sockets of all attempts with 1000, or without a code."""
        for attempt in self.attempts:
            if attempt.socket and attempt.transport and attempt.ended is None:
                await _close(attempt.socket, attempt.transport, how)

    def freeze(self) -> None:
        """Let the connections die without a word: bytes are taken, and nothing is ever answered."""
        for transport in self.open:
            transport.pause_reading()

    @property
    def taken(self) -> int:
        """Return how many channels are taken."""
        return len(self.open)

    @abstractmethod
    def _routes(self) -> list[web.RouteDef]: ...

    # What both do.

    def _attempt(self, request: web.Request, *texts: str) -> Attempt:
        now = asyncio.get_running_loop().time()
        attempt = Attempt(len(self.attempts), now, request.headers.get("Authorization"), list(texts))
        self.attempts.append(attempt)
        attempt.meets = self.script(attempt)
        return attempt

    def _refusal(self, meets: Meets) -> web.Response:
        assert meets.status
        if meets.body is not None:
            return web.json_response(meets.body, status=meets.status, headers=meets.headers)
        return web.Response(text=PAGE, content_type="text/html", status=meets.status, headers=meets.headers)

    def _busy(self) -> web.Response | None:
        """Return the refusal if no channel is free."""
        if self.channels is None or self.taken < self.channels:
            return None
        self.refused.append(asyncio.get_running_loop().time())
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return web.json_response({"error": "all channels are in use"}, status=429, headers=headers)

    def _is_authorized(self, authorization: str | None) -> bool:
        if authorization:
            self.authorizations.add(authorization.removeprefix("Bearer "))
        return self.tokens is None or (authorization or "").removeprefix("Bearer ") in self.tokens

    @asynccontextmanager
    async def _socket(self, request: web.Request, attempt: Attempt) -> AsyncGenerator[web.WebSocketResponse]:
        """Accept a socket, and note that it is open until the block ends."""
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        self.open.append(transport)
        try:
            socket = web.WebSocketResponse(max_msg_size=0, timeout=0.5)
            await socket.prepare(request)
            attempt.socket, attempt.transport = socket, transport
            yield socket
        finally:
            self.open.remove(transport)
            attempt.ended = asyncio.get_running_loop().time()

    async def _play(
        self, attempt: Attempt, samples: bytes, send: Callable[[bytes, bool], Any], share: float = 1.0
    ) -> None:
        """Send the first part of samples at the speed of the engine; send is told which chunk is last."""
        if attempt.meets.delay and not attempt.sent:
            await asyncio.sleep(attempt.meets.delay)
        rate = attempt.meets.rate or 22050
        size, end = int(rate * CHUNK) * 2, int(len(samples) * share) // 2 * 2
        for at in range(0, end, size):
            part = samples[at : min(at + size, end)]
            await send(part, at + size >= len(samples))
            attempt.sent += len(part)
            await asyncio.sleep(CHUNK / self.speed)
            if self.pauses and at < self.pauses[0] * len(samples) <= at + size:
                await self._pause(attempt)
                await asyncio.sleep(self.pauses[1])

    async def _pause(self, attempt: Attempt) -> None:
        """Do what there is to do when the audio pauses."""
        del attempt

    async def _break_off(self, socket: web.WebSocketResponse, attempt: Attempt, send: Any) -> None:
        """Break a speech off, as the attempt meets it."""
        meets = attempt.meets
        assert attempt.transport
        # What was sent is read before the connection is reset.
        await asyncio.sleep(0.02)
        match meets.how:
            case "close" | "bare close":
                await _close(socket, attempt.transport, meets.how, meets.code)
            case "abort":
                attempt.transport.abort()
            case "error":
                await socket.send_json(meets.error)
                await socket.close(code=meets.code)
            case "stall":
                await asyncio.Event().wait()
            case "trickle":
                while True:
                    await asyncio.sleep(TRICKLE)
                    await send(b"\1\2", False)  # noqa: FBT003 (as it plays)


async def _close(
    socket: web.WebSocketResponse, transport: asyncio.Transport, how: str, code: int = 1000
) -> None:
    if how == "bare close":
        transport.write(b"\x88\x00")
    else:
        await socket.close(code=code)


@asynccontextmanager
async def beside(work: Any) -> AsyncGenerator[None]:
    """Run work in a task until the block ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await task
