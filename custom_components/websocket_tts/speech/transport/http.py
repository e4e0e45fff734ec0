"""HTTP requests, with limits, and with failures as errors of this library."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re

from aiohttp import (
    ClientConnectorCertificateError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
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
from .errors import Reading

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a response: a list of voices is far smaller."""
MAX_RETRY_AFTER = 60.0
"""Upper limit of Retry-After, in seconds."""
_REDIRECTS = range(300, 400)


def bearer(token: str) -> dict[str, str]:
    """Return the Authorization header for a token; empty without one. Raises InvalidAuthError."""
    if not token.isprintable():
        # Not every version of aiohttp refuses to send it.
        raise InvalidAuthError("the token has a character in it that no token has")
    return {"Authorization": f"Bearer {token}"} if token else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and its JSON; None if it is not JSON."""

    response: ClientResponse = field(repr=False)
    payload: object = field(repr=False)

    def cookie_header(self) -> dict[str, str]:
        """Return the header that routes the next request to the same server behind a load balancer."""
        cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in self.response.cookies.items())
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

    Raises the errors of fetch_json() and check_status(), or ProtocolError if the response is not JSON.
    """
    answer = await fetch_json(session, method, url, limits, headers=headers, json=json)
    check_status(answer.response, url, answer.payload)
    if answer.payload is None:
        raise _not_a_service(ProtocolError, url)
    return answer


async def fetch_json(
    session: ClientSession,
    method: str,
    url: URL,
    limits: Limits,
    *,
    headers: Mapping[str, str] | None = None,
    json: object = None,
    form: Mapping[str, str] | None = None,
) -> Answer:
    """Return a response with any status.

    Redirects are not followed: they could send credentials to another host. Raises CannotConnectError, or
    ProtocolError if the response is too large.
    """
    timeout = ClientTimeout(total=limits.first_audio, connect=limits.connect)
    if json is None:
        # Speech follows at once on the connection of its request; any other could have died by then.
        headers = {**(headers or {}), "Connection": "close"}
    try:
        async with session.request(
            method, url, headers=headers, json=json, data=form, timeout=timeout, allow_redirects=False
        ) as response:
            body = bytearray()
            async for part in response.content.iter_any():
                body += part
                if len(body) > MAX_BODY:
                    raise ProtocolError("the response of the service is too large")
    except (ClientError, TimeoutError) as err:
        raise connection_error(err, url) from None
    return Answer(response, parse_json(body.decode(errors="replace")))


def parse_json(text: str) -> object:
    """Return the JSON in a text, which may begin with a byte order mark; None if it is not JSON."""
    try:
        return orjson.loads(text.removeprefix("\ufeff"))
    except orjson.JSONDecodeError:
        return None


def status_error(
    status: int, url: URL, payload: object = None, headers: Mapping[str, str] | None = None
) -> SpeechError:
    """Return the error for an HTTP status; its text contains the message of the service, if any."""
    reading = Reading(payload)
    words = reading.error_words
    said = f"{place(url)} answered with status {status}" + (f": {words}" if words else "")
    told = {"status": str(status)} | ({"error": words} if words else {})
    details = {"reason": "http_error" if words else "http_status", "place": place(url), **told}
    kind = reading.error_kind(status)
    if kind is BusyError:
        busy = BusyError(said, **told)
        busy.retry_after = retry_after(headers or {})
        return busy
    if kind is InvalidAuthError:
        return InvalidAuthError(said, **told)
    if status == 404:
        return NotFoundError(said, **details)
    if kind is None and status >= 500:
        return CannotConnectError(said, **details)
    return (kind or (SynthesisError if words else ProtocolError))(said, **details)


def check_status(response: ClientResponse, url: URL, payload: object = None) -> None:
    """Raise CannotConnectError for a redirect, and the error of status_error() for any other failure.

    payload is the JSON of the response, if any.
    """
    location = response.headers.get("Location")
    # With another status, it is not a redirect but a new resource or, with 401, a login page.
    if location and response.status in _REDIRECTS:
        raise redirect_error(url, location)
    if not response.ok:
        raise status_error(response.status, url, payload, response.headers)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in Retry-After; None if there are none. A date in it is ignored."""
    value = headers.get("Retry-After", "").strip()
    is_number = re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII)
    return min(float(value), MAX_RETRY_AFTER) if is_number else None


def place(url: URL) -> str:
    """Return a URL for messages, without its path, which may contain a token."""
    # Not every version of yarl separates the zone of an IPv6 address.
    host = (url.host or "").replace("%25", "%")
    return f"[{host}]:{url.port}" if ":" in host else f"{host}:{url.port}"


def redirect_error(url: URL, location: str) -> CannotConnectError:
    """Return the error for a redirect to another address, or to another page of the same server."""
    where = place(url)
    try:
        target = str(url.join(URL(location)).origin())
    except ValueError:
        target = ""
    if target in ("", str(url.origin())):
        # A login page, for example: there is no other address to suggest.
        return _not_a_service(CannotConnectError, url)
    said = f"{where} sends us on to {target}; enter that address if it is right"
    return CannotConnectError(said, reason="redirected", place=where, target=target)


def _not_a_service[E: SpeechError](kind: type[E], url: URL) -> E:
    where = place(url)
    return kind(f"what answers at {where} is no speech service", reason="not_a_service", place=where)


def connection_error(err: ClientError | TimeoutError, url: URL) -> SpeechError:
    """Return the error for an exception of aiohttp."""
    where = place(url)
    match err:
        case TimeoutError():
            return SpeechTimeoutError(f"no answer from {where} in time", reason="timeout", place=where)
        case WSServerHandshakeError() if err.status == 200:
            return _not_a_service(ProtocolError, url)
        case WSServerHandshakeError():
            return status_error(err.status, url, headers=err.headers)
        case ClientConnectorCertificateError():
            return CertificateError(
                f"the certificate of {where} is not trusted", reason="certificate", place=where
            )
        case ClientSSLError():
            return CannotConnectError(f"{where} does not speak https", reason="not_https", place=where)
        case _:
            return CannotConnectError(f"no connection to {where}", reason="cannot_connect", place=where)
