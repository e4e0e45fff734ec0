"""Queueing for a service that has no free channel."""

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from random import uniform
from time import monotonic

from .exceptions import BusyError

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = {False: 4.0, True: 1.0}
"""Longest pause between two attempts, in seconds, if the service does not state one; by whether the place has
priority: then a listener who has already heard the beginning is waiting. Pauses double."""
_REFUSED_WITHIN = 0.5
"""Seconds in which a service may still refuse a request that it has accepted."""


class Admission:
    """The queue for the channels of one service: only the first request in it asks."""

    def __init__(self, patience: float) -> None:
        """Initialize the queue; patience is the longest wait in seconds."""
        self._patience = patience
        self._line: deque[Place] = deque()
        self._opened = asyncio.Event()
        self._opened.set()

    @property
    def is_open(self) -> bool:
        """Return whether the queue is empty."""
        return not self._line

    @contextmanager
    def place(self, *, first: bool) -> Generator[Place]:
        """Yield a place, which joins the queue only when it has to wait; with first, at the head."""
        place = Place(self, self._patience, first=first)
        try:
            yield place
        finally:
            place.leave()

    def join(self, place: Place, *, first: bool) -> None:
        """Add a place to the queue."""
        if place not in self._line:
            (self._line.appendleft if first else self._line.append)(place)
            self._opened.clear()

    async def opened(self) -> None:
        """Wait until the queue is empty."""
        await self._opened.wait()

    def release(self) -> None:
        """Note that a channel has become free."""
        if self._line:
            self._line[0].ask_soon()

    def is_first(self, place: Place) -> bool:
        """Return whether a place is at the head of the queue."""
        return bool(self._line) and self._line[0] is place

    def leave(self, place: Place) -> None:
        """Remove a place, and let the next one ask: more than one channel may be free."""
        if place in self._line:
            self._line.remove(place)
            self.release()
        if not self._line:
            self._opened.set()


class Place:
    """A place in the queue; its patience starts when it begins to wait."""

    def __init__(self, line: Admission, patience: float, *, first: bool) -> None:
        """Initialize the place outside the queue."""
        self._line = line
        self._patience = patience
        self._first = first
        self._until: float | None = None
        self._pause = _FIRST_PAUSE
        self._leaving: asyncio.TimerHandle | None = None
        self.wake = asyncio.Event()

    def leave(self) -> None:
        """Leave the queue."""
        self._cancel_leaving()
        self._line.leave(self)

    def leave_soon(self) -> None:
        """Leave the queue unless a refusal follows at once: the service has accepted the request."""
        self._cancel_leaving()
        self._leaving = asyncio.get_running_loop().call_later(_REFUSED_WITHIN, self.leave)

    def _cancel_leaving(self) -> None:
        if self._leaving:
            self._leaving.cancel()

    def ask_soon(self) -> None:
        """Ask now, and soon again if that is too early: some services free a channel slightly later."""
        self._pause = _FIRST_PAUSE
        self.wake.set()

    async def turn(self, refusal: BusyError | None = None) -> None:
        """Wait until it is time to ask, or to ask again. Raises BusyError if that takes too long."""
        self._cancel_leaving()
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
            # Otherwise this loop would spin, and block the event loop, while another place is first.
            self.wake.clear()
            if self._line.is_first(self):
                return
        raise refusal or BusyError("the service has no channel free")

    def _next_pause(self, refusal: BusyError) -> float:
        if refusal.retry_after is not None:
            return max(_FIRST_PAUSE, refusal.retry_after)
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE[self._first])
        # Jitter: requests that were refused together must not all return together.
        return pause * uniform(0.8, 1.2)  # noqa: S311
