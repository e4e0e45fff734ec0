"""Issues that only the user can repair."""

from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN


class Issue(StrEnum):
    """Issues of a config entry; each value is a translation key."""

    CERTIFICATE = "certificate"
    FALLBACK = "fallback"
    NO_VOICES = "no_voices"
    VOICE_GONE = "voice_gone"


_FIXABLE = (Issue.CERTIFICATE, Issue.VOICE_GONE)


@callback
def async_raise_issue(hass: HomeAssistant, entry: ConfigEntry, issue: Issue, **placeholders: str) -> None:
    """Create an issue."""
    shown = {"name": entry.title, **placeholders}
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{issue}_{entry.entry_id}",
        data={"entry_id": entry.entry_id, "issue": issue, **shown},
        is_fixable=issue in _FIXABLE,
        # With a fallback voice, announcements are still heard.
        severity=ir.IssueSeverity.WARNING if issue is Issue.FALLBACK else ir.IssueSeverity.ERROR,
        translation_key=issue,
        translation_placeholders=shown,
    )


@callback
def async_withdraw_issue(hass: HomeAssistant, entry: ConfigEntry, issue: Issue) -> None:
    """Delete an issue."""
    ir.async_delete_issue(hass, DOMAIN, f"{issue}_{entry.entry_id}")


@callback
def async_set_issue(
    hass: HomeAssistant, entry: ConfigEntry, issue: Issue, *, is_there: bool, **placeholders: str
) -> None:
    """Create or delete an issue."""
    if is_there:
        async_raise_issue(hass, entry, issue, **placeholders)
    else:
        async_withdraw_issue(hass, entry, issue)
