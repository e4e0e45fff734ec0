"""One announcement: a text, spoken by the service or by its fallback."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
import logging
from typing import Any

from homeassistant.components.tts import TextToSpeechEntity
from homeassistant.exceptions import HomeAssistantError

from ..const import CONF_CHIME, CONF_LEAD_IN, CONF_LEAD_OUT, CONF_VOICE
from ..coordinator import VoicesCoordinator
from ..errors import translated
from ..speech.audio import wav
from ..speech.audio.buffer import AudioBuffer
from ..speech.audio.chime import Chime
from ..speech.audio.pcm import PcmFormat
from ..speech.exceptions import CannotConnectError, SpeechError, TextStalledError, VoiceNotFoundError
from ..speech.metrics import SynthesisMetrics
from ..speech.models import VoiceSettings
from ..speech.speaker import Speaker
from ..speech.text.segments import TextOptions, TextSegments
from ..speech.text.stream import TextStream
from .fallback import FallbackVoice, find_fallback
from .names import voice_not_found
from .outcome import async_note_chime, async_note_refusal, async_note_speaker
from .profile import VoiceProfile
from .record import UtteranceRecord

_LOGGER = logging.getLogger(__name__)

MOMENT = 200
"""Milliseconds of silence for a text without words."""
PATIENCE = 4.0
"""Seconds of retries before the first sample if nothing else can speak."""


@dataclass(slots=True)
class Announcement:
    """Speaks a text with the service or, if that fails before any speech was heard, with another speaker.

    It keeps its client through changes of the entry. Only if that fails, the entry's present client is asked,
    then the fallback. They continue after the header, silence and chime that were already sent.
    """

    _coordinator: VoicesCoordinator
    _profile: VoiceProfile
    _settings: VoiceSettings
    _options: Mapping[str, Any]
    """Those of the call, with the defaults of the entity."""
    _text: TextStream
    _text_options: TextOptions
    _metrics: SynthesisMetrics = field(default_factory=SynthesisMetrics, init=False)
    _segments: TextSegments | None = field(default=None, init=False)
    _asked: list[VoicesCoordinator] = field(default_factory=list, init=False)
    """The coordinators whose clients were asked, the last one last."""
    _has_asked_fallback: bool = field(default=False, init=False)
    _format: PcmFormat | None = field(default=None, init=False)
    """Format of the header that was sent."""
    _has_rung: bool = field(default=False, init=False)
    _error: SpeechError | None = field(default=None, init=False)
    """Last error of the service."""
    _fallback: FallbackVoice | None = field(default=None, init=False)
    """The fallback while it is asked."""

    async def has_words(self) -> bool:
        """Return whether a complete text has anything to speak."""
        async with self._text:
            return await self._segments_for(self._coordinator.service).has_words()

    async def audio(self) -> AsyncGenerator[bytes]:
        """Yield the header once the format is known, then samples, and silence while the text pauses.

        Raises a translated HomeAssistantError.
        """
        try:
            async with self._text:
                while speaker := self._next_speaker():
                    segments = self._segments = self._segments_for(speaker)
                    try:
                        async with self._begin(speaker, segments) as buffer:
                            if not self._format and (audio_format := await buffer.format()):
                                self._format = audio_format
                                yield wav.header(audio_format)
                            while samples := await buffer.next(segments):
                                yield samples
                    except SpeechError as err:
                        self._note_failure(err)
                    else:
                        if not self._metrics.is_heard:
                            yield self._moment_of_silence()
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
        self._fallback = None
        entry = self._coordinator.config_entry
        present: VoicesCoordinator = getattr(entry, "runtime_data", self._coordinator)
        if present in self._asked:
            return self._take_fallback()
        if not present.is_available and (fallback := self._take_fallback()):
            return fallback
        if self._asked:
            self._error = self._metrics.error = None
            self._metrics.retries += 1
        self._asked.append(present)
        self._coordinator = present
        return present.service

    def _take_fallback(self) -> FallbackVoice | None:
        """Return the fallback, once."""
        hass, profile = self._coordinator.hass, self._profile
        if entity := self._fallback_entity:
            self._fallback = FallbackVoice(
                hass,
                entity,
                instead_of=profile.id,
                language=self._text.language,
                audio_format=self._format or PcmFormat(self._settings.sample_rate),
                limits=self._coordinator.service.limits,
            )
        elif profile.fallback and not profile.has_fallback(hass):
            fallback, title = profile.fallback, profile.title
            _LOGGER.warning("%s, the fallback of %s, does not exist any more", fallback, title)
        self._has_asked_fallback = True
        return self._fallback

    @property
    def _fallback_entity(self) -> TextToSpeechEntity | None:
        """Return the entity that could speak as the fallback."""
        return None if self._has_asked_fallback else find_fallback(self._coordinator.hass, self._profile)

    # Speaking.

    def _segments_for(self, speaker: Speaker) -> TextSegments:
        return speaker.segments(self._text, self._settings, **self._text_options)

    def _begin(self, speaker: Speaker, segments: TextSegments) -> AudioBuffer:
        # What comes before the speech comes with the format.
        lead_in = 0 if self._format else self._options[CONF_LEAD_IN]
        buffer = AudioBuffer(speaker.limits, lead_in, self._options[CONF_LEAD_OUT], metrics=self._metrics)
        if self._format:
            # Another speaker may have been begun with: what follows is converted to the format of the header.
            buffer.begin(self._format)
        is_hopeful = self._coordinator.is_available and not self._fallback_entity
        patience = PATIENCE if is_hopeful else 0.0
        return speaker.speak(segments, self._settings, buffer, chime=self._chime(), patience=patience)

    def _chime(self) -> Chime | None:
        """Return the chime, unless it has already been sent."""
        chime = self._coordinator.chimes.get(self._options[CONF_CHIME])
        if chime is None or self._has_rung:
            return None

        async def samples(audio_format: PcmFormat) -> bytes:
            samples = await chime(audio_format)
            self._has_rung = bool(samples)
            if (profile := self._present_profile) and profile.chime == self._options[CONF_CHIME]:
                async_note_chime(self._coordinator, profile, is_there=self._has_rung)
            return samples

        return samples

    def _moment_of_silence(self) -> bytes:
        """Return what is heard of a text without words: an error would leave a satellite waiting for ever."""
        audio_format = self._format or PcmFormat(self._settings.sample_rate)
        return (b"" if self._format else wav.header(audio_format)) + audio_format.silence(MOMENT)

    # Results.

    def _note_failure(self, err: SpeechError) -> None:
        """Record an error; raise it if no other speaker may try."""
        if self._fallback and self._is_of_the_service(err):
            fallback, title = self._profile.fallback, self._profile.title
            _LOGGER.warning("%s, the fallback of %s, cannot speak either: %s", fallback, title, err)
            self._metrics.error = self._error
        else:
            self._error = err
            self._coordinator.async_note_failure(err)
            profile = self._present_profile
            if isinstance(err, VoiceNotFoundError) and profile and profile.voice == self._settings.voice:
                async_note_refusal(self._coordinator, profile)
        if self._metrics.is_heard or not self._is_of_the_service(err):
            raise self._error or err

    def _is_of_the_service(self, err: SpeechError) -> bool:
        """Return whether an error is due to the service, not to the call: another speaker may succeed."""
        if isinstance(err, VoiceNotFoundError):
            named = str(self._options.get(CONF_VOICE) or "").strip()
            return named in ("", self._profile.voice)
        return not isinstance(err, TextStalledError)

    def _record(self, segments: TextSegments) -> None:
        fallback = self._fallback.integration if self._fallback and self._metrics.is_heard else None
        voice, language = self._settings.voice, self._text.language
        record = UtteranceRecord.of(self._metrics, segments, voice, language, fallback)
        self._coordinator.state.async_note(self._profile.id, record)
        self._coordinator.async_note_utterance(record)
        profile = self._present_profile
        if profile and (fallback or record.is_of_the_service):
            async_note_speaker(self._coordinator, profile, record)

    @property
    def _present_profile(self) -> VoiceProfile | None:
        """Return the profile as it is now; None if it is gone, or its entry has another client by now."""
        coordinator = self._coordinator
        return coordinator.profiles.get(self._profile.id) if coordinator.is_current else None

    def _translated(self, err: SpeechError) -> HomeAssistantError:
        if isinstance(err, VoiceNotFoundError):
            coordinator = self._coordinator
            return voice_not_found(self._settings.voice, coordinator.data, type(coordinator.service))
        return translated(HomeAssistantError, err)
