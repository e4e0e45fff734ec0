"""Text-to-speech entities that do no more than aiohttp must: whatever arrives is handed on at once.

What they take is the limit of an integration that receives over a WebSocket: they check and recover nothing.
"""

from base64 import b64decode
from collections.abc import AsyncGenerator
import json
import struct
from typing import override

from homeassistant.components.tts import TextToSpeechEntity, TTSAudioRequest, TTSAudioResponse
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.typing import ConfigType
import orjson

DOMAIN = "with_aiohttp"

_SAMPLE_RATE = 24000
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


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Add an entity for each service, whose port and voice are configured."""
    services = config[DOMAIN]
    entities = [WithAiohttp(kind, services["port"], services[kind]) for kind in ("vivoka", "knovvu")]
    await hass.data[DATA_COMPONENT].async_add_entities(entities)
    return True


class WithAiohttp(TextToSpeechEntity):
    """Speaks with one of the services."""

    _attr_default_language = "en-US"

    def __init__(self, kind: str, port: int, voice: str) -> None:
        """Speak with a voice of the simulator at a port."""
        self.entity_id = f"tts.{DOMAIN}_{kind}"
        self._attr_name = self._attr_unique_id = f"{DOMAIN}_{kind}"
        self._attr_supported_languages = ["en-US"]
        self._receive = {"vivoka": self._vivoka, "knovvu": self._knovvu}[kind]
        self._place = f"127.0.0.1:{port}"
        self._voice = voice

    @override
    async def async_stream_tts_audio(self, request: TTSAudioRequest) -> TTSAudioResponse:
        """Return a WAV of unknown length."""
        return TTSAudioResponse("wav", self._audio(request.message_gen))

    async def _audio(self, text: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
        spoken = "".join([chunk async for chunk in text])
        yield _HEADER
        async for samples in self._receive(spoken):
            yield samples

    async def _vivoka(self, text: str) -> AsyncGenerator[bytes]:
        session, base = async_get_clientsession(self.hass), f"{self._place}/v1"
        body = {"text": text, "voice_id": self._voice}
        async with session.post(f"http://{base}/voice-synthesis/synthesize", json=body) as response:
            token = (await response.json())["token"]
        async with session.ws_connect(f"ws://{base}/ws/{token}") as socket:
            async for message in socket:
                yield b64decode(orjson.loads(message.data).get("data", "").partition(",")[2])

    async def _knovvu(self, text: str) -> AsyncGenerator[bytes]:
        first = {
            "message-name": "synthesize",
            "audio-format": "pcm",
            "voice-name": self._voice,
            "sample-rate": str(_SAMPLE_RATE),
            "volume": "1.0",
            "rate": "1.0",
        }
        spoken = {"message-name": "add-tts-text", "text": text, "flush": "true"}
        session = async_get_clientsession(self.hass)
        async with session.ws_connect(f"ws://{self._place}/synthesizer") as socket:
            for message in (first, spoken, {"message-name": "finalize-synthesis"}):
                await socket.send_str(json.dumps(message))
            async for received in socket:
                yield received.data
