"""More announcements than channels: all of them are spoken, each once and whole."""

import asyncio
from dataclasses import replace

import pytest

from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.exceptions import BusyError
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Cut, Simulator, tones
from tests.services import SERVICES as TESTED

from .speaking import TEXT, VOICES, MakeService, all_closed, speak, wait_for

REFUSALS = [
    pytest.param({"busy_status": 429}, id="429"),
    pytest.param({"busy_status": 429, "retry_after": "1"}, id="429 with Retry-After"),
    pytest.param({"busy_status": 503}, id="503"),
    pytest.param({"busy_as": "error"}, id="error message"),
    pytest.param({"busy_as": "close"}, id="closed with 1013"),
]


def license_channels(simulator: Simulator, channels: int, habits: dict[str, object]) -> None:
    """Let so many speak at the same time, slowly enough to be in each other's way."""
    simulator.habits.channels = channels
    simulator.habits.speed = 15.0
    for name, value in habits.items():
        setattr(simulator.habits, name, value)


async def speak_all(service: SpeechClient, kind: str, texts: list[str]) -> None:
    """Speak all texts at the same time; assert that each is heard, whole."""
    heard = await asyncio.gather(*(speak(service, VOICES[kind], text) for text in texts))
    for text, (audio_format, samples) in zip(texts, heard, strict=True):
        assert samples == tones.pcm(text, audio_format.sample_rate)


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("habits", REFUSALS)
async def test_five_at_once_and_two_channels(
    kind: str, habits: dict[str, object], simulator: Simulator, make_service: MakeService
) -> None:
    """A busy service is waited for, until another announcement has ended."""
    license_channels(simulator, 2, habits)
    await speak_all(make_service(kind), kind, [f"This is announcement {number}." for number in range(5)])
    assert simulator.refused >= 3
    assert simulator.channels_taken == 0
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("habits", REFUSALS)
async def test_several_sentences_and_one_channel(
    kind: str, habits: dict[str, object], simulator: Simulator, make_service: MakeService
) -> None:
    """An announcement is not in its own way: what is asked for ahead waits for the channel of its own."""
    license_channels(simulator, 1, habits)
    text = "This is one. This is another, which is longer! And is this the third one?"
    await speak_all(make_service(kind), kind, [text])
    if TESTED[kind].client.one_segment_a_request:
        assert simulator.refused >= 1
    assert simulator.channels_taken == 0


@pytest.mark.parametrize("kind", VOICES)
async def test_three_with_several_sentences_and_one_channel(
    kind: str, simulator: Simulator, make_service: MakeService
) -> None:
    """Who is in the middle of speaking goes on before those who wait to begin."""
    license_channels(simulator, 1, {})
    simulator.habits.speed = 20.0
    texts = [f"This is number {number}. It has a second sentence! And a third one?" for number in range(3)]
    await speak_all(make_service(kind), kind, texts)
    spoken = " ".join(text for request in simulator.requests for text in request.texts)
    order = sorted(range(3), key=lambda number: spoken.index(texts[number][:16]))
    # One after the other, not sentence by sentence in turn.
    assert spoken.split() == " ".join(texts[number] for number in order).split()


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("pause", [0, 100])
async def test_a_pause_between_sentences_and_one_channel(
    kind: str, pause: int, simulator: Simulator, make_service: MakeService
) -> None:
    """Each sentence is a request of its own: it waits for the one before it."""
    license_channels(simulator, 1, {})
    settings = replace(VOICES[kind], sentence_pause=pause)
    audio_format, samples = await speak(make_service(kind), settings, "One. Two. Three.")
    spoken = [tones.pcm(sentence, audio_format.sample_rate) for sentence in ("One.", "Two.", "Three.")]
    assert samples == audio_format.silence(pause).join(spoken)


