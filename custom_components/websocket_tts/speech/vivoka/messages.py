"""Messages of the Vivoka VDK Service."""

from contextlib import suppress
from typing import NamedTuple

from ..audio.pcm import DATA_URL, SAMPLE_RATES, PcmFormat, decode_base64
from ..exceptions import ProtocolError
from ..transport.errors import Reading
from ..transport.websocket import read_message

DEFAULT_SAMPLE_RATE = 22050
"""In Hz; that of the engine, if a response does not state one."""
_ORDINARY = {"data", "last"}


def parse_response(payload: object) -> tuple[str, PcmFormat]:
    """Return the token in the response to a request, valid for one WebSocket, and the format of its audio.

    Raises the error that it reports, or ProtocolError if there is no token.
    """
    reading = Reading(payload)
    fields = reading.objects[0]
    if token := fields.get("token"):
        return str(token), PcmFormat(_sample_rate(fields.get("samplerate")))
    if reading.error_words:
        raise reading.error(has_own_tokens=True)
    raise ProtocolError("the service gave no token for the audio")


class Frame(NamedTuple):
    """A message on the WebSocket: samples, the mark of the last frame, both, or neither."""

    samples: bytes = b""
    last: bool = False

    @classmethod
    def parse(cls, message: object) -> Frame:
        """Parse the JSON of a message; an unknown one is an empty frame. Raises the error that it reports."""
        if isinstance(message, dict) and message.keys() == _ORDINARY and isinstance(message["data"], str):
            # Dozens per second, which can say nothing else.
            return cls(decode_base64(message["data"]), message["last"] is True)
        # A "token" in its errors is that of a socket, not a credential of the user.
        top, *inner = read_message(message, has_own_tokens=True).objects
        # Below the top, where nothing is documented, only what can be nothing else is audio.
        fields = next((fields for fields in inner if DATA_URL.match(str(fields.get("data")))), top)
        data = fields.get("data")
        return cls(decode_base64(data) if isinstance(data, str) else b"", fields.get("last") is True)


def _sample_rate(value: object) -> int:
    if value is None:
        return DEFAULT_SAMPLE_RATE
    with suppress(ValueError, OverflowError):
        if (sample_rate := int(float(str(value)))) in SAMPLE_RATES:
            return sample_rate
    raise ProtocolError("the service named an impossible sample rate")
