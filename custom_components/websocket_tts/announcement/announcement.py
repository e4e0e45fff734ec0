"""One announcement: a text, spoken by the service or by its fallback."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
import logging
from typing import Any

from homeassistant.components.tts import TextToSpeechEntity
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import CONF_CHIME, CONF_CLEAN_TEXT, CONF_LEAD_IN, CONF_LEAD_OUT, CONF_VOICE, DOMAIN
from ..coordinator import VoicesCoordinator
from ..errors import translated, voice_not_found
from ..speech import (
    AudioBuffer,
    CannotConnectError,
    Chime,
    PcmFormat,
    Pronunciations,
    ProtocolError,
    SpeechClient,
    SpeechError,
    SynthesisMetrics,
    TextSegments,
    TextStalledError,
    TextStream,
    VoiceNotFoundError,
    VoiceSettings,
    wav,
)
from .fallback import FallbackVoice, find_fallback
from .outcome import async_note_refusal, async_note_speaker
from .profile import VoiceProfile
from .record import UtteranceRecord

_LOGGER = logging.getLogger(__name__)

PATIENCE = 4.0
"""Seconds of retries before the first sample if nothing else can speak."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who may speak an announcement."""

    speech: SpeechClient | FallbackVoice
    integration: str | None = None
    """Domain of the integration of the fallback; None for the service."""


