"""Speed of an engine, and the least audio that a text needs."""

import unicodedata

from .text.segments import HARD_LIMIT
from .text.ssml import is_ssml, plain_text

_PLAYED = 0.05
"""Shortest audio per character at rate 1, in seconds."""
_UNKNOWN = 0.5 * _PLAYED
"""Assumed latency per character, in seconds, until it has been measured."""
_MARGIN = 0.7
_FORGET = 0.5
_FAST = 0.035
"""Seconds of audio per letter, at rate 1, that nearly every voice exceeds. Less is doubted, and no error."""
_TYPICAL = 0.06
"""The same for most voices."""
_WEIGHTS = {"CJK": 3, "HANGUL": 3, "HIRAGANA": 2, "KATAKANA": 2}
"""Number of alphabetic letters that take as long to speak as one of these characters."""


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


def letters(text: str) -> int:
    """Return the spoken length of a text, or of what SSML says, in alphabetic letters."""
    if is_ssml(text):
        text = " ".join(words for words, _ in plain_text(text))
    if text.isascii():
        return sum(map(str.isalnum, text))
    return sum(
        _WEIGHTS.get(unicodedata.name(character, "").partition(" ")[0], 1)
        for character in text
        if character.isalnum()
    )


def typical_seconds(text: str, rate: float) -> float:
    """Return about how long a text sounds at a rate, in seconds."""
    return letters(text) * _TYPICAL / rate


def least_seconds(spoken: int, rate: float) -> float:
    """Return the seconds of audio from which on they are not doubted for so many letters() at a rate."""
    return _FAST * spoken / max(rate, 1.0)
