"""Knovvu: tokens that are issued for a client ID and a secret.

How the world may differ: they are good for a minute or less; they expire while something is said, which the
server says with a message, with a status, or by closing; where they are issued is out of order just then.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import time
from typing import Any

import pytest

from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.exceptions import InvalidAuthError
from custom_components.websocket_tts.speech.models import IssuedToken

from .hostile import PLAIN, client_of, samples_of, speak
from .hostile_knovvu import KnovvuServer
from .hostile_servers import Attempt, Meets, in_turn

KIND = "knovvu"
WHOLE = samples_of(KIND, PLAIN)
EXPIRED = {"error-code": "401", "error-message": "The token has expired"}


@pytest.fixture
async def server() -> AsyncGenerator[KnovvuServer]:
    """Run a server that needs a token, and issues it."""
    async with KnovvuServer() as server:
        server.tokens = set()
        yield server


@asynccontextmanager
async def client_with_secret(server: KnovvuServer, **credentials: Any) -> AsyncGenerator[SpeechClient]:
    """Make a client that fetches its tokens."""
    async with client_of(
        KIND,
        server.address,
        client_id="client",
        client_secret="client-secret",
        token_url=server.token_url,
        **credentials,
    ) as client:
        yield client


@pytest.mark.parametrize("seconds", [60, 59.5, 30, 10])
@pytest.mark.parametrize("at_once", [False, True])
async def test_a_short_life(seconds: float, at_once: bool, server: KnovvuServer) -> None:
    """A token of a minute or less is used for all announcements of that time."""
    server.expires_in = seconds
    async with client_with_secret(server) as client:
        if at_once:
            outcomes = await asyncio.gather(*(speak(client, KIND) for _ in range(10)))
        else:
            outcomes = [await speak(client, KIND) for _ in range(10)]
    assert {heard.outcome(WHOLE) for heard in outcomes} == {"whole"}
    assert server.fetched <= 2


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
@pytest.mark.parametrize("seconds", [5.0, 30.0, 59.0])
async def test_the_last_minute(seconds: float, status: int, server: KnovvuServer) -> None:
    """A token that is still good is used where no other can be had."""
    assert server.tokens is not None
    server.tokens.add("SECRET-old")
    server.token_status = status
    issued = IssuedToken("SECRET-old", time.time() + seconds)
    async with client_with_secret(server, issued=issued) as client:
        for _ in range(2):
            heard = await speak(client, KIND)
            assert heard.outcome(WHOLE) == "whole"
            assert heard.first < 16.0


async def test_the_last_minute_without_a_token_endpoint(server: KnovvuServer) -> None:
    """The same where nobody listens."""
    assert server.tokens is not None
    server.tokens.add("SECRET-old")
    async with KnovvuServer() as gone:
        token_url = gone.token_url
    issued = IssuedToken("SECRET-old", time.time() + 30)
    async with client_of(
        KIND,
        server.address,
        client_id="client",
        client_secret="client-secret",
        token_url=token_url,
        issued=issued,
    ) as client:
        assert (await speak(client, KIND)).outcome(WHOLE) == "whole"


async def test_a_token_that_is_over_is_not_used(server: KnovvuServer) -> None:
    """Another one is fetched before anything is asked with it."""
    async with client_with_secret(server, issued=IssuedToken("SECRET-old", time.time() - 1)) as client:
        for _ in range(2):
            assert (await speak(client, KIND)).outcome(WHOLE) == "whole"
        assert client.issued
        assert client.issued.token == "SECRET-1"
    assert server.fetched == 1
    assert server.authorizations == {"SECRET-1"}


@pytest.mark.parametrize(
    "broken",
    [
        Meets(how="error", share=0.5, error=EXPIRED),
        Meets(how="error", share=0.5, error={"error": {"code": 403, "message": "expired token"}}, code=1008),
        Meets(how="close", share=0.5, code=1008),
        Meets(how="abort", share=0.5),
    ],
    ids=["a message with 401", "a message with 403", "1008", "a reset"],
)
async def test_it_expires_in_mid_speech(broken: Meets, server: KnovvuServer) -> None:
    """Another one is fetched, once, and the speech goes on."""

    def script(_: Attempt) -> Meets:
        assert server.tokens is not None
        server.tokens.clear()
        server.script = in_turn()
        return broken

    async with client_with_secret(server) as client:
        assert (await speak(client, KIND)).outcome(WHOLE) == "whole"
        server.script = script
        heard = await speak(client, KIND)
        assert heard.outcome(WHOLE, with_silence=True) == "whole"
        assert server.fetched == 2
        assert client.issued
        assert client.issued.token == "SECRET-2"
        assert (await speak(client, KIND)).outcome(WHOLE) == "whole"
        assert server.fetched == 2


async def test_a_token_that_cannot_be_renewed(server: KnovvuServer) -> None:
    """One that the user has entered, and that stays refused in mid-speech, is an error of credentials."""
    assert server.tokens is not None
    server.tokens.add("token")

    def script(_: Attempt) -> Meets:
        assert server.tokens is not None
        server.tokens.clear()
        return Meets(how="error", share=0.5, error=EXPIRED)

    async with client_of(KIND, server.address, token="token") as client:
        await speak(client, KIND)
        server.script = script
        heard = await speak(client, KIND)
    assert isinstance(heard.error, InvalidAuthError)
    assert heard.outcome(WHOLE, with_silence=True).startswith("50%")
    assert heard.ended < 25.0
