"""What an announcement of a voice would be like, for the user to listen to."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from homeassistant.components import tts
from homeassistant.core import HomeAssistant, callback

from ..announcement.chime import Chimes, chime_of
from ..const import CONF_CLEAN_TEXT, CONF_LEAD_IN, CONF_LEAD_OUT
from ..speech.audio.buffer import AudioBuffer
from ..speech.audio.pcm import SAMPLE_WIDTH
from ..speech.client import SpeechClient
from ..speech.preview import Preview
from .settings import pronunciations_for, setting_values, voice_settings

_CONSTANT_BITRATE = {"preferred_bitrate": 64}
"""In kbit/s: players would estimate a wrong length from the beginning of an MP3 with a variable one."""


async def async_speak_sample(
    hass: HomeAssistant,
    service: SpeechClient,
    entry_data: Mapping[str, Any],
    settings: Mapping[str, Any],
    language: str | None,
) -> Preview:
    """Return what a voice profile says with its settings. Raises a SpeechError."""
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
def async_preview(hass: HomeAssistant, spoken: Preview) -> tts.ResultStream | None:
    """Return a stream of what a voice has said; its owner deletes it.

    None if Home Assistant cannot serve audio that is not of an entity: it can from 2026.11 on.
    """
    if not hasattr(tts, "async_create_audio_stream") or tts.DOMAIN not in hass.config.components:
        return None

    async def samples() -> AsyncGenerator[bytes]:
        yield spoken.samples

    stream = tts.async_create_audio_stream(hass, _CONSTANT_BITRATE)
    stream.async_set_audio_stream(tts.PcmFormat(spoken.audio_format.sample_rate, SAMPLE_WIDTH, 1), samples())
    return stream
