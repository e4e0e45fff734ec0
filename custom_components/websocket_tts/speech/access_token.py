"""The access token of a service: given, fetched with client id and secret, or none at all."""

import asyncio
from collections.abc import Mapping
from time import monotonic

from aiohttp import ClientSession
from yarl import URL

from .errors import InvalidAuthError, ProtocolError, SynthesisError
from .service import Connection
from .transport import request_json

DEFAULT_TOKEN_URL = "https://identity.ldm.knovvu.com/connect/token"  # noqa: S105 (an address)
_SCOPE = "Ldm_Integration"
_RENEW_AHEAD = 60.0
"""Seconds before a token expires in which it is not used any more."""


class AccessToken:
    """Hands out the token, and gets a new one when it expires or was refused, once for all who wait."""

    def __init__(self, session: ClientSession, connection: Connection) -> None:
        """Take what the user gave; nothing is fetched yet."""
        self._session = session
        self._connection = connection
        self._fetching = asyncio.Lock()
        self._token = connection.bare_token
        self._expires = float("inf")

    @property
    def renewable(self) -> bool:
        """Return whether a new token can be had without asking the user."""
        return bool(self._connection.client_id and self._connection.client_secret)

    @property
    def value(self) -> str:
        """Return the token at hand, empty where there is none."""
        return self._token

    async def get(self) -> str:
        """Return a token that should be good, empty where none is needed. Raises a SpeechError."""
        if not self.renewable:
            return self._token
        async with self._fetching:
            if not self._token or monotonic() > self._expires - _RENEW_AHEAD:
                await self._fetch()
        return self._token

    def refuse(self, token: str) -> None:
        """Do not hand out this token again: the service refused it. Others may have got a new one by now."""
        if token == self._token:
            self._token = ""

    async def _fetch(self) -> None:
        form = {
            "client_id": self._connection.client_id or "",
            "client_secret": self._connection.client_secret or "",
            "grant_type": "client_credentials",
            "scope": _SCOPE,
        }
        url = URL(self._connection.token_url or DEFAULT_TOKEN_URL)
        try:
            answer = await request_json(self._session, "POST", url, headers={}, data=form)
        except SynthesisError as err:
            # The standard for this (RFC 6749) answers 400 to a client that it does not know.
            raise InvalidAuthError(str(err)) from None
        token = answer.get("access_token") if isinstance(answer, Mapping) else None
        if not isinstance(token, str) or not token:
            raise ProtocolError("the answer to the request for a token has no token in it")
        self._token = token
        lifetime = answer.get("expires_in") if isinstance(answer, Mapping) else None
        self._expires = monotonic() + float(lifetime) if isinstance(lifetime, int | float) else float("inf")
