"""What happens in the world of scripts/soak --chaos."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
import time
from typing import Any, Literal, Protocol

from simulator import Cut, Simulator
from simulator.habits import Route

from .actors import FIRST
from .place import How, Place

type When = Literal["before", "during"]
"""Before the announcement is asked for, or a moment after the first of its words was heard."""

_EVERYWHERE: tuple[Route, ...] = ("voices", "synthesize", "socket", "token")
_SPEECH: tuple[Route, ...] = ("synthesize", "socket")
_OUTAGE = 3.0
"""Seconds of the longest outage that nobody may notice but by a silence."""
_MOST = 200_000
"""Most bytes from the service before a connection breaks."""
_STANDS_STILL = 2.0


class Clock:
    """The clock of the machine, which may jump."""

    def __init__(self) -> None:
        """Initialize with the right time."""
        self.offset = 0.0
        self.stood: list[tuple[float, float]] = []
        """When nobody here could do anything, by the monotonic clock."""

    def time(self, real: Callable[[], float] = time.time) -> float:
        """Return what it shows, as a Unix timestamp."""
        return real() + self.offset


class Victim(Protocol):
    """To whom it happens."""

    kind: str
    random: Random
    place: Place
    clock: Clock
    asked: asyncio.Event
    """Set as soon as the announcement is asked for."""

    async def reload(self) -> None:
        """Reload the entry."""

    async def change_voice(self) -> None:
        """Choose another voice in the profile."""

    async def remove_voice(self) -> None:
        """Remove the voice profile."""

    async def move(self) -> None:
        """Change the address in the entry to that of the other link."""

    async def poll(self) -> None:
        """Ask for the list of voices."""


type Happen = Callable[[Victim], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens."""

    name: str
    happen: Happen
    when: tuple[When, ...] = ("before", "during")
    kinds: tuple[str, ...] = ("vivoka", "knovvu")
    borne: tuple[When, ...] = ("before", "during")
    """When it may happen to a voice that has no fallback, and whose words are all heard nevertheless."""
    not_for: tuple[str, ...] = ()
    """Names of actors that would not have a chance, or not this one."""
    is_told: bool = False
    """Whether it looks like an end, unless the service usually says its ends, and has said one."""
    is_quiet: bool = False
    """Whether it is nothing but silence, and so an end of a service that never says any."""
    is_converted: bool = False
    """Whether there are several sample rates."""
    is_silent: bool = False
    """Whether there are words that no engine speaks."""
    needs: str = ""
    """The credentials that are needed."""


# Links.


def _breaking(how: How) -> Happen:
    async def happen(victim: Victim) -> None:
        # Logarithmic: a break is as likely in the handshake as in the audio.
        limits = [int(_MOST ** victim.random.uniform(0.2, 1.0)) for _ in range(victim.random.randint(1, 2))]
        victim.place.link.broken = [(how, limit) for limit in limits]

    return happen


def _broken(how: How) -> Happen:
    async def happen(victim: Victim) -> None:
        await victim.place.do(victim.place.link.break_all(how))

    return happen


async def _away(place: Place, seconds: float) -> None:
    await place.link.shut()
    await asyncio.sleep(seconds)
    await place.link.open()


async def _restart(victim: Victim) -> None:
    await victim.place.do(_away(victim.place, victim.random.uniform(0.1, 0.8)))


async def _long_outage(victim: Victim) -> None:
    await victim.place.do(_away(victim.place, 6 * _OUTAGE))


async def _restart_step_by_step(victim: Victim) -> None:
    """Restart: a proxy is there before the server, and the server before its accounts and voices."""
    habits = victim.place.habits
    of_service: Any = habits.vivoka if victim.kind == "vivoka" else habits.knovvu
    usual = of_service.voices

    async def come_back() -> None:
        for status in (404, 200, 401, None):
            await asyncio.sleep(_OUTAGE / 5)
            habits.statuses = dict.fromkeys(_EVERYWHERE, status) if status else {}
            if status == 404:
                await victim.place.link.open()

    await victim.place.do(victim.place.link.shut())
    of_service.voices = "none" if victim.kind == "vivoka" else "empty"
    # Who asks later would hear what nobody has a reason to doubt.
    await victim.asked.wait()
    await victim.place.do(come_back())
    await victim.poll()
    await asyncio.sleep(_OUTAGE / 5)
    of_service.voices = usual


