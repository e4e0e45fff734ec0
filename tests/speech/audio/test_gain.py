"""Samples that are made louder and quieter."""

from array import array

import pytest

from custom_components.websocket_tts.speech.audio.gain import scale
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
