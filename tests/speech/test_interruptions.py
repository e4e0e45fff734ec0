"""A listener who goes away, a text that breaks or pauses: nothing stays open, and nothing is lost."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Cut, Simulator, tones

from .speaking import TEXT, VOICES, MakeService, all_closed, parts_of, speak


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("when", ["header", "audio"])
async def test_listener_goes_away(
    kind: str, when: str, simulator: Simulator, make_service: MakeService
) -> None:
    """Nothing stays open when nobody listens any more; Knovvu is told to stop."""
    simulator.habits.speed = 2
    simulator.habits.first_audio_latency = 0.05
    segments = TextSegments(TextStream.of(TEXT))
    audio = parts_of(make_service(kind), segments, VOICES[kind])
    async for part in audio:
        if isinstance(part, bytes) or when == "header":
            break
    await asyncio.wait_for(audio.aclose(), 1)
    await all_closed(simulator)
    if kind == "knovvu":
        assert simulator.requests[-1].messages[-1] == "stop"


@pytest.mark.needs("websocket")
@pytest.mark.parametrize("kind", VOICES)
async def test_task_is_cancelled(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A task that is cancelled ends at once, and closes its sockets."""
    simulator.habits.cut = Cut(5000, "stall")
    speaking = asyncio.create_task(speak(make_service(kind), VOICES[kind], TEXT))
    async with asyncio.timeout(2):
        while not simulator.open_sockets:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    speaking.cancel()
    done, _ = await asyncio.wait([speaking], timeout=1)
    assert done
    assert speaking.cancelled()
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_text_breaks(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """An error of the text ends the speech with that error."""

    async def text() -> AsyncGenerator[str]:
        yield "This is the first sentence. This is"
        await asyncio.sleep(0.1)
        raise RuntimeError("the model is gone")

    segments = TextSegments(TextStream(text()))
    with pytest.raises(RuntimeError, match="the model is gone"):
        async for _ in parts_of(make_service(kind), segments, VOICES[kind]):
            pass
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_text_that_pauses(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A pause in the text is not the end of the speech, and no reason to give up."""

    async def text() -> AsyncGenerator[str]:
        for sentence in TEXT.split(" "):
            yield f"{sentence} "
            await asyncio.sleep(0.1)

    async with aclosing(
        parts_of(make_service(kind), TextSegments(TextStream(text())), VOICES[kind])
    ) as audio:
        samples = b"".join([part async for part in audio if isinstance(part, bytes)])
    assert samples == tones.pcm(TEXT, simulator.requests[0].sample_rate)


async def test_closed_before_the_whole_text(simulator: Simulator, make_service: MakeService) -> None:
    """A server that says goodbye while the text is still being written has cut the speech off: it goes on."""
    simulator.habits.cut = Cut(3000, "close", 1000)
    simulator.habits.failures = 1

    async def text() -> AsyncGenerator[str]:
        yield "This is the first sentence. This"
        await asyncio.sleep(1)
        yield " is the second."

    audio = parts_of(make_service("knovvu"), TextSegments(TextStream(text())), VOICES["knovvu"])
    samples = b"".join([part async for part in audio if isinstance(part, bytes)])
    assert samples == tones.pcm("This is the first sentence. This is the second.", 24000)
