"""The tones: what a text sounds like, however it is cut."""

from array import array
from hashlib import sha256

from hypothesis import given, strategies as st
import pytest

from simulator import tones


@given(st.text(max_size=60), st.data())
def test_any_way_of_cutting_sounds_the_same(text: str, data: st.DataObject) -> None:
    """A text sounds like its pieces, one after the other."""
    cut = data.draw(st.integers(0, len(text)))
    assert tones.pcm(text[:cut], 8000) + tones.pcm(text[cut:], 8000) == tones.pcm(text, 8000)


@given(st.lists(st.text(max_size=10), max_size=10))
def test_white_space_is_not_heard(words: list[str]) -> None:
    """White space of any kind and length makes no difference."""
    assert tones.pcm(" \t\n\u3000".join(words), 8000) == tones.pcm("".join(words), 8000)


@given(st.characters(), st.characters())
def test_every_character_has_its_own_sound(one: str, other: str) -> None:
    """Two characters that sound the same would hide that they were swapped."""
    if not one.isspace() and not other.isspace():
        assert (tones.pcm(one, 22050) == tones.pcm(other, 22050)) == (one == other)


@pytest.mark.parametrize(
    ("sample_rate", "rate", "samples"),
    [(24000, 1.0, 1200), (22050, 1.0, 1102), (24000, 2.0, 600), (24000, 0.33, 3636), (8000, 3.0, 133)],
)
def test_length(sample_rate: int, rate: float, samples: int) -> None:
    """A character takes 50 ms at normal speed."""
    assert len(tones.pcm("abc", sample_rate, rate)) == 3 * 2 * samples


def test_nothing_is_silent_and_volume_is_heard() -> None:
    """No sample is zero; half the volume is about half as loud."""
    loudness = []
    for volume in (0.5, 1.0, 2.0):
        samples = array("h", tones.pcm("I want a coffee", 24000, volume=volume))
        assert 0 not in samples
        loudness.append(sum(samples) / len(samples))
    assert loudness[1] / loudness[0] == pytest.approx(2, rel=0.1)
    assert loudness[2] / loudness[1] == pytest.approx(2, rel=0.1)


def test_the_same_on_every_machine() -> None:
    """These samples are what they were."""
    digest = sha256(tones.pcm("I want a café ☕", 22050, 1.5, 0.7)).hexdigest()
    assert digest == ("46affbfd07deeb7dcfc5889481c9eb483192cd7f192b966025f8f70569ee1a58")
