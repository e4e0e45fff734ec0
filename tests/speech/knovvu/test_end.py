"""The end of a speech of Knovvu: told by closing, by a message, or not at all; never taken for granted."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Cut, Simulator, tones
from tests.speech.speaking import VOICES, MakeService, all_closed, parts_of, speak

LIMITS = Limits(first_audio=1.0, between_audio=1.0, min_quiet=0.1, max_quiet=0.5)
"""Seconds where people would wait for ten times as long."""
TOLD = [
    pytest.param({"end": "close"}, id="closes"),
    pytest.param({"end": "synthesis-completed"}, id="one message"),
    pytest.param({"end": "synthesis-completed", "end_each_flush": True}, id="a message each flush"),
    pytest.param({"end": "synthesis-finalized", "end_each_flush": True}, id="finalized each flush"),
    pytest.param({"end": "close", "end_each_flush": True}, id="completed each flush, then closes"),
]
SENTENCES = (
    "This is the first sentence of three.",
    "Here is another one!",
    "And the third one is the last one.",
)
TEXT = " ".join(SENTENCES)
VOICE = VOICES["knovvu"]


def habits(simulator: Simulator, own: dict[str, object], **common: Any) -> None:
    """Give the server its habits."""
    for name, value in own.items():
        setattr(simulator.habits.knovvu, name, value)
    for name, value in common.items():
        setattr(simulator.habits, name, value)


async def written() -> AsyncGenerator[str]:
    """Write a text sentence by sentence, so that each is flushed by itself."""
    for sentence in SENTENCES:
        yield f"{sentence} "
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("own", TOLD)
async def test_a_pause_on_the_line(
    own: dict[str, object], simulator: Simulator, make_service: MakeService
) -> None:
    """Quiet is not the end of a service that tells it: neither the first time, nor when that is known."""
    habits(simulator, own)
    service = make_service("knovvu", limits=LIMITS)
    await service.verify_voice(VOICE)
    assert service.quirks["ending"] != "varies"
    for text in (SENTENCES[0], TEXT):
        size = len(tones.pcm(text, 24000))
        for part in (0.53, 0.72, 0.95):
            habits(simulator, {}, pause_after=int(size * part), pause=0.8)
            _, samples = await speak(service, VOICE, text)
            assert samples == tones.pcm(text, 24000)
    await all_closed(simulator)


@pytest.mark.parametrize("own", [*TOLD, pytest.param({"end": ""}, id="never told")])
@pytest.mark.parametrize("late", [0, 1, 2])
async def test_a_flush_that_is_late(
    own: dict[str, object], late: int, simulator: Simulator, make_service: MakeService
) -> None:
    """One answered flush does not count for all."""
    habits(simulator, own)
    service = make_service("knovvu", limits=LIMITS)
    await service.verify_voice(VOICE)
    await speak(service, VOICE, TEXT)
    simulator.habits.late = (late, 0.8)
    for _ in range(2):
        audio = parts_of(service, TextSegments(TextStream(written())), VOICE)
        samples = b"".join([part async for part in audio if isinstance(part, bytes)])
        assert samples == tones.pcm(TEXT, 24000)
        assert len(simulator.requests[-1].texts) == 3


async def test_a_service_that_falls_silent(simulator: Simulator, make_service: MakeService) -> None:
    """Where the end is said, and is not, the rest is asked for once more, and heard."""
    service = make_service("knovvu", limits=LIMITS)
    await service.verify_voice(VOICE)
    simulator.habits.cut = Cut(len(tones.pcm(SENTENCES[0], 24000)) * 9 // 10, "stall")
    simulator.habits.failures = 1
    _, samples = await speak(service, VOICE, SENTENCES[0])
    assert samples == tones.pcm(SENTENCES[0], 24000)
    assert len(simulator.requests) == 3
    assert service.quirks["ending"] == "close"


async def test_a_service_that_tells_no_more(simulator: Simulator, make_service: MakeService) -> None:
    """After an update the end is not said any more: that is doubted once, and then believed."""
    service = make_service("knovvu", limits=LIMITS)
    await service.verify_voice(VOICE)
    simulator.habits.knovvu.end = ""
    for requests in (2, 1, 1):
        simulator.requests.clear()
        _, samples = await speak(service, VOICE, TEXT)
        assert samples == tones.pcm(TEXT, 24000)
        assert len(simulator.requests) == requests
        assert service.quirks["ending"] == "varies"
    simulator.habits.knovvu.end = "close"
    await speak(service, VOICE, TEXT)
    assert service.quirks["ending"] == "varies"


async def test_the_trial_finds_out(simulator: Simulator, make_service: MakeService) -> None:
    """A service that never tells is found out before the first announcement."""
    simulator.habits.knovvu.end = ""
    service = make_service("knovvu", limits=LIMITS)
    await service.verify_voice(VOICE)
    assert service.quirks["ending"] == "silence"


@pytest.mark.parametrize("part", [0.1, 0.3])
async def test_what_is_far_too_short_is_doubted(
    part: float, simulator: Simulator, make_service: MakeService
) -> None:
    """A service that never tells falls silent: what is far less than the text needs is asked for again."""
    simulator.habits.knovvu.end = ""
    service = make_service("knovvu", limits=LIMITS)
    await service.verify_voice(VOICE)
    await speak(service, VOICE, TEXT)
    simulator.habits.cut = Cut(int(len(tones.pcm(TEXT, 24000)) * part), "stall")
    simulator.habits.failures = 1
    _, samples = await speak(service, VOICE, TEXT)
    assert samples == tones.pcm(TEXT, 24000)


async def test_what_seems_cut_is_waited_for(simulator: Simulator, make_service: MakeService) -> None:
    """Where the end is not told, what is not yet as much as usual is given the longest time."""
    simulator.habits.knovvu.end = ""
    service = make_service("knovvu", limits=LIMITS)
    await service.verify_voice(VOICE)
    await speak(service, VOICE, TEXT)
    size = len(tones.pcm(TEXT, 24000))
    for part in (0.65, 0.8):
        habits(simulator, {}, pause_after=int(size * part), pause=0.4)
        _, samples = await speak(service, VOICE, TEXT)
        assert samples == tones.pcm(TEXT, 24000)


async def test_seconds_between_two_flushes(simulator: Simulator, make_service: MakeService) -> None:
    """As long as audio is due, it has the time that it has anywhere; nothing is known of this service yet."""
    simulator.habits.late = (1, 0.8)
    audio = parts_of(make_service("knovvu", limits=LIMITS), TextSegments(TextStream(written())), VOICE)
    samples = b"".join([part async for part in audio if isinstance(part, bytes)])
    assert samples == tones.pcm(TEXT, 24000)


@pytest.mark.parametrize("rate", [0.5, 2.0])
async def test_the_rate_counts(rate: float, simulator: Simulator, make_service: MakeService) -> None:
    """A voice that is asked to speak faster takes less, and is not cut off for that."""
    simulator.habits.knovvu.end = ""
    service = make_service("knovvu", limits=LIMITS)
    for _ in range(3):
        settings = VoiceSettings(VOICE.voice, rate=rate)
        _, samples = await speak(service, settings, TEXT)
        assert samples == tones.pcm(TEXT, 24000, rate)
    _, samples = await speak(service, VOICE, TEXT)
    assert samples == tones.pcm(TEXT, 24000)


@pytest.mark.parametrize(
    "text", ["!?", "...", "😀", "1", "A.", "好", "2026-11-21 12:34:56", "https://a.b/c?d=e"]
)
@pytest.mark.parametrize("end", ["", "close"])
async def test_texts_without_many_letters(
    text: str, end: str, simulator: Simulator, make_service: MakeService
) -> None:
    """What is hardly made of letters is not taken for cut off."""
    simulator.habits.knovvu.end = end
    service = make_service("knovvu", limits=LIMITS)
    for _ in range(2):
        _, samples = await speak(service, VOICE, TEXT)
        _, samples = await speak(service, VOICE, text)
        assert samples == tones.pcm(text, 24000)


async def test_a_short_flush_that_is_late(simulator: Simulator, make_service: MakeService) -> None:
    """That nearly all of a text was heard, and its first flush is over, is not the end of the last one."""
    habits(simulator, {"end": "synthesis-completed", "end_each_flush": True})
    service = make_service("knovvu", limits=LIMITS)
    text = f"{SENTENCES[0][:-1] + ', and so on' * 4}. And more."
    await service.verify_voice(VOICE)
    await speak(service, VOICE, TEXT)
    simulator.habits.late = (1, 0.8)
    _, samples = await speak(service, VOICE, text)
    assert samples == tones.pcm(text, 24000)
    assert len(simulator.requests[-1].texts) == 2
