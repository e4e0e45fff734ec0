"""The resources that a process uses, and their growth."""

import asyncio
from contextlib import suppress
import ctypes
from dataclasses import dataclass
import gc
import os
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Held:
    """The resources that a process uses."""

    memory: float
    """MiB."""
    objects: int
    tasks: int
    descriptors: int
    sockets: int
    websockets: int
    """Open WebSockets of the services."""

    @classmethod
    def now(cls, websockets: int) -> Self:
        """Return the resources in use now, with this number of open WebSockets of the services."""
        gc.collect()
        descriptors = _descriptors()
        return cls(
            memory=_memory(),
            objects=len(gc.get_objects()),
            tasks=len(asyncio.all_tasks()),
            descriptors=len(descriptors),
            sockets=sum(name.startswith("socket:") for name in descriptors),
            websockets=websockets,
        )


ALLOWED = Held(memory=8.0, objects=1000, tasks=2, descriptors=4, sockets=2, websockets=0)
"""Growth that is not a leak: caches of Python and of Home Assistant, and work in progress."""


def _descriptors() -> list[str]:
    """Return the target of each open file descriptor of this process."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the folder itself
            found.append(str(entry.readlink()))
    return found


def _memory() -> float:
    """Return the resident memory of this process, in MiB, without free memory that was not returned."""
    # The amount of free memory depends more on the order of events than on their number.
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def grown(before: Held, after: Held, most: Held = ALLOWED) -> list[str]:
    """Print the resources in use; return those that have grown too much."""
    print(f"{'':<12}{'then':>10}{'at the end':>12}{'growth':>10}{'allowed':>10}")
    too_much = []
    for name in Held.__slots__:
        then, now, allowed = (getattr(held, name) for held in (before, after, most))
        growth, digits = now - then, 1 if isinstance(then, float) else 0
        print(
            f"{name:<12}{then:>10.{digits}f}{now:>12.{digits}f}{growth:>10.{digits}f}{allowed:>10.{digits}f}"
        )
        if growth > allowed:
            too_much.append(f"{name} grew by {growth:.{digits}f}")
    return too_much
