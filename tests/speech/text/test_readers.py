"""A text is read once; whoever speaks it has it from its beginning, and in its own way."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import repeat

import pytest

from custom_components.websocket_tts.speech.exceptions import TextStalledError
from custom_components.websocket_tts.speech.text.pronunciation import Pronunciation, Pronunciations
from custom_components.websocket_tts.speech.text.segments import Segment, TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from tests.clock import Clock, run

from .test_pauses import NEVER, Source

TEXT = "**First** one. Say HQ! <speak>Third <break time='1s'/>one.</speak> Fourth."


async def take_all(segments: TextSegments, texts: list[str]) -> None:
    """Add all that is spoken."""
    while segment := await segments.next():
        texts.append(segment.text)


async def texts_of(segments: TextSegments) -> list[str]:
    """Return all that is spoken."""
    texts: list[str] = []
    await take_all(segments, texts)
    return texts


async def test_each_in_its_own_way() -> None:
    """One that comes late gets all of it, with its own options."""
    pronounced = Pronunciations([Pronunciation("HQ", "hideaway")])
    async with TextStream.of(TEXT) as stream:
        first = await texts_of(TextSegments(stream))
        assert stream.complete
        second = TextSegments(
            stream, clean=True, reads_ssml=False, sentence_pause=100, pronunciations=pronounced
        )
        assert not second.has_ended
        assert [await second.next() for _ in range(6)] == [
            Segment("First one."),
            Segment("Say hideaway!", 100),
            Segment("Third", 100),
            Segment("one.", 1000),
            Segment("Fourth.", 100),
            None,
        ]
        assert second.has_ended
    assert first == ["**First** one.", "Say HQ!", "<speak>Third <break time='1s'/>one.</speak>", "Fourth."]


def test_one_that_comes_late_has_what_a_pause_has_cut() -> None:
    """It joins it again as far as it is known; both go on with what is still being written."""

    async def main() -> None:
        source = Source([(0, "First. Second"), (3, " one. Third"), (5, " one. Fourth.")])
        async with TextStream(source()) as stream:
            first = TextSegments(stream)
            assert [await first.next() for _ in range(2)] == [Segment("First."), Segment("Second")]
            await asyncio.sleep(2)
            second = TextSegments(stream)
            assert [await second.next() for _ in range(2)] == [Segment("First."), Segment("Second one.")]
            both = tuple(await asyncio.gather(texts_of(first), texts_of(second)))
            assert both == (["one.", "Third", "one.", "Fourth."], ["Third", "one.", "Fourth."])

    run(main())


def test_waiting_for_words() -> None:
    """A pause decides that, too, and words that are there are not waited for."""

    async def main() -> None:
        async with TextStream(Source([(0, " "), (3, "Let me"), (9, "")])()) as stream:
            segments = TextSegments(stream, clean=True)
            assert await segments.has_words()
            assert asyncio.get_running_loop().time() == pytest.approx(4.5)
            assert await segments.next() == Segment("Let me")
            assert await segments.has_words()

    run(main())


def test_one_that_leaves_takes_nothing_with_it() -> None:
    """A wait that is cancelled, and a speaker that has failed, end nothing for the next one."""

    async def main() -> None:
        source = Source([(0, "First. S"), (9, "econd.")])
        async with TextStream(source()) as stream:
            first = TextSegments(stream)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await texts_of(first)
            assert not source.closed
            assert await texts_of(TextSegments(stream)) == ["First.", "S", "econd."]
            assert source.closed

    run(main())


@pytest.mark.parametrize("error", [ValueError("the model is gone"), None])
def test_each_gets_the_error(error: Exception | None) -> None:
    """After what was known: an error of the text, or that it was abandoned."""

    async def text() -> AsyncGenerator[str]:
        yield "First. Second. Th"
        if error:
            raise error
        await asyncio.sleep(NEVER)

    async def main() -> None:
        async with TextStream(text()) as stream:
            for _ in range(2):
                segments, texts = TextSegments(stream), list[str]()
                with pytest.raises(type(error) if error else TextStalledError):
                    await take_all(segments, texts)
                assert " ".join(texts) == ("First. Second." if error else "First. Second. Th")
                assert not segments.has_ended
                assert not segments.starved

    run(main())


def test_a_complete_text_needs_no_context() -> None:
    """It is read when it is asked for, and nothing is left of that."""

    async def main() -> None:
        segments = TextSegments(TextStream.of("First. Second."))
        assert segments.starved
        assert await texts_of(segments) == ["First.", "Second."]
        assert asyncio.all_tasks() == {asyncio.current_task()}
        async with TextStream.of("Nobody asks."):
            pass

    run(main())


@pytest.mark.parametrize("text", ["First one", "First one. Second", "First one. " + "And so on. " * 5000])
def test_the_first_sentence_is_there_at_once(text: str) -> None:
    """Without a turn of the event loop; and a short text is complete without one."""

    async def main() -> None:
        turns = 0

        def turn() -> None:
            nonlocal turns
            turns += 1
            asyncio.get_running_loop().call_soon(turn)

        asyncio.get_running_loop().call_soon(turn)
        async with TextStream.of(text) as stream:
            segments = TextSegments(stream)
            assert await segments.begun()
            assert await segments.has_words()
            segment = await segments.next()
            assert segment
            assert segment.text.startswith("First one")
            assert turns == 0
            assert stream.complete is (text == "First one")

    # With a turn of the loop in every moment, nothing ends by itself.
    loop = Clock()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


@pytest.mark.parametrize("part", ["word ", "Word. ", "<speak>", "", "\n"])
def test_a_text_that_never_pauses_and_never_ends(part: str) -> None:
    """Others have their turn all the same, and whoever leaves ends it."""

    async def text() -> AsyncGenerator[str]:
        for chunk in repeat(part):
            yield chunk

    async def main() -> None:
        async with TextStream(text()) as stream:
            segments = TextSegments(stream)
            if part in ("word ", "Word. "):
                for _ in range(20):
                    assert await segments.next()
            else:
                for _ in range(20):
                    await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())
