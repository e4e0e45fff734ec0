"""What was found out about a server that its documentation leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ServerQuirks:
    """Of one server; None while unknown."""

    bearer: bool | None = None
    """Whether it wants "Bearer " before the token."""
    finalize_late: bool | None = None
    """Whether finalize-synthesis makes it drop the audio that is still to come."""
    tells_end: bool | None = None
    """Whether it says when a speech is over, by closing or by a message."""
    ends_each_flush: bool | None = None
    """Whether a message of the end is about one flush, not about all of the text."""
    confirmed_rates: Mapping[str, int] = field(default_factory=dict)
    """The sample rate in Hz that was asked for and did come, by voice: its header may go out at once."""
    was_busy: bool | None = None
    """Whether it ever had no channel free: it may count connections."""
    marks_last: tuple[str, ...] = ()
    """The voices whose last frame of audio says that it is the last."""
    pace: Mapping[str, float] = field(default_factory=dict)
    """Seconds of audio per letter, at rate 1, that a voice usually takes at least; by voice."""

    @classmethod
    def restore(cls, stored: Mapping[str, object]) -> Self:
        """Read what an earlier client has found out; what does not fit is forgotten."""

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
        """Return what is known, as JSON."""
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
