"""Text-to-speech entity."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import cache
from typing import Any, override

from homeassistant.components.tts import (
    ATTR_PREFERRED_FORMAT,
    TextToSpeechEntity,
    TTSAudioRequest,
    TTSAudioResponse,
    TtsAudioType,
    Voice,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .announcement.announcement import Announcement
from .announcement.chime import check_chime
from .announcement.names import closest_voices, matching_voice, voice_not_found
from .announcement.passages import passage_finder
from .announcement.profile import VoiceProfile
from .announcement.voices import SpokenVoices
from .const import (
    AUDIO_FORMAT_WAV,
    CONF_AUDIO_FORMAT,
    CONF_CACHE_MARK,
    CONF_CHIME,
    CONF_CLEAN_TEXT,
    CONF_FALLBACK,
    CONF_PRONUNCIATIONS,
    CONF_RATE,
    CONF_VOICE,
    CONF_VOLUME,
)
from .coordinator import VoicesCoordinator, WebSocketTTSConfigEntry
from .entity import WebSocketTTSEntity
from .errors import invalid_call
from .flow.settings import pronunciations_for, setting_values, voice_settings
from .speech.audio import wav
from .speech.languages import language_tag
from .speech.models import VoiceSettings
from .speech.text.segments import Passage, TextOptions
from .speech.text.stream import TextStream, whole

# Announcements run in parallel; a service accepts several at once.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: WebSocketTTSConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up a text-to-speech entity for each voice profile."""
    coordinator = entry.runtime_data
    for profile in coordinator.profiles.values():
        async_add_entities([SpeechEntity(coordinator, profile)], config_subentry_id=profile.id)


