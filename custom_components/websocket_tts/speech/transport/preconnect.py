"""A connection that is opened before it is needed."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from time import monotonic

from aiohttp import ClientWebSocketResponse, WSMsgType

from ..exceptions import CannotConnectError, SpeechError
from ..tasks import end
from .websocket import is_normal_close

type Connect = Callable[[], AbstractAsyncContextManager[ClientWebSocketResponse]]


class Preconnection:
    """Keeps a connection ready, and hands it out for one use."""

    def __init__(self, connect: Connect, worthwhile: float, duration: float | None = None) -> None:
        """Start connecting; a connection that was open for worthwhile seconds is renewed when it closes.

        It is kept for this duration in seconds; None: always.
        """
        self._connect = connect
        self._worthwhile = worthwhile
        self._ready: tuple[ClientWebSocketResponse, AsyncExitStack] | None = None
        self._keeping = asyncio.create_task(self._keep())
        self._expiry: asyncio.TimerHandle | None = None
        self._expire_in(duration)

    def prepare(self, duration: float | None = None) -> None:
        """Start connecting unless a connection is ready or about to be; keep it for this duration."""
        if self._keeping.done():
            self._keeping = asyncio.create_task(self._keep())
        self._expire_in(duration)

    def _expire_in(self, seconds: float | None) -> None:
        if self._expiry:
            self._expiry.cancel()
            self._expiry = None
        if seconds is not None:
            self._expiry = asyncio.get_running_loop().call_later(seconds, self._expire)

    def _expire(self) -> None:
        self._keeping.cancel()

    async def _keep(self) -> None:
        """Renew the connection as long as the service keeps each open for a worthwhile time."""
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
                # Nothing was requested: only a greeting may arrive, or the end of the connection.
                while (message := await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    pass
                with suppress(CannotConnectError):
                    is_normal_close(message)
            finally:
                self._ready = None

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[tuple[ClientWebSocketResponse, bool]]:
        """Yield a connection, and whether it was ready. Raises the errors of connecting."""
        # Taken before the first await: another utterance may want it at the same moment.
        ready, self._ready = self._ready, None
        if not ready:
            async with self._connect() as socket:
                yield socket, False
            return
        socket, stack = ready
        async with stack.pop_all():
            await end(self._keeping)
            yield socket, True

    async def aclose(self) -> None:
        """Close the connection."""
        self._expire_in(None)
        await end(self._keeping)
