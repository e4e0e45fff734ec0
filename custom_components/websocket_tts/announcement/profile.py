"""A voice profile: a voice with its own settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant

from ..const import CONF_FALLBACK, CONF_VOICE
from ..state import ProfileState
from .chime import chime_of


@dataclass(frozen=True, slots=True)
class VoiceProfile:
    """A voice subentry as its entry was set up with it: what has begun with these settings ends with them."""

    id: str
    """The unique ID of the text-to-speech entity."""
    title: str
    """The name that the user has given it."""
    settings: Mapping[str, Any]
    state: ProfileState

    @property
    def voice(self) -> str:
        """Return the ID of the configured voice."""
        return str(self.settings[CONF_VOICE])

    @property
    def fallback(self) -> str:
        """Return the entity ID of the fallback voice; empty if there is none."""
        return self.settings.get(CONF_FALLBACK) or ""

    def has_fallback(self, hass: HomeAssistant) -> bool:
        """Return whether the fallback is there, which it may not be yet while Home Assistant starts."""
        return hass.states.get(self.fallback) is not None

    @property
    def chime(self) -> str:
        """Return the name of the chime, or the media source ID of its file."""
        return chime_of(self.settings)
