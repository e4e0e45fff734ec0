"""Servers that take finalize-synthesis for: close now, whatever is still to come."""

import pytest

from custom_components.websocket_tts.speech.exceptions import NoAudioError
from custom_components.websocket_tts.speech.limits import Limits
from simulator import Cut, Simulator, tones
from tests.speech.speaking import TEXT, VOICES, MakeService, all_closed, speak

SHORT = Limits(first_audio=0.3, between_audio=0.2, max_quiet=0.6)
"""Tenths of seconds instead of seconds."""


async def test_no_audio_from_an_unknown_server(simulator: Simulator, make_service: MakeService) -> None:
    """It may be one that takes finalize-synthesis for "close now": only then it is asked in another way."""
    simulator.habits.no_audio = True
    with pytest.raises(NoAudioError):
        await speak(make_service("knovvu", limits=SHORT), VOICES["knovvu"], TEXT)
    assert len(simulator.requests) == 2
    await all_closed(simulator)


async def test_finalize_taken_as_close_now(simulator: Simulator, make_service: MakeService) -> None:
    """A server that drops the audio at finalize-synthesis is asked again with that held back, once."""
    simulator.habits.knovvu.finalize_drops = True
    simulator.habits.first_audio_latency = 0.1
    service = make_service("knovvu")
    audio_format, samples = await speak(service, VOICES["knovvu"], TEXT)
    assert samples == tones.pcm(TEXT, audio_format.sample_rate)
    assert len(simulator.requests) == 2
    again = make_service("knovvu", quirks=service.quirks)
    await speak(again, VOICES["knovvu"], TEXT)
    assert len(simulator.requests) == 3


async def test_trying_out_learns(simulator: Simulator, make_service: MakeService) -> None:
    """Trying a voice out finds out how the server wants to be asked."""
    simulator.habits.knovvu.finalize_drops = True
    simulator.habits.first_audio_latency = 0.05
    service = make_service("knovvu")
    await service.verify_voice(VOICES["knovvu"])
    assert service.quirks == {"finalize_late": True, "rates": {"Emily_Premium": 24000}}


async def test_trying_out_asks_again_when_cut_off(simulator: Simulator, make_service: MakeService) -> None:
    """Part of the words is enough to find out that the server must be asked in another way."""
    simulator.habits.cut = Cut(480, "close", 1000)
    simulator.habits.failures = 1
    service = make_service("knovvu")
    await service.verify_voice(VOICES["knovvu"])
    assert service.quirks["finalize_late"] is True
    assert len(simulator.requests) == 2
