"""HTTP and WebSockets for all services: their limits, and their failures as errors of this library."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import re

from aiohttp import (
    ClientConnectorCertificateError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    InvalidURL,
    WSServerHandshakeError,
)
import orjson
from yarl import URL

from ..exceptions import (
    BusyError,
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
from .errors import error_words, refusal_kind

MAX_RETRY_AFTER = 60.0
"""Seconds that a busy service is believed at most when it says for how long."""
_REDIRECTS = range(300, 400)


type StatusError = Callable[[int, URL, object, Mapping[str, str]], SpeechError]
"""Makes an error of a status, an address, what came as JSON, and headers."""


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
) -> Answer:
    """Return the answer, which has status 200 to 299 and is JSON.

    Raises what status_error says for another status; ProtocolError for what is not JSON; CannotConnectError.
    A redirect is not followed: it could carry credentials to where the user did not send them.
    """
    request = session.request(
        method, url, headers=headers, json=json, timeout=_timeout(limits), allow_redirects=False
    )
    return await _answer(request, url, status_error)


async def post_form(
    session: ClientSession, url: URL, limits: Limits, form: Mapping[str, str], refusal: StatusError
) -> Answer:
    """Return the answer to a form, like request_json(), but raise what refusal says of another status."""
    request = session.post(url, data=form, timeout=_timeout(limits), allow_redirects=False)
    return await _answer(request, url, refusal)


def _timeout(limits: Limits) -> ClientTimeout:
    return ClientTimeout(total=limits.first_audio, connect=limits.connect)


async def _answer(
    request: AbstractAsyncContextManager[ClientResponse], url: URL, refusal: StatusError
) -> Answer:
    failure: SpeechError | None = None
    try:
        async with request as response:
            body = await response.read()
    except (ClientError, TimeoutError) as err:
        failure = connection_error(err, url)
    if failure:
        raise failure
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = None
    location = response.headers.get("Location")
    # With another status it is no redirect: what was made, or, with 401, where people log in.
    if location and response.status in _REDIRECTS:
        raise redirect_error(url, location)
    if not response.ok:
        raise refusal(response.status, url, payload, response.headers)
    if payload is None:
        raise ProtocolError(
            f"what answers at {place(url)} is no speech service", reason="not_a_service", place=place(url)
        )
    return Answer(payload, {name: morsel.value for name, morsel in response.cookies.items()})


def status_error(
    status: int, url: URL, payload: object = None, headers: Mapping[str, str] | None = None
) -> SpeechError:
    """Return the error that an HTTP status stands for; its text has the words of the service, if any."""
    words = error_words(payload)
    said = f"{place(url)} answered with status {status}" + (f": {words}" if words else "")
    details = {"reason": "http_status", "place": place(url), "status": str(status)}
    if words:
        details |= {"reason": "http_error", "error": words}
    kind = refusal_kind(status, payload)
    if kind is BusyError:
        return BusyError(said, retry_after=retry_after(headers or {}), status=str(status))
    if kind is InvalidAuthError:
        return InvalidAuthError(said, status=str(status))
    if status == 404:
        return NotFoundError(said, **details)
    if kind is None and status >= 500:
        return CannotConnectError(said, **details)
    return (kind or (SynthesisError if words else ProtocolError))(said, **details)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds after which a service wants to be asked again; None where it does not say."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII):
        return min(float(value), MAX_RETRY_AFTER)
    # By the clock of the service, which need not be right.
    until, now = _date(value), _date(headers.get("Date", "")) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), MAX_RETRY_AFTER) if until else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def place(url: URL) -> str:
    """Return what may be said of an address: never the path, which may hold a token."""
    # Not every yarl takes the zone of an IPv6 address apart.
    host = (url.host or "").replace("%25", "%")
    return f"[{host}]:{url.port}" if ":" in host else f"{host}:{url.port}"


def redirect_error(url: URL, location: str) -> CannotConnectError:
    """Return the error of a service that answers with another address, or with another page of its own."""
    try:
        target = str(url.join(URL(location)).origin())
    except ValueError:
        target = ""
    if target in ("", str(url.origin())):
        # A page to log in, for example: there is no other address to be told.
        return CannotConnectError(
            f"what answers at {place(url)} is no speech service", reason="not_a_service", place=place(url)
        )
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
            return status_error(err.status, url, headers=err.headers)
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
