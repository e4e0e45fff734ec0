"""An address with speech servers behind it, on which everything can be made to happen."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from socket import SO_LINGER, SOL_SOCKET
import struct
from threading import Thread
from typing import Literal, Self

from aiohttp import web

from simulator import Habits, Simulator

type How = Literal["drop", "reset", "mute"]
"""How a connection ends: it is closed, it is reset, or nothing comes through any more, and nobody says so."""

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of 0 s: closing resets the connection."""
_ACCEPTED = 0.01
"""Seconds in which a connection has been accepted."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An event loop in a thread of its own: servers go on while Home Assistant's stands still."""

    loop: asyncio.AbstractEventLoop

    @classmethod
    @contextmanager
    def run(cls) -> Generator[Self]:
        """Run it until the context is left."""
        loop = asyncio.new_event_loop()
        thread = Thread(target=loop.run_forever, name=cls.__name__)
        thread.start()
        try:
            yield cls(loop)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def do[T](self, work: Coroutine[object, object, T]) -> T:
        """Have something done there, and wait for it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))


@dataclass(eq=False, slots=True)
class _Connection:
    """A connection of a client, and that to the server behind it."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self, how: How) -> None:
        """End it; the server always hears of it."""
        self.has_ended.set()
        if how == "reset" and (socket := self.client.get_extra_info("socket")):
            with suppress(OSError):  # the client may be gone
                socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
            self.client.transport.abort()
        if how == "drop":
            self.client.close()
        self.server.transport.abort()


class Link:
    """Forwards the connections to its port to one of the servers behind it."""

    def __init__(self, targets: list[int]) -> None:
        """Initialize with the ports of the servers, which take the connections in turn."""
        self.targets = targets
        self.port = 0
        self.broken: list[tuple[How, int]] = []
        """How the next connections end, and after how many bytes from the server."""
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._turns = count()

    async def open(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Refuse connections, and reset those that there are."""
        if self._server:
            loop = asyncio.get_running_loop()
            for listening in self._server.sockets:
                loop.remove_reader(listening.fileno())
            # A connection that is just being accepted would not survive it as a transport, and say so.
            await asyncio.sleep(_ACCEPTED)
            self._server.close()
        await self.break_all("reset")

    async def break_all(self, how: How) -> None:
        """End all connections."""
        for connection in list(self._connections):
            connection.end(how)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._pass_on(reader, writer)
        except OSError:  # the server is gone
            pass
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        how, limit = self.broken.pop(0) if self.broken else (None, None)
        target = self.targets[next(self._turns) % len(self.targets)]
        there, server = await asyncio.open_connection("127.0.0.1", target)
        connection = _Connection(writer, server)
        self._connections.add(connection)
        asking = asyncio.create_task(_copy(reader, server, None))
        answering = asyncio.create_task(_copy(there, writer, limit))
        ended = asyncio.create_task(connection.has_ended.wait())
        try:
            await asyncio.wait([asking, answering, ended], return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                connection.end(how if how and answering.done() and answering.result() else "drop")
            # Whoever talks to somebody that is gone is not told.
            await asking
        finally:
            for task in (asking, answering, ended):
                task.cancel()
            self._connections.discard(connection)
            server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> bool:
    """Forward data; return whether the limit, in bytes, was reached."""
    passed = 0
    with suppress(ConnectionError):
        while limit is None or passed < limit:
            if not (data := await reader.read(65536)):
                return False
            data = data if limit is None else data[: limit - passed]
            passed += len(data)
            if not writer.transport.is_closing():
                writer.write(data)
                await writer.drain()
        return True
    return False


class Place:
    """Two servers, the first of which takes all connections, behind a link, and a second link to the same."""

    def __init__(self, elsewhere: Elsewhere, habits: tuple[Habits, Habits]) -> None:
        """Initialize with the habits of both servers."""
        self.do = elsewhere.do
        self.first, self.second = (Simulator(each, tones=True) for each in habits)
        self.ports: list[int] = []
        self.link, self.other = Link([]), Link([])

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Run it until the context is left."""
        runners = [
            web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)
            for server in (self.first, self.second)
        ]
        try:
            await self.do(self._open(runners))
            yield
        finally:
            await self.do(self._close(runners))

    async def _open(self, runners: list[web.AppRunner]) -> None:
        for runner in runners:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.ports.append(runner.addresses[0][1])
        for link in (self.link, self.other):
            link.targets = self.ports[:1]
            await link.open()

    async def _close(self, runners: list[web.AppRunner]) -> None:
        for link in (self.link, self.other):
            await link.shut()
        for runner in runners:
            await runner.cleanup()

    @property
    def habits(self) -> Habits:
        """Return those of the first server."""
        return self.first.habits
