"""An event loop in which waiting takes no time: 30 seconds of silence are over at once."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
import selectors
from typing import TYPE_CHECKING, override

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike


class _Selector(selectors.BaseSelector):
    """Lets the clock go on instead of waiting for it."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.now = 0.0

    @override
    def register(
        self, fileobj: FileDescriptorLike, events: int, data: object = None
    ) -> selectors.SelectorKey:
        return self._selector.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        return self._selector.unregister(fileobj)

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for nothing"
        self.now += max(timeout, 0)
        return self._selector.select(0)

    @override
    def close(self) -> None:
        self._selector.close()

    @override
    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        return self._selector.get_map()


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time goes on when there is nothing to do."""

    def __init__(self) -> None:
        """Start at zero."""
        self._clock = _Selector()
        super().__init__(self._clock)

    @override
    def time(self) -> float:
        return self._clock.now

    def block(self, seconds: float) -> None:
        """Let time go by in which the event loop does nothing."""
        self._clock.now += seconds


def run[T](main: Coroutine[object, object, T]) -> T:
    """Run a coroutine in the time of its own, in a thread that need not have an event loop afterwards."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_run, main).result()


def _run[T](main: Coroutine[object, object, T]) -> T:
    with asyncio.Runner(loop_factory=Clock) as runner:
        return runner.run(main)
