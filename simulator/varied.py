"""Audio that differs each time, even for the same text."""

from array import array
from collections.abc import AsyncGenerator
from random import Random
import sys

_NOISE = 40
"""Largest change of a sample."""


async def varied(audio: AsyncGenerator[bytes], number: int, most: int) -> AsyncGenerator[bytes]:
    """Yield slightly changed samples (s16le), after up to most additional ones; number is the seed."""
    chances = Random(number)  # noqa: S311 (reproducible, not a secret)
    yield bytes(2 * chances.randint(0, most))
    async for data in audio:
        samples = array("h", data)
        if sys.byteorder == "big":
            samples.byteswap()
        for index, sample in enumerate(samples):
            samples[index] = max(-32768, min(32767, sample + chances.randint(-_NOISE, _NOISE)))
        if sys.byteorder == "big":
            samples.byteswap()
        yield samples.tobytes()
