"""Every habit has a witness: what nobody has seen, no server does."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from simulator import Cut, Habits, KnovvuHabits, VivokaHabits
from simulator.habits import WITNESSES

GROUPS: dict[str, type[Any]] = {
    "": Habits,
    "cut.": Cut,
    "vivoka.": VivokaHabits,
    "knovvu.": KnovvuHabits,
}


def habits() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every habit, with its values if they can be listed."""
    for prefix, group in GROUPS.items():
        hints = get_type_hints(group)
        for each in fields(group):
            if f"{each.name}." not in GROUPS:
                hint = hints[each.name]
                yield f"{prefix}{each.name}", get_args(hint) if get_origin(hint) is Literal else ()


@pytest.mark.parametrize(("habit", "values"), habits())
def test_every_habit_has_a_witness(habit: str, values: tuple[str, ...]) -> None:
    """It has one itself, or else each of its values does."""
    assert habit in WITNESSES or (values and all(f"{habit}={value}" in WITNESSES for value in values))


def test_every_witness_has_seen_a_habit() -> None:
    """A habit that is gone has none any more."""
    known = {
        name for habit, values in habits() for name in (habit, *(f"{habit}={value}" for value in values))
    }
    assert set(WITNESSES) <= known
    assert all(len(source) > 10 for source in WITNESSES.values())
