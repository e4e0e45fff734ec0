"""Everything that people do, while everything happens that may: scripts/soak --chaos.

A real Home Assistant makes announcements in scenes, some at once. Each scene has a service, voices and a link
of its own, all drawn from the seed and its number, so that it can be repeated alone. Somebody has something
announced, something happens, and every listener must hear it once, whole, and in order.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, takewhile
from math import inf
import sys
from time import monotonic

from .happenings import HAPPENINGS
from .held import Held, grown
from .home import home
from .place import Elsewhere
from .scene import Drawn, Scene, Slot
from .world import World

_SLOTS = 24
"""Scenes at once."""
_PLAYERS = 3
"""Of each slot."""
_KEPT = 10
"""Seconds, instead of five minutes, for which Home Assistant keeps audio in memory."""
_ALLOWED = Held(memory=24.0, objects=3000, tasks=2, descriptors=4, sockets=2, websockets=0)
"""Growth that is not a leak: caches of Python and of Home Assistant."""
_SHOWN = 40
"""Most complaints that are printed."""


@dataclass(slots=True)
class Row:
    """What came of the announcements to which the same has happened."""

    outcomes: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    fallback: int = 0
    silence: tuple[float, int] = (0.0, 0)
    """The longest one, in seconds, but for those of actors, and the number of its scene."""


class Chaos:
    """Scenes in a world, and what came of them."""

    def __init__(self, world: World, seed: int, *, with_fallback: bool) -> None:
        """Initialize without slots."""
        self._world = world
        self._seed = seed
        self._with_fallback = with_fallback
        self._slots: list[Slot] = []
        self.rows: defaultdict[str, Row] = defaultdict(Row)

    async def add_slots(self) -> None:
        """Have slots for some scenes at once."""
        for slot in range(_SLOTS):
            names = (f"Player {slot} {number}" for number in range(_PLAYERS))
            self._slots.append(Slot(slot, await self._world.add_players(*names)))

    async def play(self, numbers: Iterator[int]) -> None:
        """Play scenes, as many at once as there are slots."""
        await asyncio.gather(*(self._play(slot, numbers) for slot in self._slots))

    async def _play(self, slot: Slot, numbers: Iterator[int]) -> None:
        for number in numbers:
            drawn = Drawn.draw(self._seed, number, with_fallback=self._with_fallback)
            scene = Scene(self._world, drawn, slot)
            try:
                await scene.play()
            except Exception as err:  # noqa: BLE001 (recorded as a complaint, so that the others go on)
                scene.complaints.append(f"raised {err!r}")
            if drawn.happening.name == "clock jumps":
                self._world.clock.offset = 0.0
            self._note(scene, drawn)

    def _note(self, scene: Scene, drawn: Drawn) -> None:
        row = self.rows[drawn.happening.name]
        row.outcomes.update(hearing.outcome.partition(" ")[0] for hearing in scene.heard)
        row.resumed += sum(record.metrics.resumes > 0 for record in scene.records)
        row.fallback += sum(record.fallback is not None for record in scene.records)
        if not drawn.actor.pauses:
            stood = [] if "stands still" in drawn.happening.name else self._world.clock.stood
            row.silence = max(
                [row.silence, *((each.longest_silence(stood), drawn.number) for each in scene.heard)]
            )
        if scene.complaints:
            option = " --fallback" if self._with_fallback else ""
            again = f"scripts/soak --chaos{option} --seed {self._seed} --only {drawn.number}"
            errors = [record.message for record in scene.records if record.error] or ""
            self._world.complaints += [f"{again}: {drawn}: {each} {errors}" for each in scene.complaints]


def _some(numbers: Iterator[int], most: float, ends: float) -> Iterator[int]:
    """Yield so many of the numbers, or those until some time."""
    for _ in takewhile(lambda turn: turn < most and monotonic() < ends, count()):
        yield next(numbers)


def _table(rows: dict[str, Row]) -> None:
    print(f"{'':<42}{'heard':>7}{'whole':>7}{'resumed':>9}{'fallback':>10}{'silence':>9}{'in':>8}")
    for name in (each.name for each in HAPPENINGS if each.name in rows):
        row = rows[name]
        print(
            f"{name:<42}{row.outcomes.total():>7}{row.outcomes['whole']:>7}{row.resumed:>9}"
            f"{row.fallback:>10}{row.silence[0]:>7.1f} s{row.silence[1]:>8}"
        )
    outcomes = sum((row.outcomes for row in rows.values()), Counter[str]())
    print("In all:", ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common()))


async def run(
    scenes: int, seed: int, *, with_fallback: bool, only: int | None = None, minutes: float | None = None
) -> int:
    """Play scenes, or only one, or as many as there are in some minutes; return the exit code."""
    begun, numbers = monotonic(), count()
    # By then, all is filled that is filled but once.
    half = inf if minutes else scenes // 2

    def ends(share: float) -> float:
        return begun + share * minutes * 60 if minutes else inf

    with Elsewhere.run() as elsewhere:
        async with home(_KEPT) as hass:
            world = World(hass, elsewhere)
            chaos = Chaos(world, seed, with_fallback=with_fallback)
            async with world.open():
                await chaos.add_slots()
                if only is not None:
                    await chaos.play(iter([only]))
                    growth = []
                else:
                    await chaos.play(_some(numbers, half, ends(0.5)))
                    before = await world.held()
                    print(f"soak: half: {monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
                    await chaos.play(_some(numbers, half, ends(1)))
                    print(f"soak: all: {monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
                    print("Held after the first half, and at the end:")
                    growth = grown(before, await world.held(), _ALLOWED)
                    if growth:
                        growth += [f"runs: {task}" for task in asyncio.all_tasks()]
    print(f"Seed {seed}:")
    _table(chaos.rows)
    wrong = growth + world.complaints
    for what in wrong[:_SHOWN]:
        print(what)
    return min(len(wrong), 1)
