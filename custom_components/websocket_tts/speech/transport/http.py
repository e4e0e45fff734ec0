"""HTTP and WebSockets for all services: their limits, and their failures as errors of this library."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import (
    ClientConnectorCertificateError,
    ClientError,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    InvalidURL,
    WSServerHandshakeError,
)
import orjson
from yarl import URL

from ..exceptions import (
    CannotConnectError,
    CertificateError,
    InvalidAuthError,
    NotFoundError,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
)
from ..limits import Limits

_MAX_WORDS = 300
_MAX_DEPTH = 5
"""Objects within each other in which the words of an error are looked for."""


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
    limits: Limits,
    *,
    headers: Mapping[str, str],
    json: object = None,
    data: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer, which has status 200 to 299 and is JSON.

    Raises what status_error says for another status; ProtocolError for what is not JSON; CannotConnectError.
    A redirect is not followed: it could carry credentials to where the user did not send them.
    """
    timeout = ClientTimeout(total=limits.first_audio, connect=limits.connect)
    failure: SpeechError | None = None
    try:
        async with session.request(
            method, url, headers=headers, timeout=timeout, json=json, data=data, allow_redirects=False
        ) as response:
            body = await response.read()
    except (ClientError, TimeoutError) as err:
        failure = connection_error(err, url)
    if failure:
        raise failure
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = None
    if location := response.headers.get("Location"):
        raise redirect_error(url, location)
    if not response.ok:
        raise status_error(response.status, url, payload)
    if payload is None:
        raise ProtocolError(
            f"what answers at {place(url)} is no speech service", reason="not_a_service", place=place(url)
        )
    return Answer(payload, {name: morsel.value for name, morsel in response.cookies.items()})


def status_error(status: int, url: URL, payload: object = None) -> SpeechError:
    """Return the error that an HTTP status stands for; its text has the words of the service, if any."""
    words = error_words(payload)
    said = f"{place(url)} answered with status {status}" + (f": {words}" if words else "")
    details = {"reason": "http_status", "place": place(url), "status": str(status)}
    if words:
        details |= {"reason": "http_error", "error": words}
    if status in (401, 403):
        return InvalidAuthError(said)
    if status in (429, 503):
        from ..exceptions import BusyError

        return BusyError(said)
    if status == 404:
        return NotFoundError(said, **details)
    if status >= 500:
        return CannotConnectError(said, **details)
    if words or status == 429:
        return SynthesisError(said, **details)
    return ProtocolError(said, **details)


def error_words(error: object, depth: int = _MAX_DEPTH) -> str:
    """Return what an error of a service says, in one line: a string, or an object with a message in it."""
    if isinstance(error, Mapping) and depth:
        keys = ("error", "message", "detail", "type", "code")
        texts = (error_words(error[key], depth - 1) for key in keys if key in error)
        return next(filter(None, texts), "")
    return " ".join(str(error).split())[:_MAX_WORDS] if isinstance(error, str | int) else ""


def place(url: URL) -> str:
    """Return what may be said of an address: never the path, which may hold a token."""
    return f"{url.host}:{url.port}"


def redirect_error(url: URL, location: str) -> CannotConnectError:
    """Return the error of a service that answers with the address of another."""
    try:
        target = str(url.join(URL(location)).origin())
    except ValueError:
        target = "an address that makes no sense"
    return CannotConnectError(
        f"{place(url)} sends us on to {target}; enter that address if it is right",
        reason="redirected",
        place=place(url),
        target=target,
    )


def connection_error(err: ClientError | TimeoutError, url: URL) -> SpeechError:
    """Return what an error of aiohttp means.

    Raise it only after that error has been dealt with, lest it comes along as its context: it may have a URL
    or headers in it, which hold secrets.
    """
    match err:
        case InvalidURL():
            return CannotConnectError("the address is none that can be asked")
        case TimeoutError():
            return SpeechTimeoutError(
                f"no answer from {place(url)} in time", reason="no_answer", place=place(url)
            )
        case WSServerHandshakeError():
            return status_error(err.status, url)
        case ClientConnectorCertificateError():
            return CertificateError(
                f"the certificate of {place(url)} is not trusted", reason="certificate", place=place(url)
            )
        case ClientSSLError():
            return CannotConnectError(
                f"{place(url)} does not speak https", reason="not_https", place=place(url)
            )
        case _:
            return CannotConnectError(
                f"no connection to {place(url)}", reason="no_connection", place=place(url)
            )
