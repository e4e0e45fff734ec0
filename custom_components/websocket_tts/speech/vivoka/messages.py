"""The messages of the Vivoka VDK Service, each a value."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
import logging

import orjson

from ..audio.pcm import PcmFormat, decode_base64
from ..exceptions import ProtocolError
from ..transport.errors import comparable_keys, error_words, is_error, service_error

_LOGGER = logging.getLogger(__name__)

DEFAULT_SAMPLE_RATE = 22050
"""Hz, of the engine behind the service, where an answer does not name it."""
_SAMPLE_RATES = range(4000, 384001)
_AUDIO_KEYS = {"data", "last"}


@dataclass(frozen=True, slots=True)
class SynthesizeResponse:
    """The answer to a request: a token, good for one WebSocket, and the format of what comes on it."""

    token: str = field(repr=False)
    audio_format: PcmFormat

    @classmethod
    def parse(cls, payload: object) -> SynthesizeResponse:
        """Read an answer. Raises what service_error says for a refusal, ProtocolError for what is none."""
        fields = payload if isinstance(payload, Mapping) else {}
        if token := fields.get("token"):
            return cls(str(token), PcmFormat(_sample_rate(fields.get("sample_rate"))))
        if error_words(fields):
            raise service_error(fields, has_own_tokens=True)
        raise ProtocolError("the service gave no token for the audio")


@dataclass(frozen=True, slots=True)
class Frame:
    """One message on the WebSocket: samples, or the end of them, or both, or neither."""

    samples: bytes = b""
    last: bool = False

    @classmethod
    def parse(cls, text: str) -> Frame:
        """Read a message; what is unknown is empty. Raises what service_error says for an error."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            _LOGGER.debug("Skipping a message that is no JSON (%d characters)", len(text))
            return cls()
        if not isinstance(message, dict):
            return cls()
        # Nearly all messages are audio and nothing else.
        if not message.keys() <= _AUDIO_KEYS and is_error(comparable_keys(message)):
            # Its tokens are those of the sockets, not of the user.
            raise service_error(message, has_own_tokens=True)
        data = message.get("data")
        samples = decode_base64(data) if isinstance(data, str) else b""
        return cls(samples, message.get("last") is True)


def _sample_rate(value: object) -> int:
    if value is None:
        return DEFAULT_SAMPLE_RATE
    with suppress(ValueError, OverflowError):
        if (sample_rate := int(float(str(value)))) in _SAMPLE_RATES:
            return sample_rate
    raise ProtocolError("the service named an impossible sample rate")
