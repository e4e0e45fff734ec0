"""A connection that stands before it is needed."""

import asyncio
from functools import partial

import pytest

from custom_components.websocket_tts.speech.exceptions import SpeechError
from custom_components.websocket_tts.speech.limits import Limits
from simulator import Cut, Simulator, tones

from .speaking import TEXT, VOICES, MakeService, all_closed, speak, wait_for

WORTHWHILE = 0.2
"""Seconds."""


def _has_seen(simulator: Simulator, connections: int) -> bool:
    return simulator.calls.count("socket") == connections


async def test_standing_by(simulator: Simulator, make_service: MakeService) -> None:
    """A connection stands before the text comes; each utterance takes one and leaves another."""
    service = make_service("knovvu")
    service.preconnect()
    for number in range(1, 4):
        await wait_for(partial(_has_seen, simulator, number))
        # The one before is closed, or about to be.
        await wait_for(lambda: simulator.open_sockets == 1)
        assert simulator.calls.count("socket") == number
        audio_format, samples = await speak(service, VOICES["knovvu"], TEXT)
        assert samples == tones.pcm(TEXT, audio_format.sample_rate)
    assert len(simulator.requests) == 3
    service.preconnect()
    await wait_for(lambda: simulator.open_sockets == 1)
    await service.aclose()
    await all_closed(simulator)


async def test_standing_by_with_a_server_that_sends_away(
    simulator: Simulator, make_service: MakeService
) -> None:
    """A server may close what stands idle: a worthwhile connection is made anew, and nothing is lost."""
    service = make_service("knovvu", limits=Limits(worthwhile=WORTHWHILE))
    service.preconnect()
    await wait_for(lambda: simulator.open_sockets == 1)
    await simulator.close_sockets()
    await all_closed(simulator)
    audio_format, samples = await speak(service, VOICES["knovvu"], TEXT)
    assert samples == tones.pcm(TEXT, audio_format.sample_rate)
    await wait_for(lambda: simulator.open_sockets == 1)
    await asyncio.sleep(2 * WORTHWHILE)
    sockets = simulator.calls.count("socket")
    await simulator.close_sockets()
    await wait_for(lambda: simulator.calls.count("socket") == sockets + 1)
    await service.aclose()
    await all_closed(simulator)


async def test_standing_by_while_the_service_is_away(simulator: Simulator, make_service: MakeService) -> None:
    """Where no connection can be made, none stands; the next utterance tries for itself."""
    simulator.habits.statuses["socket"] = 503
    service = make_service("knovvu")
    service.preconnect()
    await wait_for(lambda: simulator.calls.count("socket") == 1)
    simulator.habits.statuses.clear()
    audio_format, samples = await speak(service, VOICES["knovvu"], TEXT)
    assert samples == tones.pcm(TEXT, audio_format.sample_rate)
    await service.aclose()


async def test_nothing_stands_by(simulator: Simulator, make_service: MakeService) -> None:
    """Vivoka's protocol has nothing that could stand; Knovvu stands by only when it is told to."""
    vivoka = make_service("vivoka")
    vivoka.preconnect()
    await vivoka.aclose()
    await make_service("knovvu").aclose()
    assert simulator.calls == []


@pytest.mark.parametrize("how", ["error", "left before audio", "left in mid-speech"])
async def test_standing_by_after_a_failure(how: str, simulator: Simulator, make_service: MakeService) -> None:
    """However an utterance ends, a connection stands for the next one."""
    service = make_service("knovvu")
    service.preconnect()
    await wait_for(lambda: simulator.open_sockets == 1)
    if how == "error":
        simulator.habits.cut = Cut(0, "error")
        with pytest.raises(SpeechError):
            await speak(service, VOICES["knovvu"], TEXT)
    else:
        simulator.habits.speed = 1.0
        simulator.habits.first_audio_latency = 5.0 if how == "left before audio" else 0.0
        speaking = asyncio.create_task(speak(service, VOICES["knovvu"], TEXT))
        await asyncio.sleep(0.3)
        speaking.cancel()
        await asyncio.wait([speaking])
    await wait_for(lambda: simulator.open_sockets == 1)
    await service.aclose()
    await all_closed(simulator)
