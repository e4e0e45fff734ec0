"""What goes wrong: which error, what is tried again, and that nothing stays open."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    CannotConnectError,
    InvalidAuthError,
    NoAudioError,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
    VoiceNotFoundError,
)
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import ConnectionConfig, VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from custom_components.websocket_tts.speech.transport.websocket import Deadline
from custom_components.websocket_tts.speech.vivoka.messages import parse_response
from simulator import Cut, Simulator, tones
from simulator.habits import Route
from tests.services import SERVICES as TESTED

from .speaking import TEXT, VOICES, MakeService, all_closed, parts_of, speak

FIRST_ROUTE = {kind: service.speech_route for kind, service in TESTED.items()}


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


@pytest.mark.parametrize("bodies", [{}, {"voices": {"status": "ok"}}], ids=["web page", "JSON"])
async def test_voices_that_are_none(
    bodies: dict[Route, object], simulator: Simulator, make_service: MakeService
) -> None:
    """What is no list of voices is an error."""
    simulator.habits.statuses["voices"] = 200
    simulator.habits.bodies = bodies
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


@pytest.mark.parametrize("after", [0, pytest.param(3000, marks=pytest.mark.needs("websocket"))])
@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("error", ["too long", {"message": "too long", "code": 7}, {"type": "too long"}])
async def test_error_message(
    kind: str, error: object, after: int, simulator: Simulator, make_service: MakeService
) -> None:
    """The service said no: its words are passed on; before any audio, it is not asked again."""
    simulator.habits.cut = Cut(after, "error", error=error)
    with pytest.raises(SynthesisError, match="too long"):
        await speak(make_service(kind), VOICES[kind], TEXT if after else "One sentence.")
    if not after:
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


@pytest.mark.parametrize("kind", VOICES)
async def test_stall(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A service that says nothing is given up, without a second wait."""
    simulator.habits.cut = Cut(0, "stall")
    with pytest.raises(SpeechTimeoutError, match="first audio"):
        await speak(make_service(kind, limits=SHORT), VOICES[kind], TEXT)
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


async def test_deadline_moved_in_the_moment_it_is_over() -> None:
    """Who moves it then is not too late: the message is waited for once more."""
    deadline = Deadline()
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
    deadline.close()


async def test_connection_lost_at_a_ping() -> None:
    """Where the answer cannot be sent any more, what comes next tells why."""
    messages = [
        aiohttp.WSMessage(aiohttp.WSMsgType.PING, b"", None),
        aiohttp.WSMessage(aiohttp.WSMsgType.CLOSED, None, None),
    ]

    class Socket:
        async def receive(self) -> aiohttp.WSMessage:
            return messages.pop(0)

        async def pong(self, _: bytes) -> None:
            raise aiohttp.ClientConnectionResetError

    message = await Deadline().receive(Socket())  # type: ignore[arg-type]
    assert message.type is aiohttp.WSMsgType.CLOSED


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
    simulator.habits.statuses["synthesize"] = 200
    simulator.habits.bodies["synthesize"] = {"sample_rate": 22050}
    with pytest.raises(ProtocolError, match="no token"):
        await speak(make_service("vivoka"), VOICES["vivoka"], TEXT)


@pytest.mark.parametrize("rate", [0, -5, 10**9])
async def test_impossible_sample_rate(rate: int, simulator: Simulator, make_service: MakeService) -> None:
    """A sample rate that cannot be is refused before it gets into a header."""
    simulator.habits.vivoka.sample_rate = rate
    with pytest.raises(ProtocolError, match="sample rate"):
        await speak(make_service("vivoka"), VOICES["vivoka"], TEXT)


async def test_sample_rate_that_changes(simulator: Simulator, make_service: MakeService) -> None:
    """The second segment of an utterance is converted to the sample rate of the first one."""
    simulator.habits.speed = 5

    async def text() -> AsyncGenerator[str]:
        yield "This is the first sentence. T"
        simulator.habits.vivoka.sample_rate = 16000
        yield "his is the second."

    segments = TextSegments(TextStream(text()))
    audio = parts_of(make_service("vivoka"), segments, VOICES["vivoka"])
    assert await anext(audio) == PcmFormat(16000)
    simulator.habits.vivoka.sample_rate = 8000
    samples = b"".join([part async for part in audio if isinstance(part, bytes)])
    first = tones.pcm("This is the first sentence.", 16000)
    assert samples.startswith(first)
    second = len(tones.pcm("This is the second.", 16000))
    assert len(samples) - len(first) == pytest.approx(second, abs=100)
    await all_closed(simulator)


async def test_sample_rate_that_is_not_kept_any_more(simulator: Simulator, make_service: MakeService) -> None:
    """After a header that was wrong the audio is converted; it does not go out early again."""
    service = make_service("knovvu")
    await speak(service, VOICES["knovvu"], TEXT)
    simulator.habits.knovvu.wav_header = "plain"
    simulator.habits.knovvu.other_rate = 16000
    audio_format, samples = await speak(service, VOICES["knovvu"], TEXT)
    assert audio_format == PcmFormat(24000)
    assert len(samples) == pytest.approx(len(tones.pcm(TEXT, 24000)), abs=100)
    audio_format, samples = await speak(service, VOICES["knovvu"], TEXT)
    assert (audio_format, samples) == (PcmFormat(16000), tones.pcm(TEXT, 16000))


def test_refusal_without_a_status() -> None:
    """A service may say no in an answer that looks like success."""
    with pytest.raises(SynthesisError, match="too long"):
        parse_response({"error": {"message": "too long"}})
