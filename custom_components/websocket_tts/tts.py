"""The speaking entity."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from math import nan
from typing import Any, override

from homeassistant.components.tts import (
    ATTR_PREFERRED_FORMAT,
    ATTR_VOICE,
    TextToSpeechEntity,
    TTSAudioRequest,
    TTSAudioResponse,
    TtsAudioType,
    Voice,
)
from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import (
    AUDIO_FORMAT_WAV,
    CONF_AUDIO_FORMAT,
    CONF_CLEAN_TEXT,
    CONF_LEAD_IN,
    CONF_LEAD_OUT,
    CONF_LEARNED,
    CONF_RATE,
    CONF_STAND_BY,
    CONF_VOICE,
    CONF_VOLUME,
    DOMAIN,
)
from .coordinator import VoicesCoordinator, WebSocketTTSConfigEntry
from .entity import WebSocketTTSEntity
from .settings import settings_of, voice_settings
from .speech import (
    Audio,
    CannotConnectError,
    InvalidAuthError,
    NoAudioError,
    Pieces,
    ProtocolError,
    Range,
    SpeechError,
    SpeechService,
    SpeechTimeoutError,
    SynthesisError,
    VoiceNotFoundError,
    VoiceSettings,
    speakable,
    wav,
    with_filler,
    with_silence,
)

# Announcements do not wait for each other; a service takes several at once.
PARALLEL_UPDATES = 0

_TRANSLATION_KEYS: dict[type[SpeechError], str] = {
    CannotConnectError: "cannot_connect",
    SpeechTimeoutError: "timeout",
    InvalidAuthError: "invalid_auth",
    SynthesisError: "synthesis_failed",
    ProtocolError: "protocol_error",
    NoAudioError: "no_audio",
}


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: WebSocketTTSConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entity of a service."""
    async_add_entities([SpeechEntity(entry.runtime_data)])


