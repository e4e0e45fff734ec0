"""A text-to-speech entity whose audio is in memory before it is asked for.

What it takes is what Home Assistant takes by itself: no speech service can be faster.
"""

import asyncio
from collections.abc import AsyncGenerator
from functools import lru_cache
import struct
from time import monotonic
from typing import override

from homeassistant.components.tts import TextToSpeechEntity, TTSAudioRequest, TTSAudioResponse
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

DOMAIN = "from_memory"
ENTITY_ID = f"tts.{DOMAIN}"
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)

_LATENCY = 0.1
"""Seconds until the first audio, as with the services that are measured."""
_SAMPLE_RATE = 24000
_CHARACTER_SIZE = _SAMPLE_RATE // 20 * 2
"""Bytes of audio for each character that is no white space: as many as the simulator makes."""
_PART_SIZE = 64 * 1024
_UNKNOWN = 0xFFFFFFFF
_HEADER = struct.pack(
    "<4sI8sIHHIIHH4sI",
    b"RIFF",
    _UNKNOWN,
    b"WAVEfmt ",
    16,
    1,
    1,
    _SAMPLE_RATE,
    2 * _SAMPLE_RATE,
    2,
    16,
    b"data",
    _UNKNOWN,
)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Add the entity."""
    await hass.data[DATA_COMPONENT].async_add_entities([FromMemory()])
    return True


@lru_cache(maxsize=8)
def _parts(characters: int) -> list[bytes]:
    size = characters * _CHARACTER_SIZE
    return [bytes(min(_PART_SIZE, size - start)) for start in range(0, size, _PART_SIZE)]


class FromMemory(TextToSpeechEntity):
    """Speaks silence; its first samples are the time at which they were sent."""

    _attr_name = "From memory"
    _attr_unique_id = DOMAIN
    _attr_default_language = "en-US"

    def __init__(self) -> None:
        """Have a fixed entity id, and one language."""
        self.entity_id = ENTITY_ID
        self._attr_supported_languages = ["en-US"]

    @override
    async def async_stream_tts_audio(self, request: TTSAudioRequest) -> TTSAudioResponse:
        """Return a WAV of unknown length."""
        return TTSAudioResponse("wav", self._audio(request.message_gen))

    async def _audio(self, text: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
        spoken = "".join([chunk async for chunk in text])
        parts = _parts(sum(not character.isspace() for character in spoken))
        yield _HEADER
        await asyncio.sleep(_LATENCY)
        yield struct.pack("<d", monotonic())
        for part in parts:
            yield part
