"""A connection that stands before it is needed."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from time import monotonic

from aiohttp import ClientWebSocketResponse

from ..exceptions import SpeechError
from ..tasks import end

type Connect = Callable[[], AbstractAsyncContextManager[ClientWebSocketResponse]]


class Preconnection:
    """Hands out a connection that stands already, if there is one; each is used once."""

    def __init__(self, connect: Connect, worthwhile: float) -> None:
        """Begin to connect; worthwhile is how long a connection must have stood to be made anew (seconds)."""
        self._connect = connect
        self._worthwhile = worthwhile
        self._ready: tuple[ClientWebSocketResponse, AsyncExitStack] | None = None
        self._keeping = asyncio.create_task(self._keep())

    def prepare(self) -> None:
        """See to it that a connection will stand soon."""
        if self._keeping.done():
            self._keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        """Keep a connection for as long as the service lets it stand for a worthwhile time."""
        begun = -self._worthwhile
        with suppress(SpeechError):
            while monotonic() - begun > self._worthwhile:
                begun = monotonic()
                await self._stand()

    async def _stand(self) -> None:
        async with AsyncExitStack() as stack:
            socket = await stack.enter_async_context(self._connect())
            self._ready = socket, stack
            try:
                # Nothing was asked for: whatever comes is the end.
                await socket.receive()
            finally:
                self._ready = None

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[ClientWebSocketResponse]:
        """Connect, or take the connection that stands. Raises what connecting raises."""
        # Taken before anything is waited for: another utterance may want it in the same moment.
        ready, self._ready = self._ready, None
        if not ready:
            async with self._connect() as socket:
                yield socket
            return
        socket, stack = ready
        async with stack.pop_all():
            await end(self._keeping)
            yield socket

    async def aclose(self) -> None:
        """Let no connection stand."""
        await end(self._keeping)
