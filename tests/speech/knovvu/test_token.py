"""Access tokens for client id and secret: which refusals are about them, and which pass.

The address for tokens is another server, with proxies of its own: it is busy, restarts, or answers with web
pages while the speech service is well.
"""

import asyncio
from collections.abc import AsyncGenerator
from time import monotonic

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    CannotConnectError,
    InvalidAuthError,
    ProtocolError,
    SpeechError,
    SynthesisError,
)
from custom_components.websocket_tts.speech.knovvu.token import AccessToken
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import ConnectionConfig, IssuedToken
from simulator import Cut, Simulator
from tests.speech.speaking import TEXT, VOICES, MakeService, speak

LIMITS = Limits(retry_pause=0.02)


def connection_to(server: TestServer, issued: IssuedToken | None = None) -> ConnectionConfig:
    """Return a connection with a client id and secret."""
    url = str(server.make_url("/connect/token"))
    return ConnectionConfig(URL(), client_id="client", client_secret="secret", token_url=url, issued=issued)


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    """Open a session."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def now(monkeypatch: pytest.MonkeyPatch) -> float:
    """Let the time of day go on with that of the event loop; return it (seconds)."""
    monkeypatch.setattr("custom_components.websocket_tts.speech.knovvu.token.time", monotonic)
    return monotonic()


async def token_of(server: TestServer) -> str:
    """Ask for a token."""
    async with aiohttp.ClientSession() as session:
        return await AccessToken(session, connection_to(server), LIMITS).get()


OAUTH = ("invalid_client", "invalid_grant", "unauthorized_client")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        *((status, {"error": error}, InvalidAuthError) for error in OAUTH for status in (400, 401, 403)),
        (401, None, InvalidAuthError),
        (403, None, InvalidAuthError),
        (401, {"message": "Unauthorized"}, InvalidAuthError),
        (401, {"error": "invalid_request"}, SynthesisError),
        (400, {"error": "invalid_scope"}, SynthesisError),
        (400, {"error": "unsupported_grant_type", "error_description": "Unauthorized"}, SynthesisError),
        (400, None, ProtocolError),
        (403, {"error": "too many requests"}, BusyError),
        (404, None, ProtocolError),
        (429, None, BusyError),
        (429, {"error": "invalid_client"}, SynthesisError),
        (500, None, CannotConnectError),
        (500, {"error": "invalid_client"}, SynthesisError),
        (502, None, CannotConnectError),
        (503, None, BusyError),
        (503, {"error": "temporarily_unavailable"}, BusyError),
        (200, None, ProtocolError),
    ],
)
async def test_refused(
    status: int, body: object, kind: type[SpeechError], simulator: Simulator, server: TestServer
) -> None:
    """Only what is about client id and secret asks the user for others; it is asked once."""
    simulator.habits.statuses["token"] = status
    if body:
        simulator.habits.bodies["token"] = body
    with pytest.raises(SpeechError) as raised:
        await token_of(server)
    assert isinstance(raised.value, kind)
    assert simulator.calls.count("token") == 1


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


async def test_one_failure_for_all(
    simulator: Simulator, server: TestServer, session: aiohttp.ClientSession
) -> None:
    """Five announcements do not wait for each other's attempts; the next one is another."""
    simulator.habits.statuses["token"] = 503
    token = AccessToken(session, connection_to(server), LIMITS)
    failures = await asyncio.gather(*(token.get() for _ in range(5)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [BusyError] * 5
    assert simulator.calls.count("token") == 1
    simulator.habits.statuses.clear()
    assert await token.get()


async def test_one_token_for_all(
    simulator: Simulator, server: TestServer, session: aiohttp.ClientSession
) -> None:
    """Five announcements that wait for a token wait for the same one."""
    token = AccessToken(session, connection_to(server), LIMITS)
    assert len({*await asyncio.gather(*(token.get() for _ in range(5)))}) == 1
    assert simulator.calls.count("token") == 1


@pytest.mark.parametrize("lifetime", [5, 30, 60, 61])
async def test_short_lifetime(
    lifetime: int, simulator: Simulator, server: TestServer, make_service: MakeService
) -> None:
    """Ten announcements in the lifetime of a token need no second one."""
    simulator.habits.token = "none yet"
    simulator.expires_in = lifetime
    service = make_service(
        "knovvu", client_id="client", client_secret="secret", token_url=str(server.make_url("/connect/token"))
    )
    for _ in range(10):
        await speak(service, VOICES["knovvu"], "Yes.")
    assert simulator.calls.count("token") == 1


@pytest.mark.parametrize(("lifetime", "renewed_after"), [(20, 15), (60, 45), (240, 180), (3600, 2700)])
async def test_renewed_ahead(
    lifetime: int,
    renewed_after: float,
    now: float,
    simulator: Simulator,
    server: TestServer,
    session: aiohttp.ClientSession,
) -> None:
    """A token is renewed while it is still valid, in the last quarter of its life."""
    simulator.expires_in = lifetime
    token = AccessToken(session, connection_to(server), LIMITS)
    first = await token.get()
    await asyncio.sleep(now + renewed_after - 1 - monotonic())
    assert await token.get() == first
    await asyncio.sleep(2)
    second = await token.get()
    assert second != first
    assert await token.get() == second
    assert simulator.calls.count("token") == 2
    assert token.hidden == {first, second}


@pytest.mark.parametrize("how", ["no answer", "503", "reset"])
async def test_a_valid_token_is_used(how: str, now: float, session: aiohttp.ClientSession) -> None:
    """While the endpoint is down, the token is used to its end: at once, and not only by the first caller."""
    calls: list[float] = []

    async def fail(request: web.Request) -> web.Response:
        calls.append(monotonic())
        if how == "no answer":
            await asyncio.sleep(60)
        if how == "reset":
            assert request.transport
            request.transport.abort()
        return web.Response(status=503, headers={"Retry-After": "30"})

    application = web.Application()
    application.router.add_post("/connect/token", fail)
    server = TestServer(application, host="127.0.0.1")
    async with server:
        token = AccessToken(session, connection_to(server, IssuedToken("valid", now + 100)), Limits())
        await asyncio.sleep(76)
        asked = monotonic()
        assert {*await asyncio.gather(*(token.get() for _ in range(10)))} == {"valid"}
        assert monotonic() - asked <= 2
        for _ in range(10):
            assert await token.get() == "valid"
        assert monotonic() - asked <= 2
        assert len(calls) <= 2
        await asyncio.sleep(now + 96 - monotonic())
        calls.clear()
        assert await token.get() == "valid"
        assert calls
        await asyncio.sleep(now + 100 - monotonic())
        with pytest.raises((CannotConnectError, BusyError)):
            await token.get()


async def test_back_in_time(
    now: float, simulator: Simulator, server: TestServer, session: aiohttp.ClientSession
) -> None:
    """An endpoint that is down for a moment is asked again before the token has expired."""
    simulator.habits.statuses["token"] = 500
    token = AccessToken(session, connection_to(server, IssuedToken("valid", now + 3600)), LIMITS)
    await asyncio.sleep(3541)
    assert await token.get() == "valid"
    simulator.habits.statuses.clear()
    await asyncio.sleep(50)
    assert await token.get() not in ("", "valid")


async def test_a_token_that_was_refused_is_used_by_nobody(
    simulator: Simulator, server: TestServer, session: aiohttp.ClientSession
) -> None:
    """Not even while no other one is to be had; it stays a secret."""
    simulator.habits.statuses["token"] = 500
    token = AccessToken(session, connection_to(server, IssuedToken("refused")), LIMITS)
    assert await token.get() == "refused"
    token.refuse("another")
    assert await token.get() == "refused"
    token.refuse("refused")
    with pytest.raises(CannotConnectError):
        await token.get()
    assert (token.issued, token.hidden) == (None, {"refused"})


async def test_the_previous_token_is_a_secret(
    simulator: Simulator, server: TestServer, make_service: MakeService
) -> None:
    """A service that names the token before the present one does not get it into our error."""
    simulator.habits.token = "none yet"
    service = make_service(
        "knovvu",
        client_id="client",
        client_secret="secret",
        token_url=str(server.make_url("/connect/token")),
        issued=IssuedToken("unmistakable-token"),
    )
    await speak(service, VOICES["knovvu"], TEXT)
    assert service.issued
    assert service.issued.token != "unmistakable-token"
    simulator.habits.cut = Cut(0, "error", error="no voice, neither for unmistakable-token")
    with pytest.raises(SynthesisError, match=r"are not shown"):
        await speak(service, VOICES["knovvu"], TEXT)


async def test_issue_token(simulator: Simulator, server: TestServer, make_service: MakeService) -> None:
    """A client gets a token in advance; a secret that the endpoint repeats is not in the error."""
    token_url = str(server.make_url("/connect/token"))
    service = make_service("knovvu", client_id="client", client_secret="secret", token_url=token_url)
    await service.issue_token()
    assert service.issued
    assert service.issued.token in simulator.issued
    await speak(service, VOICES["knovvu"], TEXT)
    assert simulator.calls.count("token") == 1
    simulator.habits.statuses["token"] = 400
    simulator.habits.bodies["token"] = {"error": "invalid_client", "message": "secret is wrong"}
    service = make_service("knovvu", client_id="client", client_secret="secret", token_url=token_url)
    with pytest.raises(InvalidAuthError, match=r"are not shown"):
        await service.issue_token()


@pytest.mark.parametrize("kind", VOICES)
async def test_no_token_to_be_issued(kind: str, make_service: MakeService) -> None:
    """Without a client id and secret there is none, and nobody is asked."""
    service = make_service(kind, token="given")
    await service.issue_token()
    assert service.issued is None
