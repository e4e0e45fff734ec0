"""What is known about services beside what was entered."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback

from .const import CONF_SERVICE, DOMAIN
from .speech import SpeechClient, Voice


@callback
def async_hand_over(
    hass: HomeAssistant, data: Mapping[str, Any], service: SpeechClient, voices: list[Voice]
) -> None:
    """Keep what the test of a form has found out about a service, for its entry."""
    handed_over = hass.data.setdefault(f"{DOMAIN}_handed_over", {})
    handed_over[data[CONF_SERVICE], data[CONF_HOST]] = dict(service.quirks), service.issued, voices
