"""A connection that stands ready: each is used by one utterance, however many want it in the same moment."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import ClientSession, ClientWebSocketResponse, WSMessage, WSMsgType, web
from aiohttp.test_utils import TestServer
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.channels import ChannelQueue
from custom_components.websocket_tts.speech.exceptions import CannotConnectError
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.transport.kept import Connect, KeptConnection
from simulator import Simulator, tones
from tests.speech.speaking import VOICES, MakeService, all_closed, speak, wait_for


class Socket:
    """A connection that notes who uses it."""

    def __init__(self) -> None:
        """Stand, unused."""
        self.users = 0
        self.receiving = False
        self.is_open = True
        self.pongs = 0
        self.ended = asyncio.Event()

    async def ping(self) -> None:
        """Answer at once."""
        self.pongs += 1

    async def receive(self) -> WSMessage:
        """Wait for the end, as aiohttp does: one at a time."""
        assert not self.receiving, "Concurrent call to receive()"
        if self.pongs:
            self.pongs -= 1
            return WSMessage(WSMsgType.PONG, b"", None)
        self.receiving = True
        try:
            await self.ended.wait()
        finally:
            self.receiving = False
        return WSMessage(WSMsgType.CLOSE, 1000, None)


class Server:
    """Connects at once or after a while, or not at all."""

    def __init__(self, delays: list[int]) -> None:
        """Take so many turns of the event loop for each connection; below zero it fails."""
        self.sockets: list[Socket] = []
        self._delays = delays

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Socket]:
        """Connect, and close in the end."""
        delay = self._delays[len(self.sockets) % len(self._delays)]
        socket = Socket()
        self.sockets.append(socket)
        for _ in range(abs(delay)):
            await asyncio.sleep(0)
        if delay < 0:
            raise CannotConnectError("no connection")
        try:
            yield socket
        finally:
            socket.is_open = False


async def _use(connection: KeptConnection, begin: int, hold: int, *, leaves: bool) -> None:
    """Speak once: wait some turns of the event loop, connect, use it for some."""
    for _ in range(begin):
        await asyncio.sleep(0)
    try:
        async with connection.connection() as (socket, _):
            assert isinstance(socket, Socket)
            socket.users += 1
            assert socket.is_open
            assert socket.users == 1, "two utterances on one connection"
            receiving = asyncio.create_task(socket.receive())
            try:
                for _ in range(hold):
                    await asyncio.sleep(0)
            finally:
                receiving.cancel()
                await asyncio.wait([receiving])
            assert receiving.cancelled() or receiving.exception() is None
    except CannotConnectError:
        pass
    if not leaves:
        connection.prepare()


@settings(max_examples=500, deadline=None)
@given(
    users=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 8), st.booleans()), min_size=1, max_size=6),
    delays=st.lists(st.integers(-2, 6), min_size=1, max_size=5),
    ends=st.lists(st.integers(0, 15), max_size=3),
    cancelled=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10)), max_size=2),
)
def test_interleavings(
    users: list[tuple[int, int, bool]], delays: list[int], ends: list[int], cancelled: list[tuple[int, int]]
) -> None:
    """Whoever comes when, leaves or is cancelled: no connection is used twice, and none stays open."""

    async def play() -> None:
        server = Server(delays)
        connect = cast("Connect", server.connect)
        connection = KeptConnection(connect, Limits(worthwhile=0.0), ChannelQueue(1.0))
        connection.prepare()
        tasks = [
            asyncio.create_task(_use(connection, begin, hold, leaves=leaves)) for begin, hold, leaves in users
        ]
        for turn in range(20):
            for number, when in cancelled:
                if when == turn and number < len(tasks):
                    tasks[number].cancel()
            if turn in ends and server.sockets:
                server.sockets[-1].ended.set()
            await asyncio.sleep(0)
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert result is None or isinstance(result, asyncio.CancelledError), result
        await connection.aclose()
        assert not any(socket.is_open for socket in server.sockets if socket.users or socket.receiving)
        assert not asyncio.all_tasks() - {asyncio.current_task()}

    # An event loop of its own leaves the thread without one when it ends.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, play()).result()


@pytest.mark.parametrize("count", [2, 5])
async def test_announcements_in_the_same_moment(
    count: int, simulator: Simulator, make_service: MakeService
) -> None:
    """All of them are heard, one on the connection that stands."""
    service = make_service("knovvu")
    service.preconnect()
    for _ in range(3):
        await wait_for(lambda: simulator.open_sockets == 1)
        texts = [f"This is announcement {number}." for number in range(count)]
        heard = await asyncio.gather(*(speak(service, VOICES["knovvu"], text) for text in texts))
        assert [samples for _, samples in heard] == [tones.pcm(text, 24000) for text in texts]
    await service.aclose()
    await all_closed(simulator)


async def test_a_service_that_pings() -> None:
    """It closes the connection of who does not answer."""
    told: list[bytes] = []

    async def ping(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await socket.ping(b"still there?")
        async for message in socket:
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                told.append(bytes(message.data))
        return socket

    app = web.Application()
    app.router.add_get("/", ping)
    async with TestServer(app) as server, ClientSession() as session:

        @asynccontextmanager
        async def connect() -> AsyncGenerator[ClientWebSocketResponse]:
            async with session.ws_connect(server.make_url("/"), autoping=False) as socket:
                yield socket

        connection = KeptConnection(connect, Limits(), ChannelQueue(1.0))
        connection.prepare()
        await wait_for(lambda: told == [b"still there?"])
        async with connection.connection() as (socket, was_kept):
            assert was_kept
            assert not socket.closed
        await connection.aclose()
