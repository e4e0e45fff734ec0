"""The audio of a voice test, for the user to listen to."""

from collections.abc import AsyncGenerator

from homeassistant.components import tts
from homeassistant.core import HomeAssistant, callback

from ..speech.audio.pcm import SAMPLE_WIDTH
from ..speech.preview import Preview


@callback
def async_preview(hass: HomeAssistant, spoken: Preview) -> tts.ResultStream | None:
    """Return a stream of what a voice has said; its owner deletes it.

    None if Home Assistant cannot serve audio that is not of an entity: it can from 2026.11 on.
    """
    if not hasattr(tts, "async_create_audio_stream") or tts.DOMAIN not in hass.config.components:
        return None

    async def samples() -> AsyncGenerator[bytes]:
        yield spoken.samples

    stream = tts.async_create_audio_stream(hass)
    stream.async_set_audio_stream(tts.PcmFormat(spoken.audio_format.sample_rate, SAMPLE_WIDTH, 1), samples())
    return stream
