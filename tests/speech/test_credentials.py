"""Tokens, certificates and redirects: who is told what, which refusal is which, and nothing secret shows."""

from collections.abc import Awaitable, Callable
import logging

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    CannotConnectError,
    CertificateError,
    InvalidAuthError,
    ProtocolError,
    SpeechError,
    SynthesisError,
)
from custom_components.websocket_tts.speech.models import ConnectionConfig
from simulator import Cut, Simulator
from tests.certificate import tls_server
from tests.services import SERVICES as TESTED

from .speaking import TEXT, VOICES, MakeService, speak

FIRST_ROUTE = {kind: service.speech_route for kind, service in TESTED.items()}
PACKAGE = "custom_components.websocket_tts.speech"


@pytest.mark.parametrize("location", ["/elsewhere", "http://127.0.0.1:{port}/v1/ws/x", "http://["])
@pytest.mark.parametrize("kind", VOICES)
async def test_redirects(kind: str, location: str) -> None:
    """Credentials go nowhere but where the user sent them; the error says where the service sends us."""
    visitors: list[str] = []

    async def away(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": location.format(port=elsewhere.port)})

    async def note(request: web.Request) -> web.WebSocketResponse:
        visitors.append(f"{request.headers} {await request.text()}")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        visitors.extend([str(message.data) async for message in socket])
        return socket

    def app(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", handler)
        return application

    async with (
        TestServer(app(note), host="127.0.0.1") as elsewhere,
        TestServer(app(away), host="127.0.0.1") as server,
        aiohttp.ClientSession() as session,
    ):
        address = URL(f"http://127.0.0.1:{server.port}")
        service = SERVICES[kind](session, ConnectionConfig(address, token="secret"))
        with pytest.raises((CannotConnectError, ProtocolError)):
            await service.voices()
        with pytest.raises((CannotConnectError, ProtocolError)) as raised:
            await speak(service, VOICES[kind], TEXT)
        token_url = str(server.make_url("/token"))
        client = ConnectionConfig(address, client_id="id", client_secret="secret", token_url=token_url)
        with pytest.raises(CannotConnectError):
            await SERVICES["knovvu"](session, client).voices()
        assert not visitors
        if "ws" in location:
            assert f"127.0.0.1:{elsewhere.port}" in str(raised.value)


@pytest.mark.parametrize("kind", VOICES)
async def test_untrusted_certificate(kind: str, simulator: Simulator) -> None:
    """A certificate that nobody has signed is refused, and said to be so, wherever it shows."""
    with tls_server(simulator) as port:
        async with aiohttp.ClientSession() as session:
            service = SERVICES[kind](
                session, ConnectionConfig(URL(f"https://127.0.0.1:{port}/"), token="secret")
            )
            with pytest.raises(CertificateError, match="not trusted"):
                await service.voices()
            with pytest.raises(CertificateError, match="not trusted"):
                await speak(service, VOICES[kind], TEXT)
    assert simulator.calls == []


@pytest.mark.parametrize("kind", VOICES)
async def test_no_tls(kind: str, server: TestServer) -> None:
    """A server without TLS cannot be reached with https."""
    async with aiohttp.ClientSession() as session:
        service = SERVICES[kind](session, ConnectionConfig(URL(f"https://127.0.0.1:{server.port}/")))
        with pytest.raises(CannotConnectError):
            await service.voices()


@pytest.mark.parametrize("kind", VOICES)
async def test_wrong_token(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A wrong token is refused, and never in an error; Knovvu is tried in both forms."""
    simulator.habits.token = "right"
    service = make_service(kind, token="wrong")
    with pytest.raises(InvalidAuthError):
        await service.voices()
    with pytest.raises(InvalidAuthError):
        await speak(service, VOICES[kind], TEXT)
    assert simulator.calls.count(FIRST_ROUTE[kind]) == (2 if kind == "knovvu" else 1)
    assert service.quirks == make_service(kind).quirks


@pytest.mark.parametrize("token", ["sec\nret", "sec\rret", "sec\0ret", "ключ"])
@pytest.mark.parametrize("kind", VOICES)
async def test_token_that_cannot_be_sent(
    kind: str, token: str, simulator: Simulator, make_service: MakeService
) -> None:
    """A token with a character that no header takes is refused like any other wrong one."""
    simulator.habits.token = "right"
    with pytest.raises(InvalidAuthError):
        await make_service(kind, token=token).voices()


@pytest.mark.parametrize(
    ("client_secret", "status", "error"),
    [("wrong", None, InvalidAuthError), ("secret", 503, BusyError), ("secret", 200, ProtocolError)],
)
async def test_no_access_token(
    client_secret: str,
    status: int | None,
    error: type[SpeechError],
    simulator: Simulator,
    server: TestServer,
    make_service: MakeService,
) -> None:
    """No token to be had: the reason is told apart."""
    if status:
        simulator.habits.statuses["token"] = status
    token_url = str(server.make_url("/connect/token"))
    service = make_service("knovvu", client_id="client", client_secret=client_secret, token_url=token_url)
    with pytest.raises(error):
        await service.voices()


async def test_token_address_that_is_none(make_service: MakeService) -> None:
    """What is no address for tokens cannot be reached."""
    service = make_service("knovvu", client_id="client", client_secret="secret", token_url="no address")
    with pytest.raises(CannotConnectError):
        await service.voices()


@pytest.mark.parametrize("kind", VOICES)
async def test_secrets_stay_secret(
    kind: str, simulator: Simulator, make_service: MakeService, caplog: pytest.LogCaptureFixture
) -> None:
    """A service that repeats the token in its error does not get it into ours, or into the log."""
    caplog.set_level(logging.DEBUG, PACKAGE)
    simulator.habits.cut = Cut(0, "error", error={"message": "no voice today for unmistakable-secret"})
    service = make_service(kind, token="unmistakable-secret")
    with pytest.raises(SynthesisError, match="are not shown") as raised:
        await speak(service, VOICES[kind], TEXT)
    cause: BaseException | None = raised.value
    while cause:
        assert "unmistakable" not in repr(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    assert "unmistakable" not in caplog.text
    assert "unmistakable" not in repr(ConnectionConfig(URL("http://host/"), token="unmistakable-secret"))


async def test_token_that_cannot_be_sent_to_a_socket(make_service: MakeService) -> None:
    """A token with a line break is refused before it gets into a header."""
    with pytest.raises(InvalidAuthError):
        await speak(make_service("knovvu", token="sec\nret"), VOICES["knovvu"], TEXT)


async def test_answer_without_an_access_token(
    simulator: Simulator, server: TestServer, make_service: MakeService
) -> None:
    """An answer that has no token in it makes no sense."""
    simulator.habits.statuses["token"] = 200
    simulator.habits.bodies["token"] = {"token_type": "Bearer"}
    service = make_service(
        "knovvu", client_id="client", client_secret="secret", token_url=str(server.make_url("/connect/token"))
    )
    with pytest.raises(ProtocolError, match="no token in it"):
        await service.voices()
