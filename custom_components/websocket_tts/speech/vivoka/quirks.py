"""Detected behavior of a Vivoka server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MARKED = "marked"
"""The last audio frame is always marked as the last."""
VARIES = "varies"
"""It was seen both marked and unmarked: only the length of the audio tells whether it is complete."""


@dataclass(slots=True)
class VivokaQuirks:
    """The quirks of one server, by voice: each may have another engine."""

    rates: Mapping[str, int] = field(default_factory=dict)
    """Sample rate in Hz, as it was last."""
    ends: Mapping[str, str] = field(default_factory=dict)
    """How the end of the audio is said: MARKED or VARIES; a voice that never marks it is missing."""

    def note_rate(self, voice: str, rate: int) -> None:
        """Note a sample rate that was seen."""
        self.rates = {**self.rates, voice: rate}

    def note_end(self, voice: str, end: str) -> None:
        """Note an end that was seen; one that varies stays so."""
        self.ends = {**self.ends, voice: VARIES if self.ends.get(voice) == VARIES else end}
