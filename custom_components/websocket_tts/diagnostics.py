"""Diagnostics, without secrets and without spoken text."""

from collections.abc import Mapping
from dataclasses import asdict
from operator import itemgetter
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_TOKEN
from homeassistant.core import HomeAssistant
from yarl import URL

from .const import CONF_PRONUNCIATIONS, CONF_TOKEN_URL
from .coordinator import WebSocketTTSConfigEntry

_SECRETS = {CONF_TOKEN, CONF_CLIENT_ID, CONF_CLIENT_SECRET}


async def async_get_config_entry_diagnostics(
    _hass: HomeAssistant, entry: WebSocketTTSConfigEntry
) -> dict[str, Any]:
    """Return diagnostics for a config entry."""
    told = {
        "entry": {
            "data": _told(entry.data),
            "state": entry.state.value,
            "reason": entry.reason,
            "profiles": {
                profile.subentry_id: {"title": profile.title, "settings": _told(profile.data)}
                for profile in entry.subentries.values()
            },
        },
    }
    if entry.state is not ConfigEntryState.LOADED:
        return told
    coordinator = entry.runtime_data
    utterances = [
        {"profile": profile.title, **utterance.as_dict()}
        for profile in coordinator.profiles.values()
        for utterance in profile.state.utterances
    ]
    return {
        **told,
        "service": coordinator.service.name,
        "quirks": dict(coordinator.service.quirks),
        "available": coordinator.is_available,
        "voices": [asdict(voice) for voice in coordinator.data],
        "utterances": sorted(utterances, key=itemgetter("ended_at")),
    }


def _told(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data without secrets; of pronunciations, which contain words of the user, only the number."""
    told = {**async_redact_data(data, _SECRETS), CONF_PRONUNCIATIONS: len(data.get(CONF_PRONUNCIATIONS, ()))}
    if CONF_TOKEN_URL in data:
        url = URL(data[CONF_TOKEN_URL])
        told[CONF_TOKEN_URL] = str(url.with_user(None).with_query(None).with_fragment(None))
    return told
