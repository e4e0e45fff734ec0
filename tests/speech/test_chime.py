"""A chime before the speech: at once where it can be, whole, once, and at the sample rate of the speech."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import pytest

from custom_components.websocket_tts.speech.audio.buffer import AudioBuffer
from custom_components.websocket_tts.speech.audio.chime import REST, Chime
from custom_components.websocket_tts.speech.audio.gain import scale
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.exceptions import SpeechError
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Cut, Simulator, tones

from .speaking import TEXT, VOICES, MakeService, all_closed, speak

RATES = {"vivoka": 22050, "knovvu": 24000}


def chime_of(rate: int) -> bytes:
    """Return a chime that shows at which rate it was asked for."""
    return (b"\x10\x27" * 2 + b"\xf0\xd8" * 2) * (rate // 8)


async def chime(audio_format: PcmFormat) -> bytes:
    """Return a chime at once."""
    return chime_of(audio_format.sample_rate)


def opening(rate: int, volume: float = 1.0) -> bytes:
    """Return what is heard before the speech."""
    return scale(chime_of(rate), volume) + PcmFormat(rate).silence(REST)


def learned(kind: str, rate: int | None = None) -> Mapping[str, object]:
    """Return what an earlier client has found out: the sample rate."""
    return {"rates": {VOICES[kind].voice: RATES[kind] if rate is None else rate}}


async def hear(
    service: SpeechClient,
    settings: VoiceSettings,
    text: str | TextSegments = TEXT,
    chime: Chime | None = chime,
    lead_in: int = 0,
) -> tuple[PcmFormat | None, bytes]:
    """Return the format and all samples."""
    if isinstance(text, str):
        segments = TextSegments(TextStream.of(text), clean=True, sentence_pause=settings.sentence_pause)
    else:
        segments = text
    samples = []
    async with service.speak(segments, settings, AudioBuffer(service.limits, lead_in), chime=chime) as buffer:
        audio_format = await buffer.format()
        while part := await buffer.next(segments):
            samples.append(part)
    return audio_format, b"".join(samples)


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize(("pause", "latency"), [(0, 0.0), (100, 0.05)])
async def test_chime_and_speech(
    kind: str,
    is_known: bool,
    pause: int,
    latency: float,
    simulator: Simulator,
    make_service: MakeService,
) -> None:
    """Silence, chime, rest and speech, each whole and once, however many requests the text takes."""
    simulator.habits.first_audio_latency = latency
    service = make_service(kind, quirks=learned(kind) if is_known else None)
    rate = RATES[kind]
    settings = replace(VOICES[kind], sentence_pause=pause)
    _, spoken = await speak(make_service(kind), settings, TEXT)
    audio_format, samples = await hear(service, settings, lead_in=50)
    assert audio_format == PcmFormat(rate)
    assert samples == PcmFormat(rate).silence(50) + opening(rate) + spoken
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_at_once(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """Where the sample rate is known it is heard while the service has not even answered."""
    simulator.habits.first_audio_latency = 0.5
    simulator.habits.vivoka.answer_latency = 0.5
    service = make_service(kind, quirks=learned(kind))
    segments = TextSegments(TextStream.of("Hello."))
    async with service.speak(segments, VOICES[kind], chime=chime) as buffer:
        heard = b""
        while len(heard) < len(opening(RATES[kind])):
            heard += await buffer.next(segments)
        assert all(request.first_audio is None for request in simulator.requests)
        assert kind == "knovvu" or not simulator.open_sockets
        while part := await buffer.next(segments):
            heard += part
    assert heard == opening(RATES[kind]) + tones.pcm("Hello.", RATES[kind])


@pytest.mark.parametrize("kind", VOICES)
async def test_rate_is_learned(kind: str, make_service: MakeService) -> None:
    """The first speech of a voice tells its rate, with or without a chime."""
    service = make_service(kind)
    await speak(service, VOICES[kind], TEXT)
    assert service.quirks["rates"] == learned(kind)["rates"]


async def test_another_rate_than_before(simulator: Simulator, make_service: MakeService) -> None:
    """What was promised is kept, by conversion; the next time the new rate is promised."""
    service = make_service("vivoka", quirks=learned("vivoka"))
    simulator.habits.vivoka.sample_rate = 16000
    audio_format, samples = await hear(service, VOICES["vivoka"])
    assert audio_format == PcmFormat(22050)
    assert len(samples) == pytest.approx(len(opening(22050) + tones.pcm(TEXT, 22050)), abs=100)
    assert service.quirks["rates"] == learned("vivoka", 16000)["rates"]
    heard = await hear(service, VOICES["vivoka"])
    assert heard == (PcmFormat(16000), opening(16000) + tones.pcm(TEXT, 16000))


async def test_another_rate_without_a_chime(simulator: Simulator, make_service: MakeService) -> None:
    """Nothing is promised without a chime: a rate that is another one is no error."""
    service = make_service("vivoka", quirks=learned("vivoka"))
    simulator.habits.vivoka.sample_rate = 16000
    assert await speak(service, VOICES["vivoka"], TEXT) == (PcmFormat(16000), tones.pcm(TEXT, 16000))


@pytest.mark.parametrize("kind", VOICES)
async def test_listener_knows_another_rate(kind: str, make_service: MakeService) -> None:
    """It keeps that of the header that it has, though the audio may begin before speak() returns."""

    def start(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return asyncio.create_task(work, name=name, eager_start=True)

    told = PcmFormat(8000)
    service = make_service(kind, quirks=learned(kind), create_task=start)
    segments, kept = TextSegments(TextStream.of("Hello.")), AudioBuffer(service.limits)
    kept.begin(told)
    async with service.speak(segments, VOICES[kind], kept, chime=chime) as buffer:
        assert await buffer.format() == told
        heard = b""
        while part := await buffer.next(segments):
            heard += part
    expected = opening(8000) + tones.pcm("Hello.", 8000)
    assert told.seconds(len(heard)) == pytest.approx(told.seconds(len(expected)), abs=0.01)


async def test_another_rate_is_asked_for(make_service: MakeService) -> None:
    """For a rate that has not come yet it waits."""
    service = make_service("knovvu", quirks=learned("knovvu"))
    settings = replace(VOICES["knovvu"], sample_rate=16000)
    assert await hear(service, settings) == (PcmFormat(16000), opening(16000) + tones.pcm(TEXT, 16000))


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("text", ["", "  ", "**", "😀 😀"])
async def test_nothing_to_say(kind: str, text: str, simulator: Simulator, make_service: MakeService) -> None:
    """No chime announces nothing."""
    _, samples = await hear(make_service(kind, quirks=learned(kind)), VOICES[kind], text)
    assert samples == b""
    assert not any(request.texts for request in simulator.requests)


@pytest.mark.parametrize("kind", VOICES)
async def test_text_that_is_being_written(kind: str, make_service: MakeService) -> None:
    """It waits for the first sentence; until then there is silence, so that nobody gives up."""
    service = make_service(kind, quirks=learned(kind), limits=Limits(fill_after=0.05))

    async def text() -> AsyncGenerator[str]:
        yield "I wa"
        await asyncio.sleep(0.4)
        yield "nt a coffee. "
        await asyncio.sleep(0.4)
        yield "Now."

    segments = TextSegments(TextStream(text()))
    _, samples = await hear(service, VOICES[kind], segments)
    silence, mark, rest = samples.partition(chime_of(RATES[kind]))
    assert mark
    assert not any(silence)
    assert bool(silence) is (kind == "knovvu")
    assert rest.startswith(PcmFormat(RATES[kind]).silence(REST) + tones.pcm("I want a coffee.", RATES[kind]))
    assert rest.endswith(tones.pcm("Now.", RATES[kind]))


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("is_known", [True, False])
async def test_chime_that_takes_long(
    kind: str, is_known: bool, simulator: Simulator, make_service: MakeService
) -> None:
    """The speech is held behind it, no more of it than may be, and is whole."""
    service = make_service(kind, quirks=learned(kind) if is_known else None, limits=Limits(held=20_000))
    go_on = asyncio.Event()

    async def slow(audio_format: PcmFormat) -> bytes:
        await go_on.wait()
        return await chime(audio_format)

    listening = asyncio.create_task(hear(service, VOICES[kind], TEXT * 4, slow))
    async with asyncio.timeout(5):
        while not any(request.first_audio for request in simulator.requests):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert not listening.done()
    go_on.set()
    _, samples = await listening
    assert samples == opening(RATES[kind]) + tones.pcm(TEXT * 4, RATES[kind])
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_no_chime_to_be_had(kind: str, make_service: MakeService) -> None:
    """Without samples there is no rest, either."""

    async def nothing(_: PcmFormat) -> bytes:
        return b""

    _, samples = await hear(make_service(kind), VOICES[kind], chime=nothing)
    assert samples == tones.pcm(TEXT, RATES[kind])


@pytest.mark.parametrize("kind", VOICES)
async def test_chime_that_breaks(kind: str, make_service: MakeService) -> None:
    """A fault in what makes it comes out, and nothing waits for it for ever."""

    async def broken(_: PcmFormat) -> bytes:
        raise RuntimeError("broken")

    async with asyncio.timeout(10):
        with pytest.raises(RuntimeError, match="broken"):
            await hear(make_service(kind, limits=Limits(held=1000)), VOICES[kind], TEXT * 4, broken)


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("volume", [0.0, 0.5, 1.0, 2.0])
async def test_volume(kind: str, volume: float, make_service: MakeService) -> None:
    """It is as soft as the speech, but never louder than it is."""
    settings = replace(VOICES[kind], volume=volume)
    _, samples = await hear(make_service(kind), settings)
    assert samples.startswith(opening(RATES[kind], min(volume, 1.0)))


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("is_known", [True, False])
async def test_second_try(kind: str, is_known: bool, simulator: Simulator, make_service: MakeService) -> None:
    """A request that is made anew rings once: what the listener has heard of the speech counts."""
    simulator.habits.cut = Cut(0, "abort")
    simulator.habits.failures = 1
    _, samples = await hear(make_service(kind, quirks=learned(kind) if is_known else None), VOICES[kind])
    assert samples == opening(RATES[kind]) + tones.pcm(TEXT, RATES[kind])


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("busy_as", ["status", "error", "close"])
async def test_busy_service(
    kind: str, is_known: bool, busy_as: str, simulator: Simulator, make_service: MakeService
) -> None:
    """Three announcements to a licence for one are three chimes and three announcements."""
    simulator.habits.channels = 1
    simulator.habits.speed = 15.0
    setattr(simulator.habits, "busy_as", busy_as)  # noqa: B010 (one of three strings)
    service = make_service(kind, quirks=learned(kind) if is_known else None)
    async with asyncio.timeout(15):
        heard = await asyncio.gather(*(hear(service, VOICES[kind]) for _ in range(3)))
    assert [samples for _, samples in heard] == [opening(RATES[kind]) + tones.pcm(TEXT, RATES[kind])] * 3


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("volume", [0.5, 1.0])
async def test_speech_that_is_resumed(
    kind: str, is_known: bool, volume: float, simulator: Simulator, make_service: MakeService
) -> None:
    """A speech that breaks off goes on where it was: neither chime nor volume are in the count."""
    simulator.habits.cut = Cut(9001, "abort")
    simulator.habits.failures = 1
    service = make_service(kind, quirks=learned(kind) if is_known else None)
    settings = replace(VOICES[kind], volume=volume)
    _, samples = await hear(service, settings)
    _, spoken = await speak(make_service(kind), settings, TEXT)
    assert samples == opening(RATES[kind], volume) + spoken


@pytest.mark.parametrize("kind", VOICES)
async def test_failure_behind_it(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """What fails when it has rung is an error as without it."""
    simulator.habits.statuses = {"synthesize": 500, "socket": 500}
    service = make_service(kind, quirks=learned(kind))
    segments = TextSegments(TextStream.of(TEXT))
    heard: list[bytes] = []

    async def listen() -> None:
        async with service.speak(segments, VOICES[kind], chime=chime) as buffer:
            while part := await buffer.next(segments):
                heard.append(part)

    with pytest.raises(SpeechError):
        await listen()
    assert b"".join(heard) == opening(RATES[kind])


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("is_known", [True, False])
async def test_break_while_it_is_made(
    kind: str, is_known: bool, simulator: Simulator, make_service: MakeService
) -> None:
    """Nothing was heard of a speech that breaks off behind it: it is asked for again, from its beginning."""
    simulator.habits.cut = Cut(1001, "error")
    simulator.habits.failures = 1

    async def slow(audio_format: PcmFormat) -> bytes:
        await asyncio.sleep(0.2)
        return await chime(audio_format)

    service = make_service(kind, quirks=learned(kind) if is_known else None)
    _, samples = await hear(service, VOICES[kind], chime=slow)
    assert samples == opening(RATES[kind]) + tones.pcm(TEXT, RATES[kind])


@pytest.mark.parametrize("kind", VOICES)
async def test_failure_while_it_is_made(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """What was held behind it is not heard: a fallback begins at the beginning."""
    simulator.habits.cut = Cut(1001, "error")
    service = make_service(kind)
    heard: list[bytes] = []

    async def slow(_: PcmFormat) -> bytes:
        await asyncio.sleep(5)
        return b""

    async def listen() -> None:
        segments = TextSegments(TextStream.of(TEXT))
        async with service.speak(segments, VOICES[kind], chime=slow) as buffer:
            while part := await buffer.next(segments):
                heard.append(part)

    with pytest.raises(SpeechError):
        await listen()
    assert not any(b"".join(heard))


@pytest.mark.parametrize("kind", VOICES)
async def test_listener_who_leaves(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """What makes the chime ends with the speech."""
    left = asyncio.Event()

    async def endless(_: PcmFormat) -> bytes:
        try:
            await asyncio.Event().wait()
        finally:
            left.set()
        return b""

    service = make_service(kind)
    async with service.speak(TextSegments(TextStream.of(TEXT)), VOICES[kind], chime=endless) as buffer:
        await buffer.format()
        await asyncio.sleep(0.05)
        assert not left.is_set()
    assert left.is_set()
    await all_closed(simulator)
