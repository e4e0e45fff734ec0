"""PCM samples: format, decoding, and conversion."""

from base64 import b64decode
import binascii
from dataclasses import dataclass

import audioop

from ..exceptions import ProtocolError

SAMPLE_WIDTH = 2
"""Bytes per sample: all audio is signed 16-bit little-endian, mono."""


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """Signed 16-bit little-endian mono samples at a rate in Hz."""

    sample_rate: int

    def seconds(self, size: int) -> float:
        """Return the duration of this many bytes in seconds."""
        return size / SAMPLE_WIDTH / self.sample_rate

    def silence(self, milliseconds: int) -> bytes:
        """Return samples of silence."""
        return bytes(self.sample_rate * milliseconds // 1000 * SAMPLE_WIDTH)


def decode_base64(data: str) -> bytes:
    """Decode base64, plain or in a data URL. Raises ProtocolError."""
    if data.startswith("data:"):
        data = data.partition(",")[2]
    try:
        return b64decode(data, validate=True)
    except (binascii.Error, ValueError) as err:
        raise ProtocolError("the service sent audio that is not base64") from err


class Resampler:
    """Converts samples to another sample rate, without a gap or a click between two parts."""

    def __init__(self, source: PcmFormat, target: PcmFormat) -> None:
        """Initialize without samples."""
        self._rates = source.sample_rate, target.sample_rate
        self._state: tuple[int, tuple[tuple[int, int], ...]] | None = None

    def add(self, samples: bytes) -> bytes:
        """Return the converted samples of the next part, which may have any number of whole samples."""
        converted, self._state = audioop.ratecv(samples, SAMPLE_WIDTH, 1, *self._rates, self._state)
        return converted
