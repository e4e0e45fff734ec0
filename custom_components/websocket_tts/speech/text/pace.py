"""How long a text may pause before its incomplete rest is spoken, depending on the pace of the writer."""

from collections import deque
from dataclasses import dataclass
from math import inf

from .splitter import Ending

_USUAL_OF = 8
_ENOUGH = 2
"""Fewest gaps between chunks from which a pace is known."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds without more text after which the incomplete rest is handed out.

    For a slow writer, they are extended according to the usual time between its chunks, up to a limit.
    """

    sentence: float = 0.25
    """If it ends like a sentence."""
    space: float = 0.6
    """If it ends in white space, a comma, a colon, or a number that may be an ordinal."""
    other: float = 1.5
    """Otherwise."""

    @property
    def lone(self) -> float:
        """Seconds for a line, or text in a script without stops, that arrived as a whole."""
        return (self.sentence + self.space) / 2


class Pace:
    """Measures how fast a text is written."""

    def __init__(self, pauses: Pauses) -> None:
        """Initialize with the pauses for a fast writer."""
        self._pauses = pauses
        self._chunks = 0
        self._gaps = deque[float](maxlen=_USUAL_OF)

    def note(self, seconds: float) -> None:
        """Record the time that a chunk took; long pauses are ignored."""
        self._chunks += 1
        if self._chunks > 1 and seconds < self._pauses.other * 4 / 3:
            self._gaps.append(seconds)

    @property
    def shortest(self) -> float:
        """Return the shortest time until text may be due, in seconds."""
        return self._pauses.sentence

    def patience(self, ending: Ending | None) -> float:
        """Return the seconds after which a text with this ending is handed out."""
        # Writers are uneven: all gaps but the longest must fit.
        usual = sorted(self._gaps)[(len(self._gaps) - 1) * 6 // 7] if self._gaps else 0.0
        pauses = self._pauses
        match ending:
            case None:
                return inf
            case Ending.SENTENCE:
                # "example", ".", "com" from a slow writer; a single gap may have been a pause.
                most = 6 if len(self._gaps) >= _ENOUGH else 1.8
                return max(pauses.sentence, min(1.3 * usual, most * pauses.sentence))
            case Ending.LINE | Ending.LINE_BREAK if self._chunks == 1:
                return pauses.lone
            case Ending.SPACE | Ending.LINE_BREAK:
                return max(pauses.space, min(2 * usual, 4 * pauses.space))
        return max(pauses.other, min(2 * usual, 2.5 * pauses.other))
