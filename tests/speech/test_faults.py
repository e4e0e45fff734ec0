"""What goes wrong: which error, what is tried again, and that nothing stays open."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
import logging

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.websocket_tts.speech import (
    SERVICES,
    BusyError,
    CannotConnectError,
    CertificateError,
    ConnectionConfig,
    InvalidAuthError,
    Limits,
    NoAudioError,
    PcmFormat,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
    TextSegments,
    VoiceNotFoundError,
    VoiceSettings,
)
from custom_components.websocket_tts.speech.exceptions import TruncatedError
from custom_components.websocket_tts.speech.trace import WireTrace
from custom_components.websocket_tts.speech.transport.websocket import Deadline
from custom_components.websocket_tts.speech.vivoka.messages import SynthesizeResponse
from simulator import Cut, Simulator, tones
from tests.certificate import tls_server
from tests.services import SERVICES as TESTED

from .speaking import TEXT, VOICES, MakeService, all_closed, parts_of, speak

FIRST_ROUTE = {kind: service.speech_route for kind, service in TESTED.items()}
PACKAGE = "custom_components.websocket_tts.speech"


SHORT = Limits(first_audio=0.3, between_audio=0.2, max_quiet=0.6)
"""Tenths of seconds instead of seconds."""


def assert_asked_once(simulator: Simulator) -> None:
    """Assert that no text was asked for again."""
    asked = [tuple(request.texts) for request in simulator.requests]
    assert len(asked) == len(set(asked))


STATUSES: list[tuple[int, type[SpeechError]]] = [
    (401, InvalidAuthError),
    (403, InvalidAuthError),
    (404, ProtocolError),
    (429, BusyError),
    (400, ProtocolError),
    (500, CannotConnectError),
    (503, BusyError),
    (200, ProtocolError),
]


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize(("status", "error"), [row for row in STATUSES if row[0] != 404])
async def test_voices_status(
    kind: str, status: int, error: type[SpeechError], simulator: Simulator, make_service: MakeService
) -> None:
    """Every status, also a web page with 200, is an error of the right kind."""
    simulator.habits.statuses["voices"] = status
    with pytest.raises(error):
        await make_service(kind, token="secret").voices()


async def test_no_service_at_this_address(simulator: Simulator, make_service: MakeService) -> None:
    """Another server answers 404."""
    simulator.habits.statuses["voices"] = 404
    with pytest.raises(ProtocolError, match="404"):
        await make_service("vivoka").voices()


@pytest.mark.parametrize("shape", ["number", "text"])
async def test_voices_that_are_none(shape: str, simulator: Simulator, make_service: MakeService) -> None:
    """What is no list of voices is an error."""
    simulator.habits.vivoka.voices = shape  # type: ignore[assignment]
    with pytest.raises(ProtocolError):
        await make_service("vivoka").voices()


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize(("status", "error"), STATUSES)
async def test_status(
    kind: str, status: int, error: type[SpeechError], simulator: Simulator, make_service: MakeService
) -> None:
    """What may pass is asked for once more; everything else fails at once."""
    simulator.habits.statuses[FIRST_ROUTE[kind]] = status
    if status == 404 and FIRST_ROUTE[kind] == "synthesize":
        error = VoiceNotFoundError
    if (kind, status) == ("knovvu", 200):
        # A WebSocket is not to be had there: aiohttp takes any other status for the same refusal.
        error = ProtocolError
    with pytest.raises(error) as raised:
        await speak(make_service(kind, limits=Limits(busy=1.0)), VOICES[kind], TEXT)
    assert not isinstance(raised.value, SpeechTimeoutError)
    asked = simulator.calls.count(FIRST_ROUTE[kind])
    if error is BusyError:
        assert 3 <= asked <= 5
    else:
        assert asked == (2 if status >= 500 else 1)


@pytest.mark.parametrize("kind", VOICES)
async def test_what_passes_is_not_noticed(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """One failure is made good by the second try."""
    simulator.habits.statuses[FIRST_ROUTE[kind]] = 503
    simulator.habits.failures = 1
    audio_format, samples = await speak(make_service(kind), VOICES[kind], TEXT)
    assert samples == tones.pcm(TEXT, audio_format.sample_rate)


@pytest.mark.parametrize(
    "cut", [Cut(0, "abort"), Cut(0, "close", 1001), Cut(0, "close", 1011), Cut(0, "close", 4000)]
)
@pytest.mark.parametrize("kind", VOICES)
async def test_broken_before_audio(
    kind: str, cut: Cut, simulator: Simulator, make_service: MakeService
) -> None:
    """A connection that breaks before the first audio is made anew, once."""
    simulator.habits.cut = cut
    simulator.habits.failures = 1
    service = make_service(kind)
    audio_format, samples = await speak(service, VOICES[kind], TEXT)
    assert samples == tones.pcm(TEXT, audio_format.sample_rate)
    simulator.habits.failures = 2
    with pytest.raises(CannotConnectError, match="broke the connection"):
        await speak(service, VOICES[kind], TEXT)
    await all_closed(simulator)


@pytest.mark.parametrize("cut", [Cut(3000, "abort"), Cut(3000, "close", 1001), Cut(3000, "close", 1011)])
@pytest.mark.parametrize("kind", VOICES)
async def test_broken_in_mid_audio(
    kind: str, cut: Cut, simulator: Simulator, make_service: MakeService
) -> None:
    """After the first audio nothing is repeated: what was heard is right, and then there is an error."""
    simulator.habits.cut = cut
    simulator.habits.failures = 1
    heard = bytearray()

    async def listen() -> None:
        segments = TextSegments.of(TEXT)
        async for part in parts_of(make_service(kind), segments, VOICES[kind]):
            heard.extend(part if isinstance(part, bytes) else b"")

    with pytest.raises(CannotConnectError, match="broke the connection"):
        await listen()
    assert len(heard) == 3000
    assert tones.pcm(TEXT, simulator.requests[0].sample_rate).startswith(heard)
    await all_closed(simulator)


@pytest.mark.parametrize("after", [0, pytest.param(3000, marks=pytest.mark.needs("websocket"))])
@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("error", ["too long", {"message": "too long", "code": 7}, {"type": "too long"}])
async def test_error_message(
    kind: str, error: object, after: int, simulator: Simulator, make_service: MakeService
) -> None:
    """The service said no: its words are passed on, and it is not asked again."""
    simulator.habits.cut = Cut(after, "error", error=error)
    with pytest.raises(SynthesisError, match="too long"):
        await speak(make_service(kind), VOICES[kind], TEXT)
    assert_asked_once(simulator)
    await all_closed(simulator)


@pytest.mark.parametrize("shape", ["name", "error", "object", "error-message", "error-code"])
async def test_knovvu_error_shapes(shape: str, simulator: Simulator, make_service: MakeService) -> None:
    """Every shape of an error is one: an unknown voice, a wrong token, a bad value."""
    simulator.habits.knovvu.error_as = shape  # type: ignore[assignment]
    with pytest.raises(VoiceNotFoundError):
        await speak(make_service("knovvu"), VoiceSettings("Nobody"), TEXT)
    with pytest.raises(SynthesisError, match="out of range"):
        await speak(make_service("knovvu"), VoiceSettings("Emily_Premium", rate=9), TEXT)
    simulator.habits.token = "secret"
    with pytest.raises(InvalidAuthError):
        await speak(make_service("knovvu"), VOICES["knovvu"], TEXT)


@pytest.mark.parametrize("after", [0, 3000])
@pytest.mark.parametrize("kind", VOICES)
async def test_stall(kind: str, after: int, simulator: Simulator, make_service: MakeService) -> None:
    """A service that falls silent is given up, without a second wait."""
    simulator.habits.cut = Cut(after, "stall")
    if kind == "knovvu" and after:
        # What is missing of the piece cannot be told from its end; of the next piece it can.
        simulator.habits.first_audio_latency = 0.05
    with pytest.raises((SpeechTimeoutError, TruncatedError)) as raised:
        await speak(make_service(kind, limits=SHORT), VOICES[kind], TEXT)
    if not after:
        assert "first audio" in str(raised.value)
    assert_asked_once(simulator)
    await all_closed(simulator)


async def test_no_answer(simulator: Simulator, make_service: MakeService) -> None:
    """A request without an answer is given up."""
    simulator.habits.vivoka.answer_latency = 5
    with pytest.raises(SpeechTimeoutError, match="no answer"):
        await speak(make_service("vivoka", limits=SHORT), VOICES["vivoka"], TEXT)


@pytest.mark.parametrize("kind", VOICES)
async def test_no_handshake(kind: str) -> None:
    """A server that takes a connection and says nothing is given up."""
    async with (
        await asyncio.start_server(_say_nothing, "127.0.0.1", 0) as server,
        aiohttp.ClientSession() as session,
    ):
        port = server.sockets[0].getsockname()[1]
        limits = Limits(connect=0.2, first_audio=0.2)
        service = SERVICES[kind](session, ConnectionConfig(URL(f"http://127.0.0.1:{port}/")), limits=limits)
        with pytest.raises(SpeechTimeoutError, match=f"127.0.0.1:{port}"):
            await speak(service, VOICES[kind], TEXT)


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize("kind", VOICES)
async def test_nobody_there(kind: str) -> None:
    """Where nothing listens, the error names the place."""
    async with aiohttp.ClientSession() as session:
        service = SERVICES[kind](session, ConnectionConfig(URL("http://127.0.0.1:9/")))
        with pytest.raises(CannotConnectError, match=r"127\.0\.0\.1:9"):
            await service.voices()
        with pytest.raises(CannotConnectError, match=r"127\.0\.0\.1:9"):
            await speak(service, VOICES[kind], TEXT)


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
        assert "secret" not in "".join(visitors)
        if "ws" in location:
            assert f"127.0.0.1:{elsewhere.port}" in str(raised.value)


async def test_deadline_moved_in_the_moment_it_is_over() -> None:
    """Who moves it then is not too late: the message is waited for once more."""
    deadline = Deadline(WireTrace())
    message = aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, "late", None)

    class Socket:
        waited = 0

        async def receive(self) -> aiohttp.WSMessage:
            self.waited += 1
            if self.waited == 1:
                try:
                    await asyncio.sleep(10)
                finally:
                    deadline.move(5)
            return message

    deadline.move(0.01)
    assert await deadline.receive(Socket()) is message  # type: ignore[arg-type]


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
async def test_no_tls(kind: str, make_service: MakeService) -> None:
    """A server without TLS cannot be reached with https."""
    port = make_service(kind)._connection.address.port  # noqa: SLF001
    async with aiohttp.ClientSession() as session:
        service = SERVICES[kind](session, ConnectionConfig(URL(f"https://127.0.0.1:{port}/")))
        with pytest.raises(CannotConnectError):
            await service.voices()


@pytest.mark.parametrize("kind", VOICES)
async def test_no_audio(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A speech without one sample is an error, not silence."""
    simulator.habits.first_audio_latency = 0.05
    service = make_service(kind)
    await speak(service, VOICES[kind], TEXT)
    simulator.habits.no_audio = True
    with pytest.raises(NoAudioError):
        await speak(service, VOICES[kind], TEXT)
    await all_closed(simulator)


