"""Samples that are made louder and quieter."""

from array import array

import pytest

from custom_components.websocket_tts.speech.audio.gain import Gain, scale
from custom_components.websocket_tts.speech.models import VoiceSettings
from simulator import Simulator, tones
from tests.speech.speaking import TEXT, MakeService, speak


def test_scale() -> None:
    """Every sample is multiplied; what would be too loud stays as loud as can be, with its sign."""
    samples = array("h", [0, 1, -1, 1000, -1000, 20000, -20000, 32767, -32768])
    assert array("h", scale(samples.tobytes(), 2)).tolist() == [
        *(0, 2, -2, 2000, -2000),
        *(32767, -32768, 32767, -32768),
    ]
    assert array("h", scale(samples.tobytes(), 0.5)).tolist()[3:5] == [500, -500]
    assert not any(scale(samples.tobytes(), 0))
    assert scale(b"", 2) == b""


def test_nothing_to_change() -> None:
    """What is right is not copied."""
    samples = bytes(10)
    assert scale(samples, 1) is samples


def wave(level: int, count: int) -> bytes:
    """Return so many samples that alternate between a level and its negative."""
    return array("h", [level, -level] * (count // 2)).tobytes()


def loudest(samples: bytes) -> int:
    """Return the largest distance from zero."""
    return max(map(abs, array("h", samples)))


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.9])
@pytest.mark.parametrize("chunk", [2, 480, 5000])
def test_quiet_voice(factor: float, chunk: int) -> None:
    """What would not be clipped is multiplied, and nothing else, however it is cut."""
    gain, samples = Gain(factor), wave(17000, 10000)
    parts = [gain.apply(samples[start : start + chunk]) for start in range(0, len(samples), chunk)]
    assert b"".join(parts) == scale(samples, factor)


def test_loud_voice() -> None:
    """Peaks are as loud as can be, not flattened; what follows gets louder again within a second."""
    gain = Gain(2.0)
    before, peak, after = wave(5000, 2400), wave(25000, 2400), wave(5000, 24000)
    shape = array("h", gain.apply(before + peak + after))
    heard, shouted, rest = shape[:2400], shape[2400:4800], shape[4800:]
    assert set(map(abs, heard)) == {10000}
    assert 32700 <= loudest(shouted.tobytes()) <= 32767
    # Both halves of the wave have the same height: nothing was cut off.
    assert max(shouted) == -min(shouted)
    assert loudest(rest[:480].tobytes()) < 7500
    assert loudest(rest[-480:].tobytes()) == 10000
    levels = [loudest(rest[start : start + 240].tobytes()) for start in range(0, len(rest), 240)]
    assert levels == sorted(levels)


def test_peak_at_the_end_of_a_part() -> None:
    """The volume is remembered from part to part: it does not jump back after a peak."""
    gain = Gain(2.0)
    gain.apply(wave(30000, 480))
    assert loudest(gain.apply(wave(10000, 240))) < 12000


def test_largest_negative_sample() -> None:
    """It has no positive counterpart."""
    assert loudest(Gain(2.0).apply(array("h", [-32768] * 240).tobytes())) <= 32767


@pytest.mark.parametrize("chunk_size", [1, 3, 1001])
@pytest.mark.parametrize("volume", [0.0, 0.3, 2.0])
async def test_odd_chunks(
    chunk_size: int, volume: float, simulator: Simulator, make_service: MakeService
) -> None:
    """Half a sample at the end of a message makes no noise."""
    simulator.habits.chunk_size = chunk_size
    text = "I want." if chunk_size < 1000 else TEXT
    settings = VoiceSettings("enu,zoe-ml,neural", volume=volume)
    _, samples = await speak(make_service("vivoka"), settings, text)
    assert samples == scale(tones.pcm(text, 22050), volume)


async def test_service_that_has_volume(simulator: Simulator, make_service: MakeService) -> None:
    """A service that can do it does it, and it is not done twice."""
    settings = VoiceSettings("Emily_Premium", volume=0.5)
    _, samples = await speak(make_service("knovvu"), settings, TEXT)
    assert samples == tones.pcm(TEXT, 24000, volume=0.5)
    assert simulator.requests[0].volume == 0.5
