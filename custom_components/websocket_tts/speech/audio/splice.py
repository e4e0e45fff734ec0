"""Splicing of interrupted speech: continues it with a second rendering of the same text."""

from struct import iter_unpack, pack

import audioop

from .pcm import SAMPLE_WIDTH, PcmFormat

OVERLAP = 10
"""Milliseconds of the cross-fade, and of the heard audio that is kept for it."""


class Splice:
    """Passes on only audio that has not been heard yet, without a click where another rendering goes on.

    What was heard is counted. Byte-exact if the renderings are identical; otherwise as exact as they are.
    """

    def __init__(self, audio_format: PcmFormat) -> None:
        """Initialize for the first rendering, and for a listener who wants this format."""
        self.audio_format = audio_format
        self.received = 0.0
        """Seconds of this rendering."""
        self._heard = 0
        """Bytes that were passed on, of all renderings."""
        self._overlap = len(audio_format.silence(OVERLAP)) or SAMPLE_WIDTH
        self._tail = bytes(self._overlap)
        """The last of them; before the first one there is silence."""
        self._to_skip = 0
        """Bytes of this rendering that have already been heard."""
        self._skipped = self._tail
        """The last bytes that were skipped."""
        self._echo: list[int] = []
        """The samples before the splice that are still to be faded out, the last one first to go."""
        self._source = audio_format
        self._converted: tuple[int, tuple[tuple[int, int], ...]] | None = None
        """The state of the conversion from the sample rate of this rendering."""

    @property
    def seconds(self) -> float:
        """Return the seconds of audio of all renderings, each part once."""
        return self.audio_format.seconds(self._heard)

    def restart(self) -> None:
        """Expect another rendering, from the beginning of the text."""
        self._to_skip, self._skipped, self._echo = self._heard, bytes(self._overlap), []
        self._source, self._converted, self.received = self.audio_format, None, 0.0

    def add(self, samples: bytes, source: PcmFormat) -> bytes:
        """Return the part of these samples, in the format of the service, that has not been heard."""
        self.received += source.seconds(len(samples))
        if source != self._source:
            self._source, self._converted = source, None
        if source != self.audio_format:
            rates = source.sample_rate, self.audio_format.sample_rate
            samples, self._converted = audioop.ratecv(samples, SAMPLE_WIDTH, 1, *rates, self._converted)
        if self._to_skip:
            samples = self._skip(samples)
        if self._echo:
            samples = self._faded(samples)
        self._heard += len(samples)
        self._tail = self._last(self._tail, samples)
        return samples

    def _skip(self, samples: bytes) -> bytes:
        """Return what follows the samples that have been heard; if it is different, it will be faded in."""
        again, new = samples[: self._to_skip], samples[self._to_skip :]
        self._to_skip -= len(again)
        self._skipped = self._last(self._skipped, again)
        if not self._to_skip and self._skipped != self._tail:
            self._echo = _values(self._tail)
        return new

    def _faded(self, samples: bytes) -> bytes:
        """Return samples, cross-faded with the last heard ones in reverse."""
        faded = samples[: len(self._echo) * SAMPLE_WIDTH]
        values, length = _values(faded), self._overlap // SAMPLE_WIDTH
        # In reverse, these start with the last value that was played: there is no step.
        for index, value in enumerate(values):
            share = len(self._echo)
            values[index] += (self._echo.pop() - value) * share // length
        return pack(f"<{len(values)}h", *values) + samples[len(faded) :]

    def _last(self, before: bytes, samples: bytes) -> bytes:
        """Return the last bytes of all samples, as many as overlap."""
        return (samples if len(samples) >= self._overlap else before + samples)[-self._overlap :]


def _values(samples: bytes) -> list[int]:
    return [value for (value,) in iter_unpack("<h", samples)]


def tolerance(seconds: float) -> float:
    """Return by how many seconds of audio two renderings of a text may differ, one of which has this many."""
    return max(0.1, 0.05 * seconds)
