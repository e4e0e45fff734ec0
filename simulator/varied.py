"""An engine that does not speak a text twice in the same way."""

from array import array
from collections.abc import AsyncGenerator
from random import Random
import sys

_NOISE = 40
"""How far a sample may be from what it was, at most."""


async def varied(audio: AsyncGenerator[bytes], number: int, most: int) -> AsyncGenerator[bytes]:
    """Yield samples (s16le) a little changed, and up to so many later; the number decides how."""
    chances = Random(number)  # noqa: S311 (the same on every run, no secret)
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
