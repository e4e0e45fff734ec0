"""The access token of a service: given, fetched with client id and secret, or none at all."""

import asyncio
from collections.abc import Mapping
from time import time

from aiohttp import ClientSession
from yarl import URL

from ..exceptions import InvalidAuthError, ProtocolError, SynthesisError
from ..limits import Limits
from ..models import ConnectionConfig, IssuedToken
from ..transport.http import request_json

DEFAULT_TOKEN_URL = "https://identity.ldm.knovvu.com/connect/token"  # noqa: S105 (an address)
_SCOPE = "Ldm_Integration"
_RENEW_AHEAD = 60.0
"""Seconds before a token expires in which it is not used any more."""


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
        async with self._fetching:
            if not self._issued or _expires_soon(self._issued):
                self._issued = await self._fetch()
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
        url = URL(self._connection.token_url or DEFAULT_TOKEN_URL)
        try:
            answer = await request_json(self._session, "POST", url, self._limits, headers={}, data=form)
        except SynthesisError as err:
            # The standard for this (RFC 6749) answers 400 to a client that it does not know.
            raise InvalidAuthError(str(err)) from None
        fields = answer.payload if isinstance(answer.payload, Mapping) else {}
        token, lifetime = fields.get("access_token"), fields.get("expires_in")
        if not isinstance(token, str) or not token:
            raise ProtocolError("the answer to the request for a token has no token in it")
        return IssuedToken(token, time() + lifetime if isinstance(lifetime, int | float) else None)


def _expires_soon(issued: IssuedToken) -> bool:
    return issued.expires_at is not None and time() > issued.expires_at - _RENEW_AHEAD
