"""Volume of samples."""

import audioop

from .pcm import SAMPLE_WIDTH


def scale(samples: bytes, factor: float) -> bytes:
    """Return whole samples multiplied by a factor, clipped to 16 bits."""
    return samples if factor == 1 else audioop.mul(samples, SAMPLE_WIDTH, factor)
