"""HTTP and WebSockets for all services: their limits, and their failures as errors of this library."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import (
    ClientConnectorCertificateError,
    ClientError,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    InvalidURL,
    WSMessage,
    WSMsgType,
    WSServerHandshakeError,
)
import orjson
from yarl import URL

from .errors import (
    CannotConnectError,
    CertificateError,
    InvalidAuthError,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
)

CONNECT_TIMEOUT = 10.0
"""Seconds until a connection must stand."""
FIRST_AUDIO_TIMEOUT = 15.0
"""Seconds from a text to its first audio, or to the answer of a request."""
BETWEEN_AUDIO_TIMEOUT = 10.0
"""Seconds from audio that is not the last to the next."""
CLOSE_TIMEOUT = 0.5
"""Seconds that a service has to say goodbye."""
MAX_FRAME = 64 * 1024 * 1024
"""Bytes of one WebSocket message: a service may send a whole utterance in one."""
_MAX_WORDS = 300
_MAX_DEPTH = 5
"""Objects within each other in which the words of an error are looked for."""

# A close frame with this code, or without any code (0), is a proper end.
_NORMAL_CLOSE = (0, 1000)


def bearer(token: str) -> dict[str, str]:
    """Return the headers that let one in with a token; none without one. Raises InvalidAuthError."""
    if not token.isprintable():
        # Not every aiohttp refuses to send it.
        raise InvalidAuthError("the token has a character in it that no token has")
    return {"Authorization": f"Bearer {token}"} if token else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON that a service answered with, and its cookies, by name."""

    payload: object = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)

    def cookie_header(self) -> dict[str, str]:
        """Return the header that takes the next request to the same server behind a load balancer."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookies} if cookies else {}


async def request_json(
    session: ClientSession,
    method: str,
    url: URL,
    *,
    headers: Mapping[str, str],
    json: object = None,
    data: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer, which has status 200 to 299 and is JSON.

    Raises what status_error says for another status; ProtocolError for what is not JSON; CannotConnectError.
    A redirect is not followed: it could carry credentials to where the user did not send them.
    """
    timeout = ClientTimeout(total=FIRST_AUDIO_TIMEOUT, connect=CONNECT_TIMEOUT)
    failure: SpeechError | None = None
    try:
        async with session.request(
            method, url, headers=headers, timeout=timeout, json=json, data=data, allow_redirects=False
        ) as response:
            body = await response.read()
    except (ClientError, TimeoutError) as err:
        failure = _failure(err, url)
    if failure:
        raise failure
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = None
    if location := response.headers.get("Location"):
        raise _sent_on(url, location)
    if not response.ok:
        raise status_error(response.status, url, payload)
    if payload is None:
        raise ProtocolError(f"what answers at {_place(url)} is no speech service")
    return Answer(payload, {name: morsel.value for name, morsel in response.cookies.items()})


@asynccontextmanager
async def open_socket(
    session: ClientSession, url: URL, headers: Mapping[str, str], *, heartbeat: float | None = None
) -> AsyncGenerator[ClientWebSocketResponse]:
    """Connect a WebSocket, and close it however the block ends, within CLOSE_TIMEOUT.

    With a heartbeat, in seconds, a connection that died unnoticed is found out and ended.
    Raises what status_error says where the service answers with a status; else CannotConnectError.
    """
    failure: SpeechError | None = None
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            socket = await session.ws_connect(
                url,
                headers=headers,
                heartbeat=heartbeat,
                max_msg_size=MAX_FRAME,
                timeout=ClientWSTimeout(ws_close=CLOSE_TIMEOUT),
            )
    except (ClientError, TimeoutError) as err:
        failure = _failure(err, url)
    if failure:
        raise failure
    try:
        _refuse_redirect(socket, url)
        yield socket
    finally:
        # aiohttp waits that long for every message that still comes: an endless server must not keep us.
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await socket.close()


