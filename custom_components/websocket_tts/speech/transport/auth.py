"""The access token of a service: given, fetched with client id and secret, or none at all."""

import asyncio
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
"""Seconds before a token expires in which it is not used any more."""
_REFUSED_CLIENT = ("invalid_client", "invalid_grant", "unauthorized_client")
"""The errors of OAuth (RFC 6749, 5.2) that are about client id and secret."""


class AccessToken:
    """Hands out the token, and gets a new one when it expires or was refused, once for all who wait."""

    def __init__(self, session: ClientSession, connection: ConnectionConfig, limits: Limits) -> None:
        """Take what the user gave; nothing is fetched yet."""
        self._session = session
        self._connection = connection
        self._limits = limits
        self._fetching = asyncio.Lock()
        self._given = connection.bare_token
        self._issued = connection.issued if self.renewable else None
        self._failure: tuple[float, SpeechError] | None = None
        """When none was to be had, and why."""

    @property
    def renewable(self) -> bool:
        """Return whether a new token can be had without asking the user."""
        return bool(self._connection.client_id and self._connection.client_secret)

    @property
    def value(self) -> str:
        """Return the token at hand, empty where there is none."""
        return self._issued.token if self._issued else self._given

    @property
    def issued(self) -> IssuedToken | None:
        """Return the token that was fetched, if it was."""
        return self._issued

    async def get(self) -> str:
        """Return a token that should be good, empty where none is needed. Raises a SpeechError."""
        if not self.renewable:
            return self._given
        asked = monotonic()
        async with self._fetching:
            if not self._issued or _expires_soon(self._issued):
                if self._failure and self._failure[0] > asked:
                    # Who waited has had the answer as well: each asking for itself would take turns.
                    raise copy(self._failure[1])
                try:
                    self._issued = await self._fetch()
                except SpeechError as err:
                    self._failure = monotonic(), copy(err)
                    raise
            return self._issued.token

    def refuse(self, token: str) -> None:
        """Do not hand out this token again: the service refused it. Others may have got a new one by now."""
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
        """Ask for a token, and once more where that may help."""
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
    """Return the error of a status; only what is about client id and secret is one of credentials."""
    said = payload.get("error") if isinstance(payload, Mapping) else None
    error = status_error(status, url, payload, headers)
    if status in (400, 401, 403) and said in _REFUSED_CLIENT:
        return InvalidAuthError(str(error))
    if isinstance(error, InvalidAuthError) and (status not in (401, 403) or said):
        return SynthesisError(str(error))
    return error


def _expires_soon(issued: IssuedToken) -> bool:
    return issued.expires_at is not None and time() > issued.expires_at - _RENEW_AHEAD
