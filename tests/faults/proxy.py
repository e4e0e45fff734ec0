"""A line to the services that fails as it is told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from socket import SO_LINGER, SOL_SOCKET
import struct
from typing import Literal

_RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing then resets the connection."""


@dataclass(slots=True)
class Line:
    """How the line is, from the next connection on."""

    how: Literal["good", "close", "reset", "stall"] = "good"
    after: int = 0
    """Bytes from the service that still come through."""
    drip: int = 0
    """So many bytes of a connection come one by one."""
    delay: float = 0.0
    """Seconds that every piece of data takes longer."""
    failures: int | None = None
    """So many connections fail; None: all."""

    def fails(self) -> bool:
        """Return whether the next connection fails, and count it."""
        if self.how == "good" or self.failures == 0:
            return False
        if self.failures is not None:
            self.failures -= 1
        return True


class Proxy:
    """Passes connections on to a port, and breaks them."""

    def __init__(self, port: int) -> None:
        """Pass everything on at first."""
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self.line = Line()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        if task := asyncio.current_task():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        line, fails = self.line, self.line.fails()
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._port)
        asking = asyncio.create_task(_pass_on(reader, there_writer, line, None))
        try:
            await _pass_on(there_reader, writer, line, line.after if fails else None)
            if fails:
                await self._break(line, writer)
        finally:
            asking.cancel()
            writer.close()
            there_writer.close()

    async def _break(self, line: Line, writer: asyncio.StreamWriter) -> None:
        if line.how == "stall":
            await asyncio.sleep(60)
        if line.how == "reset" and (socket := writer.get_extra_info("socket")):
            # The client may have gone away first.
            with suppress(OSError):
                socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
            writer.transport.abort()

    async def end(self) -> None:
        """Break off what still runs."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: Line, limit: int | None
) -> None:
    """Write what is read, up to a limit in bytes, as the line does it."""
    passed = 0
    with suppress(ConnectionError):
        while limit is None or passed < limit:
            data = await reader.read(65536)
            if not data:
                writer.close()
                return
            await asyncio.sleep(line.delay)
            data = data[: None if limit is None else limit - passed]
            dripped = max(0, line.drip - passed)
            for byte in data[:dripped]:
                writer.write(bytes([byte]))
                await asyncio.sleep(0)
            writer.write(data[dripped:])
            await writer.drain()
            passed += len(data)


@asynccontextmanager
async def proxy(port: int) -> AsyncGenerator[tuple[Proxy, int]]:
    """Run a proxy; return it and its port."""
    line = Proxy(port)
    server = await asyncio.start_server(line.connect, "127.0.0.1", 0)
    try:
        yield line, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await line.end()
