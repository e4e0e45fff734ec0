"""Both services over real sockets: every habit of a server gives the same, exact audio."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
import pytest
from yarl import URL

from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.exceptions import InvalidAuthError
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import ConnectionConfig, Voice, VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from custom_components.websocket_tts.speech.vivoka.client import VivokaClient
from simulator import Simulator, tones

from .speaking import TEXT, VOICES, MakeService, all_closed, parts_of, set_habits, speak

WORTHWHILE = 0.2
"""Seconds."""

VIVOKA_HABITS: list[dict[str, object]] = [
    {},
    {"rate_as": "string"},
    {"rate_as": "missing"},
    {"sample_rate": 16000},
    {"end": "empty"},
    {"end": "close"},
    {"end": "last", "stays_open": True},
    {"end": "empty", "stays_open": True},
    {"one_frame": True},
    {"one_frame": True, "end": "close"},
    {"chatter": True},
    {"chatter": True, "end": "empty"},
    {"prefix": "data:;base64,"},
    {"prefix": "DATA:Audio/PCM;rate=22050;Base64,"},
    {"warns": True},
    {"answer_latency": 0.05},
]
KNOVVU_HABITS: list[dict[str, object]] = [
    {},
    {"audio": "audio"},
    {"audio": "data", "prefix": "data:audio/pcm;base64,"},
    {"audio": "audio-data"},
    {"wav_header": "plain"},
    {"wav_header": "joined"},
    {"wav_header": "joined", "other_rate": 16000},
    {"wav_header": "list"},
    {"wav_header": "plain", "audio": "audio-data"},
    {"wav_header": "plain", "other_rate": 16000},
    {"wav_header": "list", "other_rate": 48000},
    {"chatter": True},
    {"chatter": True, "audio": "audio"},
    {"end": "synthesis-completed"},
    {"end": "SynthesisFinished"},
    {"end": "speech-ended"},
    {"end": "synthesis-finalized"},
    {"end": "synthesis-completed", "end_each_flush": True},
    {"end": "close", "end_each_flush": True},
    {"end": ""},
    {"end": "end-of-synthesis", "nested": True},
    {"end": "speech-end", "nested": True, "audio": "audio"},
]
COMMON_HABITS: list[dict[str, object]] = [
    {},
    {"chunk_size": 333},
    {"chunk_size": 1, "speed": 0},
    {"first_audio_latency": 0.05},
    {"speed": 100.0},
    {"pause": 0.1, "pause_after": 9000},
    {"wav_each": True},
]
UNPADDED: dict[str, object] = {"chunk_size": 1000, "padded": False}
ALL_HABITS = (
    [pytest.param("vivoka", {}, habits, id=f"vivoka {habits}") for habits in VIVOKA_HABITS]
    + [pytest.param("knovvu", {}, habits, id=f"knovvu {habits}") for habits in KNOVVU_HABITS]
    + [pytest.param(kind, habits, {}, id=f"{kind} {habits}") for kind in VOICES for habits in COMMON_HABITS]
    + [
        pytest.param("vivoka", UNPADDED, {}, id=f"vivoka {UNPADDED}"),
        pytest.param("knovvu", UNPADDED, {"audio": "audio"}, id=f"knovvu {UNPADDED}"),
    ]
)


SHORT_ENDS = Limits(between_audio=1.5, min_quiet=0.2, max_quiet=0.5)
"""For services that do not say when a speech is over."""


def text_for(common: dict[str, object]) -> str:
    """Return a text to speak to a service with such habits: a short one where it comes byte by byte."""
    return "Hi. Yes!" if common.get("chunk_size") == 1 else TEXT


@pytest.mark.parametrize(("kind", "common", "own"), ALL_HABITS)
async def test_every_habit(
    kind: str,
    common: dict[str, object],
    own: dict[str, object],
    simulator: Simulator,
    make_service: MakeService,
) -> None:
    """Whatever the server is used to, the audio is exact: the first time and when it is known."""
    set_habits(simulator, kind, common, own)
    service = make_service(kind, limits=SHORT_ENDS)
    text = text_for(common)
    for _ in range(2):
        audio_format, samples = await speak(service, VOICES[kind], text)
        assert samples == tones.pcm(text, audio_format.sample_rate)
        assert audio_format == PcmFormat(simulator.requests[-1].sample_rate)
        await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_a_large_frame(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A whole utterance in one message is larger than aiohttp takes by itself."""
    simulator.habits.vivoka.one_frame = True
    simulator.habits.chunk_size = 64 * 1024 * 1024
    text = "Long " * 600
    audio_format, samples = await speak(make_service(kind), VOICES[kind], text)
    assert samples == tones.pcm(text, audio_format.sample_rate)


