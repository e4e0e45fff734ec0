"""Speech that broke off goes on where it was, in a second rendering of the same text."""

from operator import sub
from struct import iter_unpack, pack

from ..exceptions import TruncatedError
from .pcm import SAMPLE_WIDTH, PcmFormat

OVERLAP = 10
"""Milliseconds that are kept of what was heard, to find the place and to fade from."""
_REACH = 10
"""Milliseconds around the place where it should be, in which it is looked for."""
_COMPARED = 8000
"""Samples a second that are compared: enough to find a place by."""


class Splice:
    """Lets through what has not been heard yet; the joint makes no click.

    Byte-exact where the second rendering is the same as the first; else no sample is missing by more than
    OVERLAP and _REACH together.
    """

    def __init__(self, audio_format: PcmFormat) -> None:
        """Let everything through at first."""
        self._overlap = len(audio_format.silence(OVERLAP)) or SAMPLE_WIDTH
        self._reach = len(audio_format.silence(_REACH))
        self._step = max(1, audio_format.sample_rate // _COMPARED)
        self._heard = 0
        """Bytes that were let through."""
        self._tail = b""
        """The last of them."""
        self._to_skip = 0
        """Bytes of this rendering that are heard already; 0 when its place has been found."""
        self._came = 0
        """Bytes that have come of this rendering, until its place is found."""
        self._around = b""
        """The last of them, around the place."""

    def restart(self) -> None:
        """Expect everything once more, from its beginning."""
        self._to_skip, self._came, self._around = self._heard, 0, b""

    def add(self, samples: bytes) -> bytes:
        """Return what of these samples is to be heard."""
        if self._to_skip:
            samples = self._find(samples)
        return self._let_through(samples)

    def finish(self) -> bytes:
        """Return what is left now that no more comes. Raises TruncatedError where it was less than before."""
        if not self._to_skip:
            return b""
        if self._came + self._reach < self._to_skip:
            raise TruncatedError("the service had less to say when it was asked again")
        return self._let_through(self._joined())

    def _let_through(self, samples: bytes) -> bytes:
        self._heard += len(samples)
        self._tail = (self._tail + samples[-self._overlap :])[-self._overlap :]
        return samples

    def _find(self, samples: bytes) -> bytes:
        """Take samples of the second rendering; return what is behind the place, once that is known."""
        self._came += len(samples)
        behind = self._came - self._to_skip
        self._around += samples
        if behind < self._reach:
            # What is still to be found lies in these.
            self._around = self._around[-(len(self._tail) + 2 * self._reach) :]
        if behind < 0 or (behind < self._reach and not self._is_same):
            return b""
        return self._joined()

    @property
    def _place(self) -> int:
        """Return where in the samples around it the place should be."""
        return len(self._around) - (self._came - self._to_skip)

    @property
    def _is_same(self) -> bool:
        """Return whether the second rendering comes to the place as the first did."""
        return self._around[: self._place].endswith(self._tail)

    def _joined(self) -> bytes:
        """Return what is behind the place, faded in where it is not the same."""
        if self._is_same:
            rest = self._around[self._place :]
        else:
            rest = _faded(self._tail, self._around[self._closest_place() :])
        self._to_skip, self._around = 0, b""
        return rest

    def _closest_place(self) -> int:
        """Return the place, within reach, to which the second rendering comes most like the first did."""
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
    """Return new samples, faded in over the echo of the last that were heard."""
    # Played backwards they begin with the value that the loudspeaker has: there is no step.
    echo, samples = _samples(heard)[::-1], _samples(new)
    length = min(len(echo), len(samples))
    for index in range(length):
        samples[index] = (echo[index] * (length - index) + samples[index] * index) // length
    return pack(f"<{len(samples)}h", *samples)
