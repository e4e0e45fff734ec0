"""The deadline of the next message: it may be moved at any time, and nothing of it stays."""

import asyncio
from collections.abc import Sequence

import aiohttp
import pytest

from custom_components.websocket_tts.speech.trace import WireTrace
from custom_components.websocket_tts.speech.transport.websocket import Deadline
from tests.clock import run

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
        with Deadline(WireTrace()) as deadline:
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
        with Deadline(WireTrace()) as deadline:
            deadline.move(first)
            loop.call_later(1, deadline.move, then)
            with pytest.raises(TimeoutError):
                await receive(deadline, 100)
            assert loop.time() == pytest.approx(ends, abs=0.01)

    run(main())


def test_lifted_while_it_is_waited_for() -> None:
    """Then it is waited for without an end."""

    async def main() -> None:
        with Deadline(WireTrace()) as deadline:
            deadline.move(2)
            asyncio.get_running_loop().call_later(1, deadline.move, None)
            assert await receive(deadline, 100) == [100]

    run(main())


def test_over_while_nobody_waits() -> None:
    """What is there is received all the same; what is not is late."""

    async def main() -> None:
        with Deadline(WireTrace()) as deadline:
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
        with Deadline(WireTrace()) as deadline:
            deadline.move(10)
            await receive(deadline, 1)
            deadline.move(5)
        assert [timer for timer in loop._scheduled if not timer.cancelled()] == []  # type: ignore[attr-defined]  # noqa: SLF001

    run(main())
