"""A text-to-speech entity of another integration, which speaks in tones as well."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, override

from homeassistant.components.tts import (
    TextToSpeechEntity,
    TTSAudioRequest,
    TTSAudioResponse,
    TtsAudioType,
)
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component

from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from simulator import tones

OTHER = "tts.piper"


class OtherVoice(TextToSpeechEntity):
    """Waits for the whole text, as most do, and notes what it was asked for."""

    _attr_name = "Piper"
    _attr_unique_id = "piper"
    _attr_default_language = "tr"
    _attr_supported_languages = ("tr", "en-GB", "de-DE")  # type: ignore[assignment]

    def __init__(self) -> None:
        """Speak at the rate of Vivoka, so that nothing is lost where nothing is converted."""
        self.rate = 22050
        self.texts: list[str] = []
        self.languages: list[str] = []
        self.options: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.is_silent = False
        self.tail = b""

    def _speak(self, text: str) -> bytes:
        """Return the samples of a text; its tail is half a sample."""
        return b"" if self.is_silent else tones.pcm(text, self.rate) + self.tail

    @override
    async def async_get_tts_audio(self, message: str, language: str, options: dict[str, Any]) -> TtsAudioType:
        self.texts.append(message)
        self.languages.append(language)
        self.options.append(options)
        await self.go_on.wait()
        if self.error:
            raise self.error
        samples = self._speak(message)
        return "wav", wav.header(PcmFormat(self.rate), len(samples)) + samples


class StreamingVoice(OtherVoice):
    """Speaks while the text is being written; an error comes after the first part of it."""

    @override
    async def async_stream_tts_audio(self, request: TTSAudioRequest) -> TTSAudioResponse:
        self.languages.append(request.language)
        self.options.append(request.options)
        return TTSAudioResponse("wav", self._stream(request.message_gen))

    async def _stream(self, text: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
        header = wav.header(PcmFormat(self.rate))
        yield header[:30]
        yield header[30:]
        async for part in text:
            self.texts.append(part)
            await self.go_on.wait()
            yield self._speak(part)
            if self.error:
                raise self.error


async def add_voice(hass: HomeAssistant, voice: OtherVoice | None = None) -> OtherVoice:
    """Have a voice in Home Assistant."""
    await async_setup_component(hass, "tts", {})
    voice = voice or OtherVoice()
    await hass.data[DATA_COMPONENT].async_add_entities([voice])
    assert voice.entity_id == OTHER
    return voice


def broken() -> HomeAssistantError:
    """Return an error that repeats what was to be said, as Home Assistant's own do."""
    return HomeAssistantError("no audio for 'my private words'")
