"""What goes wrong with the services in the course of a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator import Cut, Habits


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the services for one announcement, and whether it is to be heard all the same."""

    name: str
    common: Mapping[str, object] = field(default_factory=dict)
    vivoka: Mapping[str, object] = field(default_factory=dict)
    knovvu: Mapping[str, object] = field(default_factory=dict)
    heard: bool = False
    connecting: bool = False
    """Whether it hits those alone who connect, and not a connection that stands already."""

    def habits(self) -> Habits:
        """Return the habits of services with it."""
        habits = Habits()
        for target, values in (
            (habits, self.common),
            (habits.vivoka, self.vivoka),
            (habits.knovvu, self.knovvu),
        ):
            for name, value in values.items():
                setattr(target, name, value)
        return habits


def _everywhere(status: int) -> Fault:
    statuses = {"synthesize": status, "socket": status}
    return Fault(f"status {status}", {"statuses": statuses}, connecting=True)


def _cut(cut: Cut) -> Fault:
    when = f"after {cut.after} bytes" if cut.after else "before the audio"
    return Fault(f"{cut.how} {when}", {"cut": cut})


FAULTS = (
    *map(_everywhere, (200, 401, 404, 429, 500, 503)),
    *(
        _cut(cut)
        for after in (0, 3001)
        for cut in (Cut(after, "close", 1011), Cut(after, "abort"), Cut(after, "error"), Cut(after, "stall"))
    ),
    Fault("one abort", {"cut": Cut(0, "abort"), "failures": 1}, heard=True),
    Fault("no audio", {"no_audio": True}),
    Fault("endless audio", {"endless": True}),
    Fault("another token", {"token": "another"}),
    Fault("chatter", vivoka={"chatter": True}, knovvu={"chatter": True}, heard=True),
    Fault("odd chunks", {"chunk_size": 777}, heard=True),
    Fault("an end that is told", knovvu={"end": "synthesis-completed"}, heard=True),
)


NO_FAULT = Fault("no fault", heard=True)
