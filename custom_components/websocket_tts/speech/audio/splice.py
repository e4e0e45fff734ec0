"""Splicing of interrupted speech: continues it with a second rendering of the same text."""

from operator import sub
from struct import iter_unpack, pack

from .pcm import SAMPLE_WIDTH, PcmFormat

OVERLAP = 10
"""Milliseconds of heard audio that are kept, to find the splice point and to cross-fade."""
_REACH = 10
"""Milliseconds before and after the expected splice point in which it is searched for."""
_COMPARED = 8000
"""Sample rate of the comparison, in Hz: sufficient to find the splice point."""


class Splice:
    """Passes on only audio that has not been heard yet, without a click at the splice point.

    Byte-exact if both renderings are identical; otherwise, the splice point is off by at most OVERLAP plus
    _REACH.
    """

    def __init__(self, audio_format: PcmFormat) -> None:
        """Initialize for the first rendering, which is passed on unchanged."""
        self._overlap = len(audio_format.silence(OVERLAP)) or SAMPLE_WIDTH
        self._reach = len(audio_format.silence(_REACH))
        self._step = max(1, audio_format.sample_rate // _COMPARED)
        self.heard = 0
        """Bytes that were passed on."""
        self._tail = b""
        """The last of them: at least the overlap, and no more of it once there is another rendering."""
        self._to_skip = 0
        """Bytes of this rendering that have already been heard; 0 once the splice point is found."""
        self._came = 0
        """Bytes of this rendering that were received before the splice point is found."""
        self._around = b""
        """The last of them, around the expected splice point."""

    def restart(self) -> None:
        """Expect another rendering, from the beginning of the text."""
        self._to_skip, self._came, self._around = self.heard, 0, b""
        self._tail = self._tail[-self._overlap :]

    def add(self, samples: bytes) -> bytes:
        """Return the part of these samples that has not been heard."""
        if self._to_skip:
            samples = self._find(samples)
        return self._let_through(samples)

    def finish(self) -> bytes:
        """Return the remaining samples."""
        if not self._to_skip or self._came + self._reach < self._to_skip:
            return b""
        return self._let_through(self._joined())

    def _let_through(self, samples: bytes) -> bytes:
        self.heard += len(samples)
        if len(samples) >= self._overlap:
            # Cut to length only if it is needed.
            self._tail = samples
        else:
            self._tail = (self._tail + samples)[-self._overlap :]
        return samples

    def _find(self, samples: bytes) -> bytes:
        """Add samples of a later rendering; return those after the splice point once it is found."""
        self._came += len(samples)
        behind = self._came - self._to_skip
        self._around += samples
        if behind < self._reach:
            # Only these can contain the splice point.
            self._around = self._around[-(len(self._tail) + 2 * self._reach) :]
        if behind < 0 or (behind < self._reach and not self._is_same):
            return b""
        return self._joined()

    @property
    def _place(self) -> int:
        """Return the expected splice point, as an index of the samples around it."""
        return len(self._around) - (self._came - self._to_skip)

    @property
    def _is_same(self) -> bool:
        """Return whether both renderings are identical before the expected splice point."""
        return self._around[: self._place].endswith(self._tail)

    def _joined(self) -> bytes:
        """Return the samples after the splice point, cross-faded if the renderings differ."""
        if self._is_same:
            rest = self._around[self._place :]
        else:
            rest = _faded(self._tail, self._around[self._closest_place() :])
        self._to_skip, self._around = 0, b""
        return rest

    def _closest_place(self) -> int:
        """Return the splice point within reach before which the renderings are most similar."""
        samples, tail = _samples(self._around), _samples(self._tail)
        expected = min(self._place // 2, len(samples))
        first = max(len(tail), expected - self._reach // 2)
        last = min(len(samples), expected + self._reach // 2)

        def difference(place: int) -> tuple[int, int]:
            compared = samples[place - len(tail) : place : self._step]
            apart = sum(map(abs, map(sub, compared, tail[:: self._step], strict=True)))
            return apart, abs(place - expected)

        return 2 * min(range(first, last + 1), key=difference, default=expected)


def _samples(data: bytes) -> list[int]:
    return [sample for (sample,) in iter_unpack("<h", data)]


def _faded(heard: bytes, new: bytes) -> bytes:
    """Return new samples, cross-faded with the last heard ones in reverse."""
    # In reverse, these start with the last value that was played: there is no step.
    echo, samples = _samples(heard)[::-1], _samples(new)
    length = min(len(echo), len(samples))
    for index in range(length):
        samples[index] = (echo[index] * (length - index) + samples[index] * index) // length
    return pack(f"<{len(samples)}h", *samples)
