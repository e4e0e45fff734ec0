"""Messages of Knovvu TTS."""

from dataclasses import dataclass, field
import re

import orjson

from ..audio.pcm import decode_base64
from ..transport.errors import comparable_keys, is_error, service_error
from ..transport.websocket import json_object

# In the form of comparable_keys().
_AUDIO_KEYS = ("audio", "data", "audiodata")
_END = re.compile(r"(synthesis|speech).*(completed|finished|ended|finalized)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Synthesize:
    """Starts a request; must be the first message. All values are sent as strings."""

    voice: str
    sample_rate: int
    volume: float
    rate: float
    authorization: str | None = field(repr=False)

    def json(self) -> str:
        """Return the JSON of the message; without authorization, there is no such field."""
        message = {
            "message-name": "synthesize",
            "audio-format": "pcm",
            "voice-name": self.voice,
            "sample-rate": str(self.sample_rate),
            "volume": str(float(self.volume)),
            "rate": str(float(self.rate)),
        }
        if self.authorization is not None:
            message["Authorization"] = self.authorization
        return orjson.dumps(message).decode()


STOP = '{"message-name":"stop"}'
"""Cancels the speech."""
FINALIZE = '{"message-name":"finalize-synthesis"}'
"""Marks the end of the text."""


def add_text(text: str) -> str:
    """Return the JSON of the message with a segment of the text, to be spoken immediately."""
    return orjson.dumps({"message-name": "add-tts-text", "text": text, "flush": "true"}).decode()


@dataclass(frozen=True, slots=True)
class End:
    """Announces the end of the audio of one flush, or of the whole text."""

    name: str


@dataclass(frozen=True, slots=True)
class Status:
    """Any other message."""

    name: str


type Message = bytes | End | Status
"""Samples, or what else a service says."""


def parse(text: str) -> Message:
    """Parse a text frame.

    Raises InvalidAuthError, BusyError, VoiceNotFoundError or SynthesisError for an error of the service.
    """
    message = json_object(text)
    fields = comparable_keys(message)
    name = str(fields.get("messagename", ""))
    if is_error(fields) or "error" in name.lower():
        raise service_error(message, name)
    for key in _AUDIO_KEYS:
        if isinstance(data := fields.get(key), str):
            return decode_base64(data)
    if _END.search(name):
        return End(name)
    return Status(name)
