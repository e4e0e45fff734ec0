"""Speaking to a service, and what it gave."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Habits, Simulator
from tests.services import SERVICES

type MakeService = Callable[..., SpeechClient]

TEXT = "I want a coffee. With milk, please! It costs 3.50, no more?"
VOICES = {kind: VoiceSettings(service.voice) for kind, service in SERVICES.items()}


def set_habits(simulator: Simulator, kind: str, common: dict[str, object], own: dict[str, object]) -> None:
    """Give a server its habits."""
    simulator.habits = Habits()
    for name, value in common.items():
        setattr(simulator.habits, name, value)
    for name, value in own.items():
        setattr(getattr(simulator.habits, kind), name, value)


async def parts_of(
    service: SpeechClient, segments: TextSegments, settings: VoiceSettings
) -> AsyncGenerator[PcmFormat | bytes]:
    """Yield the format and the samples of a text; closing it is a listener who goes away."""
    async with service.speak(segments, settings) as buffer:
        if audio_format := await buffer.format():
            yield audio_format
        while samples := await buffer.next(segments):
            yield samples


async def speak(service: SpeechClient, settings: VoiceSettings, text: str) -> tuple[PcmFormat, bytes]:
    """Return the format and all samples of a text."""
    segments = TextSegments(
        TextStream.of(text),
        reads_ssml=service.reads_ssml(settings.voice),
        sentence_pause=settings.sentence_pause,
    )
    async with service.speak(segments, settings) as buffer:
        audio_format = await buffer.format()
        assert audio_format is not None
        samples = []
        while part := await buffer.next(segments):
            samples.append(part)
    return audio_format, b"".join(samples)


async def all_closed(simulator: Simulator) -> None:
    """Wait until the server has seen every socket closed, which must be at once."""
    await wait_for(lambda: not simulator.open_sockets)


async def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so, which must be within a second."""
    async with asyncio.timeout(1):
        while not condition():
            await asyncio.sleep(0.005)
