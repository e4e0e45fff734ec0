"""A line to the services that drops, stalls, resets, restarts and limits."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from random import Random
from socket import SO_LINGER, SOL_SOCKET
import struct

_RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing then resets the connection."""
_FATES = {"drop": 5, "reset": 5, "stall": 1, "limit": 4}
"""What becomes of a connection that is not to be good, and how often one beside the others."""
_FAULTY = 0.15
"""The part of the connections that are not."""
_STALLED = 60.0
"""Seconds that a line is silent; longer than anybody waits."""
_MOST = 200_000
"""Bytes of the service that come through at most before such a connection breaks."""
_UP = (2.0, 6.0)
_DOWN = (0.1, 0.8)
"""Seconds from one restart to the next, and that nobody is there meanwhile."""
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class ChaosLine:
    """Passes connections on to a port of the loopback address, as chance has it."""

    def __init__(self, port: int, there: int, seed: int) -> None:
        """Listen on one port, for the service on another."""
        self._port = port
        self._there = there
        self._random = Random(seed)  # noqa: S311 (what happens when, no secret)
        self._connections: set[asyncio.Task[None]] = set()
        self.is_good = True
        """Whether nothing goes wrong for now."""
        self.counts: Counter[str] = Counter()

    async def restart_again_and_again(self) -> None:
        """Be there for some seconds, then break everything off and be away, and so on."""
        while True:
            server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
            try:
                await asyncio.sleep(self._random.uniform(*_UP))
                while self.is_good:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            finally:
                server.close()
                await self.break_all()
            self.counts["restart"] += 1
            await asyncio.sleep(self._random.uniform(*_DOWN))

    async def break_all(self) -> None:
        """Break off what is under way."""
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        fate = self._fate()
        self.counts[fate] += 1
        try:
            with suppress(ConnectionError):
                if fate == "limit":
                    await reader.readuntil(b"\r\n\r\n")
                    writer.write(_BUSY)
                else:
                    await self._pass_on(reader, writer, fate)
        except asyncio.CancelledError, asyncio.IncompleteReadError:
            _reset(writer)
        finally:
            writer.close()

    def _fate(self) -> str:
        if self.is_good or self._random.random() > _FAULTY:
            return "good"
        return self._random.choices(list(_FATES), list(_FATES.values()))[0]

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: str) -> None:
        """Connect both ends until one of them has enough, or the line breaks."""
        # Small numbers are as likely as large ones: a break in the handshake as one in the audio.
        limit = None if fate == "good" else int(_MOST ** self._random.uniform(0.2, 1.0))
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._there)
        asking = asyncio.create_task(_copy(reader, there_writer, None))
        try:
            is_broken = await _copy(there_reader, writer, limit)
            if is_broken and fate == "stall":
                await asyncio.sleep(_STALLED)
            if is_broken and fate == "reset":
                _reset(writer)
        finally:
            asking.cancel()
            there_writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    if socket := writer.get_extra_info("socket"):
        # The client may have gone away first.
        with suppress(OSError):
            socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> bool:
    """Write what is read; return whether that ended at the limit, in bytes."""
    passed = 0
    with suppress(ConnectionError):
        while limit is None or passed < limit:
            if not (data := await reader.read(65536)):
                writer.close()
                return False
            data = data if limit is None else data[: limit - passed]
            writer.write(data)
            await writer.drain()
            passed += len(data)
        return True
    return False


@asynccontextmanager
async def chaos_line(port: int, there: int, seed: int) -> AsyncGenerator[ChaosLine]:
    """Run a line from one port to another, on which nothing goes wrong at first."""
    line = ChaosLine(port, there, seed)
    running = asyncio.create_task(line.restart_again_and_again())
    try:
        yield line
    finally:
        running.cancel()
        await asyncio.wait([running])
