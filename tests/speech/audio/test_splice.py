"""Speech that goes on where it broke off: exact where the engine is, without a click where it is not."""

from array import array
from itertools import pairwise
from math import pi, sin
from random import Random

from hypothesis import given, settings, strategies as st

from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.audio.splice import OVERLAP, Splice

RATE = 8000
FORMAT = PcmFormat(RATE)
MILLISECOND = RATE // 1000
PEAK = 8000


def sweep(milliseconds: int, *, later: int = 0, noise: int = 0, seed: int = 1) -> array[int]:
    """Return a tone that rises, so that every place in it is another; it may begin so many samples later."""
    chances = Random(seed)  # noqa: S311 (the same on every run, no secret)
    samples = array("h", bytes(2 * later))
    for index in range(milliseconds * MILLISECOND):
        angle = 2 * pi * (150 + 100 * index / RATE) * index / RATE
        samples.append(int(PEAK * sin(angle)) + chances.randint(-noise, noise))
    return samples


def steps(samples: array[int]) -> int:
    """Return the largest step from one sample to the next."""
    return max(abs(after - before) for before, after in pairwise(samples))


def parts(samples: array[int], sizes: list[int]) -> list[bytes]:
    """Return samples in parts of such sizes; the last one has the rest."""
    found, start = [], 0
    for size in sizes:
        found.append(samples[start : start + size].tobytes())
        start += size
    return [*found, samples[start:].tobytes()]


def spliced(first: array[int], second: array[int], sizes: list[int] | None = None) -> array[int]:
    """Return what is heard when the first rendering breaks off and the second one comes in such parts."""
    splice = Splice(FORMAT)
    heard = splice.add(first.tobytes(), FORMAT)
    splice.restart()
    for part in parts(second, sizes or []):
        heard += splice.add(part, FORMAT)
    assert splice.seconds == FORMAT.seconds(len(heard))
    return array("h", heard)


@given(
    broken_at=st.integers(0, 800),
    sizes=st.lists(st.integers(0, 300), max_size=20),
    noise=st.sampled_from([0, 3000]),
)
@settings(deadline=None)
def test_the_same_again(broken_at: int, sizes: list[int], noise: int) -> None:
    """A second rendering that is the same is heard byte for byte, wherever it broke and however it comes."""
    whole = sweep(100, noise=noise)
    assert spliced(whole[:broken_at], whole, sizes) == whole


@given(
    broken_at=st.integers(0, 380 * MILLISECOND),
    later=st.integers(0, 10 * MILLISECOND),
    sizes=st.lists(st.integers(0, 900), max_size=20),
    is_first_later=st.booleans(),
)
@settings(deadline=None, max_examples=50)
def test_another_rendering(broken_at: int, later: int, sizes: list[int], is_first_later: bool) -> None:
    """One that is a little different and begins up to 10 ms earlier or later: no click, nothing missing."""
    first = sweep(400, noise=30, later=later * is_first_later)
    second = sweep(400, noise=30, seed=2, later=later * (not is_first_later))
    heard = spliced(first[: broken_at + later * is_first_later], second, sizes)
    assert abs(len(heard) - len(first)) <= 20 * MILLISECOND
    # A step is one of either rendering, and what the fade adds: from one wave to the opposite one in 10 ms.
    fade = 2 * max(map(abs, [*first, *second])) / (OVERLAP * MILLISECOND)
    assert steps(heard) <= max(steps(first), steps(second)) + fade + 2
    # Behind the fade it is the second rendering to its end, and no more than 20 ms of it are not there.
    broken_at += later * is_first_later
    behind = heard[broken_at + 10 * MILLISECOND :]
    assert second.tobytes().endswith(behind.tobytes())
    assert len(behind) + broken_at + 20 * MILLISECOND >= len(second)


def test_broken_again_while_it_is_skipped() -> None:
    """What was skipped of a second rendering is not taken for heard."""
    whole = sweep(100)
    splice = Splice(FORMAT)
    heard = splice.add(whole[:500].tobytes(), FORMAT)
    for broken_at in (0, 300, 499):
        splice.restart()
        heard += splice.add(whole[:broken_at].tobytes(), FORMAT)
    splice.restart()
    heard += splice.add(whole[:600].tobytes(), FORMAT)
    splice.restart()
    heard += splice.add(whole.tobytes(), FORMAT)
    assert heard == whole.tobytes()


def test_broken_again_while_it_is_faded_in() -> None:
    """The third rendering goes on behind the second one, as far as that was heard."""
    first, second, third = (sweep(100, noise=noise) for noise in (0, 30, 90))
    splice = Splice(FORMAT)
    heard = splice.add(first[:400].tobytes(), FORMAT)
    for rendering in (second[:440], third):
        splice.restart()
        heard += splice.add(rendering.tobytes(), FORMAT)
    samples = array("h", heard)
    assert len(samples) == len(third)
    assert samples[440 + OVERLAP * MILLISECOND :] == third[440 + OVERLAP * MILLISECOND :]
    fade = 2 * PEAK / (OVERLAP * MILLISECOND)
    assert steps(samples) <= max(map(steps, (first, second, third))) + fade + 2


def test_nothing_more_to_say() -> None:
    """It broke behind the last sample, or the second rendering is shorter: that was all."""
    whole = sweep(100)
    for second in (whole, whole[:-1], whole[: -11 * MILLISECOND], array("h")):
        assert spliced(whole, second) == whole


def test_silence() -> None:
    """In a pause every place is the same: it goes on where it was."""
    silence = array("h", FORMAT.silence(100))
    assert spliced(silence[:333], silence) == silence
    heard = spliced(silence[:333], sweep(300))
    assert heard[333 + 10 * MILLISECOND :] == sweep(300)[-(len(heard) - 333 - 10 * MILLISECOND) :]


def test_only_what_is_needed_is_kept() -> None:
    """An hour that is skipped is not kept in memory, nor what was heard before."""
    splice = Splice(FORMAT)
    second = FORMAT.silence(1000)
    for _ in range(60):
        splice.add(second, FORMAT)
    splice.restart()
    for _ in range(59):
        assert splice.add(second, FORMAT) == b""
        assert (
            sum(len(part) for part in vars(splice).values() if isinstance(part, bytes))
            < 40 * 2 * MILLISECOND + 2
        )


def test_a_rate_of_next_to_nothing() -> None:
    """A WAV header may tell anything: what is kept stays little."""
    lowest = PcmFormat(1)
    splice = Splice(lowest)
    splice.add(bytes(range(100)), lowest)
    splice.restart()
    assert splice.add(bytes(range(100)) + b"\1\2", lowest) == b"\1\2"
