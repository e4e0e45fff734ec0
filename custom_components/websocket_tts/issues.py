"""Issues that only the user can repair."""

from enum import StrEnum

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN


class Issue(StrEnum):
    """Issues of a config entry or of a voice profile; each value is a translation key."""

    CERTIFICATE = "certificate"
    FALLBACK = "fallback"
    NO_VOICES = "no_voices"
    VOICE_GONE = "voice_gone"


_OF_ENTRY = (Issue.CERTIFICATE, Issue.NO_VOICES)
_OF_PROFILE = (Issue.FALLBACK, Issue.VOICE_GONE)
_FIXABLE = (Issue.CERTIFICATE, Issue.VOICE_GONE)


@callback
def async_raise_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    issue: Issue,
    profile: ConfigSubentry | None = None,
    /,
    **placeholders: str,
) -> None:
    """Create an issue of an entry, or of one of its voice profiles."""
    shown = {"name": (profile or entry).title, **placeholders}
    ids = {"entry_id": entry.entry_id, **({"subentry_id": profile.subentry_id} if profile else {})}
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, issue, profile),
        data={**ids, "issue": issue, **shown},
        is_fixable=issue in _FIXABLE,
        # With a fallback voice, announcements are still heard.
        severity=ir.IssueSeverity.WARNING if issue is Issue.FALLBACK else ir.IssueSeverity.ERROR,
        translation_key=issue,
        translation_placeholders=shown,
    )


@callback
def async_withdraw_issue(
    hass: HomeAssistant, entry: ConfigEntry, issue: Issue, profile: ConfigSubentry | None = None
) -> None:
    """Delete an issue."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, issue, profile))


@callback
def async_withdraw_issues(
    hass: HomeAssistant, entry: ConfigEntry, profile: ConfigSubentry | None = None
) -> None:
    """Delete all issues of an entry itself, or of one of its voice profiles."""
    for issue in _OF_PROFILE if profile else _OF_ENTRY:
        async_withdraw_issue(hass, entry, issue, profile)


@callback
def async_set_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    issue: Issue,
    profile: ConfigSubentry | None = None,
    /,
    *,
    is_there: bool,
    **placeholders: str,
) -> None:
    """Create or delete an issue."""
    if is_there:
        async_raise_issue(hass, entry, issue, profile, **placeholders)
    else:
        async_withdraw_issue(hass, entry, issue, profile)


def _issue_id(entry: ConfigEntry, issue: Issue, profile: ConfigSubentry | None) -> str:
    return f"{issue}_{profile.subentry_id if profile else entry.entry_id}"
