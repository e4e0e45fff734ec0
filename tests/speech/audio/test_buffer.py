"""The buffer between the receiving task and the listener: order, bounds, the end, and silence."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import cast

import pytest

from custom_components.websocket_tts.speech.audio.buffer import AudioBuffer
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.exceptions import CannotConnectError
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.text.segments import TextSegments
from tests.clock import run

FORMAT = PcmFormat(8000)
SECOND = bytes([1, 2]) * 8000
FRAME = bytes([3, 4]) * 500


class Text:
    """What the buffer knows of a text."""

    complete = False
    starved = True


def buffer_of(work: object, **limits: float) -> AudioBuffer:
    """Return a buffer that a coroutine function feeds."""
    buffer = AudioBuffer(Limits(**limits))  # type: ignore[arg-type]
    buffer.receive_in(asyncio.create_task(work(buffer)))  # type: ignore[operator]
    return buffer


async def test_all_that_is_there_comes_at_once() -> None:
    """What was received meanwhile is one part."""

    async def feed(buffer: AudioBuffer) -> None:
        buffer.begin(FORMAT)
        buffer.put(b"\1\0")
        buffer.put(b"\2\0")

    async with buffer_of(feed) as buffer:
        assert await buffer.format() == FORMAT
        assert await buffer.next() == b"\1\0\2\0"
        assert await buffer.next() == b""
        assert await buffer.next() == b""


async def test_silence_around() -> None:
    """The lead-in comes with the format, the lead-out only after a speech that is whole."""

    async def feed(buffer: AudioBuffer) -> None:
        buffer.begin(FORMAT)
        await asyncio.sleep(0.01)
        buffer.put(b"\1\0")

    async def fail(buffer: AudioBuffer) -> None:
        await feed(buffer)
        raise CannotConnectError("away")

    for work, ends_well in ((feed, True), (fail, False)):
        buffer = AudioBuffer(Limits(), lead_in=10, lead_out=20)
        buffer.receive_in(asyncio.create_task(work(buffer)))
        async with buffer:
            assert await buffer.next() == bytes(160)
            assert await buffer.next() == b"\1\0"
            if ends_well:
                assert await buffer.next() == bytes(320)
                assert await buffer.next() == b""
            else:
                with pytest.raises(CannotConnectError, match="away"):
                    await buffer.next()


async def test_format_may_come_again() -> None:
    """As when a request is made again; another one does not change what the listener was told."""
    buffer = AudioBuffer(Limits())
    for audio_format in (FORMAT, FORMAT, PcmFormat(16000)):
        assert buffer.begin(audio_format) == FORMAT
    assert await buffer.format() == FORMAT


async def test_bound() -> None:
    """The receiving task waits for a listener who takes its time."""
    fed = 0

    async def feed(buffer: AudioBuffer) -> None:
        nonlocal fed
        buffer.begin(FORMAT)
        for _ in range(20):
            buffer.put(SECOND)
            fed += 1
            await buffer.room()

    async with buffer_of(feed, held=2 * len(SECOND)) as buffer:
        await buffer.format()
        await asyncio.sleep(0.01)
        assert fed == 3
        assert await buffer.next() == 3 * SECOND
        await asyncio.sleep(0.01)
        assert fed == 6


async def test_leaving_ends_the_receiving() -> None:
    """Nothing goes on when nobody listens."""
    ended = False

    async def feed(_: AudioBuffer) -> None:
        nonlocal ended
        try:
            await asyncio.sleep(60)
        finally:
            ended = True

    async with buffer_of(feed):
        await asyncio.sleep(0)
    assert ended


async def test_a_task_that_is_ended_from_elsewhere() -> None:
    """The listener is told, and does not wait for ever."""
    buffer = AudioBuffer(Limits())
    task = asyncio.create_task(asyncio.sleep(60))
    buffer.receive_in(task)
    waiting = asyncio.create_task(buffer.format())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(CannotConnectError):
        await waiting
    with pytest.raises(CannotConnectError):
        await buffer.next()


async def _fill(text: Text, speech: float, pause: float) -> tuple[float, float]:
    """Return the seconds of silence in a pause behind some seconds of speech, and when the first came."""

    async def feed(buffer: AudioBuffer) -> None:
        buffer.begin(FORMAT)
        buffer.put(bytes([1, 2]) * round(speech * 8000))
        buffer.awaits_text = True
        await asyncio.sleep(pause)

    async with buffer_of(feed, fill_after=0.1, held=10**9) as buffer:
        segments = cast("TextSegments", text)
        await buffer.next(segments)
        begun, first, size = monotonic(), 0.0, 0
        while silence := await buffer.next(segments):
            assert not any(silence)
            first = first or monotonic() - begun
            size += len(silence)
    return FORMAT.seconds(size), first


async def test_silence_in_a_pause_of_the_text() -> None:
    """It begins when the listener has nothing left, and comes at the pace of real time."""
    seconds, first = await _fill(Text(), 0.05, 0.6)
    assert first == pytest.approx(0.1, abs=0.01)
    assert seconds == pytest.approx(0.55, abs=0.06)


async def test_no_silence_while_there_is_speech_to_play() -> None:
    """What was delivered faster than it plays is played first: silence in it would make the rest late."""
    assert await _fill(Text(), 1.0, 0.6) == (0.0, 0.0)
    seconds, first = await _fill(Text(), 0.4, 0.7)
    assert first == pytest.approx(0.4, abs=0.01)
    assert seconds == pytest.approx(0.35, abs=0.06)


@pytest.mark.parametrize("why", ["complete", "more is known"])
async def test_no_silence_where_speech_is_due(why: str) -> None:
    """Only the text is waited for with silence, never the service."""
    text = Text()
    text.complete = why == "complete"
    text.starved = why != "more is known"
    assert await _fill(text, 0.01, 0.4) == (0.0, 0.0)


async def test_the_pause_is_waited_for_anew_when_something_was_due() -> None:
    """A text that is starved only later gets its silence then."""
    text = Text()
    text.starved = False
    asyncio.get_running_loop().call_later(0.25, lambda: setattr(text, "starved", True))
    seconds, first = await _fill(text, 0.01, 0.7)
    assert first == pytest.approx(0.3, abs=0.06)
    assert seconds == pytest.approx(0.45, abs=0.06)


async def test_nobody_feeds_it() -> None:
    """There is nothing to end; and what has no format cannot be timed."""
    async with AudioBuffer(Limits()) as buffer:
        buffer.put(b"\1\0")
        assert await buffer.next() == b"\1\0"


async def _delivered(
    pause: float, frames: int = 60, *, first: bytes = SECOND, last: Exception | None = None, **limits: float
) -> tuple[list[int], float]:
    """Return the sizes of the parts in which frames after a first part arrive, and the longest delay."""
    came: list[float] = []

    async def feed(buffer: AudioBuffer) -> None:
        buffer.begin(FORMAT)
        buffer.put(first)
        for _ in range(frames):
            await asyncio.sleep(pause)
            came.extend([asyncio.get_running_loop().time()] * 1000)
            buffer.put(FRAME)
            if buffer.is_full:
                await buffer.room()
        if last:
            raise last

    parts, delays = list[bytes](), list[float]()
    async with buffer_of(feed, **limits) as buffer:
        assert await buffer.next() == first
        with suppress(CannotConnectError):
            while part := await buffer.next():
                delays.append(asyncio.get_running_loop().time() - came[sum(map(len, parts))])
                parts.append(part)
    assert b"".join(parts) == FRAME * frames
    return [len(part) for part in parts], max(delays)


def test_larger_parts_for_a_listener_who_has_enough_to_play() -> None:
    """A fast service is passed on in few parts, the rest of it at its end, and before its error."""
    for last in (None, CannotConnectError("away")):
        sizes, delay = run(_delivered(0.001, last=last))
        assert sizes == [17000, 17000, 17000, 9000]
        assert delay < 0.02


def test_no_larger_parts_for_a_listener_who_needs_it_now() -> None:
    """Who has nothing left to play gets each part at once."""
    sizes, delay = run(_delivered(0.001, frames=3, first=FRAME))
    assert sizes == [1000] * 3
    assert delay < 0.001


@pytest.mark.parametrize("pause", [0.2, 1.0])
def test_nothing_is_held_back_for_long(pause: float) -> None:
    """A service too slow for larger parts is passed on as it sends, after a few attempts."""
    sizes, delay = run(_delivered(pause))
    assert delay < 0.26
    assert set(sizes[10:-1]) == {1000}


@pytest.mark.parametrize("pause", [0.01, 0.03, 0.05, 0.06])
def test_larger_parts_of_an_engine_hardly_faster_than_real_time(pause: float) -> None:
    """What is held back is a share of what the listener, who never runs dry, has left, and 0.5 s at most."""

    async def main() -> None:
        async def feed(buffer: AudioBuffer) -> None:
            buffer.begin(FORMAT)
            buffer.put(SECOND)
            for _ in range(200):
                await asyncio.sleep(pause)
                buffer.put(FRAME)

        time = asyncio.get_running_loop().time
        parts, begun = list[int](), time()
        async with buffer_of(feed) as buffer:
            while part := await buffer.next():
                parts.append(len(part))
                has_left = FORMAT.seconds(sum(parts[:-1])) - (time() - begun)
                arrived = len(SECOND) + int((time() - begun) / pause + 1e-6) * len(FRAME)
                held_back = FORMAT.seconds(arrived - sum(parts[:-1]))
                assert len(parts) == 1 or has_left > 0
                assert len(parts) == 1 or held_back <= (0.5 / pause + 1) * FORMAT.seconds(len(FRAME))
        assert sum(parts) == len(SECOND) + 200 * len(FRAME)
        assert len(parts) < 100

    run(main())


def test_larger_parts_than_there_is_room_for() -> None:
    """Nobody waits for the other: the buffer is emptied as soon as it is full."""
    sizes, delay = run(_delivered(0.001, held=4000))
    assert sizes == [5000] * 12
    assert delay < 0.01


def test_a_listener_who_asks_anew_while_a_larger_part_comes_together() -> None:
    """Who stops waiting and asks again gets what there is, as before."""

    async def main() -> None:
        async def feed(buffer: AudioBuffer) -> None:
            buffer.begin(FORMAT)
            buffer.put(FRAME * 8)
            await asyncio.sleep(1)
            buffer.put(FRAME)
            await asyncio.sleep(30)

        async with buffer_of(feed) as buffer:
            assert await buffer.next() == FRAME * 8
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await buffer.next()
            await asyncio.sleep(0.5)
            async with asyncio.timeout(1):
                assert await buffer.next() == FRAME

    run(main())
