"""How fast an engine is, and how fast its voices speak."""

import re
import unicodedata

from .text.segments import HARD_LIMIT

_PLAYED = 0.05
"""Seconds that a character sounds, at least."""
_UNKNOWN = 0.5 * _PLAYED
"""Seconds that an engine thinks about each character, until more is known."""
_MARGIN = 0.7
_FORGET = 0.5


class EnginePace:
    """The seconds until the first audio for each character of a segment; what is newer counts for more.

    So long may a segment be that its audio is there before that of the segment before it has been played.
    """

    def __init__(self, patience: float) -> None:
        """Know nothing yet; patience is how long the first audio of a segment may take (seconds)."""
        self._patience = patience
        self._latency = self._characters = 0.0

    def note(self, latency: float, characters: int) -> None:
        """Note how long (seconds) the first audio of a segment took."""
        self._latency = self._latency * _FORGET + latency
        self._characters = self._characters * _FORGET + characters

    def next_limit(self, characters: int) -> int:
        """Return how many characters the segment behind one of so many characters may have."""
        latency = max(self._latency / self._characters if self._characters else _UNKNOWN, 1e-6)
        in_time = min(characters * _PLAYED * _MARGIN, self._patience / 2) / latency
        return min(int(in_time), HARD_LIMIT)


_FAST = 0.035
"""Seconds of audio per letter, at rate 1, that no voice falls short of."""
_CUT_OFF = 0.02
"""The same for a speech whose end was told: then only what is far too short is cut off."""
_SLOW = 0.08
"""Seconds per letter at most that a voice is believed to take: abbreviations and signs sound longer."""
_CUT = 0.6
"""Part of the usual audio below which a speech is not whole."""
_EDGES = 0.5
"""Seconds of a speech that may be silence before and after the words."""
_TELLING = 40
"""Letters from which on a text tells how fast a voice speaks."""
_SLOWER = 1.05
"""Times what is usual that it may grow with one text; less is believed at once."""
_STRETCHED = re.compile(r"(.)\1{2,}")
_WEIGHTS = {"CJK": 3, "HANGUL": 3, "HIRAGANA": 2, "KATAKANA": 2}
"""Letters of an alphabet that sound as long as one of these."""


def letters(text: str) -> int:
    """Return how long a text sounds, in letters of an alphabet; "Aaaaah" is hardly longer than "Aah"."""
    text = _STRETCHED.sub(r"\1\1", text)
    return sum(
        1 if character.isascii() else _WEIGHTS.get(unicodedata.name(character, "").partition(" ")[0], 1)
        for character in text
        if character.isalnum()
    )


class VoicePace:
    """How much audio is to be expected of one voice, which is kept per server.

    It is learned and judged by at rate 1 alone: some voices take a rate only in part, or not at all.
    """

    def __init__(self, usual: float | None, rate: float) -> None:
        """Take the least that the voice usually takes (seconds per letter), and the rate asked for."""
        self._usual = usual if rate == 1 else None
        self._rate = rate
        self.letters = 0
        """Of the text so far."""

    def expect(self, text: str) -> None:
        """Expect the audio of this text as well."""
        self.letters += letters(text)

    def is_cut(self, seconds: float) -> bool:
        """Return whether there must be more audio."""
        return self._is_less(seconds, _FAST if self._usual is None else self._usual * _CUT)

    def is_cut_off(self, seconds: float) -> bool:
        """Return whether there must be more audio, although the service has said that this is all."""
        return self._is_less(seconds, _CUT_OFF)

    def _is_less(self, seconds: float, least: float) -> bool:
        return seconds * max(self._rate, 1.0) < least * self.letters

    def learned(self, seconds: float) -> float | None:
        """Return what the voice usually takes, now that this is all its audio; None for as before."""
        if self.letters < _TELLING or self._rate != 1:
            return None
        taken = min(max(seconds - _EDGES, 0.0) / self.letters, _SLOW)
        usual = min(taken, self._usual * _SLOWER) if self._usual else taken
        if usual <= 0 or (self._usual and abs(usual - self._usual) < self._usual / 50):
            return None
        return round(usual, 4)
