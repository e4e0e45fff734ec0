"""Segments grow gradually: no gap in what is heard, as far as an engine is fast enough at all."""

import asyncio
from time import monotonic

import pytest

from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.pace import EnginePace, least_seconds, letters
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Simulator, tones
from tests.services import SERVICES

from .speaking import VOICES, MakeService

GREETING = "Good morning."
SENTENCE = "This sentence has about sixty characters, and not one more."
LONG = f"{GREETING} " + " ".join([SENTENCE] * 16)
CHARACTER = 0.05
"""Seconds that a character of the simulator sounds."""


async def gaps(service: object, kind: str, text: str) -> tuple[list[float], bytes]:
    """Return for how long a player in real time has nothing to play, each time, and the samples."""
    dry, ends, samples = [], 0.0, b""
    async with service.speak(TextSegments(TextStream.of(text)), VOICES[kind]) as buffer:  # type: ignore[attr-defined]
        audio_format = await buffer.format()
        while part := await buffer.next():
            now = monotonic()
            if samples and now > ends:
                dry.append(now - ends)
            ends = max(ends, now) + audio_format.seconds(len(part))
            samples += part
    return dry, samples


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("speed", [0.05, 0.15])
async def test_a_long_text_after_a_short_sentence(
    kind: str, speed: float, simulator: Simulator, make_service: MakeService
) -> None:
    """With an engine that sends each request whole, what comes next is there in time."""
    simulator.habits.thinks = speed
    text = LONG[:400]
    service = make_service(kind)
    await asyncio.create_task(gaps(service, kind, GREETING))
    dry, samples = await gaps(service, kind, text)
    rate = SERVICES[kind].sample_rate
    assert samples == tones.pcm(text, rate)
    # One sentence cannot be cut: the greeting sounds 0.6 s.
    greeting, sentence = len(GREETING) * CHARACTER, len(SENTENCE) * CHARACTER
    assert sum(dry) <= max(0.0, sentence * speed - greeting) + 0.25


@pytest.mark.parametrize("kind", VOICES)
async def test_a_slow_engine_is_no_timeout(
    kind: str, simulator: Simulator, make_service: MakeService
) -> None:
    """A request is never so long that its first audio takes longer than is waited for."""
    simulator.habits.thinks = 0.1
    service = make_service(kind, limits=Limits(first_audio=1.5, between_audio=1.5))
    _, samples = await gaps(service, kind, LONG)
    assert samples == tones.pcm(LONG, SERVICES[kind].sample_rate)


@pytest.mark.parametrize(("thinks", "sentences"), [(0.3, 24), (0.4, 14), (0.4, 20)])
async def test_a_slow_engine_is_not_over(
    thinks: float, sentences: int, simulator: Simulator, make_service: MakeService
) -> None:
    """If the end is not announced, no text takes as long as the silence that counts as the end."""
    simulator.habits.thinks = thinks
    simulator.habits.knovvu.end = ""
    service = make_service("knovvu")
    for text in (SENTENCE, f"{GREETING} " + " ".join([SENTENCE] * sentences)):
        service.preconnect()
        await asyncio.sleep(1)
        _, samples = await asyncio.create_task(gaps(service, "knovvu", text))
        assert samples == tones.pcm(text, SERVICES["knovvu"].sample_rate)


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("fast", [0.01, 0.1])
async def test_an_engine_that_is_slower_than_ever(
    kind: str, fast: float, simulator: Simulator, make_service: MakeService
) -> None:
    """The speech is not given up because a service that was measured while it was fast is slow."""
    service = make_service(kind)
    for thinks, text in ((fast, SENTENCE), (0.7, LONG)):
        simulator.habits.thinks = thinks
        _, samples = await asyncio.create_task(gaps(service, kind, text))
        assert samples == tones.pcm(text, SERVICES[kind].sample_rate)


def test_fast_engines_get_long_segments() -> None:
    """Where the latency does not depend on the length, a few sentences are enough to grow."""
    pace, size, requests = EnginePace(15.0), 13, 0
    while size < 1000:
        pace.note(0.1, size)
        size = max(size, pace.next_limit(size))
        requests += 1
    assert requests <= 3


def test_slow_engines_get_short_segments() -> None:
    """What takes as long as it sounds must not grow; nothing is divided by zero."""
    pace = EnginePace(15.0)
    pace.note(0.65, 13)
    assert pace.next_limit(13) < 13
    fast = EnginePace(15.0)
    fast.note(0.0, 13)
    assert fast.next_limit(13) == 1000


def test_fast_speech_is_played_sooner() -> None:
    """A higher rate leaves less time for the next segment; a lower one is not relied on."""
    pace = EnginePace(15.0)
    pace.note(1.0, 100)
    assert pace.next_limit(100, 2.0) * 2 == pytest.approx(pace.next_limit(100), abs=1)
    assert pace.next_limit(100, 0.5) == pace.next_limit(100)


def test_a_changing_engine_is_followed() -> None:
    """What is newer counts for more."""
    pace = EnginePace(15.0)
    for _ in range(20):
        pace.note(0.01, 100)
    assert pace.next_limit(100) == 1000
    for _ in range(4):
        pace.note(4.0, 100)
    assert pace.next_limit(100) < 120


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Hi, you!", 5),
        ("你好", 6),
        ("한국", 6),
        ("ひら", 4),
        ("สวัสดี", 4),
        ("12:30", 4),
        ("Aaaaah", 6),
    ],
)
def test_letters(text: str, count: int) -> None:
    """Signs of some scripts sound longer than a letter."""
    assert letters(text) == count


@pytest.mark.parametrize(
    ("seconds", "rate", "short"),
    [
        (3.4, 1.0, True),
        (3.6, 1.0, False),
        (1.7, 2.0, True),
        (1.8, 2.0, False),
        (3.6, 0.33, False),
        (0.0, 1.0, True),
    ],
)
def test_short(seconds: float, rate: float, short: bool) -> None:
    """No voice is that fast; one that does not follow a low rate is not short."""
    assert (seconds < least_seconds(100, rate)) is short
    assert seconds >= least_seconds(0, rate)
