"""The access token: entered by the user, issued for a client ID and secret, or none."""

import asyncio
from collections.abc import Mapping
from copy import copy
from math import inf
from time import time

from aiohttp import ClientSession
from yarl import URL

from ..exceptions import InvalidAuthError, ProtocolError, SpeechError, SynthesisError
from ..limits import Limits
from ..models import ConnectionConfig, IssuedToken
from ..transport.http import check_status, fetch_json

DEFAULT_TOKEN_URL = "https://identity.ldm.knovvu.com/connect/token"  # noqa: S105 (an address)
_SCOPE = "Ldm_Integration"
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
        self.renewable = bool(connection.client_id and connection.client_secret)
        """Whether a new token can be requested without the user."""
        self._fetching = asyncio.Lock()
        self.issued = connection.issued if self.renewable else None
        """The token that was issued, if any."""
        self._previous: IssuedToken | None = None
        self._renew_at = inf
        """When the issued token is to be renewed, as a Unix timestamp."""
        self._failure: SpeechError | None = None
        """The error of the last failed request for a token."""
        self._plan_renewal()

    @property
    def hidden(self) -> set[str]:
        """Return the tokens that nobody may see: the service may still name the previous one."""
        return {issued.token for issued in (self.issued, self._previous) if issued}

    async def get(self) -> str:
        """Return a token that should be valid; empty if none is needed. Raises a SpeechError."""
        if not self.renewable:
            return self._connection.bare_token
        known = self._failure
        async with self._fetching:
            if not self.issued or _remaining(self.issued) <= 0:
                issued = await self._fetch_for_all(known)
            elif time() >= self._renew_at:
                issued = await self._renewed(self.issued)
            else:
                issued = self.issued
        return issued.token

    def refuse(self, token: str) -> None:
        """Discard a token that the service rejected, unless it has been renewed in the meantime."""
        if self.issued and token == self.issued.token:
            self.issued, self._previous = None, self.issued

    def _plan_renewal(self) -> None:
        """Renew the token in the last quarter of its remaining life."""
        if self.issued:
            self._renew_at = time() + _remaining(self.issued) * 3 / 4

    async def _renewed(self, issued: IssuedToken) -> IssuedToken:
        """Return a new token instead of one that is still valid; if there is none, the valid one."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._fetch()
        except SpeechError, TimeoutError:
            self._plan_renewal()
            return issued

    async def _fetch_for_all(self, known: SpeechError | None) -> IssuedToken:
        """Return a new token, or raise the error that has occurred meanwhile, for all who have waited."""
        if self._failure and self._failure is not known:
            raise copy(self._failure)
        try:
            return await self._fetch()
        except SpeechError as err:
            self._failure = copy(err)
            raise

    async def _fetch(self) -> IssuedToken:
        form = {
            "client_id": self._connection.client_id or "",
            "client_secret": self._connection.client_secret or "",
            "grant_type": "client_credentials",
            "scope": _SCOPE,
        }
        url = URL(self._connection.token_url or DEFAULT_TOKEN_URL)
        answer = await fetch_json(self._session, "POST", url, self._limits, form=form)
        fields = answer.payload if isinstance(answer.payload, Mapping) else {}
        try:
            check_status(answer.response, url, answer.payload)
        except InvalidAuthError as err:
            # Only what is about the client ID and secret asks the user for others.
            if answer.response.status in (400, 401, 403) and fields.get("error") in (*_REFUSED_CLIENT, None):
                raise
            raise SynthesisError(str(err)) from None
        token, lifetime = fields.get("access_token"), fields.get("expires_in")
        if not isinstance(token, str) or not token:
            raise ProtocolError("the answer to the request for a token has no token in it")
        issued = IssuedToken(token, time() + lifetime if isinstance(lifetime, int | float) else None)
        self.issued, self._previous = issued, self.issued or self._previous
        self._plan_renewal()
        return issued


def _remaining(issued: IssuedToken) -> float:
    """Return the seconds until a token expires."""
    return inf if issued.expires_at is None else issued.expires_at - time()
