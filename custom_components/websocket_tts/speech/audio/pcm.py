"""PCM samples: format, decoding, and conversion."""

from base64 import b64decode
import re
from typing import NamedTuple

from ..exceptions import ProtocolError

SAMPLE_WIDTH = 2
"""Bytes per sample: all audio is signed 16-bit little-endian, mono."""
SAMPLE_RATES = range(4000, 384001)
"""Those that are possible, in Hz."""
DATA_URL = re.compile(r"\s*data:([^;,]{0,100})[^,]*,", re.IGNORECASE)
"""The beginning of a data URL, with its type."""
_PLAYED = {
    *("", "application/octet-stream", "audio/pcm", "audio/l16", "audio/x-pcm", "audio/raw"),
    *("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"),
}
"""Types of PCM and WAV, and those that say nothing."""


class PcmFormat(NamedTuple):
    """Signed 16-bit little-endian mono samples at a rate in Hz."""

    sample_rate: int

    def seconds(self, size: int) -> float:
        """Return the duration of this many bytes in seconds."""
        return size / SAMPLE_WIDTH / self.sample_rate

    def silence(self, milliseconds: int) -> bytes:
        """Return samples of silence."""
        return bytes(self.sample_rate * milliseconds // 1000 * SAMPLE_WIDTH)


def decode_base64(data: str) -> bytes:
    """Decode base64, plain or in a data URL, however it is written. Raises ProtocolError.

    A data URL of another type than PCM and WAV is an error, too: it would be noise.
    """
    if header := DATA_URL.match(data):
        mime, data = header[1].strip().casefold(), data[header.end() :]
        if mime not in _PLAYED:
            raise ProtocolError(f"the service sent {mime} instead of PCM", error=f"{mime} instead of PCM")
    try:
        return b64decode(data, validate=True)
    except ValueError:
        pass
    # It may be wrapped, without padding, and of the alphabet for URLs.
    plain = re.sub(r"\s", "", data).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError as err:
        raise ProtocolError("the service sent audio that is not base64") from err
