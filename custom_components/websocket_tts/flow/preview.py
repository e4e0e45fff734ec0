"""What an announcement of a voice would be like, for the user to listen to."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from ..announcement.chime import Chimes, chime_of
from ..const import CONF_CLEAN_TEXT, CONF_LEAD_IN, CONF_LEAD_OUT, DOMAIN
from ..speech.audio.buffer import AudioBuffer
from ..speech.client import SpeechClient
from .settings import pronunciations_for, setting_values, voice_settings


class PreviewView(HomeAssistantView):
    """Serves what voices have said in tests, as long as their flows are open."""

    url = f"/api/{DOMAIN}/preview/{{token}}"
    name = f"api:{DOMAIN}:preview"
    # An audio element sends no credentials: its address is the secret.
    requires_auth = False

    def __init__(self) -> None:
        """Initialize without files."""
        self.files: dict[str, bytes] = {}

    async def get(self, _request: web.Request, token: str) -> web.Response:
        """Return a WAV file, with its length: no player has to guess it."""
        if token not in self.files:
            raise web.HTTPNotFound
        return web.Response(body=self.files[token], content_type="audio/wav")


_VIEW: HassKey[PreviewView] = HassKey(f"{DOMAIN}_preview")


async def async_speak_sample(
    hass: HomeAssistant,
    service: SpeechClient,
    entry_data: Mapping[str, Any],
    settings: Mapping[str, Any],
    language: str | None,
) -> bytes:
    """Return a WAV of what a voice profile says with its settings. Raises a SpeechError."""
    values = setting_values(service, settings)
    return await service.verify_voice(
        voice_settings(settings),
        language,
        buffer=AudioBuffer(service.limits, values[CONF_LEAD_IN], values[CONF_LEAD_OUT]),
        chime=Chimes(hass).get(chime_of(settings)),
        clean=values[CONF_CLEAN_TEXT],
        pronunciations=pronunciations_for(entry_data, settings, language or ""),
    )


@callback
def async_previews(hass: HomeAssistant) -> dict[str, bytes]:
    """Return the files that are served, by their tokens."""
    if _VIEW not in hass.data:
        hass.data[_VIEW] = PreviewView()
        hass.http.register_view(hass.data[_VIEW])
    return hass.data[_VIEW].files
