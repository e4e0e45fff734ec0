"""The number of characters that a voice profile has spoken, kept across restarts."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN

_VERSION = 1
_SAVE_DELAY = 60.0
"""Seconds after an utterance until the count is written to disk."""


class CharacterCount:
    """Counts characters, and saves the count periodically."""

    def __init__(self, hass: HomeAssistant, profile_id: str) -> None:
        """Start at zero; async_load() restores the stored count."""
        self._store: Store[dict[str, int]] = Store(hass, _VERSION, f"{DOMAIN}.{profile_id}")
        self.total = 0

    async def async_load(self) -> None:
        """Restore the stored count."""
        if stored := await self._store.async_load():
            self.total = stored["characters"]

    @callback
    def async_add(self, characters: int) -> None:
        """Add to the count."""
        self.total += characters
        self._store.async_delay_save(self._stored, _SAVE_DELAY)

    async def async_save(self) -> None:
        """Save the count immediately."""
        await self._store.async_save(self._stored())

    async def async_remove(self) -> None:
        """Remove the stored count."""
        await self._store.async_remove()

    @callback
    def _stored(self) -> dict[str, int]:
        return {"characters": self.total}
