"""What Repairs shows of a service and its voices, by its list and by what announcements have met with."""

import logging

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..coordinator import VoicesCoordinator
from ..issues import Issue, async_set_issue
from .profile import VoiceProfile
from .record import UtteranceRecord

_LOGGER = logging.getLogger(__name__)


@callback
def async_show_issues(coordinator: VoicesCoordinator) -> None:
    """Show what is known of the voices of an entry; called at its set-up, and when the list has changed."""
    is_there = coordinator.service.lists_all_voices and not coordinator.data
    async_set_issue(coordinator.hass, coordinator.config_entry, Issue.NO_VOICES, is_there=is_there)
    for profile in coordinator.profiles.values():
        _show_profile(coordinator, profile)


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
    hass, entry = coordinator.hass, coordinator.config_entry
    is_gone = _is_gone(coordinator, profile)
    async_set_issue(hass, entry, Issue.VOICE_GONE, profile, is_there=is_gone, voice=profile.voice)
    since = dt_util.parse_datetime(profile.state.fallback_since or "")
    async_set_issue(
        hass,
        entry,
        Issue.FALLBACK,
        profile,
        is_there=bool(since and profile.fallback),
        fallback=profile.fallback or "",
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
