"""The voices of a service, whether it is there, and what it has spoken."""

from collections import deque
from datetime import timedelta
from functools import partial
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .characters import CharacterCount
from .client import persistent_data, speech_client
from .const import CONF_STAND_BY, CONF_VOICE, DOMAIN
from .errors import translation
from .history import KEPT, UtteranceRecord
from .issues import Issue, raise_issue, set_issue, withdraw_issue
from .speech import (
    CertificateError,
    InvalidAuthError,
    SpeechError,
    Voice,
)

_LOGGER = logging.getLogger(__name__)

UPDATE_INTERVAL = timedelta(minutes=5)
RETRY_INTERVAL = timedelta(minutes=1)
"""While the service is away: an announcement to an unavailable entity is lost without a word."""

type WebSocketTTSConfigEntry = ConfigEntry[VoicesCoordinator]


class VoicesCoordinator(DataUpdateCoordinator[list[Voice]]):
    """Polls the voices of one service."""

    config_entry: WebSocketTTSConfigEntry

    def __init__(self, hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> None:
        """Make the client of the service."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=entry.title, update_interval=UPDATE_INTERVAL)
        self.service = speech_client(hass, entry.data, partial(entry.async_create_background_task, hass))
        self.characters = CharacterCount(hass, entry.entry_id)
        self.utterances: deque[UtteranceRecord] = deque(maxlen=KEPT)
        self.time_to_first_audio: float | None = None
        """Seconds, of the last utterance that had audio."""
        self.last_failure: UtteranceRecord | None = None
        entry.async_on_unload(self.service.aclose)
        # Home Assistant unloads nothing when it stops.
        entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._async_stop))

    @override
    async def _async_setup(self) -> None:
        await self.characters.load()
        self.config_entry.async_on_unload(self.characters.save)

    @override
    async def _async_update_data(self) -> list[Voice]:
        self.update_interval = RETRY_INTERVAL
        try:
            voices = await self.service.voices()
        except InvalidAuthError as err:
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth") from err
        except SpeechError as err:
            if isinstance(err, CertificateError):
                raise_issue(self.hass, self.config_entry, Issue.CERTIFICATE, **err.placeholders)
            raise UpdateFailed(**translation(err)) from err
        self.update_interval = UPDATE_INTERVAL
        self.keep_what_was_learned()
        self._update_issues(voices)
        if self.config_entry.options.get(CONF_STAND_BY):
            self.service.preconnect()
        return voices

    def _update_issues(self, voices: list[Voice]) -> None:
        withdraw_issue(self.hass, self.config_entry, Issue.CERTIFICATE)
        if not self.service.lists_all_voices:
            # What is not listed may be there all the same: only speaking tells.
            return
        set_issue(self.hass, self.config_entry, Issue.NO_VOICES, is_there=not voices)
        configured = self.config_entry.options[CONF_VOICE]
        is_gone = bool(voices) and all(voice.id != configured for voice in voices)
        self.note_configured_voice(is_gone=is_gone)

    def note_configured_voice(self, *, is_gone: bool) -> None:
        """Note whether the service still has the voice of the options."""
        voice = self.config_entry.options[CONF_VOICE]
        set_issue(self.hass, self.config_entry, Issue.VOICE_GONE, is_there=is_gone, voice=voice)

    def note_utterance(self, utterance: UtteranceRecord) -> None:
        """Keep what became of a request for speech, unless it was the end of the entry that ended it."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return
        self.utterances.append(utterance)
        self.characters.add(utterance.characters)
        if utterance.first_audio is not None:
            self.time_to_first_audio = utterance.first_audio
        if utterance.error:
            self.last_failure = utterance
        self.keep_what_was_learned()
        self.async_update_listeners()

    def keep_what_was_learned(self) -> None:
        """Keep with the entry what the client found out about the server, and the token it got."""
        data = {**self.config_entry.data, **persistent_data(self.service)}
        if data != self.config_entry.data:
            self.hass.config_entries.async_update_entry(self.config_entry, data=data)

    async def _async_stop(self, _event: Event) -> None:
        await self.service.aclose()
