"""Update coordinator: polls the voices of a service."""

from collections.abc import Mapping
from datetime import timedelta
import logging
from time import monotonic
from typing import override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .announcement.chime import Chimes
from .announcement.profile import VoiceProfile
from .announcement.record import UtteranceRecord
from .availability import LONG_ABSENCE, Absence, ListDoubt
from .client import speech_client
from .const import CONF_STAND_BY, DOMAIN
from .errors import translated
from .issues import Issue, async_set_issue
from .speech.exceptions import BusyError, CannotConnectError, CertificateError, InvalidAuthError, SpeechError
from .speech.models import Voice
from .state import EntryState, ServerState, async_known_server

_LOGGER = logging.getLogger(__name__)

UPDATE_INTERVAL = timedelta(minutes=5)
FIRST_PAUSE = 1.0
"""Seconds until the next poll after one that failed, or whose list is doubted; doubled up to a minute."""
CONVERSATION = 60.0
"""Seconds for which a connection is kept ready after an utterance: another one is likely to follow."""

_NOT_REACHED = ("cannot_connect", "timeout", "certificate", "not_https")
"""Reasons of a failed poll; all others are what a server has answered."""

type WebSocketTTSConfigEntry = ConfigEntry[VoicesCoordinator]


class VoicesCoordinator(DataUpdateCoordinator[list[Voice]]):
    """Polls the voices of one service."""

    config_entry: WebSocketTTSConfigEntry

    def __init__(self, hass: HomeAssistant, entry: WebSocketTTSConfigEntry, state: EntryState) -> None:
        """Initialize the coordinator, and create the client of the service."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=UPDATE_INTERVAL,
            always_update=False,
        )
        self.state = state
        before, known = state.server, async_known_server(hass, entry.data)
        if before.key != known.key:
            state.absence = Absence()
        state.async_keep_server(known)
        self._doubt = ListDoubt()
        # A form may have asked for the list at a bad moment.
        kept = before.voices if before.key == known.key else None
        self.data = self._doubt.believed(kept or [], known.voices or [], monotonic())
        self.service = speech_client(hass, entry.data)
        self.chimes = Chimes(hass)
        self.profiles = {
            profile_id: VoiceProfile(profile_id, subentry.title, subentry.data, state.profiles[profile_id])
            for profile_id, subentry in entry.subentries.items()
        }
        self.labels: Mapping[str, str] = {}
        """What people call the voices, by ID; as the list was at set-up."""
        self._absence = state.absence
        self._pause = FIRST_PAUSE
        entry.async_on_unload(self.service.retire)
        # Home Assistant does not unload entries when it stops.
        entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._async_stop))

    @property
    def is_available(self) -> bool:
        """Return whether the service is reachable, or has been unreachable only briefly."""
        return not self._absence.is_away

    @property
    def is_current(self) -> bool:
        """Return whether this is the coordinator of its entry now, and not of one that was unloaded."""
        return getattr(self.config_entry, "runtime_data", None) is self

    @override
    async def _async_update_data(self) -> list[Voice]:
        try:
            listed = await self.service.voices()
        except SpeechError as err:
            self._note_failed_poll(err)
            raise translated(UpdateFailed, err) from err
        self._absence.note_success(has_spoken=False)
        self._note_credentials("poll", accepted=True)
        voices = self._doubt.believed(self.data, listed, monotonic())
        if voices == listed:
            self._pause, self.update_interval = FIRST_PAUSE, UPDATE_INTERVAL
        else:
            self._ask_again()
        for issue in (Issue.CERTIFICATE, Issue.SERVICE_AWAY):
            async_set_issue(self, issue, is_there=False)
        if self.config_entry.data.get(CONF_STAND_BY):
            self.service.preconnect()
        self._keep(voices)
        return voices

    def _note_failed_poll(self, err: SpeechError) -> None:
        self._ask_again((err.retry_after or 0.0) if isinstance(err, BusyError) else 0.0)
        if isinstance(err, InvalidAuthError):
            self._note_credentials("poll", accepted=False)
        if isinstance(err, CertificateError):
            async_set_issue(self, Issue.CERTIFICATE, is_there=True, **err.placeholders)
        if self._absence.note_failed_poll(monotonic(), is_reached=err.reason not in _NOT_REACHED):
            # The base class notifies listeners only of the first failure, and of the recovery.
            self.async_update_listeners()
        has_no_fallback = not all(profile.fallback for profile in self.profiles.values())
        is_told = self._absence.is_long(monotonic()) and has_no_fallback
        async_set_issue(self, Issue.SERVICE_AWAY, is_there=is_told)

    def _ask_again(self, after: float = 0.0) -> None:
        """Poll again soon, but not before so many seconds; later each time."""
        self.update_interval = timedelta(seconds=max(self._pause, after))
        self._pause = min(2 * self._pause, LONG_ABSENCE)

    def _note_credentials(self, by: str, *, accepted: bool) -> None:
        """Ask for new credentials, or no more, by what the poll and what a speech has met with."""
        refused_by = self.state.refused_by
        if not accepted:
            refused_by.add(by)
            self.config_entry.async_start_reauth(self.hass)
        elif by in refused_by:
            refused_by.remove(by)
            if not refused_by:
                for flow in list(self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})):
                    self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def async_note_failure(self, err: SpeechError) -> None:
        """Note that the service could not speak; find out now, not at the next poll, what that means."""
        if not self.is_current:
            return
        if isinstance(err, InvalidAuthError):
            self._note_credentials("speech", accepted=False)
        elif isinstance(err, CannotConnectError | BusyError):
            self._absence.note_failed_speech(monotonic())
            self._async_poll_now()

    @callback
    def async_note_refused_voice(self, voice: str) -> None:
        """Note that the service does not know a voice: if it is missing from the next list, it is gone."""
        self._doubt.confirm(voice)
        self._async_poll_now()

    @callback
    def async_note_utterance(self, record: UtteranceRecord) -> None:
        """Keep what an utterance has found out about the server, and be ready for the next one."""
        if not self.is_current:
            return
        self._keep(self.state.server.voices)
        if record.is_of_the_service:
            self._note_credentials("speech", accepted=True)
            if self._absence.note_success(has_spoken=True):
                self.async_update_listeners()
            self.service.preconnect(CONVERSATION)

    def _async_poll_now(self) -> None:
        if self.hass.is_running:
            self.config_entry.async_create_background_task(
                self.hass, self.async_request_refresh(), f"{DOMAIN} refresh"
            )

    def _keep(self, voices: list[Voice] | None) -> None:
        """Keep what the client has found out about the server."""
        self.state.async_keep_server(ServerState.of(self.state.server.key, self.service, voices))

    async def _async_stop(self, _event: Event) -> None:
        await self.service.aclose()
