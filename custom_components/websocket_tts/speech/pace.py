"""Speed of an engine, and speaking speed of its voices."""

import re
import unicodedata

from .text.segments import HARD_LIMIT

_PLAYED = 0.05
"""Shortest audio per character at rate 1, in seconds."""
_UNKNOWN = 0.5 * _PLAYED
"""Assumed latency per character, in seconds, until it has been measured."""
_MARGIN = 0.7
_FORGET = 0.5


class EnginePace:
    """Measures the latency of the first audio per character of a segment; newer values have more weight.

    It limits a segment so that its audio arrives before that of the previous segment has been played.
    """

    def __init__(self, patience: float, longest: int = HARD_LIMIT) -> None:
        """Initialize without measurements.

        patience is the longest allowed latency in seconds, longest the most characters of any segment.
        """
        self._patience = patience
        self._longest = longest
        self._latency = self._characters = 0.0

    def note(self, latency: float, characters: int) -> None:
        """Record the latency of the first audio of a segment, in seconds."""
        self._latency = self._latency * _FORGET + latency
        self._characters = self._characters * _FORGET + characters

    def next_limit(self, characters: int, rate: float = 1.0) -> int:
        """Return how many characters a segment may have that follows one with this many, spoken at a rate.

        Some voices do not follow a rate: a low one does not count.
        """
        latency = max(self._latency / self._characters if self._characters else _UNKNOWN, 1e-6)
        played = characters * _PLAYED / max(rate, 1.0)
        in_time = min(played * _MARGIN, self._patience / 2) / latency
        return min(int(in_time), self._longest)


_FAST = 0.035
"""Seconds of audio per letter, at rate 1, that every voice exceeds."""
_CUT_OFF = 0.02
"""The same for audio whose end was announced: then only far too short audio counts as truncated."""
_SLOW = 0.08
"""Highest plausible value in seconds per letter: abbreviations and symbols take longer to read."""
_CUT = 0.6
"""Fraction of the usual audio below which speech is incomplete."""
_EDGES = 0.5
"""Seconds of audio that may be silence before and after the words."""
_TELLING = 40
"""Fewest letters from which the speaking speed is measured."""
_SLOWER = 1.05
"""Largest factor by which one text may raise the usual value; lower values apply immediately."""
_STRETCHED = re.compile(r"(.)\1{2,}")
_WEIGHTS = {"CJK": 3, "HANGUL": 3, "HIRAGANA": 2, "KATAKANA": 2}
"""Number of alphabetic letters that take as long to speak as one of these characters."""


def letters(text: str) -> int:
    """Return the spoken length of a text in alphabetic letters; "Aaaaah" is hardly longer than "Aah"."""
    text = _STRETCHED.sub(r"\1\1", text)
    if text.isascii():
        return sum(map(str.isalnum, text))
    return sum(
        _WEIGHTS.get(unicodedata.name(character, "").partition(" ")[0], 1)
        for character in text
        if character.isalnum()
    )


class VoicePace:
    """Estimates how much audio a voice produces; the measured value is stored per server.

    It is measured and applied only at rate 1: some voices follow a rate only partly, or not at all.
    """

    def __init__(self, usual: float | None, rate: float) -> None:
        """Initialize with the usual minimum of the voice in seconds per letter, and the requested rate."""
        self._usual = usual if rate == 1 else None
        self._rate = rate
        self.letters = 0
        """Letters of the text so far."""

    def expect(self, text: str) -> None:
        """Add a text whose audio is expected."""
        self.letters += letters(text)

    def is_cut(self, seconds: float) -> bool:
        """Return whether more audio must follow."""
        return self._is_less(seconds, _FAST if self._usual is None else self._usual * _CUT)

    def is_cut_off(self, seconds: float) -> bool:
        """Return whether audio is missing although the service has announced the end."""
        return self._is_less(seconds, _CUT_OFF)

    def _is_less(self, seconds: float, least: float) -> bool:
        return seconds * max(self._rate, 1.0) < least * self.letters

    def learned(self, seconds: float) -> float | None:
        """Return the new usual value, given the length of the complete audio; None if unchanged."""
        if self.letters < _TELLING or self._rate != 1:
            return None
        taken = min(max(seconds - _EDGES, 0.0) / self.letters, _SLOW)
        usual = min(taken, self._usual * _SLOWER) if self._usual else taken
        if usual <= 0 or (self._usual and abs(usual - self._usual) < self._usual / 50):
            return None
        return round(usual, 4)
