"""Synthesizer for byte-exact tests: every character except white space has its own block of samples."""

from array import array
from collections.abc import AsyncGenerator
from functools import lru_cache
import sys
import unicodedata

SECONDS_PER_CHARACTER = 0.05
_PEAK = 12000
_SLOPES = 1009
_LEAST_SLOPE = 37


@lru_cache(maxsize=4096)
def _block(character: str, sample_rate: int, rate: float, volume: float) -> bytes:
    """Return a sawtooth whose slope and start are unique to the character.

    It is computed with integers only, so that it is the same on every machine.
    """
    # An ideograph takes at least a syllable.
    is_wide = character.isalpha() and unicodedata.east_asian_width(character) == "W"
    length = round(sample_rate * SECONDS_PER_CHARACTER * (3 if is_wide else 1) / rate)
    start, slope = divmod(ord(character), _SLOPES)
    peak = max(1, min(32767, round(_PEAK * volume)))
    samples = array("h", (1 + (start + index * (_LEAST_SLOPE + slope)) % peak for index in range(length)))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def pcm(text: str, sample_rate: int, rate: float = 1.0, volume: float = 1.0) -> bytes:
    """Return the samples (s16le mono) of a text. They depend only on its characters except white space."""
    return b"".join(_block(char, sample_rate, rate, volume) for char in text if not char.isspace())


class Tones:
    """Synthesizer that produces tones."""

    async def speak(
        self, text: str, voice: str, sample_rate: int, rate: float, volume: float
    ) -> AsyncGenerator[bytes]:
        """Yield the samples of a text; all voices sound the same."""
        del voice
        yield pcm(text, sample_rate, rate, volume)
