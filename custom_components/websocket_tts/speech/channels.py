"""The queue for the channels of a busy service: all clients with the same host and credentials share it."""

import asyncio
from collections.abc import Callable
from math import inf
from random import uniform
from time import monotonic

from .exceptions import BusyError

_PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Seconds between two attempts, if the service does not state them: an attempt costs little, a wait much."""
_LONGEST_URGENT = 1.0
"""Longest of them, if a listener who has already heard the beginning is waiting."""
_FREED_WITHIN = 2.0
"""Seconds in which a service may still refuse a channel that was released: no Retry-After is followed."""
_REFUSED_WITHIN = 0.5
"""Seconds in which a service may still refuse a request that it has accepted."""


class ChannelQueue:
    """The requests that wait for a channel: only the first of them asks."""

    def __init__(self, patience: float) -> None:
        """Initialize an empty queue; patience is the longest wait in seconds."""
        self.patience = patience
        self._waiting: list[Place] = []
        self.spares: set[Callable[[], None]] = set()
        """What releases channels that are not needed yet, as soon as somebody waits: of connections that are
        kept ready, and of requests that were made ahead."""

    @property
    def is_open(self) -> bool:
        """Return whether nobody waits."""
        return not self._waiting

    @property
    def is_urgent(self) -> bool:
        """Return whether somebody waits whose listener has already heard the beginning."""
        return any(place.is_urgent for place in self._waiting)

    def join(self, place: Place) -> bool:
        """Add a place: an urgent one behind the other urgent ones.

        Return whether a channel is being released: a spare one, or in mid-speech that of the sentence before.
        """
        if place in self._waiting:
            return False
        urgent = sum(other.is_urgent for other in self._waiting)
        self._waiting.insert(urgent if place.is_urgent else len(self._waiting), place)
        for close in (spares := tuple(self.spares)):
            close()
        return bool(spares) or place.is_urgent

    def release(self) -> None:
        """Note that a channel has become free."""
        if self._waiting:
            self._waiting[0].ask_soon()

    def is_first(self, place: Place) -> bool:
        """Return whether a place is at the head of the queue."""
        return bool(self._waiting) and self._waiting[0] is place

    def leave(self, place: Place) -> None:
        """Remove a place, and let the next one ask: more than one channel may be free."""
        if place in self._waiting:
            self._waiting.remove(place)
            self.release()


class Place:
    """A place in the queue: taken only to wait, with patience from then on; whoever has it must leave."""

    def __init__(self, queue: ChannelQueue) -> None:
        """Initialize the place outside the queue."""
        self._queue = queue
        self._until: float | None = None
        self._refusals = 0
        self._freed_at = -inf
        """When a channel was released that this place may get."""
        self._leaving: asyncio.TimerHandle | None = None
        self._wake = asyncio.Event()
        self.is_urgent = False
        """Whether a listener has already heard the beginning."""

    def leave(self) -> None:
        """Leave the queue."""
        self._cancel_leaving()
        self._queue.leave(self)

    def renew(self) -> None:
        """Begin with full patience again: there was some progress."""
        self._until, self._refusals = None, 0

    def leave_soon(self) -> None:
        """Leave the queue unless a refusal follows at once: the service has accepted the request."""
        self._cancel_leaving()
        if self._queue.is_open:
            return
        self._leaving = asyncio.get_running_loop().call_later(_REFUSED_WITHIN, self.leave)

    def _cancel_leaving(self) -> None:
        if self._leaving:
            self._leaving.cancel()

    def ask_soon(self) -> None:
        """Ask now, and soon again if that is too early: some services free a channel slightly later."""
        self._refusals, self._freed_at = 0, monotonic()
        self._wake.set()

    async def turn(self, refusal: BusyError | None = None) -> None:
        """Wait until it is time to ask, or to ask again. Raises BusyError if that takes too long."""
        self._cancel_leaving()
        if self._queue.join(self):
            self._freed_at = monotonic()
        if self._until is None:
            self._until = monotonic() + self._queue.patience
        pause = self._next_pause(refusal, self._until - monotonic()) if refusal else 0.0
        while (left := self._until - monotonic()) > 0:
            is_first = self._queue.is_first(self)
            try:
                async with asyncio.timeout(min(pause, left) if is_first else left):
                    await self._wake.wait()
            except TimeoutError:
                if not is_first or pause > left:
                    continue
            # Otherwise this loop would spin, and block the event loop, while another place is first.
            self._wake.clear()
            if self._queue.is_first(self):
                return
        raise refusal or BusyError("the service has no channel free")

    def _next_pause(self, refusal: BusyError, left: float) -> float:
        # A service that wants to be asked later than anybody waits is asked earlier: it may be free by then.
        is_followed = monotonic() - self._freed_at > _FREED_WITHIN
        if is_followed and refusal.retry_after is not None and not refusal.retry_after > left:
            return max(_PAUSES[0], refusal.retry_after)
        pause = _PAUSES[min(self._refusals, len(_PAUSES) - 1)]
        self._refusals += 1
        # Jitter: requests that were refused together must not all return together.
        return (min(pause, _LONGEST_URGENT) if self.is_urgent else pause) * uniform(0.8, 1.2)  # noqa: S311
