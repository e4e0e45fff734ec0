"""Speaking to servers that are not as they should be, and what a listener gets of it.

Only this file knows how the clients are called, so that the tests beside it say nothing but what is heard,
what is asked of a server, and when.
"""

from array import array
import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import aiohttp
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.audio.buffer import AudioBuffer
from custom_components.websocket_tts.speech.audio.chime import Chime
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.channels import ChannelQueue
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.exceptions import SpeechError
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.metrics import SynthesisMetrics
from custom_components.websocket_tts.speech.models import ConnectionConfig, VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import tones

from .speaking import VOICES

ALONE = 4.0
"""Seconds of retries before the first sample where nothing else can speak."""
RATES = {"vivoka": 22050, "knovvu": 24000}
"""Sample rate of each service, in Hz."""
SENTENCES = (
    "This is the first sentence of what is said.",
    "Here is another one, which is the second!",
    "And the third one is the last one of them.",
)
TEXT = " ".join(SENTENCES)
PLAIN = SENTENCES[0]


@dataclass(slots=True)
class Heard:
    """What a listener got of an announcement; times are seconds since it was asked for."""

    begun: float
    format: PcmFormat | None = None
    parts: list[tuple[float, bytes]] = field(default_factory=list)
    error: SpeechError | None = None
    ended: float = 0.0
    metrics: SynthesisMetrics = field(default_factory=SynthesisMetrics)

    @property
    def samples(self) -> bytes:
        """Return all samples."""
        return b"".join(part for _, part in self.parts)

    @property
    def speech(self) -> bytes:
        """Return the samples of the service: those of tones are never zero, silence is nothing else."""
        return array("h", filter(None, array("h", self.samples))).tobytes()

    def outcome(self, expected: bytes, *, with_silence: bool = False) -> str:
        """Return "whole" if all of the audio was heard, each sample once, without an error; else what was."""
        heard = self.speech
        if heard == expected:
            result = "whole"
        elif expected.startswith(heard):
            result = f"{len(heard) / len(expected):.0%}"
        else:
            result = f"something else, {len(heard) / len(expected):.0%} as long"
        if not with_silence and heard != self.samples:
            result += " with silence in it"
        return result + (f", {type(self.error).__name__}" if self.error else "")

    @property
    def first(self) -> float:
        """Return when the first speech was heard."""
        return next(at for at, part in self.parts if any(part))

    @property
    def last(self) -> float:
        """Return when the last speech was heard."""
        return next(at for at, part in reversed(self.parts) if any(part))

    @property
    def gap(self) -> float:
        """Return the longest time without a byte, from the first one to the last, or to an error."""
        times = [at for at, _ in self.parts] + ([self.ended] if self.error else [])
        return max(after - before for before, after in pairwise(times))

    @property
    def left_out(self) -> int:
        """Return how many sentences could not be spoken, as the client counts them."""
        return int(getattr(self.metrics, "left_out", -1))

    @property
    def silence(self) -> float:
        """Return the seconds of silence sent while the service was waited for, as the client counts them."""
        return float(getattr(self.metrics, "silence", -1.0))


@asynccontextmanager
async def client_of(
    kind: str,
    address: str,
    *,
    quirks: dict[str, object] | None = None,
    channels: Any = None,
    limits: Limits | None = None,
    **credentials: Any,
) -> AsyncGenerator[SpeechClient]:
    """Make a client, with the real limits unless it is given others, and close it."""
    options = {"limits": limits} | ({"channels": channels} if channels is not None else {})
    async with aiohttp.ClientSession() as session:
        connection = ConnectionConfig(URL(address), **credentials)
        client = SERVICES[kind](session, connection, quirks, **options)
        try:
            yield client
        finally:
            await client.aclose()


def shared_channels() -> ChannelQueue:
    """Return what two clients of one licence share."""
    return ChannelQueue(Limits().busy)


def keep_ready(client: SpeechClient, seconds: float | None = None) -> None:
    """Have a connection kept ready: always, or for so many seconds, as after an announcement."""
    client.preconnect(seconds)


def settings_of(kind: str, **settings: Any) -> VoiceSettings:
    """Return the settings that the tests speak with."""
    return replace(VOICES[kind], **settings)


def samples_of(kind: str, text: str, rate: int | None = None) -> bytes:
    """Return the audio of a text."""
    return tones.pcm(text, rate or RATES[kind])


async def speak(
    client: SpeechClient,
    kind: str,
    text: str | AsyncGenerator[str] = PLAIN,
    *,
    patience: float = ALONE,
    settings: VoiceSettings | None = None,
    chime: Chime | None = None,
) -> Heard:
    """Speak a text, which may still be written, and return what is heard until the end or an error."""
    now = asyncio.get_running_loop().time
    heard = Heard(now())
    settings = settings or VOICES[kind]
    kept = AudioBuffer(client.limits, metrics=heard.metrics)
    try:
        async with (
            _segments(client, text, settings) as segments,
            client.speak(segments, settings, kept, chime=chime, patience=patience) as buffer,
        ):
            heard.format = await buffer.format()
            while part := await buffer.next(segments):
                heard.parts.append((now() - heard.begun, part))
    except SpeechError as err:
        heard.error = err
    heard.ended = now() - heard.begun
    return heard


def start(
    client: SpeechClient, kind: str, text: str | AsyncGenerator[str] = PLAIN, **options: Any
) -> asyncio.Task[Heard]:
    """Speak a text in a task."""
    return asyncio.create_task(speak(client, kind, text, **options))


async def written(*chunks: str | float) -> AsyncGenerator[str]:
    """Write a text: chunks, and seconds between them."""
    for chunk in chunks:
        if isinstance(chunk, str):
            yield chunk
        else:
            await asyncio.sleep(chunk)


@asynccontextmanager
async def _segments(
    client: SpeechClient, text: str | AsyncGenerator[str], settings: VoiceSettings
) -> AsyncIterator[TextSegments]:
    """Yield the segments of a text for a client."""
    async with TextStream(written(text) if isinstance(text, str) else text) as read:
        yield client.segments(read, settings)
