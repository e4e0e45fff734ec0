"""One request: its text comes again until it is heard, and its audio waits for its turn."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.websocket_tts.speech.audio.buffer import AudioBuffer
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.channels import ChannelQueue
from custom_components.websocket_tts.speech.exceptions import Doubt
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.pace import EnginePace
from custom_components.websocket_tts.speech.request import SpeechRequest
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from custom_components.websocket_tts.speech.utterance import Utterance

FORMAT = PcmFormat(8000)
HELD = 8


class Pace(EnginePace):
    """That of an engine that takes any text at once."""

    def next_limit(self, characters: int, rate: float = 1.0) -> int:
        """Return the most there may be."""
        del characters, rate
        return 1000


def utterance_of(segments: TextSegments) -> Utterance:
    """Return an utterance that nobody speaks yet."""
    return Utterance(segments, VoiceSettings("voice"), AudioBuffer(Limits(held=HELD)))


def request_of(
    utterance: Utterance,
    *,
    one_segment: bool = False,
    after: int | None = None,
    pace: EnginePace | None = None,
) -> SpeechRequest:
    """Return a request for it."""
    return SpeechRequest(
        ChannelQueue(1.0),
        pace or Pace(15.0),
        utterance,
        lambda _: None,
        after,
        one_segment=one_segment,
    )


async def test_text_comes_again() -> None:
    """Whatever was taken is given anew, and then the rest."""
    async with TextStream.of("One. Two. Three. Four.") as stream:
        segments = TextSegments(stream)
        request = request_of(utterance_of(segments))
        assert await request.next_text() == "One."
        request.rewind()
        await asyncio.sleep(0.01)
        assert await request.next_text() == "One."
        assert await request.next_text() == "Two. Three. Four."
        request.rewind()
        assert [await request.next_text() for _ in range(4)] == ["One.", "Two. Three. Four.", None, None]


async def test_a_wait_that_is_cancelled_loses_nothing() -> None:
    """As when a connection breaks while the text pauses."""
    go_on = asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        yield "One. "
        await go_on.wait()
        yield "Two."

    async with TextStream(text()) as stream:
        segments = TextSegments(stream)
        request = request_of(utterance_of(segments))
        assert await request.next_text() == "One."
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await request.next_text()
        go_on.set()
        assert await request.next_text() == "Two."


async def test_a_pause_ends_a_request() -> None:
    """What is to be said behind it belongs to the next one."""
    async with TextStream.of("One. Two. Three.") as stream:
        segments = TextSegments(stream, sentence_pause=100)
        utterance = utterance_of(segments)
        first, second = request_of(utterance), request_of(utterance, after=4)
        assert [await first.next_text() for _ in range(2)] == ["One.", None]
        assert first.has_all_text
        assert await second.begin_text()
        assert [await second.next_text() for _ in range(2)] == ["Two.", None]
        assert second.last_characters == 4


async def test_limits_of_segments() -> None:
    """Each segment is asked for with the length of the one before, also of the request before."""
    async with TextStream.of("One. Two. Three.") as stream:
        segments = TextSegments(stream)
        await asyncio.sleep(0.01)
        asked: list[int] = []

        class Short(Pace):
            def next_limit(self, characters: int, rate: float = 1.0) -> int:
                del rate
                asked.append(characters)
                return 4

        request = request_of(utterance_of(segments), after=7, pace=Short(15.0))
        while await request.next_text():
            pass
        assert asked == [7, 4, 4, 6]


async def test_audio_waits_for_its_turn() -> None:
    """It is held, within bounds, and comes behind the audio before it, after its pause."""
    async with TextStream.of("One. Two.") as stream:
        segments = TextSegments(stream, sentence_pause=1)
        utterance = utterance_of(segments)
        first, second = request_of(utterance), request_of(utterance, after=4)
        first.take_turn()
        await first.next_text()
        await first.next_text()
        await second.begin_text()
        second.begin(FORMAT)
        feeding = asyncio.create_task(second.feed(b"\2\0" * HELD, FORMAT))
        await asyncio.sleep(0)
        first.begin(FORMAT)
        await first.feed(b"\1\0", FORMAT)
        assert not feeding.done()
        assert not second.is_passed_on
        assert await utterance.buffer.next() == b"\1\0"
        second.take_turn()
        assert second.is_passed_on
        assert await utterance.buffer.next() == FORMAT.silence(1) + b"\2\0" * HELD
        await feeding
        assert utterance.metrics.audio == pytest.approx((HELD + 1) / 8000)


async def test_what_is_held_is_not_asked_for_twice() -> None:
    """What has been received is kept until its turn, and skipped in a second try."""
    async with TextStream.of("One.") as stream:
        segments = TextSegments(stream)
        utterance = utterance_of(segments)
        request = request_of(utterance, after=4)
        await request.next_text()
        request.begin(FORMAT)
        await request.feed(b"\1\0", FORMAT)
        request.rewind()
        request.begin(FORMAT)
        await request.feed(b"\1\0\2\0", FORMAT)
        request.take_turn()
        assert await utterance.buffer.next() == b"\1\0\2\0"


async def test_another_sample_rate() -> None:
    """It is converted to that of the listener."""
    async with TextStream.of("One.") as stream:
        segments = TextSegments(stream)
        utterance = utterance_of(segments)
        utterance.buffer.begin(FORMAT)
        request = request_of(utterance, after=4)
        request.begin(PcmFormat(16000))
        await request.feed(b"\1\0" * 6, PcmFormat(16000))
        request.take_turn()
        assert len(await utterance.buffer.next()) == pytest.approx(6, abs=2)


@pytest.mark.parametrize(
    ("text", "seconds", "flaw"),
    [
        ("Twenty letters, that is.", 0.5, Doubt.SHORT),
        ("Twenty letters, that is.", 0.8, None),
        ("Twenty letters, that is.", 0.0, Doubt.NO_AUDIO),
        ("!?", 0.0, None),
    ],
)
async def test_flaws(text: str, seconds: float, flaw: Doubt | None) -> None:
    """Far too little audio is told by the letters of the text."""
    async with TextStream.of(text) as stream:
        segments = TextSegments(stream)
        request = request_of(utterance_of(segments))
        request.take_turn()
        await request.next_text()
        request.begin(FORMAT)
        if seconds:
            feeding = asyncio.create_task(request.feed(FORMAT.silence(int(seconds * 1000)), FORMAT))
            await asyncio.sleep(0)
            feeding.cancel()
        assert request.flaw is flaw


async def test_what_was_heard_is_left() -> None:
    """By about how long it sounds, once; what then is left is asked for by itself."""
    async with TextStream.of("One is the first. Two is the second. Three is the third.") as stream:
        segments = TextSegments(stream)
        request = request_of(utterance_of(segments), pace=EnginePace(15.0, 0))
        request.take_turn()
        while await request.next_text():
            pass
        request.begin(FORMAT)
        feeding = asyncio.create_task(request.feed(b"\1\0" * 12000, FORMAT))
        await asyncio.sleep(0)
        feeding.cancel()
        assert request.leave_heard()
        request.rewind()
        assert await request.next_text() == "Three is the third."
        assert request.seconds == 0
        assert not request.leave_heard()
