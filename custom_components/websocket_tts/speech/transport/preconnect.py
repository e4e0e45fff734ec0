"""A connection that stands before it is needed."""

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
    """Hands out a connection that stands already, if there is one; each is used once."""

    def __init__(self, connect: Connect, worthwhile: float, duration: float | None = None) -> None:
        """Begin to connect; worthwhile is how long a connection must have stood to be made anew (seconds).

        It stands for so many seconds, if nobody wants it before; None for good.
        """
        self._connect = connect
        self._worthwhile = worthwhile
        self._ready: tuple[ClientWebSocketResponse, AsyncExitStack] | None = None
        self._keeping = asyncio.create_task(self._keep())
        self._expiry: asyncio.TimerHandle | None = None
        self._expire_in(duration)

    def prepare(self, duration: float | None = None) -> None:
        """See to it that a connection will stand soon, for so many seconds from now; None for good."""
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
                # Nothing was asked for: a greeting may come, and then the end.
                while (message := await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    pass
                with suppress(CannotConnectError):
                    is_normal_close(message)
            finally:
                self._ready = None

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[tuple[ClientWebSocketResponse, bool]]:
        """Yield a connection, and whether it stood already. Raises what connecting raises."""
        # Taken before anything is waited for: another utterance may want it in the same moment.
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
        """Let no connection stand."""
        self._expire_in(None)
        await end(self._keeping)
