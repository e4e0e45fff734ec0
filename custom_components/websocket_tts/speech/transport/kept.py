"""A connection that is opened before it is needed, and kept ready."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress

from aiohttp import ClientConnectionError, ClientWebSocketResponse, WSMsgType

from ..channels import ChannelQueue
from ..exceptions import CannotConnectError, SpeechError
from ..limits import Limits
from ..tasks import end
from .websocket import Deadline, is_normal_close

_PING_EVERY = 25.0
"""Seconds; proxies forget connections on which nothing happens."""

type Connect = Callable[[], AbstractAsyncContextManager[ClientWebSocketResponse]]


class KeptConnection:
    """Keeps a connection ready, and hands it out for one use.

    It must show pings and pongs: a server that answers none could not be told from a dead connection.
    """

    def __init__(self, connect: Connect, limits: Limits, channels: ChannelQueue) -> None:
        """Initialize without a connection. Whoever waits in the queue of channels has it closed."""
        self._connect = connect
        self._limits = limits
        self._channels = channels
        self._ready: tuple[ClientWebSocketResponse, AsyncExitStack] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._answers_pings = True

    def prepare(self, duration: float | None = None) -> None:
        """Start connecting unless a connection is ready or about to be; keep it for seconds, or always."""
        if not self._answers_pings:
            return
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep())
        if self._expiry:
            self._expiry.cancel()
        if duration is not None:
            self._expiry = asyncio.get_running_loop().call_later(duration, self.drop)

    def drop(self) -> None:
        """Begin to close the connection."""
        if self._expiry:
            self._expiry.cancel()
        if self._keeping:
            self._keeping.cancel()

    async def aclose(self) -> None:
        """Close the connection."""
        self.drop()
        if self._keeping:
            await end(self._keeping)

    async def _keep(self) -> None:
        """Renew the connection as long as the service keeps each open for a worthwhile time."""
        loop = asyncio.get_running_loop()
        self._channels.spares.add(self.drop)
        try:
            with suppress(SpeechError):
                while True:
                    begun = loop.time()
                    await self._stand()
                    if loop.time() - begun < self._limits.worthwhile:
                        return
        finally:
            self._channels.spares.discard(self.drop)

    async def _stand(self) -> None:
        async with AsyncExitStack() as stack:
            socket = await stack.enter_async_context(self._connect())
            while await self._is_alive(socket):
                self._ready = socket, stack
                try:
                    # Nothing was requested: only a greeting may arrive, or the end of the connection.
                    async with asyncio.timeout(_PING_EVERY):
                        await _until(socket, None)
                except TimeoutError:
                    continue
                finally:
                    self._ready = None
                return

    async def _is_alive(self, socket: ClientWebSocketResponse) -> bool:
        with suppress(ClientConnectionError):
            await socket.ping()
        try:
            async with asyncio.timeout(self._limits.ping):
                is_alive = await _until(socket, WSMsgType.PONG)
        except TimeoutError:
            self._answers_pings = is_alive = False
        return is_alive

    @asynccontextmanager
    async def connection(
        self, *, fresh: bool = False
    ) -> AsyncGenerator[tuple[ClientWebSocketResponse, bool]]:
        """Yield a connection, and whether it was kept ready: never if it has to be a fresh one.

        Raises the errors of connecting.
        """
        if fresh or not self._ready or not self._keeping:
            async with self._connect() as socket:
                yield socket, False
            return
        # Taken before the first await: another utterance may want it at the same moment.
        (socket, stack), self._ready = self._ready, None
        async with stack.pop_all():
            await end(self._keeping)
            yield socket, True


async def _until(socket: ClientWebSocketResponse, wanted: WSMsgType | None) -> bool:
    """Receive until a message of a type, and return True, or until the connection has ended.

    Raises BusyError if the service ends it because it is busy.
    """
    deadline = Deadline()
    while (message := await deadline.receive(socket)).type is not wanted:
        with suppress(CannotConnectError):
            if not is_normal_close(message):
                continue
        return False
    return True
