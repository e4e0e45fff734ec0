"""Issues that only the user can repair."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .announcement.profile import VoiceProfile
from .const import DOMAIN

if TYPE_CHECKING:
    from .coordinator import VoicesCoordinator


class Issue(StrEnum):
    """Issues of a config entry or of a voice profile; each value is a translation key."""

    CERTIFICATE = "certificate"
    CHIME_GONE = "chime_gone"
    FALLBACK = "fallback"
    FALLBACK_GONE = "fallback_gone"
    NO_VOICES = "no_voices"
    SERVICE_AWAY = "service_away"
    VOICE_GONE = "voice_gone"


_FIXABLE = (Issue.CERTIFICATE, Issue.CHIME_GONE, Issue.FALLBACK_GONE, Issue.VOICE_GONE)
_WARNINGS = (Issue.CHIME_GONE, Issue.FALLBACK, Issue.FALLBACK_GONE)
"""Issues in spite of which announcements are heard."""


@callback
def async_set_issue(
    coordinator: VoicesCoordinator,
    issue: Issue,
    profile: VoiceProfile | None = None,
    /,
    *,
    is_there: bool,
    **placeholders: str,
) -> None:
    """Create or delete an issue of an entry, or of one of its voice profiles."""
    hass, entry = coordinator.hass, coordinator.config_entry
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
        severity=ir.IssueSeverity.WARNING if issue in _WARNINGS else ir.IssueSeverity.ERROR,
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
