"""One announcement: a text, spoken by the service or by its fallback."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
import logging
from typing import Any, Protocol, Unpack

from homeassistant.config_entries import ConfigEntryState
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from . import client
from .const import CONF_CHIME, CONF_CLEAN_TEXT, CONF_LEAD_IN, CONF_LEAD_OUT, CONF_VOICE, DOMAIN
from .coordinator import VoicesCoordinator, WebSocketTTSConfigEntry
from .errors import translation
from .fallback import FallbackVoice, may_speak_for
from .history import UtteranceRecord
from .profile import VoiceProfile
from .speech import (
    AudioBuffer,
    CannotConnectError,
    Chime,
    PcmFormat,
    Pronunciations,
    ProtocolError,
    SpeechError,
    SynthesisMetrics,
    TextOptions,
    TextSegments,
    TextStalledError,
    TextStream,
    VoiceNotFoundError,
    VoiceSettings,
    wav,
)
from .suggestions import voice_not_found

_LOGGER = logging.getLogger(__name__)

RELOAD_PATIENCE = 10.0
"""Longest wait, in seconds, of an announcement for an entry that is being reloaded."""


class Speaker(Protocol):
    """The client of a service, or a fallback."""

    def segments(
        self, text: TextStream, settings: VoiceSettings, **options: Unpack[TextOptions]
    ) -> TextSegments:
        """Return the segments of a text."""

    def speak(
        self,
        segments: TextSegments,
        settings: VoiceSettings,
        metrics: SynthesisMetrics,
        *,
        lead_in: int = 0,
        lead_out: int = 0,
        chime: Chime | None = None,
    ) -> AudioBuffer:
        """Start speaking, and return the buffer that receives the audio."""


class Announcement:
    """Speaks a text with the service or, if that fails before any speech was heard, with another speaker.

    Other speakers are the new client of an entry that is reloaded in the meantime, and the fallback. They
    continue after the header, silence and chime that were already sent, in the same format.
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
        self._configured_voice = profile.voice
        self._entry: WebSocketTTSConfigEntry = coordinator.config_entry
        self._entity_id = entity_id
        self._settings = settings
        self._language = language
        self._options = options
        self._pronunciations = pronunciations
        self._metrics = SynthesisMetrics()
        self._segments: TextSegments | None = None
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
            async with self._stream(text) as stream, aclosing(self._speakers()) as speakers:
                async for speaker in speakers:
                    segments = self._segments = self._cut(stream, speaker)
                    try:
                        async with self._begin(speaker, segments) as buffer:
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
            raise self._error or CannotConnectError("the service was unloaded before it could speak")
        except SpeechError as err:
            raise self._translated(err) from err
        finally:
            if self._segments:
                self._coordinator.async_note_utterance(self._profile, self._record(self._segments))

    # Selection of the speaker.

    async def _speakers(self) -> AsyncGenerator[Speaker]:
        """Yield the speakers to try, best first; the next one only if the previous ones have failed."""
        while True:
            is_away = not self._coordinator.is_available
            if is_away and (fallback := self._fallback_voice()):
                yield fallback
            if self._is_loaded:
                yield self._coordinator.service
            if not is_away and (fallback := self._fallback_voice()):
                yield fallback
            if self._is_loaded or not await self._reloaded():
                return

    @property
    def _is_loaded(self) -> bool:
        """Return whether the entry is loaded, with the coordinator of this announcement."""
        return (
            self._entry.state is not ConfigEntryState.UNLOAD_IN_PROGRESS
            and getattr(self._entry, "runtime_data", None) is self._coordinator
        )

    def _fallback_voice(self) -> FallbackVoice | None:
        hass, entity_id = self._coordinator.hass, self._profile.fallback
        if not entity_id or not may_speak_for(self._entity_id, entity_id):
            return None
        if hass.is_stopping or not self._is_loaded:
            return None
        return FallbackVoice(
            hass,
            entity_id,
            instead_of=self._entity_id,
            language=self._language,
            audio_format=self._format or PcmFormat(self._settings.sample_rate),
            limits=client.LIMITS,
            create_task=self._coordinator.create_task,
        )

    async def _reloaded(self) -> bool:
        """Wait for an entry that is being reloaded; return whether it has a new client."""
        with suppress(TimeoutError):
            async with asyncio.timeout(RELOAD_PATIENCE):
                await _settled(self._entry)
        if self._entry.state is not ConfigEntryState.LOADED:
            return False
        profile = self._entry.runtime_data.profiles.get(self._profile.id)
        if not profile:
            return False
        self._coordinator, self._profile = self._entry.runtime_data, profile
        self._error = self._metrics.error = None
        self._metrics.retries += 1
        return True

    # Speaking.

    def _stream(self, text: AsyncGenerator[str]) -> TextStream:
        return TextStream(
            text,
            language=self._language,
            abbreviations=self._pronunciations.abbreviations,
            stall_timeout=client.LIMITS.stall,
        )

    def _cut(self, text: TextStream, speaker: Speaker) -> TextSegments:
        return speaker.segments(
            text,
            self._settings,
            clean=self._options[CONF_CLEAN_TEXT],
            pronunciations=self._pronunciations,
        )

    def _begin(self, speaker: Speaker, segments: TextSegments) -> AudioBuffer:
        # Before any speech, only silence and the chime were sent.
        silence = round(self._format.seconds(self._sent) * 1000) if self._format else 0
        return speaker.speak(
            segments,
            self._settings,
            self._metrics,
            lead_in=max(0, self._options[CONF_LEAD_IN] - silence),
            lead_out=self._options[CONF_LEAD_OUT],
            chime=self._chime(),
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
            self._fallback = speaker.integration if isinstance(speaker, FallbackVoice) else None

    def _note_failure(self, speaker: Speaker, err: SpeechError) -> None:
        """Record an error; raise it if no other speaker may try."""
        if isinstance(speaker, FallbackVoice):
            _LOGGER.warning("The fallback of %s cannot speak either: %s", self._profile.title, err)
        else:
            self._error = err
            self._coordinator.async_note_failure(self._profile, err, self._settings.voice)
        if self._is_heard or not self._is_of_the_service(err):
            raise self._error or err

    def _is_of_the_service(self, err: SpeechError) -> bool:
        """Return whether an error is due to the service, not to the call: another speaker may succeed."""
        if isinstance(err, VoiceNotFoundError):
            named = str(self._options.get(CONF_VOICE) or "").strip()
            return named in ("", self._configured_voice)
        return not isinstance(err, TextStalledError)

    def _note_end(self, speaker: Speaker, segments: TextSegments) -> None:
        """Record a success. Raises ServiceValidationError if there was nothing to speak."""
        if not segments.count:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_text")
        if not isinstance(speaker, FallbackVoice):
            self._coordinator.async_note_success(self._profile, self._settings.voice)

    def _record(self, segments: TextSegments) -> UtteranceRecord:
        return UtteranceRecord.of(
            self._metrics, segments, self._settings.voice, self._language, self._fallback
        )

    def _translated(self, err: SpeechError) -> HomeAssistantError:
        if isinstance(err, VoiceNotFoundError):
            return voice_not_found(self._settings.voice, self._coordinator.data)
        return HomeAssistantError(**translation(err))


async def _settled(entry: WebSocketTTSConfigEntry) -> None:
    """Wait until an entry is not being set up or unloaded, and its setup is not about to be retried."""
    changed = asyncio.Event()
    remove = entry.async_on_state_change(changed.set)
    try:
        while True:
            changed.clear()
            async with entry.setup_lock:
                # A reload holds the lock until the new client is ready.
                pass
            if entry.state is not ConfigEntryState.SETUP_RETRY:
                return
            await changed.wait()
    finally:
        remove()
