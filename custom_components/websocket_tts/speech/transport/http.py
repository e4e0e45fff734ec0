"""HTTP requests, with limits, and with failures as errors of this library."""

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

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a response: a list of voices is far smaller."""
MAX_RETRY_AFTER = 60.0
"""Upper limit of Retry-After, in seconds."""
_REDIRECTS = range(300, 400)


type StatusError = Callable[[int, URL, object, Mapping[str, str]], SpeechError]
"""Returns the error for a status, a URL, the JSON of a response, and its headers."""


def bearer(token: str) -> dict[str, str]:
    """Return the Authorization header for a token; empty without one. Raises InvalidAuthError."""
    if not token.isprintable():
        # Not every version of aiohttp refuses to send it.
        raise InvalidAuthError("the token has a character in it that no token has")
    return {"Authorization": f"Bearer {token}"} if token else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of a response, and its cookies by name."""

    payload: object = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, response: ClientResponse, payload: object) -> Answer:
        """Return the JSON of a response with its cookies."""
        return cls(payload, {name: morsel.value for name, morsel in response.cookies.items()})

    def cookie_header(self) -> dict[str, str]:
        """Return the header that routes the next request to the same server behind a load balancer."""
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
    """Return the response, which has a status from 200 to 299 and is JSON.

    Raises the error of status_error() for another status, ProtocolError if the response is not JSON, or
    CannotConnectError. Redirects are not followed: they could send credentials to another host.
    """
    response, payload = await fetch_json(session, method, url, limits, headers=headers, json=json)
    return _answer(response, url, payload, status_error)


async def fetch_json(
    session: ClientSession,
    method: str,
    url: URL,
    limits: Limits,
    *,
    headers: Mapping[str, str],
    json: object = None,
) -> tuple[ClientResponse, object]:
    """Return a response with any status, and its JSON; None if it is not JSON.

    Raises CannotConnectError, or ProtocolError if it is too large.
    """
    request = session.request(
        method, url, headers=headers, json=json, timeout=_timeout(limits), allow_redirects=False
    )
    return await _fetch(request, url)


async def post_form(
    session: ClientSession, url: URL, limits: Limits, form: Mapping[str, str], refusal: StatusError
) -> Answer:
    """Return the response to a form, like request_json(), but raise the error of refusal() for a status."""
    request = session.post(url, data=form, timeout=_timeout(limits), allow_redirects=False)
    response, payload = await _fetch(request, url)
    return _answer(response, url, payload, refusal)


async def _read_body(response: ClientResponse) -> bytes:
    """Return the body of a response. Raises ProtocolError if it is too large."""
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > MAX_BODY:
            raise ProtocolError("the response of the service is too large")
    return bytes(body)


def _timeout(limits: Limits) -> ClientTimeout:
    return ClientTimeout(total=limits.first_audio, connect=limits.connect)


async def _fetch(
    request: AbstractAsyncContextManager[ClientResponse], url: URL
) -> tuple[ClientResponse, object]:
    failure: SpeechError | None = None
    try:
        async with request as response:
            body = await _read_body(response)
    except (ClientError, TimeoutError) as err:
        failure = connection_error(err, url)
    if failure:
        raise failure
    try:
        return response, orjson.loads(body)
    except orjson.JSONDecodeError:
        return response, None


def _answer(response: ClientResponse, url: URL, payload: object, refusal: StatusError) -> Answer:
    check_status(response, url, payload, refusal)
    if payload is None:
        raise ProtocolError(
            f"what answers at {place(url)} is no speech service", reason="not_a_service", place=place(url)
        )
    return Answer.of(response, payload)


def status_error(
    status: int, url: URL, payload: object = None, headers: Mapping[str, str] | None = None
) -> SpeechError:
    """Return the error for an HTTP status; its text contains the message of the service, if any."""
    words = error_words(payload)
    said = f"{place(url)} answered with status {status}" + (f": {words}" if words else "")
    told = {"status": str(status)} | ({"error": words} if words else {})
    details = {"reason": "http_error" if words else "http_status", "place": place(url), **told}
    kind = refusal_kind(status, payload)
    if kind is BusyError:
        return BusyError(said, retry_after=retry_after(headers or {}), **told)
    if kind is InvalidAuthError:
        return InvalidAuthError(said, **told)
    if status == 404:
        return NotFoundError(said, **details)
    if kind is None and status >= 500:
        return CannotConnectError(said, **details)
    return (kind or (SynthesisError if words else ProtocolError))(said, **details)


def check_status(
    response: ClientResponse, url: URL, payload: object, refusal: StatusError = status_error
) -> None:
    """Raise CannotConnectError for a redirect, and what refusal says of a status that is no success.

    payload is what came as JSON, if anything did.
    """
    location = response.headers.get("Location")
    # With another status, it is not a redirect but a new resource or, with 401, a login page.
    if location and response.status in _REDIRECTS:
        raise redirect_error(url, location)
    if not response.ok:
        raise refusal(response.status, url, payload, response.headers)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in Retry-After; None if there are none."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII):
        return min(float(value), MAX_RETRY_AFTER)
    # Relative to the clock of the service, which may be wrong.
    until, now = _date(value), _date(headers.get("Date", "")) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), MAX_RETRY_AFTER) if until else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def place(url: URL) -> str:
    """Return a URL for messages, without its path, which may contain a token."""
    # Not every version of yarl separates the zone of an IPv6 address.
    host = (url.host or "").replace("%25", "%")
    return f"[{host}]:{url.port}" if ":" in host else f"{host}:{url.port}"


def redirect_error(url: URL, location: str) -> CannotConnectError:
    """Return the error for a redirect to another address, or to another page of the same server."""
    try:
        target = str(url.join(URL(location)).origin())
    except ValueError:
        target = ""
    if target in ("", str(url.origin())):
        # A login page, for example: there is no other address to suggest.
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
    """Return the error for an exception of aiohttp.

    Raise it outside the handler of that exception, which would otherwise become its context: it may contain a
    URL or headers with secrets.
    """
    match err:
        case InvalidURL():
            return CannotConnectError("the address is none that can be asked")
        case TimeoutError():
            return SpeechTimeoutError(
                f"no answer from {place(url)} in time", reason="timeout", place=place(url)
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
                f"no connection to {place(url)}", reason="cannot_connect", place=place(url)
            )
