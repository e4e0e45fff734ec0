"""Use of the fallback: since when, across restarts, and its effect on the cache."""

from datetime import datetime
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .const import CONF_FALLBACK, CONF_FALLBACK_COUNT, CONF_FALLBACK_SINCE
from .issues import Issue, async_raise_issue, async_withdraw_issue

_LOGGER = logging.getLogger(__name__)


@callback
def follow_fallback(hass: HomeAssistant, entry: ConfigEntry) -> CALLBACK_TYPE:
    """Update the voice profiles when the user renames the entity ID; return a function that stops this."""

    @callback
    def take_new_id(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        old_id = event.data.get("old_entity_id")
        for profile in entry.subentries.values():
            if old_id and old_id == profile.data.get(CONF_FALLBACK):
                data = {**profile.data, CONF_FALLBACK: event.data["entity_id"]}
                hass.config_entries.async_update_subentry(entry, profile, data=data)

    return hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, take_new_id)


class FallbackUse:
    """Shows the use of the fallback in Repairs, and keeps its audio apart from the service's in the cache.

    What it stores in the subentry of the profile reaches the entity as any other change of it.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, profile: ConfigSubentry) -> None:
        """Restore the stored state."""
        self._hass = hass
        self._entry = entry
        self._profile = profile
        self._is_stale = self._since is not None
        """Whether the fallback has spoken since the cache mark was last changed."""
        self.async_renew_cache_mark()
        self.async_update()

    @callback
    def async_update(self) -> None:
        """Show a fallback that is in use with its present name, or no more if there is none."""
        if self._since and self._fallback:
            self._show()
        elif self._since:
            self._end()

    @property
    def cache_mark(self) -> int:
        """Return a number that the cache key must contain; 0 for none.

        Home Assistant computes the key before it is known who will speak, and caches all audio. A new number
        ensures that audio of the fallback is not used when the service speaks again.
        """
        count: int = self._profile.data.get(CONF_FALLBACK_COUNT, 0)
        return count

    @callback
    def async_renew_cache_mark(self) -> None:
        """Invalidate the cached audio of the fallback."""
        if self._is_stale:
            self._is_stale = False
            self._store({**self._profile.data, CONF_FALLBACK_COUNT: self.cache_mark + 1})

    @callback
    def async_note_fallback(self, *, is_away: bool) -> None:
        """Note that the fallback has spoken.

        While the service is known to be unreachable, that audio may be reused: the mark changes afterwards.
        """
        # It may have been removed from the settings while it spoke.
        if self._fallback and not self._since:
            self._store({**self._profile.data, CONF_FALLBACK_SINCE: dt_util.utcnow().isoformat()})
            _LOGGER.warning("%s cannot speak; %s speaks in its place", self._profile.title, self._fallback)
            self._show()
        self._is_stale = True
        if not is_away:
            self.async_renew_cache_mark()

    @callback
    def async_note_service(self) -> None:
        """Note that the service has spoken."""
        self.async_renew_cache_mark()
        if self._since:
            _LOGGER.info("%s speaks again", self._profile.title)
            self._end()

    @property
    def _fallback(self) -> str | None:
        fallback: str | None = self._profile.data.get(CONF_FALLBACK)
        return fallback

    @property
    def _since(self) -> datetime | None:
        return dt_util.parse_datetime(self._profile.data.get(CONF_FALLBACK_SINCE, ""))

    def _end(self) -> None:
        self._store({key: value for key, value in self._profile.data.items() if key != CONF_FALLBACK_SINCE})
        async_withdraw_issue(self._hass, self._entry, Issue.FALLBACK, self._profile)

    def _show(self) -> None:
        since = dt_util.as_local(self._since or dt_util.utcnow()).strftime("%Y-%m-%d %H:%M")
        placeholders = {"fallback": str(self._fallback), "since": since}
        async_raise_issue(self._hass, self._entry, Issue.FALLBACK, self._profile, **placeholders)

    def _store(self, data: dict[str, Any]) -> None:
        self._hass.config_entries.async_update_subentry(self._entry, self._profile, data=data)
