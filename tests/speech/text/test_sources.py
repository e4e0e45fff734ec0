"""The source of a text hangs, fails or blocks: it is closed, and its error is told from ours."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.websocket_tts.speech.exceptions import TextStalledError
from custom_components.websocket_tts.speech.text.segments import Segment, TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from tests.clock import run, running

from .test_pauses import NEVER, Source


def test_leaving_closes_a_source_that_hangs() -> None:
    """A source that waits for ever is closed when nobody wants the text any more, whatever it does."""

    async def main() -> None:
        source = Source([(0, "First."), (NEVER, "")])
        async with TextStream(source()) as stream:
            segments = TextSegments(stream)
            assert await segments.next() == Segment("First.")
        assert source.closed
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_a_timeout_of_the_source_is_an_error_of_its_own() -> None:
    """It is not taken for a text that stalled."""

    async def text() -> AsyncGenerator[str]:
        yield "First. Sec"
        raise TimeoutError("the model is gone")

    async def main() -> None:
        async with TextStream(text()) as stream:
            segments = TextSegments(stream)
            assert await segments.next() == Segment("First.")
            with pytest.raises(TimeoutError, match="the model is gone"):
                await segments.next()

    run(main())


def test_a_source_that_was_cancelled_is_an_error() -> None:
    """Where something else ends the source, the text is not taken for complete."""

    async def text() -> AsyncGenerator[str]:
        yield "First. Sec"
        raise asyncio.CancelledError

    async def main() -> None:
        async with TextStream(text()) as stream:
            segments = TextSegments(stream)
            assert await segments.next() == Segment("First.")
            with pytest.raises(TextStalledError, match="broken off"):
                await segments.next()

    run(main())


def test_a_blocked_event_loop_is_no_pause() -> None:
    """Text that has been waiting for the event loop is heard before its absence is."""

    async def main() -> None:
        queue = asyncio.Queue[str]()

        async def text() -> AsyncGenerator[str]:
            while part := await queue.get():
                yield part

        loop = running()
        async with TextStream(text()) as stream:
            segments = TextSegments(stream)
            queue.put_nowait("Visit example.")
            await asyncio.sleep(0.1)
            loop.block(1)
            # What a transport does first after that.
            loop.call_later(0.01, queue.put_nowait, "com now.")
            loop.call_later(0.02, queue.put_nowait, "")
            assert await segments.next() == Segment("Visit example.com now.")

    run(main())


def test_waiting_may_be_cancelled_at_any_time() -> None:
    """Whoever waits may give up again and again, and somebody else may go on."""

    async def main() -> list[str]:
        parts = [(0.3, part) for part in ("One. T", "wo. ", "Three.", " Four", "", " and. Five.", " Six")]
        texts: list[str] = []
        async with TextStream(Source(parts)()) as stream:
            segments = TextSegments(stream)
            while True:
                try:
                    async with asyncio.timeout(0.07):
                        segment = await segments.next()
                except TimeoutError:
                    continue
                if not segment:
                    return texts
                texts.append(segment.text)

    assert run(main()) == ["One.", "Two.", "Three.", "Four and.", "Five.", "Six"]
