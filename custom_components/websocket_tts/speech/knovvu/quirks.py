"""Detected behavior of a Knovvu server."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self


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
    VARIES = "varies"
    """In several ways, or not at all: only the length of the audio tells whether it is complete."""


@dataclass(frozen=True, slots=True)
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
    """Whether it ever had no free channel: it may count connections."""

    @classmethod
    def restore(cls, stored: Mapping[str, object]) -> Self:
        """Restore stored quirks; invalid values are ignored."""

        def flag(name: str) -> bool | None:
            value = stored.get(name)
            return value if isinstance(value, bool) else None

        ending, rates = stored.get("ending"), stored.get("rates")
        return cls(
            bearer=flag("bearer"),
            finalize_late=flag("finalize_late"),
            ending=Ending(str(ending)) if ending in list(Ending) else None,
            rates={voice: rate for voice, rate in rates.items() if type(rate) is int and rate > 0}
            if isinstance(rates, dict)
            else {},
            was_busy=flag("was_busy"),
        )

    def store(self) -> dict[str, Any]:
        """Return the known quirks as JSON."""
        known = {
            "bearer": self.bearer,
            "finalize_late": self.finalize_late,
            "ending": self.ending and self.ending.value,
            "rates": dict(self.rates),
            "was_busy": self.was_busy,
        }
        return {name: value for name, value in known.items() if value not in (None, {})}

    def with_rate(self, voice: str, asked: int, spoken: int) -> Self:
        """Return the quirks after a voice has spoken at a sample rate in Hz."""
        others = {name: rate for name, rate in self.rates.items() if name != voice}
        return replace(self, rates={**others, voice: asked} if asked == spoken else others)

    def with_ending(self, ending: Ending) -> Self:
        """Return the quirks after an end that was said, or believed; one that varies stays so."""
        is_vague = ending is Ending.MESSAGE and self.ending in (Ending.FLUSH, Ending.ONCE)
        return self if self.ending is Ending.VARIES or is_vague else replace(self, ending=ending)