@pytest.mark.parametrize("kind", VOICES)
async def test_sentence_pause(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """Between sentences, and nowhere else, is so much silence; each is a request of its own."""
    service = make_service(kind)
    settings = replace(VOICES[kind], sentence_pause=250)
    for _ in range(2):
        simulator.requests.clear()
        audio_format, samples = await speak(service, settings, "One. Two is more!\n\nThree")
        sentences = ["One.", "Two is more!", "Three"]
        spoken = [tones.pcm(sentence, audio_format.sample_rate) for sentence in sentences]
        assert samples == audio_format.silence(250).join(spoken)
        assert [request.texts for request in simulator.requests] == [[sentence] for sentence in sentences]
        await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("text", ["", "  \n\t", " \u3000"])
async def test_no_text(kind: str, text: str, simulator: Simulator, make_service: MakeService) -> None:
    """White space makes no request and no audio."""
    segments = TextSegments(TextStream.of(text))
    assert [part async for part in parts_of(make_service(kind), segments, VOICES[kind])] == []
    segments = TextSegments(TextStream.of(text))
    settings = replace(VOICES[kind], sentence_pause=100)
    assert [part async for part in parts_of(make_service(kind), segments, settings)] == []
    assert simulator.calls == []


@pytest.mark.parametrize("kind", VOICES)
async def test_text_that_comes_to_nothing(kind: str, make_service: MakeService) -> None:
    """Where nothing is left of the text to be spoken, there is no audio and no waiting."""
    segments = TextSegments(TextStream.of("***"), clean=True)
    assert [part async for part in parts_of(make_service(kind), segments, VOICES[kind])] == []


@pytest.mark.parametrize("kind", VOICES)
async def test_nothing_is_spoken_on_an_old_connection(
    kind: str, server: TestServer, make_service: MakeService
) -> None:
    """The connection of a list could have died without a word before there is something to say."""
    service = make_service(kind)
    assert await service.voices()
    assert server.runner
    assert server.runner.server
    async with asyncio.timeout(1):
        while server.runner.server.connections:
            await asyncio.sleep(0.005)
    assert (await speak(service, VOICES[kind], TEXT))[1]


@pytest.mark.parametrize(
    ("shape", "count"), [(shape, 6) for shape in ("objects", "strings", "nulls", "id", "voice_id", "name")]
)
async def test_vivoka_voices(shape: str, count: int, simulator: Simulator, make_service: MakeService) -> None:
    """Every shape of the list gives ids, names that people would say, and languages."""
    set_habits(simulator, "vivoka", {}, {"voices": shape})
    voices = await make_service("vivoka").voices()
    assert len(voices) == count
    assert Voice("enu,evan,embedded-pro", "Evan", "en-US", quality="embedded-pro") in voices


def test_vivoka_voice_with_another_name() -> None:
    """A name that is not made of three parts is taken as it is, with the language that the service tells."""
    assert VivokaClient.voice(Voice("custom", "My voice", "de_de")) == Voice("custom", "My voice", "de-DE")
    assert VivokaClient.voice(Voice("custom")) == Voice("custom", "custom", None)
    assert VivokaClient.voice(Voice("xyz,ann,x", "", "deu")) == Voice("xyz,ann,x", "Ann", quality="x")


@pytest.mark.parametrize(
    ("shape", "language"),
    [
        *((shape, "en-GB") for shape in ("vendor", "camel")),
        ("unstated", None),
    ],
)
async def test_knovvu_voices(
    shape: str, language: str | None, simulator: Simulator, make_service: MakeService
) -> None:
    """Every shape of the list gives names, and languages where they are told; and nothing else."""
    set_habits(simulator, "knovvu", {}, {"voices": shape})
    voices = await make_service("knovvu").voices()
    assert Voice("Sestek Rae 24k", "Rae", language, "female", "24k") in voices
    assert len(voices) == 5


@pytest.mark.parametrize("shape", ["missing", "empty"])
async def test_knovvu_without_voices(shape: str, simulator: Simulator, make_service: MakeService) -> None:
    """A server without a list is not a server without voices."""
    set_habits(simulator, "knovvu", {}, {"voices": shape})
    assert await make_service("knovvu").voices() == []


async def test_knovvu_without_a_licence(simulator: Simulator, make_service: MakeService) -> None:
    """That is a matter of credentials, though the status says that all is well."""
    simulator.habits.knovvu.voices = "refused"
    with pytest.raises(InvalidAuthError, match="The license is not valid: Invalid-License"):
        await make_service("knovvu").voices()


@pytest.mark.parametrize(
    ("rate", "volume", "sample_rate"), [(0.33, 0.0, 8000), (2.0, 2.0, 48000), (1, 1, 16000)]
)
async def test_knovvu_settings(
    rate: float, volume: float, sample_rate: int, simulator: Simulator, make_service: MakeService
) -> None:
    """Rate, volume and sample rate are asked for, and heard."""
    settings = VoiceSettings("Emily_Premium", rate, volume, sample_rate)
    audio_format, samples = await speak(make_service("knovvu"), settings, TEXT)
    assert audio_format == PcmFormat(sample_rate)
    assert samples == tones.pcm(TEXT, sample_rate, rate, volume)
    assert simulator.requests[-1].volume == volume


async def test_header_of_knovvu_goes_first(simulator: Simulator, make_service: MakeService) -> None:
    """Once the sample rate is known to be kept, the format comes before the service is even asked."""
    service = make_service("knovvu")
    await speak(service, VOICES["knovvu"], TEXT)
    calls = len(simulator.calls)
    segments = TextSegments(TextStream.of(TEXT))
    audio = parts_of(service, segments, VOICES["knovvu"])
    assert await anext(audio) == PcmFormat(24000)
    assert len(simulator.calls) == calls
    await audio.aclose()


async def test_vivoka_asks_one_ahead(simulator: Simulator, make_service: MakeService) -> None:
    """The next piece is asked for while the current one arrives, and not one more."""
    simulator.habits.speed = 60.0
    service = make_service("vivoka")
    text = "This is the first sentence. " + "This is another sentence. " * 120
    segments = TextSegments(TextStream.of(text))
    audio = parts_of(service, segments, VOICES["vivoka"])
    samples = b""
    most = 0
    async for part in audio:
        samples += part if isinstance(part, bytes) else b""
        most = max(most, simulator.open_sockets)
    assert samples == tones.pcm(text, 22050)
    assert most == 2
    assert len(simulator.requests) > 3


async def test_knovvu_gets_sentence_by_sentence(simulator: Simulator, make_service: MakeService) -> None:
    """So that its engine is never silent for long, however fast it was before."""
    service = make_service("knovvu")
    sentences = [f"This is sentence {number}." for number in range(120)]
    for _ in range(2):
        audio_format, samples = await speak(service, VOICES["knovvu"], " ".join(sentences))
        assert samples == tones.pcm(" ".join(sentences), audio_format.sample_rate)
        assert simulator.requests[-1].texts == sentences


async def test_cookies_lead_to_the_same_server() -> None:
    """The WebSocket comes with the cookies of the answer with its token, as load balancers want it."""
    seen: list[str] = []

    @web.middleware
    async def balance(request: web.Request, handler: Handler) -> web.StreamResponse:
        seen.append(request.headers.get("Cookie", ""))
        response = await handler(request)
        if not response.prepared:
            response.set_cookie("backend", "one")
            response.set_cookie("more", "two")
        return response

    app = Simulator(tones=True).app()
    app.middlewares.append(balance)
    async with (
        TestServer(app, host="127.0.0.1") as server,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        service = VivokaClient(session, ConnectionConfig(URL(f"http://127.0.0.1:{server.port}")))
        await speak(service, VOICES["vivoka"], "Hello.")
    assert seen == ["", "backend=one; more=two"]


async def test_no_filler_while_there_is_something_to_say(
    simulator: Simulator, make_service: MakeService
) -> None:
    """A service that is slow with what it was given is waited for, without silence in its speech."""
    simulator.habits.first_audio_latency = 0.3
    given = "This is the first sentence. This is the second sentence. T"

    async def text() -> AsyncGenerator[str]:
        yield given
        await asyncio.sleep(0.3)
        yield "hat was all."

    segments = TextSegments(TextStream(text()))
    service = make_service("vivoka", limits=Limits(fill_after=0.05))
    audio = parts_of(service, segments, VOICES["vivoka"])
    samples = b"".join([part async for part in audio if isinstance(part, bytes)])
    assert samples == tones.pcm(f"{given}hat was all.", 22050)
