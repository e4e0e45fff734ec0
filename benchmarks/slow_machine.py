"""A quarter of one core for a process, as on a small computer: python -m benchmarks.slow_machine PID."""

import os
import signal
import sys
import time

_QUOTA = 0.25
"""Of one core."""
_PERIOD = 0.1
"""Seconds in which no more than the quota may be spent, as where Linux limits a container."""
_STEP = 0.001


def limit(pid: int) -> None:
    """Stop the process for the rest of each period whose quota it has spent; until it has ended."""
    # What clock_getcpuclockid() of the C library returns for another process.
    clock = ~pid << 3 | 2
    while True:
        begun, spent = time.monotonic(), time.clock_gettime(clock)
        while (left := begun + _PERIOD - time.monotonic()) > 0:
            if time.clock_gettime(clock) - spent < _QUOTA * _PERIOD:
                time.sleep(min(_STEP, left))
                continue
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(left)
            finally:
                os.kill(pid, signal.SIGCONT)


def main() -> None:
    """Limit the process until this one is ended."""
    pid = int(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 (names alone)
        os.sched_setaffinity(int(thread), {min(os.sched_getaffinity(0))})
    limit(pid)


if __name__ == "__main__":
    main()
