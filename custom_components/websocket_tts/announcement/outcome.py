"""What Repairs shows of a service and its voices, by its list and by what announcements have met with."""

from datetime import datetime
import logging

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_state_change_event
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ..availability import LONG_ABSENCE
from ..coordinator import VoicesCoordinator
from ..issues import Issue, async_set_issue
from .profile import VoiceProfile
from .record import UtteranceRecord

_LOGGER = logging.getLogger(__name__)


@callback
def async_watch(coordinator: VoicesCoordinator) -> None:
    """Show what is known of the voices of an entry, now and when that changes, as long as it is set up.

    A fallback or a chime that is gone is an issue, but not while it may only have to be set up itself.
    """
    hass, entry = coordinator.hass, coordinator.config_entry
    fallbacks = [profile.fallback for profile in coordinator.profiles.values() if profile.fallback]

    @callback
    def show(*, is_settled: bool = False) -> None:
        has_none = coordinator.service.lists_all_voices and not coordinator.data
        async_set_issue(coordinator, Issue.NO_VOICES, is_there=has_none)
        for profile in coordinator.profiles.values():
            _show_profile(coordinator, profile)
            name = profile.fallback
            is_lost = name != "" and not profile.has_fallback(hass)
            if is_settled or not is_lost:
                async_set_issue(coordinator, Issue.FALLBACK_GONE, profile, is_there=is_lost, fallback=name)

    @callback
    def follow(event: Event[EventStateChangedData]) -> None:
        if event.data["old_state"] is None or event.data["new_state"] is None:
            # What goes is gone; when one comes, others may still come.
            show(is_settled=event.data["new_state"] is None)
            coordinator.async_update_listeners()

    @callback
    def wait(_: HomeAssistant) -> None:
        entry.async_on_unload(async_call_later(hass, LONG_ABSENCE, check))

    async def check(_: datetime) -> None:
        show(is_settled=True)
        for profile in coordinator.profiles.values():
            can_ring = await coordinator.chimes.can_ring(profile.chime)
            async_note_chime(coordinator, profile, is_there=can_ring)

    show()
    for profile in coordinator.profiles.values():
        # Until the check: it may have been changed.
        async_note_chime(coordinator, profile, is_there=True)
    entry.async_on_unload(coordinator.async_add_listener(show))
    entry.async_on_unload(async_track_state_change_event(hass, fallbacks, follow))
    entry.async_on_unload(async_at_started(hass, wait))


@callback
def async_note_chime(coordinator: VoicesCoordinator, profile: VoiceProfile, *, is_there: bool) -> None:
    """Note whether the chime of a profile could be played."""
    async_set_issue(coordinator, Issue.CHIME_GONE, profile, is_there=not is_there, chime=profile.chime)


@callback
def async_note_refusal(coordinator: VoicesCoordinator, profile: VoiceProfile) -> None:
    """Note that the service has refused the configured voice."""
    profile.state.refusals[profile.voice] += 1
    _show_profile(coordinator, profile)
    coordinator.async_note_refused_voice(profile.voice)


@callback
def async_note_speaker(
    coordinator: VoicesCoordinator, profile: VoiceProfile, utterance: UtteranceRecord
) -> None:
    """Note who has spoken: the fallback, or the service with a voice."""
    is_fallback = utterance.fallback is not None
    if is_fallback and not profile.fallback:
        # It has been removed while it spoke.
        return
    if not is_fallback and utterance.voice == profile.voice:
        profile.state.refusals.clear()
    if is_fallback != bool(profile.state.fallback_since):
        if is_fallback:
            _LOGGER.warning("%s cannot speak; %s speaks in its place", profile.title, profile.fallback)
        else:
            _LOGGER.info("%s speaks again", profile.title)
        profile.state.fallback_since = dt_util.utcnow().isoformat() if is_fallback else None
        coordinator.state.async_note_change()
    _show_profile(coordinator, profile)


def _show_profile(coordinator: VoicesCoordinator, profile: VoiceProfile) -> None:
    is_gone = _is_gone(coordinator, profile)
    async_set_issue(coordinator, Issue.VOICE_GONE, profile, is_there=is_gone, voice=profile.voice)
    since = dt_util.parse_datetime(profile.state.fallback_since or "")
    async_set_issue(
        coordinator,
        Issue.FALLBACK,
        profile,
        is_there=bool(since and profile.has_fallback(coordinator.hass)),
        fallback=profile.fallback,
        since=dt_util.as_local(since).strftime("%Y-%m-%d %H:%M") if since else "",
    )


def _is_gone(coordinator: VoicesCoordinator, profile: VoiceProfile) -> bool:
    """Return whether the configured voice is missing.

    A complete list decides. Where voices need not be listed, one that is not listed either is missing when it
    is refused; one that is listed when it is refused twice in a row: a proxy may have said it, or a slip.
    """
    is_missing = bool(coordinator.data) and all(voice.id != profile.voice for voice in coordinator.data)
    if coordinator.service.lists_all_voices:
        return is_missing
    return profile.state.refusals[profile.voice] >= (1 if is_missing else 2)
