"""What is shown of a voice profile in Repairs: that its voice is missing, or that its fallback speaks."""

from collections.abc import Collection
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..issues import Issue, async_set_issue
from ..speech import Voice
from ..state import EntryState
from .profile import VoiceProfile

_LOGGER = logging.getLogger(__name__)


@callback
def async_show_profile(
    hass: HomeAssistant, entry: ConfigEntry, state: EntryState, profile: VoiceProfile
) -> None:
    """Show what an earlier set-up has left of a profile, as far as it applies to its present settings."""
    if profile.state.fallback_since and not profile.fallback:
        state.async_set_fallback_since(profile.state, None)
    _show_fallback(hass, entry, profile)
    if profile.state.refused[0] != profile.voice:
        _set_voice_gone(hass, entry, profile, is_gone=False)


@callback
def async_show_voices(
    hass: HomeAssistant, entry: ConfigEntry, profiles: Collection[VoiceProfile], voices: list[Voice]
) -> None:
    """Show which configured voices are missing from a complete list."""
    async_set_issue(hass, entry, Issue.NO_VOICES, is_there=not voices)
    for profile in profiles:
        _set_voice_gone(hass, entry, profile, is_gone=bool(voices) and not _is_listed(profile, voices))


@callback
def async_note_refusal(
    hass: HomeAssistant, entry: ConfigEntry, profile: VoiceProfile, voices: list[Voice]
) -> None:
    """Note that the service has refused the configured voice, which it need not list.

    A single refusal may come from a proxy or be a temporary fault: a voice that is not listed either, or is
    refused twice in a row, is missing.
    """
    voice, refusals = profile.state.refused
    refusals = refusals + 1 if voice == profile.voice else 1
    profile.state.refused = profile.voice, refusals
    if refusals > 1 or (voices and not _is_listed(profile, voices)):
        _set_voice_gone(hass, entry, profile, is_gone=True)


@callback
def async_note_voice(hass: HomeAssistant, entry: ConfigEntry, profile: VoiceProfile) -> None:
    """Note that the service has spoken with the configured voice."""
    profile.state.refused = "", 0
    _set_voice_gone(hass, entry, profile, is_gone=False)


@callback
def async_note_speaker(
    hass: HomeAssistant, entry: ConfigEntry, state: EntryState, profile: VoiceProfile, *, is_fallback: bool
) -> None:
    """Note who has spoken: the fallback, or the service."""
    if is_fallback == bool(profile.state.fallback_since) or not (profile.fallback or not is_fallback):
        return
    if is_fallback:
        _LOGGER.warning("%s cannot speak; %s speaks in its place", profile.title, profile.fallback)
    else:
        _LOGGER.info("%s speaks again", profile.title)
    state.async_set_fallback_since(profile.state, dt_util.utcnow().isoformat() if is_fallback else None)
    _show_fallback(hass, entry, profile)


def _show_fallback(hass: HomeAssistant, entry: ConfigEntry, profile: VoiceProfile) -> None:
    since = dt_util.parse_datetime(profile.state.fallback_since or "")
    shown = {
        "fallback": profile.fallback or "",
        "since": dt_util.as_local(since).strftime("%Y-%m-%d %H:%M") if since else "",
    }
    async_set_issue(hass, entry, Issue.FALLBACK, profile, is_there=since is not None, **shown)


def _set_voice_gone(hass: HomeAssistant, entry: ConfigEntry, profile: VoiceProfile, *, is_gone: bool) -> None:
    async_set_issue(hass, entry, Issue.VOICE_GONE, profile, is_there=is_gone, voice=profile.voice)


def _is_listed(profile: VoiceProfile, voices: list[Voice]) -> bool:
    return any(voice.id == profile.voice for voice in voices)
