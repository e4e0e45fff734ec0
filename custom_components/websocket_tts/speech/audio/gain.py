"""Volume of samples."""

import audioop

from .pcm import SAMPLE_WIDTH

_LOUDEST = 32767
_BLOCK = 480
"""Bytes that have one volume: 10 ms at 24 kHz."""
_RECOVERY = 24000
"""Bytes in which the volume is doubled again after a peak: half a second at 24 kHz."""


def scale(samples: bytes, factor: float) -> bytes:
    """Return whole samples multiplied by a factor, clipped to 16 bits."""
    return samples if factor == 1 else audioop.mul(samples, SAMPLE_WIDTH, factor)


class Gain:
    """Multiplies the samples of an utterance by a factor, or by less where they would be clipped."""

    def __init__(self, factor: float = 1.0) -> None:
        """Initialize with a factor."""
        self._factor = self._now = factor

    def apply(self, samples: bytes) -> bytes:
        """Return whole samples at the volume. It falls at once before a peak, and rises slowly after it."""
        loudest = audioop.max(samples, SAMPLE_WIDTH) if self._factor > 1 else 0
        if self._now == self._factor and loudest * self._factor <= _LOUDEST:
            return scale(samples, self._factor)
        blocks = (samples[start : start + _BLOCK] for start in range(0, len(samples), _BLOCK))
        return b"".join(map(self._limit, blocks))

    def _limit(self, block: bytes) -> bytes:
        recovered = min(self._factor, self._now * (1 + len(block) / _RECOVERY))
        self._now = min(recovered, _LOUDEST / max(audioop.max(block, SAMPLE_WIDTH), 1))
        return scale(block, self._now)
