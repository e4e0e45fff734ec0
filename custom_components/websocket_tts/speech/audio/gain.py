"""Louder and quieter samples."""

import audioop

from .pcm import SAMPLE_WIDTH


def scale(samples: bytes, factor: float) -> bytes:
    """Return whole samples, each times a factor; what would be too loud for 16 bits is as loud as can be."""
    return samples if factor == 1 else audioop.mul(samples, SAMPLE_WIDTH, factor)