class SpeechEntity(WebSocketTTSEntity, TextToSpeechEntity):
    """Speaks with the voices of one service."""

    _attr_translation_key = "speech"

    def __init__(self, coordinator: VoicesCoordinator) -> None:
        """Take the settings of the entry; they cannot change without a reload."""
        super().__init__(coordinator)
        self._service = coordinator.service
        self._entry = coordinator.config_entry
        self._attr_unique_id = self._entry.entry_id
        self._attr_default_options = _default_options(self._entry.options, self._service)
        self._attr_supported_options = [
            option for option in (CONF_VOICE, CONF_RATE, CONF_VOLUME) if option in self._attr_default_options
        ]
        self._update_languages()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._update_languages()
        super()._handle_coordinator_update()

    def _update_languages(self) -> None:
        self._told_languages = {voice.id: voice.language for voice in self.coordinator.data}
        self._attr_default_language = self._language_of(self._entry.options[CONF_VOICE])
        self._attr_supported_languages = sorted(
            {self._attr_default_language} | {self._language_of(voice.id) for voice in self.coordinator.data}
        )

    def _language_of(self, voice_id: str) -> str:
        """Return what a voice speaks: as the service says, else as the user said."""
        return self._told_languages.get(voice_id) or str(self._entry.options[CONF_LANGUAGE])

    @callback
    @override
    def async_get_supported_voices(self, language: str) -> list[Voice] | None:
        voices = [
            Voice(voice.id, voice.name)
            for voice in self.coordinator.data
            if self._language_of(voice.id) == language
        ]
        return sorted(voices, key=lambda voice: voice.name) or None

    @override
    async def async_get_tts_audio(self, message: str, language: str, options: dict[str, Any]) -> TtsAudioType:
        """Return one WAV with exact sizes."""

        async def whole() -> AsyncGenerator[str]:
            yield message

        return "wav", await wav.exact(await self._audio(whole(), language, options))

    @override
    async def async_stream_tts_audio(self, request: TTSAudioRequest) -> TTSAudioResponse:
        """Return a WAV of unknown length, which begins while the text is still being written."""
        audio = await self._audio(request.message_gen, request.language, request.options)
        return TTSAudioResponse("wav", wav.stream(audio))

    async def _audio(self, text: AsyncGenerator[str], language: str, options: Mapping[str, Any]) -> Audio:
        """Return what is heard of a text. Raises ServiceValidationError for what cannot be."""
        voice = await self._voice(language, str(options[ATTR_VOICE]))
        for option, allowed in (
            (CONF_RATE, self._service.rate_range),
            (CONF_VOLUME, self._service.volume_range),
        ):
            if allowed:
                _check_number(options, option, allowed)
        spoken = speakable if options[CONF_CLEAN_TEXT] else str
        audio = self._speak(text, spoken, voice_settings({**options, CONF_VOICE: voice}))
        return with_silence(audio, options[CONF_LEAD_IN], options[CONF_LEAD_OUT])

    async def _speak(
        self, text: AsyncGenerator[str], spoken: Callable[[str], str], settings: VoiceSettings
    ) -> Audio:
        """Yield the format and the samples. Raises a translated HomeAssistantError."""
        pieces = Pieces(text, spoken)
        try:
            speech = self._service.synthesize(pieces, settings)
            async with pieces, aclosing(with_filler(speech, pieces)) as audio:
                async for part in audio:
                    yield part
        except SpeechError as err:
            self._note_failure(err)
            raise self._translated(err, settings.voice) from err
        finally:
            self._keep_what_was_learned()
        if not pieces.handed_out:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_text")
        if not self.coordinator.last_update_success:
            self.coordinator.async_set_updated_data(self.coordinator.data)

    def _note_failure(self, err: SpeechError) -> None:
        if isinstance(err, InvalidAuthError):
            self._entry.async_start_reauth(self.hass)
        elif isinstance(err, CannotConnectError):
            # The service may be away: find out now, not in some minutes.
            self._entry.async_create_background_task(
                self.hass, self.coordinator.async_request_refresh(), f"{DOMAIN} refresh"
            )

    def _keep_what_was_learned(self) -> None:
        learned = dict(self._service.learned)
        if learned != self._entry.data.get(CONF_LEARNED, {}):
            data = {**self._entry.data, CONF_LEARNED: learned}
            self.hass.config_entries.async_update_entry(self._entry, data=data)

    def _translated(self, err: SpeechError, voice: str) -> HomeAssistantError:
        if isinstance(err, VoiceNotFoundError):
            return self._voice_not_found(voice)
        key = next(_TRANSLATION_KEYS[kind] for kind in type(err).__mro__ if kind in _TRANSLATION_KEYS)
        return HomeAssistantError(
            translation_domain=DOMAIN, translation_key=key, translation_placeholders={"error": str(err)}
        )

    def _voice_not_found(self, voice: str) -> ServiceValidationError:
        return ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="voice_not_found",
            translation_placeholders={
                "voice": voice,
                "voices": ", ".join(sorted(voice.id for voice in self.coordinator.data)),
            },
        )

    async def _voice(self, language: str, voice: str) -> str:
        """Return the voice to speak a language with.

        The configured voice stands in every call: where it does not speak the language, it was not meant.
        """
        if voice == self._entry.options[CONF_VOICE]:
            if self._language_of(voice) == language or not (
                voices := self.async_get_supported_voices(language)
            ):
                return voice
            return voices[0].voice_id
        if self.coordinator.data and not self._is_listed(voice):
            # It may be newer than the list.
            await self.coordinator.async_refresh()
            if not self._is_listed(voice):
                raise self._voice_not_found(voice)
        return voice

    def _is_listed(self, voice: str) -> bool:
        return any(listed.id == voice for listed in self.coordinator.data)


def _default_options(options: Mapping[str, Any], service: SpeechService) -> dict[str, Any]:
    """Return every setting that changes what is heard: Home Assistant makes them part of its cache key."""
    defaults = {ATTR_VOICE: options[CONF_VOICE], **settings_of(service, options)}
    defaults.pop(CONF_STAND_BY, None)
    if defaults.pop(CONF_AUDIO_FORMAT) == AUDIO_FORMAT_WAV:
        defaults[ATTR_PREFERRED_FORMAT] = AUDIO_FORMAT_WAV
    return defaults


def _check_number(options: Mapping[str, Any], option: str, allowed: Range) -> None:
    """Raise ServiceValidationError for a setting that is no number, or out of range."""
    placeholders = {
        "option": option,
        "value": str(options[option]),
        "minimum": str(allowed.minimum),
        "maximum": str(allowed.maximum),
    }
    try:
        number = float(options[option])
    except TypeError, ValueError:
        number = nan
    if number not in allowed:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="invalid_option", translation_placeholders=placeholders
        )
