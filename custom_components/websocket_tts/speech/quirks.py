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
    confirmed_rate: int | None = None
    """The sample rate in Hz that was asked for and did come; its header may go out before the audio."""
    pace: Mapping[str, float] = field(default_factory=dict)
    """Seconds of audio per letter, at rate 1, that a voice usually takes; by voice."""

    @classmethod
    def restore(cls, stored: Mapping[str, object]) -> Self:
        """Read what an earlier client has found out; what does not fit is forgotten."""

        def known[T](name: str, kind: type[T]) -> T | None:
            value = stored.get(name)
            return value if type(value) is kind else None

        pace = known("pace", dict) or {}
        return cls(
            bearer=known("bearer", bool),
            finalize_late=known("finalize_late", bool),
            tells_end=known("tells_end", bool),
            confirmed_rate=known("confirmed_rate", int),
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
            "confirmed_rate": self.confirmed_rate,
            "pace": dict(self.pace) or None,
        }
        return {name: value for name, value in known.items() if value is not None}
