"""The fallback voice: another text-to-speech entity, which speaks when the service cannot."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from contextvars import ContextVar
from dataclasses import replace
from typing import Unpack, override

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
from ..speech.audio.pcm import SAMPLE_WIDTH, PcmFormat
from ..speech.audio.samples import SampleStream
from ..speech.exceptions import SpeechError, SynthesisError
from ..speech.limits import Limits
from ..speech.models import VoiceSettings
from ..speech.request import SpeechRequest
from ..speech.speaker import Speaker
from ..speech.text.segments import TextOptions, TextSegments
from ..speech.text.stream import TextStream
from .chime import NO_CHIME
from .profile import VoiceProfile
from .voices import closest_language

PATIENCE = 60.0
"""Timeout for audio, in seconds since the last text or audio: an entity may be slow, or hang."""

_waiting: ContextVar[frozenset[str]] = ContextVar("waiting", default=frozenset())
"""Profiles that wait for this fallback to speak; tasks of Home Assistant inherit it. Prevents loops."""


def find_fallback(hass: HomeAssistant, profile: VoiceProfile) -> TextToSpeechEntity | None:
    """Return the fallback of a voice profile, if it is there, and does not wait for this profile."""
    entity = get_engine_instance(hass, profile.fallback)
    if hass.is_stopping or not isinstance(entity, TextToSpeechEntity):
        return None
    return None if entity.unique_id in _waiting.get() | {profile.id} else entity


class FallbackVoice(Speaker):
    """Speaks instead of a service: each of its requests is a text-to-speech stream of an entity."""

    name = "Fallback"
    # The settings of the service do not apply to another voice.
    has_volume = True

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
        """Initialize the voice of an entity, for which a voice profile, with this ID, waits.

        audio_format is what Home Assistant converts its audio to.
        """
        # Not tasks of an entry: what is being said is said to its end.
        super().__init__(limits, hass.async_create_background_task)
        self.integration = entity.platform.platform_name
        """The domain of the integration of the entity."""
        self._hass = hass
        self._entity = entity
        self._instead_of = instead_of
        self._language = language
        self._format = audio_format

    @override
    def segments(
        self, text: TextStream, settings: VoiceSettings, **options: Unpack[TextOptions]
    ) -> TextSegments:
        options.pop("find_passage", None)
        return super().segments(text, replace(settings, sentence_pause=0), **options)

    @override
    async def attempt(self, request: SpeechRequest) -> None:
        if not await request.begin_text():
            return
        _waiting.set(_waiting.get() | {self._instead_of})
        request.begin(self._format)
        try:
            await self._speak(request)
            failure = request.text_error
        except Exception as err:  # noqa: BLE001 (any integration may speak here)
            other = SynthesisError(f"{self._entity.entity_id} failed: {type(err).__name__}")
            failure = err if isinstance(err, SpeechError) else other
        # Raised outside the handler: the error of another integration may contain the text.
        if failure:
            raise failure

    async def _speak(self, request: SpeechRequest) -> None:
        stream, patience = self._new_stream(), asyncio.timeout(PATIENCE)
        samples = SampleStream(self._format, self.limits)
        stream.async_set_message_stream(self._sentences(request, samples, patience))
        async with patience, aclosing(stream.async_stream_result()) as chunks:
            async for chunk in chunks:
                if whole := samples.add(chunk):
                    patience.reschedule(None)
                    await request.feed(whole, samples.audio_format)
                    _extend(patience)

    async def _sentences(
        self, request: SpeechRequest, samples: SampleStream, patience: asyncio.Timeout
    ) -> AsyncGenerator[str]:
        """Yield the text of a request, as far as it comes; each part restarts the timeout for audio."""
        # What the text raises is no error of the entity: it is raised when all before it was spoken.
        with suppress(Exception):
            while (text := await request.next_text()) is not None:
                samples.expect(text)
                # The entity may need the complete text, so silence is sent in the meantime.
                request.await_(text=True)
                yield f"{text} "
                # Home Assistant may still read the text after the timeout.
                with suppress(RuntimeError):
                    _extend(patience)
        request.await_(text=False)

    def _new_stream(self) -> ResultStream:
        """Return a new stream of the entity. Raises HomeAssistantError if the entity is gone by now."""
        supported, country = self._entity.supported_languages, self._hass.config.country
        # The chime of the announcement is rung here; one of our own entities would ring as well.
        own = {CONF_CHIME: NO_CHIME} if self.integration == DOMAIN else {}
        return async_create_stream(
            self._hass,
            self._entity.entity_id,
            language=closest_language(self._language, supported, country),
            options={
                **own,
                ATTR_PREFERRED_FORMAT: AUDIO_FORMAT_WAV,
                ATTR_PREFERRED_SAMPLE_RATE: self._format.sample_rate,
                ATTR_PREFERRED_SAMPLE_CHANNELS: 1,
                ATTR_PREFERRED_SAMPLE_BYTES: SAMPLE_WIDTH,
            },
        )


def _extend(patience: asyncio.Timeout) -> None:
    patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)
