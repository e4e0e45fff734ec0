"""The built-in chimes, at any sample rate."""

from array import array
from itertools import pairwise

import pytest

from custom_components.websocket_tts.speech.audio.chime import (
    BUILT_IN as BUILT_IN_CHIMES,
    built_in as built_in_chime,
)
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat

FULL_SCALE = 32767


@pytest.mark.parametrize("sample_rate", [8000, 22050, 24000, 48000])
@pytest.mark.parametrize("name", BUILT_IN_CHIMES)
def test_chime(name: str, sample_rate: int) -> None:
    """It is short, at -12 dB, and begins and ends without a click."""
    samples = array("h", built_in_chime(name, PcmFormat(sample_rate)))
    assert 0.5 < len(samples) / sample_rate < 1.5
    assert max(map(abs, samples)) == pytest.approx(FULL_SCALE / 4, rel=0.03)
    edge = sample_rate // 1000
    assert max(map(abs, samples[:edge])) < 0.01 * FULL_SCALE
    assert max(map(abs, samples[-edge:])) < 0.001 * FULL_SCALE
    # Nothing jumps: no two samples are farther apart than in a tone of 2.4 kHz that is as loud.
    farthest = max(abs(after - before) for before, after in pairwise(samples))
    assert farthest < FULL_SCALE / 4 * 6.3 * 2400 / sample_rate


def test_they_differ() -> None:
    """There are three, and they are the same every time."""
    chimes = [built_in_chime(name, PcmFormat(24000)) for name in BUILT_IN_CHIMES]
    assert len(set(chimes)) == len(chimes) == 3
    assert chimes == [built_in_chime(name, PcmFormat(24000)) for name in BUILT_IN_CHIMES]
