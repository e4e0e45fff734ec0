"""Waiting for a service that has no channel free."""

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from random import uniform
from time import monotonic

from .exceptions import BusyError

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 4.0
"""Seconds between two tries, where the service does not say when; they double."""


class Admission:
    """The line of those who wait for a channel of one service: only the first in it asks."""

    def __init__(self, patience: float) -> None:
        """Let nobody wait longer than these seconds."""
        self._patience = patience
        self._line: deque[Place] = deque()
        self._opened = asyncio.Event()
        self._opened.set()

    @property
    def is_open(self) -> bool:
        """Return whether nobody waits."""
        return not self._line

    @contextmanager
    def place(self, *, first: bool) -> Generator[Place]:
        """Give a place in the line, taken when it comes to waiting; at its head for who goes first."""
        place = Place(self, self._patience, first=first)
        try:
            yield place
        finally:
            place.leave()

    def join(self, place: Place, *, first: bool) -> None:
        """Let somebody wait."""
        if place not in self._line:
            (self._line.appendleft if first else self._line.append)(place)
            self._opened.clear()

    async def opened(self) -> None:
        """Wait until nobody waits."""
        await self._opened.wait()

    def release(self) -> None:
        """Note that a channel has become free."""
        if self._line:
            self._line[0].ask_soon()

    def is_first(self, place: Place) -> bool:
        """Return whether it is this place's turn to ask."""
        return bool(self._line) and self._line[0] is place

    def leave(self, place: Place) -> None:
        """Let the next one ask: there may be more than one channel free."""
        if place in self._line:
            self._line.remove(place)
            self.release()
        if not self._line:
            self._opened.set()


class Place:
    """A place in the line; the patience begins with the waiting."""

    def __init__(self, line: Admission, patience: float, *, first: bool) -> None:
        """Wait for nothing yet."""
        self._line = line
        self._patience = patience
        self._first = first
        self._until: float | None = None
        self._pause = _FIRST_PAUSE
        self.wake = asyncio.Event()

    def leave(self) -> None:
        """Wait no longer."""
        self._line.leave(self)

    def ask_soon(self) -> None:
        """Ask now, and if that is too early, soon again: some services free a channel a little later."""
        self._pause = _FIRST_PAUSE
        self.wake.set()

    async def turn(self, refusal: BusyError | None = None) -> None:
        """Wait until it is worth asking, or asking again. Raises BusyError when that takes too long."""
        self._line.join(self, first=self._first)
        if self._until is None:
            self._until = monotonic() + self._patience
        pause = self._next_pause(refusal) if refusal else 0.0
        while (left := self._until - monotonic()) > 0:
            is_first = self._line.is_first(self)
            try:
                async with asyncio.timeout(min(pause, left) if is_first else left):
                    await self.wake.wait()
            except TimeoutError:
                if not is_first or pause > left:
                    continue
            # Else it would be awake for as long as somebody else is first, and nothing else would run.
            self.wake.clear()
            if self._line.is_first(self):
                return
        raise refusal or BusyError("the service has no channel free")

    def _next_pause(self, refusal: BusyError) -> float:
        if refusal.retry_after is not None:
            return max(_FIRST_PAUSE, refusal.retry_after)
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE)
        # So that not all who were refused at once come back at once.
        return pause * uniform(0.8, 1.2)  # noqa: S311
