"""The access token: entered by the user, issued for a client ID and secret, or none."""

import asyncio
from collections.abc import Mapping
from copy import copy
from math import inf
from time import monotonic, time

from aiohttp import ClientSession
from yarl import URL

from ..exceptions import (
    BusyError,
    CannotConnectError,
    CertificateError,
    InvalidAuthError,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
)
from ..limits import Limits
from ..models import ConnectionConfig, IssuedToken
from ..transport.http import Answer, post_form, status_error

DEFAULT_TOKEN_URL = "https://identity.ldm.knovvu.com/connect/token"  # noqa: S105 (an address)
_SCOPE = "Ldm_Integration"
_RENEW_AHEAD = 60.0
"""Seconds before its expiry from which a token is renewed, if that is the last quarter of its life."""
_PATIENCE = 2.0
"""Seconds that an announcement waits for a new token while it could use the old one."""
_REFUSED_CLIENT = ("invalid_client", "invalid_grant", "unauthorized_client")
"""The OAuth errors (RFC 6749, 5.2) about the client ID and secret."""


class AccessToken:
    """Provides the token, and renews it, once for all callers, when it expires or was rejected."""

    def __init__(self, session: ClientSession, connection: ConnectionConfig, limits: Limits) -> None:
        """Initialize without requesting a token."""
        self._session = session
        self._connection = connection
        self._limits = limits
        self._fetching = asyncio.Lock()
        self._issued: IssuedToken | None = None
        self._previous: IssuedToken | None = None
        self._renew_at = inf
        """When the issued token is to be renewed, as a Unix timestamp."""
        self._failure: tuple[float, SpeechError] | None = None
        """Time and error of the last failed request for a token."""
        if self.renewable:
            self._issued = connection.issued
            # How long it was valid for is not known any more.
            self._renew_at = time() - _RENEW_AHEAD + (_remaining(self._issued) if self._issued else inf)

    @property
    def renewable(self) -> bool:
        """Return whether a new token can be requested without the user."""
        return bool(self._connection.client_id and self._connection.client_secret)

    @property
    def issued(self) -> IssuedToken | None:
        """Return the token that was issued, if any."""
        return self._issued

    @property
    def hidden(self) -> set[str]:
        """Return the tokens that nobody may see: the service may still name the previous one."""
        return {issued.token for issued in (self._issued, self._previous) if issued}

    async def get(self) -> str:
        """Return a token that should be valid; empty if none is needed. Raises a SpeechError."""
        if not self.renewable:
            return self._connection.bare_token
        asked = monotonic()
        async with self._fetching:
            if not self._issued or _remaining(self._issued) <= 0:
                issued = await self._fetch_for_all(asked)
            elif time() >= self._renew_at:
                issued = await self._renewed(self._issued)
            else:
                issued = self._issued
        return issued.token

    def refuse(self, token: str) -> None:
        """Discard a token that the service rejected, unless it has been renewed in the meantime."""
        if self._issued and token == self._issued.token:
            self._replace(None)

    def _replace(self, issued: IssuedToken | None) -> None:
        self._issued, self._previous = issued, self._issued or self._previous
        self._plan_renewal()

    def _plan_renewal(self) -> None:
        """Renew the token in the last quarter of its remaining life, at most a minute ahead."""
        remaining = _remaining(self._issued) if self._issued else inf
        self._renew_at = time() + max(remaining - _RENEW_AHEAD, remaining * 3 / 4)

    async def _renewed(self, issued: IssuedToken) -> IssuedToken:
        """Return a new token instead of one that is still valid; if there is none, the valid one."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._fetch()
        except SpeechError, TimeoutError:
            self._plan_renewal()
            return issued

    async def _fetch_for_all(self, asked: float) -> IssuedToken:
        """Return a new token for all callers that have been waiting, or raise the error for all of them."""
        if self._failure and self._failure[0] > asked:
            raise copy(self._failure[1])
        try:
            return await self._fetch()
        except SpeechError as err:
            self._failure = monotonic(), copy(err)
            raise

    async def _fetch(self) -> IssuedToken:
        form = {
            "client_id": self._connection.client_id or "",
            "client_secret": self._connection.client_secret or "",
            "grant_type": "client_credentials",
            "scope": _SCOPE,
        }
        answer = await self._request(URL(self._connection.token_url or DEFAULT_TOKEN_URL), form)
        fields = answer.payload if isinstance(answer.payload, Mapping) else {}
        token, lifetime = fields.get("access_token"), fields.get("expires_in")
        if not isinstance(token, str) or not token:
            raise ProtocolError("the answer to the request for a token has no token in it")
        issued = IssuedToken(token, time() + lifetime if isinstance(lifetime, int | float) else None)
        self._replace(issued)
        return issued

    async def _request(self, url: URL, form: Mapping[str, str]) -> Answer:
        """Request a token, and retry once if that may help."""
        try:
            return await post_form(self._session, url, self._limits, form, _refusal)
        except CertificateError, SpeechTimeoutError:
            raise
        except BusyError as err:
            pause = self._limits.retry_pause if err.retry_after is None else err.retry_after
        except CannotConnectError:
            pause = self._limits.retry_pause
        await asyncio.sleep(min(pause, self._limits.longest_retry_pause))
        return await post_form(self._session, url, self._limits, form, _refusal)


def _refusal(status: int, url: URL, payload: object, headers: Mapping[str, str]) -> SpeechError:
    """Return the error for a status; only those about the client ID and secret are InvalidAuthError."""
    said = payload.get("error") if isinstance(payload, Mapping) else None
    error = status_error(status, url, payload, headers)
    if status in (400, 401, 403) and said in _REFUSED_CLIENT:
        return InvalidAuthError(str(error))
    if isinstance(error, InvalidAuthError) and (status not in (401, 403) or said):
        return SynthesisError(str(error))
    return error


def _remaining(issued: IssuedToken) -> float:
    """Return the seconds until a token expires."""
    return inf if issued.expires_at is None else issued.expires_at - time()