# Servers.


def _with(**values: object) -> Happen:
    """Change habits; those of a service are named with it: vivoka__end."""

    async def happen(victim: Victim) -> None:
        _set(victim.place.first, values)

    return happen


def _set(server: Simulator, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        *group, habit = name.split("__")
        target: Any = getattr(server.habits, group[0]) if group else server.habits
        setattr(target, habit, value)


def _cut(how: Literal["close", "abort", "error", "half", "stall"], code: int | None = 1000) -> Happen:
    """Cut speech, once or twice, after a part of a sentence."""

    async def happen(victim: Victim) -> None:
        after = int(victim.random.uniform(100, 30_000))
        habits = victim.place.habits
        habits.cut = Cut(after, how, code, error={"code": 500, "message": f"no {FIRST}"})
        # What ends at the same place twice has ended.
        is_once = how in ("close", "stall") and code != 1011
        habits.failures = 1 if is_once else victim.random.randint(1, 2)

    return happen


async def _pauses(victim: Victim) -> None:
    """Let the engine pause for a while, wherever it is; not in everything that is asked for again."""
    habits = victim.place.habits
    habits.pause, habits.pause_after = 6.0, 9000
    await victim.asked.wait()
    await asyncio.sleep(_OUTAGE)
    habits.pause = 0.0


def _refused(status: int, retry_after: str | None, seconds: float) -> Happen:
    async def happen(victim: Victim) -> None:
        async def refuse() -> None:
            habits = victim.place.habits
            habits.retry_after, habits.statuses = retry_after, dict.fromkeys(_SPEECH, status)
            await victim.place.first.close_sockets(1001)
            await asyncio.sleep(seconds)
            habits.statuses, habits.retry_after = {}, None

        await victim.place.do(refuse())

    return happen


async def _drained(victim: Victim) -> None:
    """Another server takes over; the first one closes what is still open a little later."""
    victim.place.link.targets = victim.place.ports[1:]
    await asyncio.sleep(victim.random.uniform(0, 0.5))
    await victim.place.do(victim.place.first.close_sockets(victim.random.choice((1001, 1012))))


async def _idle_closed(victim: Victim) -> None:
    await victim.place.do(victim.place.first.close_sockets())


async def _other_ends(victim: Victim) -> None:
    habits = victim.place.habits
    habits.vivoka.end = victim.random.choice(("last", "empty", "close"))
    # To find out an end that is not said takes longer than others wait for a channel.
    untold = () if habits.channels else ("",)
    habits.knovvu.end = victim.random.choice(("close", "synthesis-completed", *untold))


def _two_servers(**values: object) -> Happen:
    async def happen(victim: Victim) -> None:
        _set(victim.place.second, values)
        victim.place.link.targets = list(victim.place.ports)

    return happen


async def _token_expires(victim: Victim) -> None:
    victim.place.first.issued.clear()
    await victim.place.do(victim.place.first.close_sockets(1008))


async def _voices_missing(victim: Victim) -> None:
    server = victim.place.first
    kept = dict(server.vivoka_voices), dict(server.knovvu_voices)
    voices: dict[str, Any]
    for voices in (server.vivoka_voices, server.knovvu_voices):
        voices.clear()
    await victim.poll()
    await asyncio.sleep(victim.random.uniform(0, 1))
    server.vivoka_voices.update(kept[0])
    server.knovvu_voices.update(kept[1])


# Home Assistant and its machine.


async def _reload(victim: Victim) -> None:
    await victim.reload()


async def _voice_changed(victim: Victim) -> None:
    await victim.change_voice()


async def _voice_removed(victim: Victim) -> None:
    await victim.remove_voice()


async def _moved(victim: Victim) -> None:
    await victim.move()


async def _clock_jumps(victim: Victim) -> None:
    victim.clock.offset += victim.random.choice((-86400.0, -3600.0, 3600.0, 86400.0))


async def _stands_still(victim: Victim) -> None:
    begun = time.monotonic()
    time.sleep(_STANDS_STILL)  # noqa: ASYNC251 (that is the point)
    victim.clock.stood.append((begun, time.monotonic()))


async def _nothing(_victim: Victim) -> None:
    return


_DURING: tuple[When, ...] = ("during",)
_BEFORE: tuple[When, ...] = ("before",)
_SCARCE = ("four on a licence of two", "two entries on a licence of one")
_SEVERAL = (*_SCARCE, "one after the other")
"""Each of two servers counts its own channels, and those of connections that it has not seen end."""

HAPPENINGS = (
    Happening("nothing", _nothing, _BEFORE),
    # Links
    Happening("connections drop", _breaking("drop"), _BEFORE),
    Happening("connections are reset", _breaking("reset"), _BEFORE),
    Happening(
        "connections die silently", _breaking("mute"), _BEFORE, borne=(), not_for=_SCARCE, is_quiet=True
    ),
    Happening("all drop", _broken("drop")),
    Happening("all are reset", _broken("reset")),
    Happening("all die silently", _broken("mute"), not_for=_SCARCE, is_quiet=True),
    Happening("restart", _restart),
    Happening("restart: 404, HTML, 401, no voices", _restart_step_by_step, not_for=_SCARCE),
    Happening("outage of 18 s", _long_outage, _BEFORE, borne=()),
    # Servers
    Happening("503, Retry-After: 1", _refused(503, "1", 1.5)),
    Happening("429, Retry-After: 60", _refused(429, "60", _OUTAGE)),
    Happening("500", _refused(500, None, _OUTAGE)),
    Happening("closes politely, in part", _cut("close", 1000), not_for=_SCARCE, is_told=True),
    Happening("closes without a code, in part", _cut("close", None), not_for=_SCARCE, is_told=True),
    Happening("closes with 1011, in part", _cut("close", 1011)),
    Happening("error message, in part", _cut("error")),
    Happening("reset in half a message", _cut("half")),
    Happening("stalls, once", _cut("stall"), _DURING, not_for=_SCARCE, is_quiet=True),
    Happening("pauses for 6 s", _pauses, not_for=_SCARCE, is_quiet=True),
    Happening("drained", _drained, not_for=_SCARCE),
    Happening("ends in another way", _other_ends),
    Happening(
        "two servers, two ends",
        _two_servers(vivoka__end="close", knovvu__end="synthesis-completed", knovvu__chatter=True),
        not_for=_SCARCE,
    ),
    Happening(
        "two servers, two rates",
        _two_servers(vivoka__sample_rate=16000, knovvu__other_rate=16000, knovvu__wav_header="joined"),
        not_for=_SCARCE,
        is_converted=True,
    ),
    Happening("sessions age", _with(knovvu__quiet_limit=0.3), kinds=("knovvu",)),
    Happening("idle sockets are closed", _idle_closed, _BEFORE, kinds=("knovvu",), is_told=True),
    Happening("token expires", _token_expires, kinds=("knovvu",), needs="client"),
    Happening("token of a socket expires", _with(vivoka__expired_tokens=1), kinds=("vivoka",)),
    Happening("a sentence without audio", _nothing, _BEFORE, is_silent=True),
    Happening("warnings", _with(vivoka__warns=True, knovvu__chatter=True, vivoka__chatter=True)),
    Happening("WAV in each message", _with(wav_each=True)),
    Happening(
        "half samples, base64 without padding", _with(chunk_size=1111, padded=False, knovvu__audio="audio")
    ),
    Happening("voices are missing", _voices_missing, borne=_DURING, not_for=_SEVERAL),
    # Home Assistant and its machine
    Happening("reload", _reload),
    Happening("voice changed", _voice_changed),
    Happening("voice removed", _voice_removed, _DURING, not_for=_SEVERAL),
    Happening("host moved", _moved, not_for=_SCARCE),
    Happening("clock jumps", _clock_jumps),
    Happening("event loop stands still for 2 s", _stands_still),
)
