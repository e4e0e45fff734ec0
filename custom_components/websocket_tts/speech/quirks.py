"""Detected behavior of a server that the documentation does not define."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

VARIES = 0
"""Instead of a sample rate: it has changed before, for example between servers behind a proxy."""


@dataclass(frozen=True, slots=True)
class ServerQuirks:
    """The quirks of one server; None while unknown."""

    bearer: bool | None = None
    """Whether it requires "Bearer " before the token."""
    finalize_late: bool | None = None
    """Whether it drops the remaining audio on finalize-synthesis, which must then be sent late."""
    tells_end: bool | None = None
    """Whether it announces the end of the audio, by closing the connection or by a message."""
    ends_each_flush: bool | None = None
    """Whether its end message refers to one flush rather than to the whole text."""
    confirmed_rates: Mapping[str, int] = field(default_factory=dict)
    """Sample rate in Hz, by voice, that can be relied on: its WAV header can be sent at once. See VARIES."""
    was_busy: bool | None = None
    """Whether it ever had no free channel: it may count connections."""
    marks_last: tuple[str, ...] = ()
    """Voices whose last audio frame is marked as the last."""
    pace: Mapping[str, float] = field(default_factory=dict)
    """Usual minimum of audio per letter, in seconds at rate 1, by voice."""

    @classmethod
    def restore(cls, stored: Mapping[str, object]) -> Self:
        """Restore stored quirks; invalid values are ignored."""

        def known[T](name: str, kind: type[T]) -> T | None:
            value = stored.get(name)
            return value if type(value) is kind else None

        pace = known("pace", dict) or {}
        rates = known("confirmed_rates", dict) or {}
        marks_last = known("marks_last", list) or []
        return cls(
            bearer=known("bearer", bool),
            finalize_late=known("finalize_late", bool),
            tells_end=known("tells_end", bool),
            ends_each_flush=known("ends_each_flush", bool),
            was_busy=known("was_busy", bool),
            confirmed_rates={voice: rate for voice, rate in rates.items() if type(rate) is int},
            marks_last=tuple(voice for voice in marks_last if isinstance(voice, str)),
            pace={
                voice: seconds for voice, seconds in pace.items() if type(seconds) is float and seconds > 0
            },
        )

    def store(self) -> dict[str, Any]:
        """Return the known quirks, as JSON."""
        known = {
            "bearer": self.bearer,
            "finalize_late": self.finalize_late,
            "tells_end": self.tells_end,
            "ends_each_flush": self.ends_each_flush,
            "was_busy": self.was_busy,
            "confirmed_rates": dict(self.confirmed_rates),
            "marks_last": list(self.marks_last),
            "pace": dict(self.pace),
        }
        return {name: value for name, value in known.items() if value not in (None, {}, [])}
