"""Text in, segments out, as they are asked for."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.websocket_tts.speech.text.segments import (
    HARD_LIMIT,
    ReplayableText,
    Segment,
    TextSegments,
)

TEXT = "First sentence. Second one! Third?"


async def text_of(segments: TextSegments) -> str | None:
    """Return the text of the next segment."""
    segment = await segments.next()
    return segment.text if segment else None


async def texts_of(segments: TextSegments) -> list[str]:
    """Return the texts of all segments."""
    texts = []
    while segment := await segments.next():
        texts.append(segment.text)
    return texts


async def chunks(*texts: str, pause: float = 0) -> AsyncGenerator[str]:
    """Yield a text as a language model writes it."""
    for text in texts:
        yield text
        await asyncio.sleep(pause)


async def test_first_piece_alone_then_all_there_is() -> None:
    """The first sentence goes off alone; what is complete by then goes together."""
    async with TextSegments.of(TEXT) as pieces:
        assert await text_of(pieces) == "First sentence."
        await asyncio.sleep(0.01)
        assert await text_of(pieces) == "Second one! Third?"
        assert await pieces.next() is None


async def test_one_sentence_at_a_time() -> None:
    """With a pause between sentences, each is a segment, and each but the first has the pause."""
    async with TextSegments.of(TEXT, sentence_pause=300) as pieces:
        await asyncio.sleep(0.01)
        assert [await pieces.next() for _ in range(4)] == [
            Segment("First sentence."),
            Segment("Second one!", 300),
            Segment("Third?", 300),
            None,
        ]
        assert (pieces.count, pieces.characters) == (3, 32)


async def test_ssml_goes_alone() -> None:
    """SSML is not mixed with the text around it."""
    async with TextSegments.of("First. Second. <speak>Third.</speak> Fourth. Fifth.") as pieces:
        await asyncio.sleep(0.01)
        assert await texts_of(pieces) == [
            "First.",
            "Second.",
            "<speak>Third.</speak>",
            "Fourth. Fifth.",
        ]


async def test_a_piece_has_a_limit() -> None:
    """A long text does not go off as one request."""
    async with TextSegments.of("This is a sentence. " * 500) as pieces:
        await asyncio.sleep(0.1)
        lengths = [len(piece) for piece in await texts_of(pieces)]
    assert max(lengths) <= HARD_LIMIT
    assert len(lengths) < 15


async def test_first_sentence_does_not_wait_for_the_rest() -> None:
    """A piece is there while the text is still being written."""
    written = asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        yield "First sentence. S"
        await written.wait()
        yield "econd."

    async with TextSegments(text()) as pieces:
        assert await text_of(pieces) == "First sentence."
        written.set()
        assert await text_of(pieces) == "Second."


async def test_waiting_may_be_cancelled() -> None:
    """A piece that nobody waits for any more is not lost."""
    async with TextSegments(chunks("First. S", "econd.", pause=0.05)) as pieces:
        assert await text_of(pieces) == "First."
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await pieces.next()
        assert await text_of(pieces) == "Second."


@pytest.mark.parametrize(("text", "begun"), [("", False), (" \n ", False), (" a", True)])
async def test_begun(text: str, *, begun: bool) -> None:
    """White space is no text."""
    async with TextSegments.of(text) as pieces:
        assert await pieces.begun() is begun


async def test_an_error_of_the_text_comes_out() -> None:
    """What breaks the text breaks the speech, after what was complete."""

    async def text() -> AsyncGenerator[str]:
        yield "First. Second. Third"
        raise ValueError("the model is gone")

    async with TextSegments(text()) as pieces:
        assert await text_of(pieces) == "First."
        assert await text_of(pieces) == "Second."
        with pytest.raises(ValueError, match="the model is gone"):
            await pieces.next()


async def test_leaving_ends_the_text() -> None:
    """The source is closed when nobody wants the pieces any more."""
    closed = asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        try:
            yield "First. T"
            await asyncio.sleep(60)
        finally:
            closed.set()

    async with TextSegments(text()) as pieces:
        await pieces.next()
    assert closed.is_set()


async def test_replay() -> None:
    """What was taken comes again until it is forgotten; a cancelled iteration loses nothing."""
    async with TextSegments(chunks("First. S", "econd. T", "hird.", pause=0.02)) as pieces:
        replay = ReplayableText(pieces)
        first = aiter(replay)
        assert await anext(first) == Segment("First.")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await anext(first)
        assert [segment.text async for segment in replay] == ["First.", "Second.", "Third."]
        replay.forget()
        assert [piece async for piece in replay] == []
