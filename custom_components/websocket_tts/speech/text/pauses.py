"""When a pause in a text that is being written is a reason to speak what is there."""

from collections import deque
from enum import Enum, auto
from math import inf

from .splitter import Ending

_MOMENT = 0.001
"""Seconds without text after which no more comes at once."""
_GRACE = 0.05
"""Delay of a look, in seconds, that shows that the event loop was blocked; text that waited has as long."""


class Pause(Enum):
    """What it means that no text comes."""

    SHORT = auto()
    """Complete sentences are handed out, without waiting for others to join them with."""
    LONG = auto()
    """The incomplete rest is handed out, too."""
    STALLED = auto()
    """Whoever needs more text waits no longer."""


class PauseWatch:
    """Tells what a pause means. It is told what happens, and when: in seconds of any clock."""

    def __init__(
        self, stall_timeout: float, *, sentence: float = 0.25, space: float = 0.6, other: float = 1.5
    ) -> None:
        """Initialize with the seconds until a text has stalled, and until its incomplete rest is handed out.

        That is when it ends like a sentence; in white space, a comma, a colon, or a number that may be an
        ordinal; or otherwise. For a slow writer, these are extended according to the usual time between its
        chunks, up to a limit.
        """
        self._stall_timeout = stall_timeout
        self._sentence = sentence
        self._space = space
        self._other = other
        self._chunks = 0
        self._gaps = deque[float](maxlen=8)
        """Seconds that the last chunks took."""
        self._since = inf
        self._handed_out_at = self._late_until = 0.0

    def wait(self, now: float) -> None:
        """Text is waited for from now on."""
        self._since = self._handed_out_at = now
        self._late_until = 0.0

    def note_text(self, now: float) -> bool:
        """Text has come; return whether that took more than a moment."""
        waited, self._since = now - self._since, inf
        self._chunks += 1
        # A long pause tells nothing about the pace.
        if self._chunks > 1 and waited < self._other * 4 / 3:
            self._gaps.append(waited)
        return waited > _MOMENT

    def look(self, now: float, ending: Ending | None) -> tuple[Pause | None, float]:
        """Return what the pause means by now, if anything, and when to look again.

        ending is that of the incomplete rest.
        """
        # Text that comes until then may be due sooner.
        again = now + self._sentence
        if now < self._since + _MOMENT:
            return None, min(self._since + _MOMENT, again)
        stalls_at = self._since + self._stall_timeout
        due = min(self._handed_out_at + self._patience(ending), stalls_at)
        if now < due:
            return Pause.SHORT, min(due, again)
        if now > due + _GRACE and not self._late_until:
            self._late_until = now + _GRACE
        if now < self._late_until:
            return None, self._late_until
        if now >= stalls_at:
            return Pause.STALLED, again
        self._handed_out_at = now
        return Pause.LONG, again

    def _patience(self, ending: Ending | None) -> float:
        """Return the seconds after which a text with this ending is handed out."""
        # Writers are uneven: all gaps but the longest must fit.
        usual = sorted(self._gaps)[(len(self._gaps) - 1) * 6 // 7] if self._gaps else 0.0
        match ending:
            case None:
                return inf
            case Ending.SENTENCE:
                # "example", ".", "com" from a slow writer; a single gap may have been a pause.
                most = 6 if len(self._gaps) > 1 else 1.8
                return max(self._sentence, min(1.3 * usual, most * self._sentence))
            case Ending.LINE | Ending.LINE_BREAK if self._chunks == 1:
                # It arrived as a whole.
                return (self._sentence + self._space) / 2
            case Ending.SPACE | Ending.LINE_BREAK:
                return max(self._space, min(2 * usual, 4 * self._space))
        return max(self._other, min(2 * usual, 2.5 * self._other))