async def test_no_audio_from_an_unknown_server(simulator: Simulator, make_service: MakeService) -> None:
    """It may be one that takes finalize-synthesis for "close now": only then it is asked in another way."""
    simulator.habits.no_audio = True
    with pytest.raises(SpeechTimeoutError):
        await speak(make_service("knovvu", limits=SHORT), VOICES["knovvu"], TEXT)
    assert len(simulator.requests) == 2
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_endless(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """An endless server is cut off, and does not keep the socket open either."""
    simulator.habits.endless = True
    limits = Limits(audio=1.0, audio_per_character=0.1)
    with pytest.raises(ProtocolError, match="without end"):
        await speak(make_service(kind, limits=limits), VOICES[kind], TEXT)
    await all_closed(simulator)


async def test_expired_socket_token(simulator: Simulator, make_service: MakeService) -> None:
    """A token that has expired is replaced once."""
    simulator.habits.vivoka.expired_tokens = 1
    service = make_service("vivoka")
    _, samples = await speak(service, VOICES["vivoka"], TEXT)
    assert samples == tones.pcm(TEXT, 22050)
    simulator.habits.vivoka.expired_tokens = 2
    with pytest.raises(CannotConnectError, match="expired"):
        await speak(service, VOICES["vivoka"], TEXT)


async def test_no_socket_token(simulator: Simulator, make_service: MakeService) -> None:
    """An answer without a token makes no sense."""
    simulator.habits.vivoka.no_token = True
    with pytest.raises(ProtocolError, match="no token"):
        await speak(make_service("vivoka"), VOICES["vivoka"], TEXT)


@pytest.mark.parametrize("rate", [0, -5, 10**9])
async def test_impossible_sample_rate(rate: int, simulator: Simulator, make_service: MakeService) -> None:
    """A sample rate that cannot be is refused before it gets into a header."""
    simulator.habits.vivoka.sample_rate = rate
    with pytest.raises(ProtocolError, match="sample rate"):
        await speak(make_service("vivoka"), VOICES["vivoka"], TEXT)


async def test_sample_rate_that_changes(simulator: Simulator, make_service: MakeService) -> None:
    """Two segments of one utterance cannot have two sample rates."""
    simulator.habits.speed = 5

    async def text() -> AsyncGenerator[str]:
        yield "This is the first sentence. T"
        simulator.habits.vivoka.sample_rate = 16000
        yield "his is the second."

    segments = TextSegments(text())
    audio = parts_of(make_service("vivoka"), segments, VOICES["vivoka"])
    assert await anext(audio) == PcmFormat(16000)
    simulator.habits.vivoka.sample_rate = 8000
    with pytest.raises(ProtocolError, match="changed to 8000 Hz"):
        async for _ in audio:
            pass
    await all_closed(simulator)


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
    make_service: MakeService,
) -> None:
    """No token to be had: the reason is told apart."""
    if status:
        simulator.habits.statuses["token"] = status
    address = make_service("knovvu")._connection.address  # noqa: SLF001
    service = make_service(
        "knovvu", client_id="client", client_secret=client_secret, token_url=f"{address}connect/token"
    )
    with pytest.raises(error):
        await service.voices()


