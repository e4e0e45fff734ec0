"""The deadline of the next message: it may be moved at any time, and nothing of it stays."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import cast

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
import pytest

from custom_components.websocket_tts.speech.transport.websocket import Deadline
from tests.clock import run, running

MESSAGE = aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, "text", None)


class Socket:
    """Has a message after so many seconds, for each of its messages."""

    def __init__(self, *waits: float) -> None:
        """Have as many messages as there are seconds."""
        self._waits = iter(waits)

    async def receive(self) -> aiohttp.WSMessage:
        """Wait for the next message; one that is there already is not waited for."""
        if seconds := next(self._waits):
            await asyncio.sleep(seconds)
        return MESSAGE


async def receive(deadline: Deadline, *waits: float) -> list[float]:
    """Receive all messages; return when each of them came."""
    socket = Socket(*waits)
    times = []
    for _ in waits:
        await deadline.receive(socket)  # type: ignore[arg-type]
        times.append(round(asyncio.get_running_loop().time(), 2))
    return times


@pytest.mark.parametrize("waits", [(1.0,), (0.5, 1.0), (0.0, 0.0, 1.0), (0.9,) * 20 + (1.0,)])
def test_over(waits: Sequence[float]) -> None:
    """However many messages came before, the one that is late is an error at the time of the deadline."""

    async def main() -> None:
        deadline = Deadline()
        for wait in waits[:-1]:
            deadline.move(1)
            await receive(deadline, wait)
        begun = asyncio.get_running_loop().time()
        deadline.move(0.95)
        with pytest.raises(TimeoutError):
            await receive(deadline, waits[-1])
        assert asyncio.get_running_loop().time() - begun == pytest.approx(0.95, abs=0.01)

    run(main())


@pytest.mark.parametrize(("first", "then", "ends"), [(10, 1, 2), (1.5, 10, 11), (None, 1, 2), (10, 0, 1)])
def test_moved_while_it_is_waited_for(first: float | None, then: float, ends: float) -> None:
    """Sooner or later, from the moment on in which it is moved."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        deadline = Deadline()
        deadline.move(first)
        loop.call_later(1, deadline.move, then)
        with pytest.raises(TimeoutError):
            await receive(deadline, 100)
        assert loop.time() == pytest.approx(ends, abs=0.01)

    run(main())


def test_lifted_while_it_is_waited_for() -> None:
    """Then it is waited for without an end."""

    async def main() -> None:
        deadline = Deadline()
        deadline.move(2)
        asyncio.get_running_loop().call_later(1, deadline.move, None)
        assert await receive(deadline, 100) == [100]

    run(main())


def test_over_while_nobody_waits() -> None:
    """What is there is received all the same; what is not is late."""

    async def main() -> None:
        deadline = Deadline()
        deadline.move(1)
        await asyncio.sleep(5)
        assert await receive(deadline, 0, 0) == [5, 5]
        with pytest.raises(TimeoutError):
            await receive(deadline, 100)
        assert asyncio.get_running_loop().time() == pytest.approx(5, abs=0.01)
        # And once more, for who goes on after it.
        deadline.move(1)
        with pytest.raises(TimeoutError):
            await receive(deadline, 100)
        assert asyncio.get_running_loop().time() == pytest.approx(6, abs=0.01)

    run(main())


def test_nothing_stays() -> None:
    """Whoever has left is not woken any more."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        deadline = Deadline()
        deadline.move(10)
        await receive(deadline, 1)
        deadline.move(5)
        deadline.close()
        assert [timer for timer in loop._scheduled if not timer.cancelled()] == []  # type: ignore[attr-defined]  # noqa: SLF001

    run(main())


async def _flood(request: web.Request) -> web.StreamResponse:
    """Send messages faster than anybody can read them; each takes 10 ms."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    for _ in range(1000):
        running().block(0.01)
        await socket.send_str("{}")
        await asyncio.sleep(0)
    return socket


async def _burst(request: web.Request) -> web.StreamResponse:
    """Send many small messages at once."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    for _ in range(1000):
        await socket.send_str("{}")
    await socket.receive()
    return socket


async def _ping(request: web.Request) -> web.StreamResponse:
    """Send a ping, and say what comes back."""
    socket = web.WebSocketResponse(autoping=False)
    await socket.prepare(request)
    await socket.ping(b"there?")
    answer = await socket.receive()
    await socket.send_str(f"{answer.type.name} {answer.data.decode()}")
    return socket


@pytest.fixture
async def client() -> AsyncGenerator[TestClient[web.Request, web.Application]]:
    """Return a client of a server that sends more than it should."""
    app = web.Application()
    app.router.add_get("/flood", _flood)
    app.router.add_get("/burst", _burst)
    app.router.add_get("/ping", _ping)
    async with TestClient(TestServer(app, host="127.0.0.1")) as client:
        yield client


async def test_over_while_messages_never_stop(client: TestClient[web.Request, web.Application]) -> None:
    """A server whose messages are always there cannot keep the deadline from being over."""
    async with client.ws_connect("/flood") as socket:
        deadline = Deadline()
        deadline.move(1)
        await receive_all(deadline, socket, 90)
        with pytest.raises(TimeoutError):
            await receive_all(deadline, socket, 800)


async def test_over_while_messages_are_there() -> None:
    """Where no message has to be waited for at all, the deadline is looked at now and then."""
    socket, deadline = cast("aiohttp.ClientWebSocketResponse", Socket(*[0.0] * 200)), Deadline()
    deadline.move(1)
    await receive_all(deadline, socket, 60)
    running().block(2)
    with pytest.raises(TimeoutError):
        await receive_all(deadline, socket, 64)
    deadline.close()


async def receive_all(deadline: Deadline, socket: aiohttp.ClientWebSocketResponse, count: int) -> None:
    """Receive so many messages."""
    for _ in range(count):
        await deadline.receive(socket)


async def test_pings_are_answered(client: TestClient[web.Request, web.Application]) -> None:
    """And the next message is waited for."""
    async with client.ws_connect("/ping", autoping=False) as socket:
        message = await Deadline().receive(socket)
    assert message.data == "PONG there?"


async def test_others_have_their_turn(client: TestClient[web.Request, web.Application]) -> None:
    """Messages that are all there already do not keep the event loop from everything else."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with client.ws_connect("/burst") as socket:
        await asyncio.sleep(1)
        deadline = Deadline()
        working = asyncio.create_task(others())
        await receive_all(deadline, socket, 1000)
        working.cancel()
    assert turns > 5


@pytest.mark.parametrize("seconds", [None, 10, 1])
def test_cancelled_by_somebody_else(seconds: float | None) -> None:
    """Also in the moment in which the deadline is over: a task that shall end ends, and is no timeout."""

    async def wait() -> None:
        deadline = Deadline()
        deadline.move(seconds)
        await receive(deadline, 100)

    async def main() -> None:
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_at(1, waiting.cancel)
        await asyncio.wait([waiting])
        assert waiting.cancelled()

    run(main())


async def test_over_within_another_timeout() -> None:
    """A deadline that is over leaves nothing behind that ends what comes after it."""
    async with asyncio.timeout(100) as timeout:
        deadline = Deadline()
        deadline.move(1)
        with pytest.raises(TimeoutError):
            await receive(deadline, 100)
        await asyncio.sleep(1)
    assert not timeout.expired()
    task = asyncio.current_task()
    assert task
    assert task.cancelling() == 0