class SpeechEntity(WebSocketTTSEntity, TextToSpeechEntity):
    """A text-to-speech entity for one voice profile."""

    # Home Assistant's lists of text-to-speech entities show only this name: with the same name for all,
    # or none, users could not tell two profiles apart.
    _attr_has_entity_name = False
    _attr_translation_key = "speech"
    _attr_supported_options = [CONF_VOICE, CONF_RATE, CONF_VOLUME, CONF_CHIME]  # noqa: RUF012

    def __init__(self, coordinator: VoicesCoordinator, profile: VoiceProfile) -> None:
        """Initialize the entity with the settings of its profile."""
        super().__init__(coordinator, profile)
        self._service = coordinator.service
        self._attr_unique_id = profile.id
        self._attr_name = profile.title
        self._defaults = _default_options(coordinator, profile)
        self._group_voices()

    @property
    @override
    def available(self) -> bool:
        # Home Assistant drops announcements of unavailable entities.
        return self.coordinator.is_available or self._profile.has_fallback(self.coordinator.hass)

    @property
    @override
    def default_options(self) -> dict[str, Any]:
        return {**self._defaults, CONF_CACHE_MARK: self._profile.state.cache_mark}

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        if self.coordinator.data is not self._listed:
            self._group_voices()
        super()._handle_coordinator_update()

    def _group_voices(self) -> None:
        config, self._listed = self.coordinator.hass.config, self.coordinator.data
        self._voices = SpokenVoices(self._listed, self._profile, config.language, config.country)
        self._attr_default_language = self._voices.default_language
        self._attr_supported_languages = self._voices.supported_languages
        self._passage = cache(self._passage_of)

    @callback
    @override
    def async_get_supported_voices(self, language: str) -> list[Voice] | None:
        return self._voices.by_language.get(language)

    @override
    async def async_get_tts_audio(self, message: str, language: str, options: dict[str, Any]) -> TtsAudioType:
        """Return a complete WAV file with exact sizes."""
        announcement = await self._announcement(whole(message), language, options)
        async with aclosing(announcement.audio()) as audio:
            return "wav", wav.with_exact_sizes(b"".join([part async for part in audio]))

    @override
    async def async_stream_tts_audio(self, request: TTSAudioRequest) -> TTSAudioResponse:
        """Return a WAV stream of unknown length, which starts while the text is still being generated."""
        announcement = await self._announcement(request.message_gen, request.language, request.options)
        return TTSAudioResponse("wav", announcement.audio())

    @override
    async def async_speak(
        self,
        media_player_entity_id: list[str],
        message: str,
        cache: bool,
        language: str | None = None,
        options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Refuse an invalid call while the action is running: the audio is requested afterwards.

        kwargs are what a later Home Assistant may add.
        """
        if language and language not in self.supported_languages:
            language = language_tag(language) or language
        asked = language or self.default_language
        merged = {**self.default_options, **(options or {})}
        announcement = await self._announcement(whole(message), asked, merged)
        if not await announcement.has_words():
            raise invalid_call("no_text")
        await super().async_speak(media_player_entity_id, message, cache, language, options, **kwargs)

    async def _announcement(
        self, text: AsyncGenerator[str], language: str, options: Mapping[str, Any]
    ) -> Announcement:
        """Return the announcement of a text. Raises ServiceValidationError for invalid options."""
        settings = await self._checked(language, options)
        pronunciations = self._passage(settings.voice).pronunciations
        stream = TextStream(
            text,
            language=language,
            abbreviations=pronunciations.abbreviations,
            stall_timeout=self._service.limits.stall,
        )
        text_options = TextOptions(
            clean=options[CONF_CLEAN_TEXT],
            pronunciations=pronunciations,
            find_passage=passage_finder(self._voices, settings.voice, self._passage),
        )
        return Announcement(self.coordinator, self._profile, settings, options, stream, text_options)

    def _passage_of(self, voice: str) -> Passage:
        """Return how a voice speaks a text, or a passage of one that has another voice."""
        entry, language = self.coordinator.config_entry, self._voices.language_of(voice)
        pronunciations = pronunciations_for(entry.data, self._profile.settings, language)
        return Passage(voice, self._service.reads_ssml(voice), pronunciations)

    async def _checked(self, language: str, options: Mapping[str, Any]) -> VoiceSettings:
        """Return the voice settings of a call. Raises ServiceValidationError for invalid options."""
        voice = await self._voice(language, str(options.get(CONF_VOICE) or ""))
        ranges = {CONF_RATE: self._service.rate_range, CONF_VOLUME: self._service.volume_range}
        for option, allowed in ranges.items():
            if (value := options.get(option, 1)) not in allowed:
                limits = {"minimum": str(allowed.minimum), "maximum": str(allowed.maximum)}
                raise invalid_call("invalid_option", option=option, value=str(value), **limits)
        if (chime := options[CONF_CHIME]) != self._defaults[CONF_CHIME]:
            check_chime(chime)
        settings = voice_settings({**options, CONF_VOICE: voice})
        # A rate that is configured is for the voices that support it.
        is_asked = settings.rate not in (1, self._defaults.get(CONF_RATE))
        if is_asked and not self._service.can_change_rate(voice):
            raise invalid_call("rate_and_volume_not_supported", voice=voice)
        return settings

    async def _voice(self, language: str, voice: str) -> str:
        """Return the voice for a language.

        Home Assistant passes the configured voice, a default option, in every call that names no voice. If
        that voice does not speak the language, it was not asked for.
        """
        configured = self._profile.voice
        voice = voice.strip() or configured
        is_meant = voice != configured or self._voices.speaks(configured, language)
        if not is_meant and (voices := self.async_get_supported_voices(language)):
            return voices[0].voice_id
        if found := self._find(voice):
            return found
        # The voice may have been installed since the last poll.
        await self.coordinator.async_refresh()
        found = self._find(voice)
        if not found and not (voice == configured and self._profile.fallback):
            raise voice_not_found(voice, self.coordinator.data, type(self._service))
        return found or voice

    def _find(self, voice: str) -> str | None:
        """Return the ID of a voice, given by its ID or name; also of one that need not be in the list."""
        listed = self.coordinator.data
        if not listed or any(each.id == voice for each in listed):
            return voice
        if found := matching_voice(voice, listed, self.coordinator.labels):
            return found
        if self._service.lists_all_voices:
            return None
        if voice == self._profile.voice or not closest_voices(voice, listed, type(self._service)):
            return voice
        return None


def _default_options(coordinator: VoicesCoordinator, profile: VoiceProfile) -> dict[str, Any]:
    """Return all settings that affect the audio: Home Assistant makes them part of its cache key.

    The audio of a fallback is not: it is kept out of the cache.
    """
    defaults = {CONF_VOICE: profile.voice, **setting_values(coordinator.service, profile.settings)}
    defaults[CONF_CHIME] = profile.chime
    of_service = coordinator.config_entry.data.get(CONF_PRONUNCIATIONS)
    defaults[CONF_PRONUNCIATIONS] = [*(defaults[CONF_PRONUNCIATIONS] or ()), *(of_service or ())]
    defaults.pop(CONF_FALLBACK)
    if defaults.pop(CONF_AUDIO_FORMAT) == AUDIO_FORMAT_WAV:
        defaults[ATTR_PREFERRED_FORMAT] = AUDIO_FORMAT_WAV
    return defaults
