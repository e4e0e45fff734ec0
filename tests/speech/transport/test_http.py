"""Statuses of HTTP, of handshakes too, and when to ask again."""

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from hypothesis import given, settings, strategies as st
import pytest
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    CannotConnectError,
    InvalidAuthError,
    NotFoundError,
    ProtocolError,
    SpeechError,
    SynthesisError,
    VoiceNotFoundError,
)
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import ConnectionConfig
from custom_components.websocket_tts.speech.transport.address import parse_address
from custom_components.websocket_tts.speech.transport.http import (
    place,
    redirect_error,
    request_json,
    retry_after,
    status_error,
)
from simulator import Cut, Simulator
from tests.services import SERVICES as TESTED
from tests.speech.speaking import TEXT, VOICES, MakeService, speak

URL_OF_ALL = URL("http://host:1/path/SECRET")
FIRST_ROUTE = {kind: service.speech_route for kind, service in TESTED.items()}


@pytest.mark.parametrize(
    ("status", "payload", "kind"),
    [
        (400, None, ProtocolError),
        (400, {"message": "too long"}, SynthesisError),
        (400, {"message": "voice not found"}, VoiceNotFoundError),
        (400, {"ErrorCode": "Invalid-License"}, InvalidAuthError),
        (400, {"message": "Unexpected token '<'"}, SynthesisError),
        (401, None, InvalidAuthError),
        (401, {"message": "too many requests"}, InvalidAuthError),
        (403, None, InvalidAuthError),
        (403, {"message": "too many concurrent sessions"}, BusyError),
        (404, None, NotFoundError),
        (404, {"error": "unknown voice"}, NotFoundError),
        (404, {"ErrorCode": "Invalid-License"}, InvalidAuthError),
        (409, {"message": "all channels are in use"}, BusyError),
        (418, None, ProtocolError),
        (429, None, BusyError),
        (429, {"message": "Unauthorized"}, BusyError),
        (500, None, CannotConnectError),
        (500, {"message": "Unauthorized"}, CannotConnectError),
        (500, {"message": "all licenses are taken"}, BusyError),
        (500, {"ErrorCode": "Invalid-License"}, InvalidAuthError),
        (500, {"ErrorCode": "Internal-Server-Error"}, CannotConnectError),
        (502, {"message": "voice not found"}, CannotConnectError),
        (503, None, BusyError),
        (503, {"ErrorCode": "Invalid-License"}, InvalidAuthError),
        (504, None, CannotConnectError),
        (529, None, CannotConnectError),
    ],
)
def test_status(status: int, payload: object, kind: type[SpeechError]) -> None:
    """What an answer says of itself counts before its status; the path of the address is not told."""
    error = status_error(status, URL_OF_ALL, payload)
    assert type(error) is kind
    assert str(error).startswith(f"host:1 answered with status {status}")
    assert "SECRET" not in str(error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 2.5 "}, 2.5),
        ({"Retry-After": "61"}, 60),
        ({"Retry-After": "9" * 400}, 60),
        *(({"Retry-After": value}, None) for value in ("-5", "soon", "1e3", "nan", "inf", "٣", "5 s", "5,7")),
        ({"Retry-After": "Sun, 06 Nov 2033 08:49:37 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds are read; dates and nonsense are ignored, an hour is not waited for."""
    assert retry_after(headers) == seconds


@given(st.text(max_size=40))
@settings(derandomize=True, database=None, deadline=None)
def test_retry_after_of_anything(value: str) -> None:
    """Whatever a server sends, the wait is bounded."""
    seconds = retry_after({"Retry-After": value})
    assert seconds is None or 0 <= seconds <= 60


async def test_an_answer_without_end() -> None:
    """No more of it is read than a list of voices may be."""
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"[" * 65536)
            sent += 65536

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", flood)
    async with TestServer(app, host="127.0.0.1") as server, ClientSession() as session:
        for service in SERVICES.values():
            with pytest.raises(ProtocolError, match="too large"):
                await service(session, ConnectionConfig(server.make_url("/"))).voices()
    assert sent < 20_000_000


@pytest.mark.parametrize("body", [b'{"a":"\xc3\xa9"}', b'\xef\xbb\xbf{"a":"\xc3\xa9"}'])
async def test_byte_order_mark(body: bytes) -> None:
    """JSON is read with and without one."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app, host="127.0.0.1") as server, ClientSession() as session:
        answered = await request_json(session, "GET", server.make_url("/"), Limits(), headers={})
    assert answered.payload == {"a": "é"}


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("status", [429, 503])
async def test_busy(kind: str, status: int, simulator: Simulator, make_service: MakeService) -> None:
    """When to come again is known, from an answer and from a handshake."""
    simulator.habits.statuses = {"voices": status, FIRST_ROUTE[kind]: status}
    for header, seconds in (("3", 3), (None, None)):
        simulator.habits.retry_after = header
        with pytest.raises(BusyError, match=f"status {status}") as raised:
            await make_service(kind, token="secret").voices()
        assert raised.value.retry_after == seconds
        with pytest.raises(BusyError, match=f"status {status}") as raised:
            await speak(make_service(kind, token="secret"), VOICES[kind], TEXT)
        assert raised.value.retry_after == seconds


@pytest.mark.needs("websocket")
@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize(
    "cut",
    [Cut(0, "close", 1013), Cut(0, "error", error="all licenses are in use"), Cut(0, "error", error=429)],
)
async def test_busy_on_the_socket(
    kind: str, cut: Cut, simulator: Simulator, make_service: MakeService
) -> None:
    """A close frame and an error say so as well."""
    simulator.habits.cut = cut
    with pytest.raises(BusyError):
        await speak(make_service(kind), VOICES[kind], TEXT)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://host/path/", "redirected"),
        ("http://other:1/", "redirected"),
        ("/login", "not_a_service"),
        ("login?next=x", "not_a_service"),
        ("http://HOST:1/login", "not_a_service"),
        ("", "not_a_service"),
        ("http://[", "not_a_service"),
    ],
)
def test_redirect_of_a_server_to_itself(location: str, reason: str) -> None:
    """The address that the user has entered is none to be recommended."""
    err = redirect_error(URL_OF_ALL, location)
    assert (err.reason, err.placeholders["place"]) == (reason, "host:1")
    assert "SECRET" not in f"{err} {err.placeholders}"


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize(
    ("status", "expected"),
    [(201, ProtocolError), (302, CannotConnectError), (401, InvalidAuthError), (503, BusyError)],
)
async def test_location_without_a_redirect(kind: str, status: int, expected: type[SpeechError]) -> None:
    """A gate that answers 401 with the address of its login page refuses credentials, and nothing else."""

    async def gate(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "https://login.example/"})

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", gate)
    async with TestServer(application, host="127.0.0.1") as server, ClientSession() as session:
        service = SERVICES[kind](session, ConnectionConfig(server.make_url("/"), token="old"))
        with pytest.raises(expected):
            await service.voices()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://[::1]:39806/x", "[::1]:39806"),
        ("http://[fe80::1%25eth0]:1/", "[fe80::1%eth0]:1"),
        ("https://b\u00fccher.example/", "b\u00fccher.example:443"),
        ("http://10.0.0.1/", "10.0.0.1:80"),
    ],
)
def test_place(address: str, shown: str) -> None:
    """What is told of an address can be entered as one."""
    assert place(URL(address)) == shown
    assert parse_address(shown, SERVICES["vivoka"])