async def test_token_address_that_is_none(make_service: MakeService) -> None:
    """What is no address for tokens cannot be reached."""
    service = make_service("knovvu", client_id="client", client_secret="secret", token_url="no address")
    with pytest.raises(CannotConnectError):
        await service.voices()


async def test_finalize_taken_as_close_now(simulator: Simulator, make_service: MakeService) -> None:
    """A server that drops the audio at finalize-synthesis is asked again with that held back, once."""
    simulator.habits.knovvu.finalize_drops = True
    simulator.habits.first_audio_latency = 0.1
    service = make_service("knovvu")
    audio_format, samples = await speak(service, VOICES["knovvu"], TEXT)
    assert samples == tones.pcm(TEXT, audio_format.sample_rate)
    assert len(simulator.requests) == 2
    again = make_service("knovvu", quirks=service.quirks)
    await speak(again, VOICES["knovvu"], TEXT)
    assert len(simulator.requests) == 3


async def test_finalize_taken_as_close_now_in_mid_audio(
    simulator: Simulator, make_service: MakeService
) -> None:
    """When part of the audio has been heard it is an error, and the next utterance is whole."""
    simulator.habits.knovvu.finalize_drops = True
    simulator.habits.first_audio_latency = 0.02
    service = make_service("knovvu")

    async def text() -> AsyncGenerator[str]:
        yield "This is heard. T"
        await asyncio.sleep(0.1)
        yield "his is not. And this is not either, " * 20

    segments = TextSegments(text())
    with pytest.raises(TruncatedError):
        async for _ in parts_of(service, segments, VOICES["knovvu"]):
            pass
    _, samples = await speak(service, VOICES["knovvu"], TEXT)
    assert samples == tones.pcm(TEXT, 24000)