@pytest.mark.parametrize("kind", VOICES)
async def test_patience_has_an_end(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """Nobody waits for ever; the error is that of the service, and the next announcement is spoken."""
    license_channels(simulator, 0, {})
    service = make_service(kind, limits=Limits(busy=0.6))
    begun = asyncio.get_running_loop().time()
    results = await asyncio.gather(
        *(speak(service, VOICES[kind], TEXT) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(result, BusyError) for result in results)
    assert 0.5 < asyncio.get_running_loop().time() - begun < 2.0
    # Only the first in the line asks again.
    assert simulator.refused < 12
    simulator.habits.channels = 1
    await speak_all(service, kind, [TEXT])


@pytest.mark.parametrize("kind", VOICES)
async def test_somebody_else_has_the_channel(
    kind: str, simulator: Simulator, make_service: MakeService
) -> None:
    """A channel that another client gives back is found soon, though nothing tells of it."""
    license_channels(simulator, 1, {})
    assert simulator.take_channel()
    speaking = asyncio.create_task(speak(make_service(kind), VOICES[kind], TEXT))
    await wait_for(lambda: simulator.refused >= 2)
    simulator.release_channel()
    audio_format, samples = await asyncio.wait_for(speaking, 5)
    assert samples == tones.pcm(TEXT, audio_format.sample_rate)


@pytest.mark.parametrize("kind", VOICES)
async def test_a_listener_who_leaves_the_line(
    kind: str, simulator: Simulator, make_service: MakeService
) -> None:
    """Who waits and goes away is in nobody's way."""
    license_channels(simulator, 1, {})
    service = make_service(kind)
    assert simulator.take_channel()
    first = asyncio.create_task(speak(service, VOICES[kind], TEXT))
    await wait_for(lambda: simulator.refused >= 1)
    second = asyncio.create_task(speak(service, VOICES[kind], TEXT))
    await asyncio.sleep(0.05)
    first.cancel()
    await asyncio.wait([first])
    simulator.release_channel()
    audio_format, samples = await asyncio.wait_for(second, 5)
    assert samples == tones.pcm(TEXT, audio_format.sample_rate)
    await all_closed(simulator)


async def test_a_read_ahead_does_not_take_the_seat_of_somebody_who_waits(
    simulator: Simulator, make_service: MakeService
) -> None:
    """While somebody waits for a channel, nothing is asked for ahead."""
    license_channels(simulator, 1, {})
    service = make_service("vivoka")
    simulator.habits.speed = 3.0
    long = asyncio.create_task(
        speak(service, VOICES["vivoka"], "This is the first sentence. This is the second one!")
    )
    await wait_for(lambda: len(simulator.requests) == 1)
    short = asyncio.create_task(speak(service, VOICES["vivoka"], "Me, too."))
    await wait_for(lambda: simulator.refused >= 1)
    simulator.habits.channels = 2
    audio_format, samples = await asyncio.wait_for(short, 5)
    assert samples == tones.pcm("Me, too.", audio_format.sample_rate)
    await long
    assert [request.texts[0] for request in simulator.requests][:2] != [
        "This is the first sentence.",
        "This is the second one!",
    ]


async def test_a_standing_connection_does_not_take_a_channel_that_is_waited_for(
    simulator: Simulator, make_service: MakeService
) -> None:
    """Three at once, with a connection kept ready, to a licence for two."""
    license_channels(simulator, 2, {})
    service = make_service("knovvu")
    service.preconnect()
    await wait_for(lambda: simulator.open_sockets == 1)
    await speak_all(service, "knovvu", [f"This is announcement {number}." for number in range(5)])
    await service.aclose()
    await all_closed(simulator)


@pytest.mark.needs("websocket")
@pytest.mark.parametrize("kind", VOICES)
async def test_busy_in_the_middle_of_a_speech(
    kind: str, simulator: Simulator, make_service: MakeService
) -> None:
    """What was heard is not heard twice; a service that is always busy then is an error."""
    simulator.habits.cut = Cut(3000, "close", 1013)
    segments = TextSegments(TextStream.of(TEXT))
    heard = bytearray()

    async def listen() -> None:
        async with make_service(kind).speak(segments, VOICES[kind]) as buffer:
            while part := await buffer.next():
                heard.extend(part)

    with pytest.raises(BusyError, match="1013"):
        await listen()
    assert heard[:3000] == tones.pcm(TEXT, 22050 if kind == "vivoka" else 24000)[:3000]
    # The listener gets silence meanwhile.
    assert not any(heard[3000:])
