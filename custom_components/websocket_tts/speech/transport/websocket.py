"""WebSocket connections: opening, receiving with a deadline, and closing."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
import logging
from math import inf

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientHandlerType,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSCloseCode,
    WSMessage,
    WSMsgType,
)
from yarl import URL

from ..exceptions import BusyError, CannotConnectError, SpeechError
from ..limits import Limits
from .errors import Reading
from .http import check_status, connection_error

_LOGGER = logging.getLogger(__name__)
# A close frame with this code, or without a code (0), is a proper end.
_NORMAL_CLOSE = (0, 1000)
_MOST_AT_ONCE = 64
"""Messages that may be received before the event loop gets to do something else."""
_PROGRESS = 0.1
"""Seconds of audio after which a deadline is moved; a few bytes now and then are none."""


@asynccontextmanager
async def open_socket(
    session: ClientSession, url: URL, headers: Mapping[str, str], limits: Limits
) -> AsyncGenerator[ClientWebSocketResponse]:
    """Open a WebSocket, and close it when the block ends, within limits.close.

    Pings and pongs are received like other messages: whoever receives answers pings, as Deadline does. Raises
    the error of status_error() if the service responds with an HTTP status, otherwise CannotConnectError.
    """
    try:
        async with asyncio.timeout(limits.connect), _without_redirects(session) as strict:
            socket = await strict.ws_connect(
                url,
                headers=headers,
                autoping=False,
                max_msg_size=limits.frame,
                timeout=ClientWSTimeout(ws_close=limits.close),
            )
    except (ClientError, TimeoutError) as err:
        raise connection_error(err, url) from None
    try:
        yield socket
    finally:
        # aiohttp restarts this timeout with every message that still arrives: limit the total.
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.close):
                await socket.close()


class Deadline:
    """A deadline for the next message, which can be moved while waiting.

    One timer serves all messages, of which there are dozens per second: if it fires early, it is set again.
    """

    def __init__(self) -> None:
        """Initialize without a deadline."""
        self._loop = asyncio.get_running_loop()
        self._when = inf
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        """The task that waits for a message, if any, and as long as the deadline has not ended that."""
        self._received = 0
        self._progress = 0.0

    def move(self, seconds: float | None) -> None:
        """Move the deadline to this many seconds from now; None for no deadline."""
        self._when = inf if seconds is None else self._loop.time() + seconds
        if self._waiting:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer and self._timer.when() > self._when:
            self.close()
        if not self._timer and self._when < inf:
            self._timer = self._loop.call_at(self._when, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._when > self._loop.time():
            self._set_timer()
        else:
            # A message that has just arrived comes first.
            self._loop.call_soon(self._end_wait)

    def _end_wait(self) -> None:
        if self._waiting and self._when <= self._loop.time():
            self._waiting.cancel()
            self._waiting = None

    def close(self) -> None:
        """Cancel the timer."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def has_progress(self, received: float) -> bool:
        """Return whether enough audio has arrived since this was true; received is all so far, in seconds."""
        has_progress = not self._progress or received - self._progress >= _PROGRESS
        if has_progress:
            self._progress = received
        return has_progress

    async def receive(self, socket: ClientWebSocketResponse) -> WSMessage:
        """Return the next message. Raises TimeoutError after the deadline."""
        while True:
            self._received += 1
            if self._received % _MOST_AT_ONCE == 0:
                # Here, too, the deadline may pass: a service that never stops sending is not waited for.
                await asyncio.sleep(0)
                if self._when <= self._loop.time():
                    raise TimeoutError
            self._set_timer()
            self._waiting = task = asyncio.current_task()
            cancelling = task.cancelling() if task else 0
            try:
                message = await socket.receive()
            except asyncio.CancelledError:
                if self._waiting or not task or task.uncancel() != cancelling:
                    raise
                # It may have been moved at the moment it expired.
                if self._when <= self._loop.time():
                    raise TimeoutError from None
                continue
            finally:
                self._waiting = None
            if message.type is not WSMsgType.PING:
                return message
            # If the connection was lost meanwhile, that comes next.
            with suppress(ClientConnectionError):
                await socket.pong(message.data)


def read_message(message: object, *, has_own_tokens: bool = False) -> Reading:
    """Read JSON, which says nothing if it is no object. Raises the error that it reports."""
    reading = Reading(message if isinstance(message, dict) else {})
    if reading.is_error:
        raise reading.error(has_own_tokens=has_own_tokens)
    if reading.is_warning:
        # Its words, and even its code, could be the text.
        _LOGGER.debug("The service sent a warning, which is no error")
    return reading


def is_normal_close(message: WSMessage) -> bool:
    """Return whether a message is a proper close of the connection.

    Raises BusyError if the service asks to try again later, and CannotConnectError if the connection was
    lost, which includes an end without a close frame.
    """
    if message.type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PONG):
        return False
    if message.type is WSMsgType.CLOSE and message.data in _NORMAL_CLOSE:
        return True
    if message.type is WSMsgType.CLOSE and message.data == WSCloseCode.TRY_AGAIN_LATER:
        raise BusyError("the service closed the connection with code 1013: try again later")
    code = f" with code {message.data}" if message.type is WSMsgType.CLOSE else ""
    raise CannotConnectError(f"the service broke the connection{code}", reason="connection_lost")


def _without_redirects(session: ClientSession) -> ClientSession:
    """Return a session with the same connections and cookies; closing it leaves these alone."""
    # A handshake follows redirects, which only the middlewares of a session can refuse.
    return ClientSession(
        connector=session.connector,
        connector_owner=False,
        cookie_jar=session.cookie_jar,
        headers=session.headers,
        middlewares=(_refuse,),
    )


async def _refuse(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Raise the error of check_status() before a redirect is followed."""
    response = await handler(request)
    try:
        check_status(response, request.url)
    except SpeechError:
        response.close()
        raise
    return response
