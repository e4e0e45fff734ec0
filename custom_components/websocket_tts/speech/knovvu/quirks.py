"""Detected behavior of a Knovvu server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Ending(StrEnum):
    """How a server says that the audio has ended."""

    CLOSE = "close"
    """It closes the connection."""
    MESSAGE = "message"
    """By a message; unknown whether for each flush or for the whole text."""
    FLUSH = "flush"
    """By a message for each flush."""
    ONCE = "once"
    """By a message for the whole text."""
    SILENCE = "silence"
    """It neither says it nor closes the connection."""
    VARIES = "varies"
    """In several ways: only the length of the audio tells whether it is complete."""


@dataclass(slots=True)
class KnovvuQuirks:
    """The quirks of one server; None while unknown."""

    bearer: bool | None = None
    """Whether it requires "Bearer " before the token."""
    finalize_late: bool | None = None
    """Whether it drops the remaining audio on finalize-synthesis, which must then be sent late."""
    ending: Ending | None = None
    rates: Mapping[str, int] = field(default_factory=dict)
    """Sample rate in Hz, by voice, that can be relied on: its WAV header can be sent at once."""
    was_busy: bool | None = None
    """Whether it ever had no free channel: a connection that is kept ready may occupy one that is needed."""

    def note_rate(self, voice: str, asked: int, spoken: int) -> None:
        """Note that a voice has spoken at a sample rate in Hz."""
        others = {name: rate for name, rate in self.rates.items() if name != voice}
        self.rates = {**others, voice: asked} if asked == spoken else others

    def note_ending(self, ending: Ending) -> None:
        """Note an end that was said, or believed; one that varies stays so."""
        is_vague = ending is Ending.MESSAGE and self.ending in (Ending.FLUSH, Ending.ONCE)
        is_other = Ending.SILENCE in (self.ending, ending) and self.ending not in (None, ending)
        if self.ending is not Ending.VARIES and not is_vague:
            self.ending = Ending.VARIES if is_other else ending
