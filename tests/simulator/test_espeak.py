"""The real voice: it speaks, as fast and as loud as it is told to."""

from array import array
import asyncio
from math import sqrt
from time import monotonic

import pytest

from simulator import Simulator
from simulator.espeak import Espeak
from simulator.voices import ALL, KNOVVU, VIVOKA, SimulatedVoice

from .clients import Knovvu, Vivoka

TEXT = "I want a coffee, with milk and sugar, please."


@pytest.fixture
def simulator() -> Simulator:
    """Return both services, speaking with espeak-ng."""
    return Simulator()


def loudness(samples: bytes) -> float:
    """Return the root mean square of samples."""
    values = array("h", samples)
    return sqrt(sum(value * value for value in values) / len(values))


async def say(text: str, voice: str = "Emily_Premium", rate: float = 1.0, volume: float = 1.0) -> bytes:
    """Return samples at 24000 Hz."""
    return b"".join([part async for part in Espeak().speak(text, voice, 24000, rate, volume)])


@pytest.mark.parametrize("voice", ALL)
async def test_every_voice_speaks(voice: str) -> None:
    """Some seconds of speech come, and no silence."""
    samples = await say(TEXT, voice)
    assert 1.5 < len(samples) / 2 / 24000 < 5
    assert loudness(samples) > 1000


@pytest.mark.parametrize("voices", [VIVOKA, KNOVVU])
def test_voices_differ(voices: dict[str, SimulatedVoice]) -> None:
    """Each voice of a service is another one of espeak-ng, in its own language."""
    assert len({voice.espeak for voice in voices.values()}) == len(voices)
    assert all(voice.espeak.startswith(voice.language[:2]) for voice in voices.values())


async def test_rate_and_volume() -> None:
    """Twice as fast takes about half as long; half as loud is quieter."""
    normal = await say(TEXT)
    assert len(await say(TEXT, rate=2.0)) / len(normal) == pytest.approx(0.5, abs=0.12)
    assert len(await say(TEXT, rate=0.5)) / len(normal) == pytest.approx(2, abs=0.4)
    quiet = await say(TEXT, volume=0.5)
    assert loudness(quiet) / loudness(normal) == pytest.approx(0.5, abs=0.1)
    assert len(quiet) == pytest.approx(len(normal), rel=0.01)


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 44100, 48000])
async def test_sample_rate(sample_rate: int) -> None:
    """The speech is as long and as loud at every sample rate."""
    at_24000 = await say(TEXT)
    samples = b"".join([part async for part in Espeak().speak(TEXT, "Emily_Premium", sample_rate, 1.0, 1.0)])
    assert len(samples) / sample_rate == pytest.approx(len(at_24000) / 24000, rel=0.01)
    assert loudness(samples) == pytest.approx(loudness(at_24000), rel=0.05)


async def test_ssml() -> None:
    """A pause is kept, and not read out; but a neural voice reads it out."""
    markup = '<speak>one <break time="2s"/> two</speak>'
    embedded = "enu,evan,embedded-pro"
    assert len(await say(markup, embedded)) - len(await say("one two", embedded)) > 1.5 * 24000 * 2
    neural = await say(markup, "enu,zoe-ml,neural")
    assert loudness(neural) > 1.2 * loudness(await say(markup, embedded))


async def test_one_at_a_time() -> None:
    """Speeches that are asked for together are as long and as loud as they are alone."""
    wanted = [
        ("Emily_Premium", 1.0, 1.0),
        ("Sestek Gul 24k_HV_Premium", 0.5, 0.5),
        ("Sestek Hans 24k", 2.0, 1.5),
    ]
    alone = [await say(TEXT, *settings) for settings in wanted]
    together = await asyncio.gather(*[say(TEXT, *settings) for settings in wanted])
    for one, other in zip(alone, together, strict=True):
        # The breath in a voice is made of random numbers.
        assert len(one) == pytest.approx(len(other), rel=0.01)
        assert loudness(one) == pytest.approx(loudness(other), rel=0.05)


async def test_streams_and_is_given_up() -> None:
    """Audio comes while more is being made, and none is made for somebody who went away."""
    speech = Espeak().speak("This is a long text. " * 2000, "Emily_Premium", 24000, 1.0, 1.0)
    begun = monotonic()
    assert await anext(speech)
    await speech.aclose()
    assert await say("Coffee")
    assert monotonic() - begun < 1


async def test_an_unknown_voice_is_no_hang() -> None:
    """What goes wrong in the thread comes out."""
    with pytest.raises(KeyError):
        await say(TEXT, "nobody")


async def test_both_services(vivoka: Vivoka, knovvu: Knovvu) -> None:
    """Both services speak with it."""
    for samples, rate in ((await vivoka.speak(TEXT), 22050), (await knovvu.speak(TEXT), 24000)):
        assert 1.5 < len(samples) / 2 / rate < 5
        assert loudness(samples) > 1000
