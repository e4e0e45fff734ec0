"""How long a text may pause until what stands is spoken, at the pace of the one who writes it."""

from collections import deque
from dataclasses import dataclass
from math import inf

from .splitter import Ending

_USUAL_OF = 8
_ENOUGH = 2
"""Gaps between chunks that make a pace."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds without more text after which it is handed out as it stands.

    The writer may be slower than that: the usual time between two of its chunks makes them longer, but not
    without end.
    """

    sentence: float = 0.25
    """Where it ends like a sentence."""
    space: float = 0.6
    """Where it ends in white space, a comma or a colon, or with a number that may be an ordinal."""
    other: float = 1.5
    """Anywhere else."""

    @property
    def lone(self) -> float:
        """Seconds for a line, or a script without stops, that came at once and has nothing behind it."""
        return (self.sentence + self.space) / 2


class Pace:
    """Learns how fast a text is written."""

    def __init__(self, pauses: Pauses) -> None:
        """Start with what is right for a fast writer."""
        self._pauses = pauses
        self._chunks = 0
        self._gaps = deque[float](maxlen=_USUAL_OF)

    def note(self, seconds: float) -> None:
        """Take note of the time that a chunk took; a pause for thought is no pace."""
        self._chunks += 1
        if self._chunks > 1 and seconds < self._pauses.other * 4 / 3:
            self._gaps.append(seconds)

    @property
    def shortest(self) -> float:
        """Return the seconds before which nothing is due."""
        return self._pauses.sentence

    def patience(self, ending: Ending | None) -> float:
        """Return the seconds after which a text that ends like this is handed out."""
        # Writers are uneven: all gaps but the longest have to fit.
        usual = sorted(self._gaps)[(len(self._gaps) - 1) * 6 // 7] if self._gaps else 0.0
        pauses = self._pauses
        match ending:
            case None:
                return inf
            case Ending.SENTENCE:
                # "example", ".", "com" of a slow writer; one gap alone may have been a pause.
                most = 6 if len(self._gaps) >= _ENOUGH else 1.8
                return max(pauses.sentence, min(1.3 * usual, most * pauses.sentence))
            case Ending.LINE | Ending.LINE_BREAK if self._chunks == 1:
                return pauses.lone
            case Ending.SPACE | Ending.LINE_BREAK:
                return max(pauses.space, min(2 * usual, 4 * pauses.space))
        return max(pauses.other, min(2 * usual, 2.5 * pauses.other))
