"""Speaking to a service, and what it gave."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from custom_components.websocket_tts.speech import PcmFormat, SpeechClient, TextSegments, VoiceSettings
from simulator import Simulator

type MakeService = Callable[..., SpeechClient]

TEXT = "I want a coffee. With milk, please! It costs 3.50, no more?"
VOICES = {"vivoka": VoiceSettings("enu,evan,embedded-pro"), "knovvu": VoiceSettings("Emily_Premium")}


async def speak(service: SpeechClient, settings: VoiceSettings, text: str) -> tuple[PcmFormat, bytes]:
    """Return the format and all samples of a text."""
    async with TextSegments.of(text) as pieces, aclosing(service.synthesize(pieces, settings)) as audio:
        audio_format = await anext(audio)
        assert isinstance(audio_format, PcmFormat)
        samples = []
        async for part in audio:
            assert isinstance(part, bytes)
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
