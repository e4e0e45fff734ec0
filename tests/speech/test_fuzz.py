"""Hostile servers and damaged frames, fewer than scripts/fuzz has: only a SpeechError comes out."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import example, given, settings, strategies as st
import pytest

from robustness.frames import TARGETS, seeds
from robustness.fuzz import compare, fuzz
from robustness.hostile import KINDS, texts
from tests.clock import Clock

EXAMPLES = 300
SEED = 1


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_servers(kind: str) -> None:
    """Whatever a server does, the client survives; and it gets far enough to be tried in earnest."""
    # It has event loops of its own, which leave the thread without one when they end.
    with ThreadPoolExecutor(1) as thread:
        arena = thread.submit(fuzz, kind, EXAMPLES, seed=SEED, loop_factory=Clock).result()
    assert arena.outcomes["speech: spoken"] > EXAMPLES / 10
    assert arena.outcomes["voices: listed"] > EXAMPLES / 10
    assert arena.sockets > EXAMPLES / 4


@pytest.mark.parametrize("kind", KINDS)
def test_samples_of_proper_servers(kind: str) -> None:
    """Whichever way a server takes, what comes out is what it sent."""
    with ThreadPoolExecutor(1) as thread:
        arena = thread.submit(compare, kind, EXAMPLES // 3, seed=SEED, loop_factory=Clock).result()
    assert set(arena.outcomes) == {"speech: spoken", "voices: listed"}


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    """What the search of atheris begins with is all right."""
    for seed in seeds(name):
        TARGETS[name](seed)


@pytest.mark.parametrize("name", TARGETS)
@settings(derandomize=True, database=None, deadline=None)
@given(data=st.one_of(st.binary(), texts.map(str.encode)))
@example(data=b'{"error":' * 300 + b"1" + b"}" * 300)
def test_damaged_frames(name: str, data: bytes) -> None:
    """Whatever a frame holds, its parser survives."""
    TARGETS[name](data)
