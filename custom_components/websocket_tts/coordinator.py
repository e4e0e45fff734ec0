"""Update coordinator: the voices of a service, its availability, and its voice profiles."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
import logging
from time import monotonic
from typing import override

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .chime import Chimes
from .client import persistent_data, speech_client
from .const import CONF_STAND_BY, CONF_VOICES, DOMAIN
from .errors import translation
from .history import UtteranceRecord
from .issues import Issue, async_raise_issue, async_set_issue, async_withdraw_issue
from .profile import VoiceProfile
from .speech import (
    BusyError,
    CannotConnectError,
    CertificateError,
    CreateTask,
    InvalidAuthError,
    SpeechError,
    Voice,
    VoiceNotFoundError,
)

_LOGGER = logging.getLogger(__name__)

UPDATE_INTERVAL = timedelta(minutes=5)
RETRY_INTERVAL = timedelta(seconds=1)
"""Pause before the first retry when the service is unreachable; doubled after each failure."""
MAX_RETRY_INTERVAL = timedelta(minutes=1)
SHORT_ABSENCE = 12.0
"""Seconds of absence during which the entities stay available, as they do for FEW_FAILURES: Home Assistant
silently drops an announcement to an unavailable entity, even if the service is back by then. With the
intervals above, the entities become unavailable after 15 s."""
FEW_FAILURES = 2
CONVERSATION = 60.0
"""Seconds for which a connection is kept ready after an utterance: another one is likely to follow."""

type WebSocketTTSConfigEntry = ConfigEntry[VoicesCoordinator]


class VoicesCoordinator(DataUpdateCoordinator[list[Voice]]):
    """Polls the voices of one service, and holds its voice profiles."""

    config_entry: WebSocketTTSConfigEntry

    def __init__(self, hass: HomeAssistant, entry: WebSocketTTSConfigEntry) -> None:
        """Initialize the coordinator, and create the client of the service."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=entry.title, update_interval=UPDATE_INTERVAL)
        self.create_task: CreateTask = partial(entry.async_create_background_task, hass)
        self.service = speech_client(hass, entry.data, self.create_task)
        self.data = [Voice(**voice) for voice in entry.data.get(CONF_VOICES, [])]
        self.chimes = Chimes(hass)
        self.profiles = {
            profile_id: VoiceProfile(hass, entry, subentry)
            for profile_id, subentry in entry.subentries.items()
        }
        self._failures = 0
        """Failed polls since the service was last reachable."""
        self._away_since = 0.0
        self._is_away = False
        self._profile_listeners: list[Callable[[VoiceProfile], None]] = []
        entry.async_on_unload(self.service.aclose)
        # Home Assistant does not unload entries when it stops.
        entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._async_stop))

    @override
    async def _async_setup(self) -> None:
        for profile in self.profiles.values():
            await profile.characters.async_load()
        self.config_entry.async_on_unload(self._async_save)

    @property
    def has_fallback(self) -> bool:
        """Return whether any voice profile has a fallback voice."""
        return any(profile.fallback for profile in self.profiles.values())

    @property
    def is_available(self) -> bool:
        """Return whether the service is reachable, or has been unreachable only briefly."""
        return self.last_update_success or not self._is_away

    @override
    async def _async_update_data(self) -> list[Voice]:
        try:
            voices = await self.service.voices()
        except InvalidAuthError as err:
            self._note_absence(for_good=True)
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth") from err
        except SpeechError as err:
            self._note_absence(err.retry_after if isinstance(err, BusyError) else None)
            if isinstance(err, CertificateError):
                async_raise_issue(self.hass, self.config_entry, Issue.CERTIFICATE, **err.placeholders)
            raise UpdateFailed(**translation(err)) from err
        self._is_away = False
        for profile in self.profiles.values():
            profile.fallback_use.async_renew_cache_mark()
        self.update_interval = UPDATE_INTERVAL
        self.async_store_learned(voices)
        self._update_issues(voices)
        if self.config_entry.data.get(CONF_STAND_BY):
            self.service.preconnect()
        return voices

    @callback
    @override
    def async_set_updated_data(self, data: list[Voice]) -> None:
        """Mark the service as reachable, and log the recovery as a successful poll does."""
        if not self.last_update_success:
            self.logger.info("Fetching %s data recovered", self.name)
        super().async_set_updated_data(data)

    def _note_absence(self, retry_after: float | None = None, *, for_good: bool = False) -> None:
        """Retry with increasing pauses, and update the entities if the absence is not brief."""
        now = monotonic()
        if self.last_update_success:
            self._failures, self._away_since, self._is_away = 0, now, False
        pause = min(RETRY_INTERVAL * 2 ** min(self._failures, 10), MAX_RETRY_INTERVAL)
        self.update_interval = max(pause, timedelta(seconds=retry_after or 0))
        self._failures += 1
        is_short = self._failures <= FEW_FAILURES or now - self._away_since < SHORT_ABSENCE
        if (for_good or not is_short) and not self._is_away:
            self._is_away = True
            # The base class notifies listeners only of the first failure, and of the recovery.
            self.hass.loop.call_soon(self.async_update_listeners)

    def _update_issues(self, voices: list[Voice]) -> None:
        async_withdraw_issue(self.hass, self.config_entry, Issue.CERTIFICATE)
        if not self.service.lists_all_voices:
            # A voice that is not listed may still exist; only a request can tell.
            return
        async_set_issue(self.hass, self.config_entry, Issue.NO_VOICES, is_there=not voices)
        self._update_voices_gone(voices)

    def _update_voices_gone(self, voices: list[Voice]) -> None:
        for profile in self.profiles.values() if self.service.lists_all_voices else ():
            profile.async_set_voice_gone(is_gone=bool(voices) and not _is_listed(profile, voices))

    @callback
    def async_note_configured_voice(self, profile: VoiceProfile, *, is_gone: bool) -> None:
        """Note whether the service could speak with the configured voice.

        A single refusal may come from a proxy or be a temporary fault. If the voice list is complete, it
        decides; otherwise, a voice that is not listed either, or is refused twice in a row, is missing.
        """
        profile.voice_refusals = profile.voice_refusals + 1 if is_gone else 0
        if not is_gone:
            profile.async_set_voice_gone(is_gone=False)
        elif self.service.lists_all_voices:
            if self.config_entry.state is ConfigEntryState.LOADED:
                self.config_entry.async_create_background_task(
                    self.hass, self.async_request_refresh(), f"{DOMAIN} voices"
                )
        elif profile.voice_refusals > 1 or (self.data and not _is_listed(profile, self.data)):
            profile.async_set_voice_gone(is_gone=True)

    @callback
    def async_follow_profiles(self, add: Callable[[VoiceProfile], None]) -> None:
        """Call a function with each voice profile, and with those that are added later."""
        self._profile_listeners.append(add)
        for profile in self.profiles.values():
            add(profile)

    @callback
    def async_update_profiles(self) -> list[VoiceProfile]:
        """Take over changes of the voice profiles, without a reload; return those that were removed.

        An announcement that is being spoken keeps the settings that it began with, even those of a profile
        that is removed.
        """
        subentries = self.config_entry.subentries
        removed = [self.profiles.pop(profile_id) for profile_id in self.profiles.keys() - subentries.keys()]
        changed = [profile for profile in self.profiles.values() if profile.async_update()]
        for profile_id in subentries.keys() - self.profiles.keys():
            profile = VoiceProfile(self.hass, self.config_entry, subentries[profile_id])
            self.profiles[profile_id] = profile
            changed.append(profile)
            for add in self._profile_listeners:
                add(profile)
        if changed and self.last_update_success:
            self._update_voices_gone(self.data)
            self.async_store_learned(self.data)
        return removed

    @callback
    def async_note_utterance(self, profile: VoiceProfile, utterance: UtteranceRecord) -> None:
        """Record an utterance, unless its entry was unloaded or its profile removed in the meantime."""
        if self.config_entry.state is not ConfigEntryState.LOADED or profile.id not in self.profiles:
            return
        if utterance.fallback:
            profile.fallback_use.async_note_fallback(is_away=not self.is_available)
        profile.async_add(utterance)
        if utterance.audio and not utterance.error and not utterance.fallback:
            self.service.preconnect(CONVERSATION)
        self.async_store_learned()

    @callback
    def async_note_success(self, profile: VoiceProfile, voice: str) -> None:
        """Note that the service has spoken with a voice."""
        if profile.id in self.profiles:
            profile.fallback_use.async_note_service()
            if voice == profile.voice:
                self.async_note_configured_voice(profile, is_gone=False)
        if not self.last_update_success:
            self.async_set_updated_data(self.data)

    @callback
    def async_note_failure(self, profile: VoiceProfile, err: SpeechError, voice: str) -> None:
        """Note that the service could not speak with a voice."""
        entry = self.config_entry
        if isinstance(err, InvalidAuthError):
            entry.async_start_reauth(self.hass)
        elif isinstance(err, VoiceNotFoundError):
            if voice == profile.voice and profile.id in self.profiles:
                self.async_note_configured_voice(profile, is_gone=True)
        elif isinstance(err, CannotConnectError | BusyError) and entry.state is ConfigEntryState.LOADED:
            # The service may be unreachable: find out now rather than at the next poll.
            entry.async_create_background_task(self.hass, self.async_request_refresh(), f"{DOMAIN} refresh")

    @callback
    def async_store_learned(self, voices: list[Voice] | None = None) -> None:
        """Store the server quirks and the access token of the client in the entry.

        With a fallback, also store the voices: Home Assistant may start while the service is unreachable.
        """
        data = {**self.config_entry.data, **persistent_data(self.service)}
        if voices and self.has_fallback:
            data[CONF_VOICES] = [asdict(voice) for voice in voices]
        if data != self.config_entry.data:
            self.hass.config_entries.async_update_entry(self.config_entry, data=data)

    async def _async_save(self) -> None:
        for profile in self.profiles.values():
            await profile.characters.async_save()

    async def _async_stop(self, _event: Event) -> None:
        await self.service.aclose()


def _is_listed(profile: VoiceProfile, voices: list[Voice]) -> bool:
    return any(voice.id == profile.voice for voice in voices)
