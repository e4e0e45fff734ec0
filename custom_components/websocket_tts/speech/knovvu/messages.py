"""The messages of Knovvu TTS, each a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import logging
import re

import orjson

from ..audio.pcm import decode_base64
from ..exceptions import InvalidAuthError, SpeechError, SynthesisError, VoiceNotFoundError
from ..transport.http import error_words

_LOGGER = logging.getLogger(__name__)

_AUDIO_KEYS = ("audio", "data", "audio-data")
_ERROR_KEYS = ("error-message", "error", "error-code")
_WORDS_KEYS = ("message", "description", "reason", "detail")
_AUTH = re.compile(r"\b40[13]\b|unauthori|token|forbidden", re.IGNORECASE)
_VOICE = re.compile(
    r"voice.*(not |unknown|invalid|unsupported|unavailable)|(unknown|invalid|unsupported|no such).*voice",
    re.IGNORECASE,
)
_END = re.compile(r"(synthesis|speech).*(completed|finished|ended|finalized)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Synthesize:
    """Begins a request; must be the first message. All values are strings."""

    voice: str
    sample_rate: int
    volume: float
    rate: float
    authorization: str | None = field(repr=False)

    def json(self) -> str:
        """Return the message as it is sent; on premises without Authorization."""
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


@dataclass(frozen=True, slots=True)
class AddText:
    """A piece of the text, to be spoken at once."""

    text: str

    def json(self) -> str:
        """Return the message as it is sent."""
        return orjson.dumps({"message-name": "add-tts-text", "text": self.text, "flush": "true"}).decode()


STOP = '{"message-name":"stop"}'
"""Cuts the speech off."""
FINALIZE = '{"message-name":"finalize-synthesis"}'
"""Says that no more text comes."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Audio out of a text frame."""

    data: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The service says that a speech is over: one flush, or all of it where it is final."""

    name: str
    final: bool


@dataclass(frozen=True, slots=True)
class Status:
    """Anything else."""

    name: str


type Message = Samples | End | Status


def parse(text: str) -> Message:
    """Read a text frame.

    Raises InvalidAuthError, VoiceNotFoundError or SynthesisError for an error of the service.
    """
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        _LOGGER.debug("Skipping a message that is no JSON (%d characters)", len(text))
        return Status("")
    if not isinstance(message, dict):
        return Status("")
    name = str(message.get("message-name", ""))
    if error := _error(name, message):
        raise error
    for key in _AUDIO_KEYS:
        if isinstance(data := message.get(key), str):
            return Samples(decode_base64(data))
    if _END.search(name):
        return End(name, final=name.lower().endswith("finalized"))
    return Status(name)


def _error(name: str, message: Mapping[str, object]) -> SpeechError | None:
    reported = [message[key] for key in _ERROR_KEYS if message.get(key) not in (None, "", 0, "0", False)]
    if not reported and "error" not in name.lower():
        return None
    reported += [message[key] for key in _WORDS_KEYS if key in message]
    words = ": ".join(dict.fromkeys(filter(None, map(error_words, reported))))
    words = words or name or "the service reports an error without words"
    if "channels" in words:
        from ..exceptions import BusyError

        return BusyError(words)
    if _AUTH.search(str(reported)) or _AUTH.search(name):
        return InvalidAuthError(words)
    return VoiceNotFoundError(words) if _VOICE.search(words) else SynthesisError(words)
