"""An unreliable link to a service, which drops, stalls, resets, restarts and limits."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from random import Random
from socket import SO_LINGER, SOL_SOCKET
import struct

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of 0 s: closing resets the connection."""
_FATES = {"drop": 5, "reset": 5, "stall": 1, "limit": 4}
"""Faults of a connection, with their weights."""
_FAULTY = 0.15
"""Fraction of connections with a fault."""
_STALLED = 60.0
"""Seconds for which a link stalls; longer than any timeout."""
_MOST = 200_000
"""Most bytes from the service before a faulty connection breaks."""
_UP = (2.0, 6.0)
_DOWN = (0.1, 0.8)
"""Ranges in seconds: time between restarts, and downtime of a restart."""
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class ChaosLine:
    """Forwards connections to a port on 127.0.0.1, with random faults."""

    def __init__(self, port: int, there: int, seed: int) -> None:
        """Initialize for the port to listen on, and the port of the service."""
        self._port = port
        self._there = there
        self._random = Random(seed)  # noqa: S311 (faults, not secrets)
        self._connections: set[asyncio.Task[None]] = set()
        self.is_good = True
        """Whether the link is reliable at the moment."""
        self.counts: Counter[str] = Counter()

    async def restart_again_and_again(self) -> None:
        """Alternate between some seconds of operation, and a restart that breaks all connections."""
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
        """Break all connections."""
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
        """Forward data in both directions until one end closes, or the link breaks."""
        # Logarithmic: a break is as likely in the handshake as in the audio.
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
        # The client may have disconnected first.
        with suppress(OSError):
            socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> bool:
    """Forward data; return whether the limit, in bytes, was reached."""
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
    """Run a link from one port to another, which is reliable at first."""
    line = ChaosLine(port, there, seed)
    running = asyncio.create_task(line.restart_again_and_again())
    try:
        yield line
    finally:
        running.cancel()
        await asyncio.wait([running])
