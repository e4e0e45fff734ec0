"""The audio of a voice test, for the user to listen to."""

from collections.abc import AsyncGenerator

from homeassistant.components import tts
from homeassistant.core import HomeAssistant, callback

from ..speech import SAMPLE_WIDTH, Preview


class PreviewPlayer:
    """Plays what a voice has said. It can be listened to as long as its flow is open."""

    def __init__(self, hass: HomeAssistant, spoken: Preview) -> None:
        """Initialize with the samples."""
        self._hass = hass
        self._spoken = spoken
        self._stream: tts.ResultStream | None = None

    @property
    def can_play(self) -> bool:
        """Return whether Home Assistant can serve audio that is not of an entity: from 2026.11 on."""
        return hasattr(tts, "async_create_audio_stream") and tts.DOMAIN in self._hass.config.components

    @callback
    def async_player(self) -> str:
        """Return a player, as HTML: the frontend would take a link to this Home Assistant for a page."""
        self.async_drop()
        self._stream = stream = tts.async_create_audio_stream(self._hass)
        audio_format = tts.PcmFormat(self._spoken.audio_format.sample_rate, SAMPLE_WIDTH, 1)
        stream.async_set_audio_stream(audio_format, self._samples())
        return f'<audio controls src="{stream.url}"></audio>'

    @callback
    def async_drop(self) -> None:
        """Make the audio unavailable; Home Assistant then drops it from memory within minutes."""
        if self._stream:
            self._stream.delete()
            self._stream = None

    async def _samples(self) -> AsyncGenerator[bytes]:
        yield self._spoken.samples