class Deadline:
    """When the next message must be there; it may be moved while it is waited for."""

    def __init__(self) -> None:
        """Start without a deadline."""
        self._when: float | None = None
        self._waiting: asyncio.Timeout | None = None

    def move(self, seconds: float | None) -> None:
        """Move it to so many seconds from now; None for no deadline."""
        self._when = None if seconds is None else asyncio.get_running_loop().time() + seconds
        if self._waiting and not self._waiting.expired():
            self._waiting.reschedule(self._when)

    async def receive(self, socket: ClientWebSocketResponse) -> WSMessage:
        """Return the next message. Raises TimeoutError when the deadline is over."""
        while True:
            try:
                async with asyncio.timeout_at(self._when) as self._waiting:
                    return await socket.receive()
            except TimeoutError:
                # It may have been moved in the moment in which it was over.
                if self._when is not None and self._when <= asyncio.get_running_loop().time():
                    raise
            finally:
                self._waiting = None


def is_normal_close(message: WSMessage) -> bool:
    """Return whether the service ended the connection properly. Raises CannotConnectError if it broke.

    A connection that merely ends, without a close frame, is broken.
    """
    if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
        return False
    if message.type is WSMsgType.CLOSE and message.data in _NORMAL_CLOSE:
        return True
    reason = f" with code {message.data}" if message.type is WSMsgType.CLOSE else ""
    raise CannotConnectError(f"the service broke the connection{reason}")


class NotFoundError(ProtocolError):
    """The service answered with status 404."""


def status_error(status: int, url: URL, payload: object = None) -> SpeechError:
    """Return the error that an HTTP status stands for; its text has the words of the service, if any."""
    words = error_words(payload)
    said = f"{_place(url)} answered with status {status}" + (f": {words}" if words else "")
    if status in (401, 403):
        return InvalidAuthError(said)
    if status == 404:
        return NotFoundError(said)
    if status >= 500:
        return CannotConnectError(said)
    if words or status == 429:
        return SynthesisError(said)
    return ProtocolError(said)


def error_words(error: object, depth: int = _MAX_DEPTH) -> str:
    """Return what an error of a service says, in one line: a string, or an object with a message in it."""
    if isinstance(error, Mapping) and depth:
        keys = ("error", "message", "detail", "type", "code")
        texts = (error_words(error[key], depth - 1) for key in keys if key in error)
        return next(filter(None, texts), "")
    return " ".join(str(error).split())[:_MAX_WORDS] if isinstance(error, str | int) else ""


def _place(url: URL) -> str:
    # Never the path, which may hold a token.
    return f"{url.host}:{url.port}"


def _refuse_redirect(socket: ClientWebSocketResponse, url: URL) -> None:
    """Raise CannotConnectError for a socket that is elsewhere than it was asked for."""
    # aiohttp follows redirects of a handshake, and has no way to tell it not to.
    if history := socket._response.history:  # noqa: SLF001
        raise _sent_on(url, history[0].headers.get("Location", ""))


def _sent_on(url: URL, location: str) -> CannotConnectError:
    try:
        place = str(url.join(URL(location)).origin())
    except ValueError:
        place = "an address that makes no sense"
    return CannotConnectError(f"{_place(url)} sends us on to {place}; enter that address if it is right")


def _failure(err: ClientError | TimeoutError, url: URL) -> SpeechError:
    """Return what an error of aiohttp means.

    Raise it only after that error has been dealt with, lest it comes along as its context: it may have a URL
    or headers in it, which hold secrets.
    """
    match err:
        case InvalidURL():
            return CannotConnectError("the address is none that can be asked")
        case TimeoutError():
            return SpeechTimeoutError(f"no answer from {_place(url)} in time")
        case WSServerHandshakeError():
            return status_error(err.status, url)
        case ClientConnectorCertificateError() | ClientSSLError():
            return CertificateError(f"the certificate of {_place(url)} is not trusted")
        case _:
            return CannotConnectError(f"no connection to {_place(url)}")