async def test_trying_out_learns(simulator: Simulator, make_service: MakeService) -> None:
    """Trying a voice out finds out how the server wants to be asked."""
    simulator.habits.knovvu.finalize_drops = True
    simulator.habits.first_audio_latency = 0.05
    service = make_service("knovvu")
    await service.verify_voice(VOICES["knovvu"])
    assert service.quirks == {"finalize_late": True, "confirmed_rates": {"Emily_Premium": 24000}}


async def test_sample_rate_that_is_not_kept_any_more(simulator: Simulator, make_service: MakeService) -> None:
    """A header that was wrong is an error, and does not go out early again."""
    service = make_service("knovvu")
    await speak(service, VOICES["knovvu"], TEXT)
    simulator.habits.knovvu.wav_header = "plain"
    simulator.habits.knovvu.other_rate = 16000
    with pytest.raises(ProtocolError, match="changed to 16000 Hz"):
        await speak(service, VOICES["knovvu"], TEXT)
    audio_format, samples = await speak(service, VOICES["knovvu"], TEXT)
    assert (audio_format, samples) == (PcmFormat(16000), tones.pcm(TEXT, 16000))


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("when", ["header", "audio"])
async def test_listener_goes_away(
    kind: str, when: str, simulator: Simulator, make_service: MakeService
) -> None:
    """Nothing stays open when nobody listens any more; Knovvu is told to stop."""
    simulator.habits.speed = 2
    simulator.habits.first_audio_latency = 0.05
    segments = TextSegments.of(TEXT)
    audio = parts_of(make_service(kind), segments, VOICES[kind])
    async for part in audio:
        if isinstance(part, bytes) or when == "header":
            break
    await asyncio.wait_for(audio.aclose(), 1)
    await all_closed(simulator)
    if kind == "knovvu":
        assert simulator.requests[-1].messages[-1] == "stop"


