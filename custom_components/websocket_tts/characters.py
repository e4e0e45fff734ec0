"""How many characters an entry has spoken, over restarts."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN

_VERSION = 1
_SAVE_DELAY = 60.0
"""Seconds from an utterance until the count is written."""


class CharacterCount:
    """Counts, and writes the count to the disk now and then."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Begin with nothing; load() knows better."""
        self._store: Store[dict[str, int]] = Store(hass, _VERSION, f"{DOMAIN}.{entry_id}")
        self.total = 0

    async def load(self) -> None:
        """Go on where the last run ended."""
        if stored := await self._store.async_load():
            self.total = stored["characters"]

    def add(self, characters: int) -> None:
        """Count some more."""
        self.total += characters
        self._store.async_delay_save(self._stored, _SAVE_DELAY)

    async def save(self) -> None:
        """Write the count now."""
        await self._store.async_save(self._stored())

    async def remove(self) -> None:
        """Forget the count."""
        await self._store.async_remove()

    def _stored(self) -> dict[str, int]:
        return {"characters": self.total}
