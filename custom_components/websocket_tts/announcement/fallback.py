"""The fallback voice: another text-to-speech entity, which speaks when the service cannot."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from contextvars import ContextVar
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
from homeassistant.util import language as language_util

from ..const import AUDIO_FORMAT_WAV, CONF_CHIME, DOMAIN
from ..speech import (
    AudioBuffer,
    Awaited,
    CannotConnectError,
    Chime,
    Limits,
    NoAudioError,
    PcmFormat,
    ProtocolError,
    Segment,
    SpeechError,
    SynthesisMetrics,
    TextOptions,
    TextSegments,
    TextStream,
    VoiceSettings,
    ring_chime,
    wav,
)
from .chime import NO_CHIME

PATIENCE = 60.0
"""Timeout for audio, in seconds since the last text or audio: an entity may be slow, or hang."""
_SAMPLE_BYTES = 2

_waiting: ContextVar[frozenset[str]] = ContextVar("waiting", default=frozenset())
"""Entities that wait for this fallback to speak; tasks of Home Assistant inherit it. Prevents loops."""


def find_fallback(hass: HomeAssistant, entity_id: str, *, instead_of: str) -> TextToSpeechEntity | None:
    """Return an entity that may speak instead of another one: it is there, and does not wait for that one."""
    entity = get_engine_instance(hass, entity_id)
    is_waiting = entity_id in _waiting.get() | {instead_of}
    return entity if isinstance(entity, TextToSpeechEntity) and not is_waiting else None


class _Text:
    """The text for the entity, and the timeout for its audio."""

    def __init__(self, first: Segment, segments: TextSegments) -> None:
        """Initialize with the first segment, which was already taken."""
        self._first = first
        self._segments = segments
        self.patience = asyncio.timeout(PATIENCE)

    @property
    def is_complete(self) -> bool:
        """Return whether the whole text is known."""
        return self._segments.complete

    def extend_patience(self) -> None:
        """Restart the timeout."""
        self.patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)

    async def sentences(self) -> AsyncGenerator[str]:
        """Yield the text. Home Assistant may still read it after the timeout."""
        segment: Segment | None = self._first
        while segment:
            yield f"{segment.text} "
            segment = await self._segments.next()
            with suppress(RuntimeError):
                self.extend_patience()


class FallbackVoice:
    """Speaks instead of the client of a service, with the same interface."""

    def __init__(
        self,
        hass: HomeAssistant,
        entity: TextToSpeechEntity,
        *,
        instead_of: str,
        language: str,
        audio_format: PcmFormat,
        limits: Limits,
    ) -> None:
        """Initialize for an entity; Home Assistant converts its audio to the format."""
        self._hass = hass
        self._entity = entity
        self._entity_id = entity.entity_id
        self._instead_of = instead_of
        self._language = language
        self._format = audio_format
        self._limits = limits
        self._ring: Callable[[], Awaitable[None]] | None = None

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
        buffer = AudioBuffer(self._limits, lead_in, lead_out)
        self._ring = partial(ring_chime, chime, buffer, settings.volume) if chime else None
        receiving = self._receive(segments, metrics, buffer)
        # Not a task of the entry: what is being said is said to its end.
        buffer.receive_in(self._hass.async_create_background_task(receiving, f"{self._entity_id} speech"))
        return buffer

    async def _receive(self, segments: TextSegments, metrics: SynthesisMetrics, buffer: AudioBuffer) -> None:
        _waiting.set(_waiting.get() | {self._instead_of})
        buffer.awaited = Awaited.TEXT
        try:
            if first := await segments.next():
                await self._speak(_Text(first, segments), metrics, buffer)
        except SpeechError:
            raise
        except Exception as err:  # noqa: BLE001 (any integration may speak here)
            failure = CannotConnectError(f"{self._entity_id} failed: {type(err).__name__}")
        else:
            return
        finally:
            metrics.total = metrics.elapsed
        # Raised outside the handler: the error of another integration may contain the text.
        raise failure

    async def _speak(self, text: _Text, metrics: SynthesisMetrics, buffer: AudioBuffer) -> None:
        stream, size = self._new_stream(), 0
        stream.async_set_message_stream(text.sentences())
        # The entity may need the complete text, so silence is sent in the meantime; not immediately, since
        # another speaker may have to take over, in another format.
        loop = asyncio.get_running_loop()
        silence = loop.call_later(self._limits.fill_after, self._begin_silence, text, buffer)
        try:
            async with text.patience, aclosing(self._samples(stream)) as received:
                async for samples in received:
                    buffer.begin(self._format)
                    if self._ring and not size:
                        # Not earlier: another speaker may still have to take over, in another format.
                        await self._ring()
                    buffer.put(samples)
                    size += len(samples)
                    metrics.note_audio(self._format.seconds(len(samples)))
                    text.patience.reschedule(None)
                    await buffer.room()
                    text.extend_patience()
        finally:
            silence.cancel()
        if not size:
            raise NoAudioError(f"{self._entity_id} sent no audio")
        if size % _SAMPLE_BYTES:
            buffer.put(b"\0")

    def _begin_silence(self, text: _Text, buffer: AudioBuffer) -> None:
        if not text.is_complete:
            buffer.begin(self._format)

    def _new_stream(self) -> ResultStream:
        """Return a new stream of the entity. Raises HomeAssistantError if the entity is gone by now."""
        # The chime of the announcement is rung here; one of our own entities would ring as well.
        own = {CONF_CHIME: NO_CHIME} if self._entity.platform.platform_name == DOMAIN else {}
        return async_create_stream(
            self._hass,
            self._entity_id,
            language=self._closest_language(),
            options={
                **own,
                ATTR_PREFERRED_FORMAT: AUDIO_FORMAT_WAV,
                ATTR_PREFERRED_SAMPLE_RATE: self._format.sample_rate,
                ATTR_PREFERRED_SAMPLE_CHANNELS: 1,
                ATTR_PREFERRED_SAMPLE_BYTES: _SAMPLE_BYTES,
            },
        )

    def _closest_language(self) -> str | None:
        """Return the supported language that is closest; None for the default of the entity."""
        languages = self._entity.supported_languages
        if self._language in languages:
            return self._language
        matches = language_util.matches(self._language, languages, self._hass.config.country)
        return next(iter(matches), None)

    async def _samples(self, stream: ResultStream) -> AsyncGenerator[bytes]:
        """Yield the samples after the WAV header. Raises ProtocolError if the format differs."""
        head: bytes | None = b""
        async with aclosing(stream.async_stream_result()) as chunks:
            async for chunk in chunks:
                if head is None:
                    yield chunk
                    continue
                head += chunk
                if split := wav.split_header(head):
                    audio_format, samples = split
                    if audio_format != self._format:
                        raise ProtocolError(f"{self._entity_id} sent another format")
                    head = None
                    if samples:
                        yield samples
