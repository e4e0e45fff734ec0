"""The access token of a service: entered by the user, issued for a client ID and secret, or none."""

import asyncio
from collections import deque
from collections.abc import Mapping
from copy import copy
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
"""Seconds before its expiry from which a token is renewed."""
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
        self._given = connection.bare_token
        self._issued = connection.issued if self.renewable else None
        self._latest = deque([self.value], maxlen=4)
        self._failure: tuple[float, SpeechError] | None = None
        """Time and error of the last failed request for a token."""

    @property
    def renewable(self) -> bool:
        """Return whether a new token can be requested without the user."""
        return bool(self._connection.client_id and self._connection.client_secret)

    @property
    def value(self) -> str:
        """Return the current token; empty if there is none."""
        return self._issued.token if self._issued else self._given

    @property
    def hidden(self) -> set[str]:
        """Return the latest tokens: a service may still name one that has been renewed."""
        return {*self._latest} - {""}

    @property
    def issued(self) -> IssuedToken | None:
        """Return the token that was issued, if any."""
        return self._issued

    async def get(self) -> str:
        """Return a token that should be valid; empty if none is needed. Raises a SpeechError."""
        if not self.renewable:
            return self._given
        asked = monotonic()
        async with self._fetching:
            if not self._issued or _expires_soon(self._issued):
                if self._failure and self._failure[0] > asked:
                    # The failure applies to all callers that were waiting; otherwise each would ask in turn.
                    raise copy(self._failure[1])
                try:
                    self._issued = await self._fetch()
                    self._latest.append(self._issued.token)
                except SpeechError as err:
                    self._failure = monotonic(), copy(err)
                    raise
            return self._issued.token

    def refuse(self, token: str) -> None:
        """Discard a token that the service rejected, unless it has been renewed in the meantime."""
        if self._issued and token == self._issued.token:
            self._issued = None

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
        return IssuedToken(token, time() + lifetime if isinstance(lifetime, int | float) else None)

    async def _request(self, url: URL, form: Mapping[str, str]) -> Answer:
        """Request a token, and retry once if that may help."""
        try:
            return await post_form(self._session, url, self._limits, form, _refusal)
        except CertificateError, SpeechTimeoutError:
            raise
        except BusyError as err:
            pause = (
                self._limits.retry_pause
                if err.retry_after is None
                else min(err.retry_after, self._limits.longest_retry_pause)
            )
        except CannotConnectError:
            pause = self._limits.retry_pause
        await asyncio.sleep(pause)
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


def _expires_soon(issued: IssuedToken) -> bool:
    return issued.expires_at is not None and time() > issued.expires_at - _RENEW_AHEAD
