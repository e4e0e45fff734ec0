"""Hostile servers, made up by hypothesis, against both clients: scripts/fuzz.

Whatever they do, only a SpeechError comes out, samples are whole, and nothing stays open. What comes from a
server that does all as it should, if in its own way, is exactly the samples that it sent.
"""

import argparse
import asyncio
from collections.abc import Callable, Coroutine
import logging
import sys
from time import monotonic, time_ns
from typing import TypedDict, Unpack

from hypothesis import HealthCheck, given, seed, settings, strategies as st

from custom_components.websocket_tts.speech.limits import Limits

from .arena import Arena
from .hostile import KINDS, scenarios
from .proper import proper
from .scenario import IMPATIENT, MAX_FRAME
from .search import search_all

LIMITS = Limits(
    connect=0.5,
    first_audio=IMPATIENT,
    between_audio=IMPATIENT,
    close=IMPATIENT,
    ping=IMPATIENT,
    retry_pause=0.001,
    resume=2 * IMPATIENT,
    doubt=IMPATIENT,
    busy=2 * IMPATIENT,
    min_quiet=IMPATIENT / 4,
    max_quiet=IMPATIENT,
    worthwhile=0.005,
    frame=MAX_FRAME,
    held=1024,
    audio=0.5,
    audio_per_character=0.01,
)
"""Every limit within the reach of a short example."""
PATIENT = Limits(between_audio=1.0, max_quiet=0.2)
"""What a proper server does not reach."""


class _Run(TypedDict, total=False):
    """How the examples are run."""

    seed: int
    """What decides which ones; left to chance if it is missing."""
    loop_factory: Callable[[], asyncio.AbstractEventLoop]
    """What makes the event loop."""


def fuzz(kind: str, examples: int, **how: Unpack[_Run]) -> Arena:
    """Play so many servers to a client; raises AssertionError, or whatever came out of the client."""
    return _play(Arena(kind, LIMITS), scenarios(kind), Arena.play, examples, **how)


def compare(kind: str, examples: int, **how: Unpack[_Run]) -> Arena:
    """Play so many proper servers to a client; raises AssertionError where other samples come out."""
    return _play(Arena(kind, PATIENT), proper(kind), Arena.compare, examples, **how)


def _play[S](
    arena: Arena,
    servers: st.SearchStrategy[S],
    play: Callable[[Arena, S], Coroutine[object, object, None]],
    examples: int,
    **how: Unpack[_Run],
) -> Arena:
    @seed(how.get("seed", time_ns()))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(servers)
    def survives(server: S) -> None:
        runner.run(play(arena, server))

    with asyncio.Runner(debug=True, loop_factory=how.get("loop_factory")) as runner:
        runner.run(arena.__aenter__())
        try:
            survives()
            arena.check_rest()
        finally:
            runner.run(arena.__aexit__())
    return arena


def _report(kind: str, arena: Arena, seconds: float) -> None:
    """Print the figures of one client."""
    print(f"{kind}: {arena.requests} requests, {arena.sockets} of them sockets, in {seconds:.0f} s")
    print(f"  slowest example {arena.slowest * 1000:.0f} ms; nothing but SpeechErrors, nothing stays open")
    for outcome, count in sorted(arena.outcomes.items()):
        print(f"  {outcome:<32} {count:>7}")


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=5000, help="servers for each client (%(default)s)")
    parser.add_argument(
        "--seed", type=int, default=time_ns(), help="decides which servers (default: others each time)"
    )
    parser.add_argument("--atheris", type=float, metavar="MINUTES", help="then for each parser of frames")
    arguments = parser.parse_args()
    # The server complains about what it does itself.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    print(f"seed {arguments.seed}", flush=True)
    for kind in KINDS:
        begun = monotonic()
        arena = fuzz(kind, arguments.examples, seed=arguments.seed)
        _report(kind, arena, monotonic() - begun)
        begun = monotonic()
        arena = compare(kind, arguments.examples // 5, seed=arguments.seed)
        seconds = monotonic() - begun
        print(f"{kind}: {arena.outcomes['speech: spoken']} speeches as they were sent, in {seconds:.0f} s")
    return 0 if arguments.atheris is None or search_all(arguments.atheris) else 1


if __name__ == "__main__":
    sys.exit(main())
