"""Issues that only the user can repair."""

from collections.abc import Iterable
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .announcement.profile import VoiceProfile
from .const import DOMAIN


class Issue(StrEnum):
    """Issues of a config entry or of a voice profile; each value is a translation key."""

    CERTIFICATE = "certificate"
    FALLBACK = "fallback"
    NO_VOICES = "no_voices"
    VOICE_GONE = "voice_gone"


_FIXABLE = (Issue.CERTIFICATE, Issue.VOICE_GONE)


@callback
def async_set_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    issue: Issue,
    profile: VoiceProfile | None = None,
    /,
    *,
    is_there: bool,
    **placeholders: str,
) -> None:
    """Create or delete an issue of an entry, or of one of its voice profiles."""
    issue_id = _issue_id(issue, profile.id if profile else entry.entry_id)
    if not is_there:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    shown = {"name": (profile or entry).title, **placeholders}
    ids = {"entry_id": entry.entry_id, **({"subentry_id": profile.id} if profile else {})}
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={**ids, "issue": issue, **shown},
        is_fixable=issue in _FIXABLE,
        # With a fallback voice, announcements are still heard.
        severity=ir.IssueSeverity.WARNING if issue is Issue.FALLBACK else ir.IssueSeverity.ERROR,
        translation_key=issue,
        translation_placeholders=shown,
    )


@callback
def async_withdraw_issues(hass: HomeAssistant, ids: Iterable[str]) -> None:
    """Delete all issues of entries and voice profiles with these IDs."""
    for owner in ids:
        for issue in Issue:
            ir.async_delete_issue(hass, DOMAIN, _issue_id(issue, owner))


def _issue_id(issue: Issue, owner: str) -> str:
    return f"{issue}_{owner}"
