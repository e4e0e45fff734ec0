"""An event loop in which waiting takes no time: 30 seconds of silence end immediately.

Its clock stands still while code runs, however slow the machine is, and advances to the next timer when
nothing is left to do, so that measured times are the same in every run. Sockets are real; between those of
one event loop, data takes no time. Threads and processes outside the event loop run in real time.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
import selectors
import time
from typing import TYPE_CHECKING, Any, override

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

_IN_FLIGHT = 0.001
"""Seconds that data between two sockets of this machine may take."""
_LONG = 10.0
"""Seconds after which nothing can be hoped for where there is no timer."""

_MOST_TURNS = 50_000
"""Turns of the event loop in which the time may stand still; what takes more waits for nothing, for ever."""

_real = time.monotonic


def monotonic() -> float:
    """Return the time (seconds) of the event loop that runs in this thread, or else of the machine."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return _real()
    return loop.now if isinstance(loop, Clock) else _real()


class _Selector(selectors.BaseSelector):
    """Lets the clock go on instead of waiting for it."""

    def __init__(self, now: float, is_anybody_else_at_work: Callable[[], bool]) -> None:
        self._selector = selectors.DefaultSelector()
        self._is_anybody_else_at_work = is_anybody_else_at_work
        self.now = now
        self._turns = 0
        """Turns since the time went on."""

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
        if self._is_anybody_else_at_work():
            begun = _real()
            ready = self._selector.select(timeout)
            self.now += _real() - begun
            return ready
        self._turns = self._turns + 1 if timeout == 0 else 0
        if self._turns > _MOST_TURNS:
            self._turns = 0
            raise RuntimeError("the event loop spins: something waits for a time that has come already")
        ready = self._selector.select(self._least(timeout))
        assert ready or timeout is not None, "everybody waits for nothing"
        if not ready and timeout:
            self.now += timeout
        return ready

    def _least(self, timeout: float | None) -> float:
        """Return for how long something may still come although everybody waits (seconds)."""
        if timeout is None:
            return _LONG
        # With nothing but the pipe of the event loop itself there are no sockets to wait for.
        return min(timeout, _IN_FLIGHT) if len(self.get_map()) > 1 else 0.0

    @override
    def close(self) -> None:
        self._selector.close()

    @override
    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        return self._selector.get_map()


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time goes on when there is nothing to do."""

    def __init__(self, now: float = 0.0) -> None:
        """Start at this time (seconds)."""
        self._clock = _Selector(now, self._is_anybody_else_at_work)
        self._jobs = 0
        self._processes: list[asyncio.SubprocessTransport] = []
        super().__init__(self._clock)

    @property
    def now(self) -> float:
        """Return the time in seconds."""
        return self._clock.now

    @override
    def time(self) -> float:
        return self._clock.now

    @override
    def get_debug(self) -> bool:
        # The checks of the debug mode, which Home Assistant's test plugin turns on, stay. Futures and
        # handles ask here, and would keep where they were made: a third of the time of the suite.
        return False

    def block(self, seconds: float) -> None:
        """Let time go by in which the event loop does nothing."""
        self._clock.now += seconds

    @contextmanager
    def beside(self) -> Generator[None]:
        """Let time go by itself while something is at work that the event loop does not know of."""
        self._jobs += 1
        try:
            yield
        finally:
            self._jobs -= 1

    @override
    def run_in_executor[*Ts, T](
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._jobs += 1
        future.add_done_callback(self._job_done)
        return future

    @override
    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> Any:
        with self.beside():
            transport, protocol = await super().subprocess_exec(*args, **kwargs)
        self._processes.append(transport)
        return transport, protocol

    @override
    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        with self.beside():
            await super().shutdown_default_executor(timeout)

    def _job_done(self, _future: asyncio.Future[Any]) -> None:
        self._jobs -= 1

    def _is_anybody_else_at_work(self) -> bool:
        self._processes = [process for process in self._processes if process.get_returncode() is None]
        return bool(self._jobs or self._processes)


def running() -> Clock:
    """Return the event loop of a test."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Clock)
    return loop


def run[T](
    main: Coroutine[object, object, T], loop_factory: Callable[[], asyncio.AbstractEventLoop] = Clock
) -> T:
    """Run a coroutine in the time of its own, in a thread that need not have an event loop afterwards."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_run, main, loop_factory).result()


def _run[T](main: Coroutine[object, object, T], loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> T:
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(main)
