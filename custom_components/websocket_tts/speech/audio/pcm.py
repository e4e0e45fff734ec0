"""Samples: their format, their way out of the messages, and how many there may be."""

from base64 import b64decode
import binascii
from dataclasses import dataclass

from ..exceptions import ProtocolError
from ..limits import Limits

SAMPLE_WIDTH = 2
"""Bytes per sample: all audio is signed 16-bit little-endian, mono."""


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """Signed 16-bit little-endian mono samples at a rate in Hz."""

    sample_rate: int

    def seconds(self, size: int) -> float:
        """Return how long this many bytes sound."""
        return size / SAMPLE_WIDTH / self.sample_rate

    def silence(self, milliseconds: int) -> bytes:
        """Return the samples of so much silence."""
        return bytes(self.sample_rate * milliseconds // 1000 * SAMPLE_WIDTH)


def decode_base64(data: str) -> bytes:
    """Return the bytes of base64, plain or as a data URL. Raises ProtocolError."""
    if data.startswith("data:"):
        data = data.partition(",")[2]
    try:
        return b64decode(data, validate=True)
    except (binascii.Error, ValueError) as err:
        raise ProtocolError("the service sent audio that is not base64") from err


class SampleStream:
    """Puts together the samples of one request, however they were cut, and counts them."""

    def __init__(self, audio_format: PcmFormat, limits: Limits) -> None:
        """Start without a sample."""
        self.audio_format = audio_format
        self._limits = limits
        self._rest = b""
        self._size = 0
        self._characters = 0

    @property
    def seconds(self) -> float:
        """Return how long the audio is so far."""
        return self.audio_format.seconds(self._size)

    def expect(self, text: str) -> None:
        """Allow for the audio of this text as well."""
        self._characters += len(text)

    def add(self, data: bytes) -> bytes:
        """Return the whole samples that are new; half a sample waits for its other half.

        Raises ProtocolError where this is more audio than the text can be.
        """
        if self._rest or len(data) % SAMPLE_WIDTH:
            data = self._rest + data
            whole = len(data) - len(data) % SAMPLE_WIDTH
            data, self._rest = data[:whole], data[whole:]
        self._size += len(data)
        if self.seconds > self._limits.audio + self._limits.audio_per_character * self._characters:
            raise ProtocolError("the service sends audio without end")
        return data
