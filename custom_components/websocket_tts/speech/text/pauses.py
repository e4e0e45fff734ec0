"""When a pause in a text that is being written is a reason to speak what is there."""

from collections import deque
from enum import Enum, auto
from math import inf

_MOMENT = 0.001
"""Seconds without text after which no more comes at once."""
_GRACE = 0.05
"""Delay of a look, in seconds, that shows that the event loop was blocked; text that waited has as long."""
_AFTER_SINGLE_GAP = 0.45
"""Most seconds after a sentence if a single gap tells of the pace of the writer: it may have been a pause."""


class Ending(Enum):
    """How an incomplete text ends: the seconds after which it is spoken.

    For a slow writer, these are so many times the usual time between its chunks, up to a limit.
    """

    SENTENCE = 0.25, 1.3, 1.5
    SPACE = 0.6, 2, 2.4
    """White space, a comma, a colon, or a full stop that may not end the sentence."""
    OTHER = 1.5, 2, 3.75


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

    def __init__(self, stall_timeout: float) -> None:
        """Initialize with the seconds until a text has stalled."""
        self._stall_timeout = stall_timeout
        self._has_text = False
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
        # The first wait and a long pause tell nothing about the pace.
        if self._has_text and waited < 2:
            self._gaps.append(waited)
        self._has_text = True
        return waited > _MOMENT

    def look(self, now: float, ending: Ending | None) -> tuple[Pause | None, float]:
        """Return what the pause means by now, if anything, and when to look again.

        ending is that of the incomplete rest.
        """
        # Text that comes until then may be due sooner.
        again = now + Ending.SENTENCE.value[0]
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
        if not ending:
            return inf
        # Writers are uneven: all gaps but the longest must fit.
        usual = sorted(self._gaps)[(len(self._gaps) - 1) * 6 // 7] if self._gaps else 0.0
        least, times, most = ending.value
        if ending is Ending.SENTENCE and len(self._gaps) == 1:
            most = _AFTER_SINGLE_GAP
        return float(max(least, min(times * usual, most)))