class Announcement:
    """Speaks a text with the service or, if that fails before any speech was heard, with another speaker.

    It keeps its client through changes of the entry. Only if that fails, the entry's present client is asked,
    then the fallback. They continue after the header, silence and chime that were already sent.
    """

    def __init__(
        self,
        coordinator: VoicesCoordinator,
        profile: VoiceProfile,
        entity_id: str,
        settings: VoiceSettings,
        language: str,
        options: Mapping[str, Any],
        pronunciations: Pronunciations,
    ) -> None:
        """Initialize for an entity; options are those of the call, with the defaults of the entity."""
        self._coordinator = coordinator
        self._profile = profile
        self._entity_id = entity_id
        self._settings = settings
        self._language = language
        self._options = options
        self._pronunciations = pronunciations
        self._metrics = SynthesisMetrics()
        self._segments: TextSegments | None = None
        self._asked: list[VoicesCoordinator] = []
        """The coordinators whose clients were asked, the last one last."""
        self._has_asked_fallback = False
        self._format: PcmFormat | None = None
        """Format of the header that was sent."""
        self._sent = 0
        """Bytes of audio that were sent."""
        self._has_rung = self._is_heard = False
        self._error: SpeechError | None = None
        """Last error of the service."""
        self._fallback: str | None = None
        """Domain of the integration whose entity speaks as the fallback."""

    async def audio(self, text: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
        """Yield the header once the format is known, then samples, and silence while the text pauses.

        Raises a translated HomeAssistantError.
        """
        try:
            async with self._stream(text) as stream:
                while speaker := self._next_speaker():
                    segments = self._segments = self._cut(stream, speaker.speech)
                    try:
                        async with self._begin(speaker.speech, segments) as buffer:
                            if header := await self._header(buffer):
                                yield header
                            while samples := await buffer.next(segments):
                                self._note_audio(speaker, samples)
                                yield samples
                    except SpeechError as err:
                        self._note_failure(speaker, err)
                    else:
                        self._note_end(speaker, segments)
                        return
            raise self._error or CannotConnectError("nobody can speak")
        except SpeechError as err:
            raise self._translated(err) from err
        finally:
            if self._segments:
                self._record(self._segments)

    # Selection of the speaker.

    def _next_speaker(self) -> Speaker | None:
        """Return who speaks next, the best first; None if nobody is left. All others have failed."""
        present = getattr(self._coordinator.config_entry, "runtime_data", self._coordinator)
        if present in self._asked:
            return self._take_fallback()
        if not present.is_available and (fallback := self._take_fallback()):
            return fallback
        if self._asked:
            self._error = self._metrics.error = None
            self._metrics.retries += 1
        self._asked.append(present)
        self._coordinator = present
        return Speaker(present.service)

    def _take_fallback(self) -> Speaker | None:
        """Return the fallback, once."""
        entity = self._fallback_entity
        self._has_asked_fallback = True
        if not entity:
            return None
        voice = FallbackVoice(
            self._coordinator.hass,
            entity,
            instead_of=self._entity_id,
            language=self._language,
            audio_format=self._format or PcmFormat(self._settings.sample_rate),
            limits=self._coordinator.service.limits,
        )
        return Speaker(voice, entity.platform.platform_name)

    @property
    def _fallback_entity(self) -> TextToSpeechEntity | None:
        """Return the entity that could speak as the fallback."""
        hass, entity_id = self._coordinator.hass, self._profile.fallback
        if self._has_asked_fallback or hass.is_stopping or not entity_id:
            return None
        return find_fallback(hass, entity_id, instead_of=self._entity_id)

    # Speaking.

    def _stream(self, text: AsyncGenerator[str]) -> TextStream:
        return TextStream(
            text,
            language=self._language,
            abbreviations=self._pronunciations.abbreviations,
            stall_timeout=self._coordinator.service.limits.stall,
        )

    def _cut(self, text: TextStream, speech: SpeechClient | FallbackVoice) -> TextSegments:
        return speech.segments(
            text,
            self._settings,
            clean=self._options[CONF_CLEAN_TEXT],
            pronunciations=self._pronunciations,
        )

    def _begin(self, speech: SpeechClient | FallbackVoice, segments: TextSegments) -> AudioBuffer:
        # Before any speech, only silence and the chime were sent.
        silence = round(self._format.seconds(self._sent) * 1000) if self._format else 0
        is_hopeful = self._coordinator.last_update_success and not self._fallback_entity
        return speech.speak(
            segments,
            self._settings,
            self._metrics,
            lead_in=max(0, self._options[CONF_LEAD_IN] - silence),
            lead_out=self._options[CONF_LEAD_OUT],
            chime=self._chime(),
            patience=PATIENCE if is_hopeful else 0.0,
        )

    def _chime(self) -> Chime | None:
        """Return the chime, unless it has already been sent."""
        chime = self._coordinator.chimes.get(self._options[CONF_CHIME])
        if chime is None or self._has_rung:
            return None

        async def samples(audio_format: PcmFormat) -> bytes:
            samples = await chime(audio_format)
            self._has_rung = bool(samples)
            return samples

        return samples

    async def _header(self, buffer: AudioBuffer) -> bytes:
        """Return the header, empty if it was sent. Raises ProtocolError if the format differs from it."""
        audio_format = await buffer.format()
        if audio_format in (None, self._format):
            return b""
        if self._format:
            raise ProtocolError(f"the sample rate changed to {audio_format.sample_rate} Hz")
        self._format = audio_format
        return wav.header(audio_format)

    # Results.

    def _note_audio(self, speaker: Speaker, samples: bytes) -> None:
        self._sent += len(samples)
        if self._metrics.first_audio is not None:
            self._is_heard = True
            self._fallback = speaker.integration

    def _note_failure(self, speaker: Speaker, err: SpeechError) -> None:
        """Record an error; raise it if no other speaker may try."""
        if speaker.integration:
            _LOGGER.warning("The fallback of %s cannot speak either: %s", self._profile.title, err)
        else:
            self._error = err
            self._coordinator.async_note_failure(err)
            profile = self._present_profile
            if isinstance(err, VoiceNotFoundError) and profile and profile.voice == self._settings.voice:
                async_note_refusal(self._coordinator, profile)
        if self._is_heard or not self._is_of_the_service(err):
            raise self._error or err

    def _is_of_the_service(self, err: SpeechError) -> bool:
        """Return whether an error is due to the service, not to the call: another speaker may succeed."""
        if isinstance(err, VoiceNotFoundError):
            named = str(self._options.get(CONF_VOICE) or "").strip()
            return named in ("", self._profile.voice)
        return not isinstance(err, TextStalledError)

    def _note_end(self, speaker: Speaker, segments: TextSegments) -> None:
        """Record a success. Raises ServiceValidationError if there was nothing to speak."""
        if not segments.count:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_text")
        if not speaker.integration:
            self._coordinator.async_note_success()
            self._note_speaker(is_fallback=False)

    def _record(self, segments: TextSegments) -> None:
        record = UtteranceRecord.of(
            self._metrics, segments, self._settings.voice, self._language, self._fallback
        )
        self._coordinator.state.async_note(self._profile.id, record)
        self._coordinator.async_note_utterance(record)
        if self._fallback:
            self._note_speaker(is_fallback=True)

    def _note_speaker(self, *, is_fallback: bool) -> None:
        if profile := self._present_profile:
            async_note_speaker(self._coordinator, profile, self._settings.voice, is_fallback=is_fallback)

    @property
    def _present_profile(self) -> VoiceProfile | None:
        """Return the profile as it is now; None if it is gone, or its entry has another client by now."""
        coordinator = self._coordinator
        return coordinator.profiles.get(self._profile.id) if coordinator.is_current else None

    def _translated(self, err: SpeechError) -> HomeAssistantError:
        if isinstance(err, VoiceNotFoundError):
            return voice_not_found(self._settings.voice, self._coordinator.data)
        return translated(HomeAssistantError, err)