@pytest.mark.needs("websocket")
@pytest.mark.parametrize("kind", VOICES)
async def test_task_is_cancelled(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A task that is cancelled ends at once, and closes its sockets."""
    simulator.habits.cut = Cut(5000, "stall")
    speaking = asyncio.create_task(speak(make_service(kind), VOICES[kind], TEXT))
    async with asyncio.timeout(2):
        while not simulator.open_sockets:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    speaking.cancel()
    done, _ = await asyncio.wait([speaking], timeout=1)
    assert done
    assert speaking.cancelled()
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_text_breaks(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """An error of the text ends the speech with that error."""

    async def text() -> AsyncGenerator[str]:
        yield "This is the first sentence. This is"
        await asyncio.sleep(0.1)
        raise RuntimeError("the model is gone")

    segments = TextSegments(text())
    with pytest.raises(RuntimeError, match="the model is gone"):
        async for _ in parts_of(make_service(kind), segments, VOICES[kind]):
            pass
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_text_that_pauses(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A pause in the text is not the end of the speech, and no reason to give up."""

    async def text() -> AsyncGenerator[str]:
        for sentence in TEXT.split(" "):
            yield f"{sentence} "
            await asyncio.sleep(0.1)

    async with aclosing(parts_of(make_service(kind), TextSegments(text()), VOICES[kind])) as audio:
        samples = b"".join([part async for part in audio if isinstance(part, bytes)])
    assert samples == tones.pcm(TEXT, simulator.requests[0].sample_rate)


@pytest.mark.parametrize("kind", VOICES)
async def test_secrets_stay_secret(
    kind: str, simulator: Simulator, make_service: MakeService, caplog: pytest.LogCaptureFixture
) -> None:
    """A service that repeats the token in its error does not get it into ours, or into the log."""
    caplog.set_level(logging.DEBUG, PACKAGE)
    simulator.habits.cut = Cut(0, "error", error={"message": "no voice today for unmistakable-secret"})
    service = make_service(kind, token="unmistakable-secret")
    with pytest.raises(SynthesisError, match=r"for \*\*\*") as raised:
        await speak(service, VOICES[kind], TEXT)
    cause: BaseException | None = raised.value
    while cause:
        assert "unmistakable" not in repr(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    assert "unmistakable" not in caplog.text
    assert "unmistakable" not in repr(service._connection)  # noqa: SLF001


def test_refusal_without_a_status() -> None:
    """A service may say no in an answer that looks like success."""
    with pytest.raises(SynthesisError, match="too long"):
        SynthesizeResponse.parse({"error": {"message": "too long"}})


async def test_token_that_cannot_be_sent_to_a_socket(make_service: MakeService) -> None:
    """A token with a line break is refused before it gets into a header."""
    with pytest.raises(InvalidAuthError):
        await speak(make_service("knovvu", token="sec\nret"), VOICES["knovvu"], TEXT)


async def test_answer_without_an_access_token(simulator: Simulator, make_service: MakeService) -> None:
    """An answer that has no token in it makes no sense."""
    simulator.habits.knovvu.no_token = True
    address = make_service("knovvu")._connection.address  # noqa: SLF001
    service = make_service(
        "knovvu", client_id="client", client_secret="secret", token_url=f"{address}connect/token"
    )
    with pytest.raises(ProtocolError, match="no token in it"):
        await service.voices()


async def test_closed_before_the_whole_text(simulator: Simulator, make_service: MakeService) -> None:
    """A server that says goodbye while the text is still being written has cut the speech off."""
    simulator.habits.cut = Cut(3000, "close", 1000)

    async def text() -> AsyncGenerator[str]:
        yield "This is the first sentence. This"
        await asyncio.sleep(5)

    segments = TextSegments(text())
    with pytest.raises(CannotConnectError, match="before it had the whole text"):
        async for _ in parts_of(make_service("knovvu"), segments, VOICES["knovvu"]):
            pass


async def test_trying_out_asks_again_when_cut_off(simulator: Simulator, make_service: MakeService) -> None:
    """Part of the words is enough to find out that the server must be asked in another way."""
    simulator.habits.cut = Cut(480, "close", 1000)
    simulator.habits.failures = 1
    service = make_service("knovvu")
    await service.verify_voice(VOICES["knovvu"])
    assert service.quirks["finalize_late"] is True
    assert len(simulator.requests) == 2
