"""The fallback voice: another text-to-speech entity, which speaks when the service cannot."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Unpack

from homeassistant.components.tts import (
    ATTR_PREFERRED_FORMAT,
    ATTR_PREFERRED_SAMPLE_BYTES,
    ATTR_PREFERRED_SAMPLE_CHANNELS,
    ATTR_PREFERRED_SAMPLE_RATE,
    ResultStream,
    TextToSpeechEntity,
    async_create_stream,
    get_engine_instance,
)
from homeassistant.core import HomeAssistant

from ..const import AUDIO_FORMAT_WAV, CONF_CHIME, DOMAIN
from ..speech.audio import wav
from ..speech.audio.buffer import AudioBuffer, Awaited
from ..speech.audio.chime import Chime, ring as ring_chime
from ..speech.audio.pcm import SAMPLE_WIDTH, PcmFormat
from ..speech.exceptions import CannotConnectError, NoAudioError, ProtocolError, SpeechError
from ..speech.limits import Limits
from ..speech.metrics import SynthesisMetrics
from ..speech.models import VoiceSettings
from ..speech.text.segments import Segment, TextOptions, TextSegments
from ..speech.text.stream import TextStream
from .chime import NO_CHIME
from .voices import closest_language

PATIENCE = 60.0
"""Timeout for audio, in seconds since the last text or audio: an entity may be slow, or hang."""

_waiting: ContextVar[frozenset[str]] = ContextVar("waiting", default=frozenset())
"""Entities that wait for this fallback to speak; tasks of Home Assistant inherit it. Prevents loops."""


def find_fallback(hass: HomeAssistant, entity_id: str, *, instead_of: str) -> TextToSpeechEntity | None:
    """Return an entity that may speak instead of another one: it is there, and does not wait for that one."""
    entity = get_engine_instance(hass, entity_id)
    is_waiting = entity_id in _waiting.get() | {instead_of}
    return entity if isinstance(entity, TextToSpeechEntity) and not is_waiting else None


async def _sentences(
    first: Segment, segments: TextSegments, patience: asyncio.Timeout
) -> AsyncGenerator[str]:
    """Yield the text, whose first segment was already taken; each restarts the timeout for audio."""
    segment: Segment | None = first
    while segment:
        yield f"{segment.text} "
        segment = await segments.next()
        # Home Assistant may still read the text after the timeout.
        with suppress(RuntimeError):
            _extend(patience)


def _extend(patience: asyncio.Timeout) -> None:
    patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)


@dataclass(slots=True)
class FallbackVoice:
    """Speaks instead of the client of a service, with the same interface."""

    hass: HomeAssistant
    entity: TextToSpeechEntity
    instead_of: str
    """ID of the entity that waits for it."""
    language: str
    audio_format: PcmFormat
    """Home Assistant converts its audio to this format."""
    limits: Limits
    _ring: Callable[[], Awaitable[None]] | None = field(default=None, init=False)

    @property
    def integration(self) -> str:
        """Return the domain of the integration of the entity."""
        return self.entity.platform.platform_name

    def segments(
        self, text: TextStream, settings: VoiceSettings, **options: Unpack[TextOptions]
    ) -> TextSegments:
        """Return the sentences of a text. The settings of the service do not apply to another voice."""
        del settings
        return TextSegments(text, **(TextOptions(reads_ssml=False) | options))

    def speak(
        self,
        segments: TextSegments,
        settings: VoiceSettings,
        metrics: SynthesisMetrics,
        *,
        lead_in: int = 0,
        lead_out: int = 0,
        chime: Chime | None = None,
        patience: float = 0.0,
    ) -> AudioBuffer:
        """Start speaking, like SpeechClient.speak. Any error of the entity becomes a SpeechError."""
        del patience
        buffer = AudioBuffer(self.limits, lead_in, lead_out)
        self._ring = partial(ring_chime, chime, buffer, settings.volume) if chime else None
        receiving = self._receive(segments, metrics, buffer)
        # Not a task of the entry: what is being said is said to its end.
        buffer.receive_in(self.hass.async_create_background_task(receiving, "fallback speech"))
        return buffer

    async def _receive(self, segments: TextSegments, metrics: SynthesisMetrics, buffer: AudioBuffer) -> None:
        _waiting.set(_waiting.get() | {self.instead_of})
        buffer.awaited = Awaited.TEXT
        try:
            if first := await segments.next():
                await self._speak(first, segments, metrics, buffer)
        except SpeechError:
            raise
        except Exception as err:  # noqa: BLE001 (any integration may speak here)
            failure = CannotConnectError(f"{self.entity.entity_id} failed: {type(err).__name__}")
        else:
            return
        finally:
            metrics.total = metrics.elapsed
        # Raised outside the handler: the error of another integration may contain the text.
        raise failure

    async def _speak(
        self, first: Segment, segments: TextSegments, metrics: SynthesisMetrics, buffer: AudioBuffer
    ) -> None:
        stream, patience = self._new_stream(), asyncio.timeout(PATIENCE)
        stream.async_set_message_stream(_sentences(first, segments, patience))
        # The entity may need the complete text, so silence is sent in the meantime; not immediately: the
        # service, if it takes over, speaks in its own format.
        loop, size = asyncio.get_running_loop(), 0
        silence = loop.call_later(self.limits.fill_after, self._begin_silence, segments, buffer)
        try:
            async with patience, aclosing(self._samples(stream)) as received:
                async for samples in received:
                    buffer.begin(self.audio_format)
                    if self._ring and not size:
                        await self._ring()
                    buffer.put(samples)
                    size += len(samples)
                    metrics.note_audio(self.audio_format.seconds(len(samples)))
                    patience.reschedule(None)
                    await buffer.room()
                    _extend(patience)
        finally:
            silence.cancel()
        if not size:
            raise NoAudioError(f"{self.entity.entity_id} sent no audio")
        buffer.put(bytes(size % SAMPLE_WIDTH))

    def _begin_silence(self, segments: TextSegments, buffer: AudioBuffer) -> None:
        if not segments.complete:
            buffer.begin(self.audio_format)

    def _new_stream(self) -> ResultStream:
        """Return a new stream of the entity. Raises HomeAssistantError if the entity is gone by now."""
        # The chime of the announcement is rung here; one of our own entities would ring as well.
        own = {CONF_CHIME: NO_CHIME} if self.integration == DOMAIN else {}
        return async_create_stream(
            self.hass,
            self.entity.entity_id,
            language=self._closest_language(),
            options={
                **own,
                ATTR_PREFERRED_FORMAT: AUDIO_FORMAT_WAV,
                ATTR_PREFERRED_SAMPLE_RATE: self.audio_format.sample_rate,
                ATTR_PREFERRED_SAMPLE_CHANNELS: 1,
                ATTR_PREFERRED_SAMPLE_BYTES: SAMPLE_WIDTH,
            },
        )

    def _closest_language(self) -> str | None:
        """Return the supported language that is closest; None for the default of the entity."""
        return closest_language(self.language, self.entity.supported_languages, self.hass.config.country)

    async def _samples(self, stream: ResultStream) -> AsyncGenerator[bytes]:
        """Yield the samples after the WAV header. Raises ProtocolError if the format differs."""
        head, split = b"", None
        async with aclosing(stream.async_stream_result()) as chunks:
            async for chunk in chunks:
                if split:
                    yield chunk
                elif split := wav.split_header(head := head + chunk):
                    audio_format, samples = split
                    if audio_format != self.audio_format:
                        raise ProtocolError(f"{self.entity.entity_id} sent another format")
                    if samples:
                        yield samples
