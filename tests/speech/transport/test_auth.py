"""Access tokens for client id and secret: which refusals are about them, and which pass.

The address for tokens is another server, with proxies of its own: it is busy, restarts, or answers with web
pages while the speech service is well.
"""

import asyncio
from time import monotonic

import aiohttp
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.websocket_tts.speech import (
    BusyError,
    CannotConnectError,
    ConnectionConfig,
    InvalidAuthError,
    Limits,
    ProtocolError,
    SpeechError,
    SynthesisError,
)
from custom_components.websocket_tts.speech.transport.auth import AccessToken
from simulator import Simulator
from tests.certificate import tls_server
from tests.speech.speaking import TEXT, VOICES, MakeService, speak

LIMITS = Limits(retry_pause=0.02, longest_retry_pause=0.3)


async def token_of(server: TestServer) -> str:
    """Ask for a token."""
    async with aiohttp.ClientSession() as session:
        url = str(server.make_url("/connect/token"))
        connection = ConnectionConfig(URL(), client_id="client", client_secret="secret", token_url=url)
        return await AccessToken(session, connection, LIMITS).get()


OAUTH = ("invalid_client", "invalid_grant", "unauthorized_client")


@pytest.mark.parametrize(
    ("status", "body", "kind", "calls"),
    [
        *((status, {"error": error}, InvalidAuthError, 1) for error in OAUTH for status in (400, 401, 403)),
        (401, None, InvalidAuthError, 1),
        (403, None, InvalidAuthError, 1),
        (401, {"message": "Unauthorized"}, InvalidAuthError, 1),
        (401, {"error": "invalid_request"}, SynthesisError, 1),
        (400, {"error": "invalid_scope"}, SynthesisError, 1),
        (400, {"error": "unsupported_grant_type", "error_description": "Unauthorized"}, SynthesisError, 1),
        (400, None, ProtocolError, 1),
        (403, {"error": "too many requests"}, BusyError, 2),
        (404, None, ProtocolError, 1),
        (429, None, BusyError, 2),
        (429, {"error": "invalid_client"}, SynthesisError, 1),
        (500, None, CannotConnectError, 2),
        (500, {"error": "invalid_client"}, SynthesisError, 1),
        (502, None, CannotConnectError, 2),
        (503, None, BusyError, 2),
        (503, {"error": "temporarily_unavailable"}, BusyError, 2),
        (200, None, ProtocolError, 1),
    ],
)
async def test_refused(
    status: int, body: object, kind: type[SpeechError], calls: int, simulator: Simulator, server: TestServer
) -> None:
    """Only what is about client id and secret asks the user for others; what may pass is asked once more."""
    simulator.habits.statuses["token"] = status
    if body:
        simulator.habits.bodies["token"] = body
    with pytest.raises(SpeechError) as raised:
        await token_of(server)
    assert isinstance(raised.value, kind)
    assert simulator.calls.count("token") == calls


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_refused_once(
    status: int, simulator: Simulator, server: TestServer, make_service: MakeService
) -> None:
    """An announcement in that moment is spoken all the same."""
    simulator.habits.statuses["token"], simulator.habits.failures = status, 1
    simulator.habits.token = "none yet"
    service = make_service(
        "knovvu", client_id="client", client_secret="secret", token_url=str(server.make_url("/connect/token"))
    )
    _, samples = await speak(service, VOICES["knovvu"], TEXT)
    assert samples
    assert simulator.calls.count("token") == 2


@pytest.mark.parametrize(
    ("header", "seconds"), [(None, 0.02), ("soon", 0.02), ("0", 0.0), ("0.2", 0.2), ("3600", 0.3)]
)
async def test_pause(header: str | None, seconds: float, simulator: Simulator, server: TestServer) -> None:
    """The service says when to come again; it is not believed for long."""
    simulator.habits.statuses["token"], simulator.habits.failures = 503, 1
    simulator.habits.retry_after = header
    begun = monotonic()
    assert await token_of(server)
    assert monotonic() - begun == pytest.approx(seconds, abs=0.01)


async def test_one_failure_for_all(simulator: Simulator, server: TestServer) -> None:
    """Five announcements do not wait for each other's attempts; the next one is another."""
    simulator.habits.statuses["token"] = 503
    async with aiohttp.ClientSession() as session:
        url = str(server.make_url("/connect/token"))
        connection = ConnectionConfig(URL(), client_id="client", client_secret="secret", token_url=url)
        token = AccessToken(session, connection, Limits(retry_pause=0.02))
        failures = await asyncio.gather(*(token.get() for _ in range(5)), return_exceptions=True)
        assert [type(failure) for failure in failures] == [BusyError] * 5
        assert simulator.calls.count("token") == 2
        simulator.habits.statuses.clear()
        assert await token.get()


async def test_not_asked_twice(simulator: Simulator) -> None:
    """After a timeout, and with a certificate that is not trusted, once is enough."""
    with tls_server(simulator) as port:
        async with aiohttp.ClientSession() as session:
            connection = ConnectionConfig(
                URL(), client_id="client", client_secret="secret", token_url=f"https://127.0.0.1:{port}/"
            )
            with pytest.raises(CannotConnectError, match="not trusted"):
                await AccessToken(session, connection, Limits(retry_pause=30)).get()
