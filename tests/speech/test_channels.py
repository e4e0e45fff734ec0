"""The line of those who wait for a channel."""

import asyncio
from math import nan

import pytest

from custom_components.websocket_tts.speech.channels import ChannelQueue, Place
from custom_components.websocket_tts.speech.exceptions import BusyError


async def test_woken_and_overtaken() -> None:
    """Who was woken while somebody else went to the head of the line lets the event loop run."""
    queue = ChannelQueue(0.5)
    waiting, overtaking = Place(queue), Place(queue)
    overtaking.is_urgent = True
    await waiting.turn()
    queue.release()
    queue.join(overtaking)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.01)

    beating = asyncio.create_task(beat())
    with pytest.raises(BusyError):
        await waiting.turn(BusyError("busy"))
    beating.cancel()
    assert beats > 10


async def next_turn(place: Place, refusal: BusyError) -> float:
    """Return how long (seconds) a refused place waits."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await place.turn(refusal)
    return loop.time() - begun


async def test_soon_again_after_a_release() -> None:
    """A channel may be free only a little after the speech in it has ended."""
    queue = ChannelQueue(20.0)
    place = Place(queue)
    refusal = BusyError("busy")
    for _ in range(3):
        grown = await next_turn(place, refusal)
    queue.release()
    assert await next_turn(place, refusal) < 0.1
    assert await next_turn(place, refusal) < 0.7 < grown


@pytest.mark.parametrize("retry_after", [0.0, -5.0, nan])
async def test_not_at_once(retry_after: float) -> None:
    """A service that wants to be asked again at once is not asked without end."""
    refusal = BusyError("busy")
    refusal.retry_after = retry_after
    place = Place(ChannelQueue(5.0))
    assert 0.2 < await next_turn(place, refusal) < 0.5


async def test_refused_in_mid_speech() -> None:
    """It may be the channel of the sentence before: for 2 s, nobody waits as long as he is told to."""
    refusal = BusyError("busy")
    refusal.retry_after = 10.0
    hearing, waiting = Place(ChannelQueue(20.0)), Place(ChannelQueue(20.0))
    hearing.is_urgent = True
    waits = [await next_turn(hearing, refusal) for _ in range(5)]
    assert sum(waits[:3]) < 2.2
    assert waits[4] > 9.0
    assert await next_turn(waiting, refusal) > 9.0


async def test_refused_while_a_spare_connection_stands() -> None:
    """It may be that one which takes the channel: for two seconds, nobody waits as long as he is told to."""
    refusal = BusyError("busy")
    refusal.retry_after = 10.0
    queue = ChannelQueue(20.0)
    closed: list[str] = []
    queue.spares.add(lambda: closed.append("spare"))
    place = Place(queue)
    waits = [await next_turn(place, refusal) for _ in range(5)]
    assert closed == ["spare"]
    assert sum(waits[:3]) < 2.2
    assert waits[4] > 9.0


async def test_a_channel_that_is_freed_late() -> None:
    """Whoever is woken and refused again asks soon again, whatever he is told."""
    refusal = BusyError("busy")
    refusal.retry_after = 10.0
    queue = ChannelQueue(20.0)
    place = Place(queue)
    asyncio.get_running_loop().call_later(1.0, queue.release)
    assert 0.9 < await next_turn(place, refusal) < 1.1
    waits = [await next_turn(place, refusal) for _ in range(5)]
    assert sum(waits[:3]) < 2.2
    assert waits[4] > 9.0
