"""Text in, segments out, as they are asked for."""

import asyncio
from collections.abc import AsyncGenerator
from time import thread_time
from typing import Unpack

import pytest

from custom_components.websocket_tts.speech.text.segments import (
    HARD_LIMIT,
    Segment,
    TextOptions,
    TextSegments,
)
from custom_components.websocket_tts.speech.text.stream import TextStream
from tests.clock import run

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
    async with TextStream.of(TEXT) as stream:
        pieces = TextSegments(stream)
        assert await text_of(pieces) == "First sentence."
        await asyncio.sleep(0.01)
        assert await text_of(pieces) == "Second one! Third?"
        assert await pieces.next() is None


async def test_whoever_asks_at_once_gets_the_rest_together() -> None:
    """A complete text is joined up to the limit, also for a request that asks for more at any time."""
    sentences = [f"This is sentence {number}." for number in range(60)]
    async with TextStream.of(" ".join(sentences)) as stream:
        pieces = TextSegments(stream)
        texts = await texts_of(pieces)
    assert texts[0] == sentences[0]
    assert len(texts) < 10
    assert " ".join(texts) == " ".join(sentences)
    async with TextStream.of(" ".join(sentences)) as stream:
        pieces = TextSegments(stream)
        assert [(await pieces.next(limit=0)) for _ in sentences] == [Segment(text) for text in sentences]
        assert await pieces.next(limit=0) is None


def test_work_is_no_wait_for_text() -> None:
    """While a long text is read, by the clock of the machine, segments are handed out when they are full."""

    async def written() -> AsyncGenerator[str]:
        yield "First one. Second one. Third"
        yield " one. " + "This is one of many sentences. " * 3000

    async def read() -> list[str]:
        async with TextStream(written()) as stream:
            pieces = TextSegments(stream)
            return await texts_of(pieces)

    texts = run(read(), asyncio.SelectorEventLoop)
    assert texts[0] == "First one."
    assert all(len(text) > HARD_LIMIT - 50 for text in texts[1:-1])


def test_a_sentence_that_was_waited_for_goes_alone() -> None:
    """After each pause, what comes first is spoken at once, and what comes with it together."""
    parts = ["First one. Second one. Third one. A", " fourth one. Fifth one. Sixth one. A seventh"]

    async def read() -> list[str]:
        async with TextStream(chunks(*parts, pause=1)) as stream:
            pieces = TextSegments(stream)
            return await texts_of(pieces)

    assert run(read()) == [
        "First one.",
        "Second one. Third one.",
        "A fourth one.",
        "Fifth one. Sixth one.",
        "A seventh",
    ]


async def test_the_end_is_known() -> None:
    """Once all is taken nothing follows, unless the text broke: that is still to be told."""

    async def broken() -> AsyncGenerator[str]:
        yield "First sentence. Second"
        raise ValueError

    async with TextStream.of(TEXT) as stream:
        pieces = TextSegments(stream)
        assert not pieces.has_ended
        await texts_of(pieces)
        assert pieces.has_ended
    async with TextStream(broken()) as stream:
        pieces = TextSegments(stream)
        assert await text_of(pieces) == "First sentence."
        with pytest.raises(ValueError):  # noqa: PT011
            await pieces.next()
        assert not pieces.has_ended


async def test_one_sentence_at_a_time() -> None:
    """With a pause between sentences, each is a segment, and each but the first has the pause."""
    async with TextStream.of(TEXT) as stream:
        pieces = TextSegments(stream, sentence_pause=300)
        await asyncio.sleep(0.01)
        assert [await pieces.next() for _ in range(4)] == [
            Segment("First sentence."),
            Segment("Second one!", 300),
            Segment("Third?", 300),
            None,
        ]
        assert (pieces.count, pieces.characters) == (3, 32)


async def segments_of(text: str, **options: Unpack[TextOptions]) -> list[Segment]:
    """Return all segments of a text that is known when the second one is asked for."""
    segments = []
    async with TextStream.of(text) as stream:
        pieces = TextSegments(stream, **options)
        while segment := await pieces.next():
            segments.append(segment)
            while not pieces.complete:
                await asyncio.sleep(0)
    return segments


@pytest.mark.parametrize(
    ("text", "clean", "second"),
    [
        ("First. Weather\n\nIt is sunny", False, "Weather\nIt is sunny"),
        ("First. Weather\n\nIt is sunny", True, "Weather.\nIt is sunny"),
        ("First. Weather:\n\nIt is sunny", True, "Weather:\nIt is sunny"),
        ("First. It is.\nIs it? Yes", False, "It is.\nIs it? Yes"),
        ("First.\n\n# Weather\n\n- Sun\n- Wind", True, "Weather.\nSun.\nWind."),
        ("First. 今天\n\n明天。后天。", True, "今天。\n明天。后天。"),
        ("第一。第二。第三。", False, "第二。第三。"),
        ("第一。第二。 第三。", False, "第二。 第三。"),
        ("First. One.\n\n👍\n\n***\n\nThree", True, "One.\nThree"),
        ("First.\n\n<li>Milk</li><li>Bread</li>", True, "Milk.\nBread."),
        ("First.\n\n&lt;speak&gt; is a tag", True, "speak is a tag"),
    ],
)
async def test_joined(text: str, second: str, *, clean: bool) -> None:
    """What kept two sentences apart keeps them apart when they are said together."""
    assert [segment.text for segment in await segments_of(text, clean=clean)][1:] == [second]


async def test_nothing_to_say() -> None:
    """Where a text has no words, there is no segment."""
    for text in ("", "\n \t", "\x00", "\ud83d"):
        async with TextStream.of(text) as stream:
            pieces = TextSegments(stream)
            assert not await pieces.begun()
            assert await pieces.next() is None
    assert await segments_of("*** 👍\n\n---", clean=True) == []
    assert await segments_of("<speak> </speak>", reads_ssml=False) == []


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("- 7 °C", ["- 7 °C"]),
        ("- 7 °C\n", ["- 7 °C"]),
        ("  - 7,5 °C **now**", ["- 7,5 °C now"]),
        ("− 7 °C", ["− 7 °C"]),
        ("-7 °C", ["-7 °C"]),
        ("+ 3 °C", ["+ 3 °C"]),
        ("- 7 °C outside. Wear a coat.", ["- 7 °C outside.", "Wear a coat."]),
        ("<think>Cold.</think>- 7 °C", ["- 7 °C"]),
        # A list, however long.
        ("- Milk", ["Milk."]),
        ("* 7 eggs", ["7 eggs."]),
        ("- 7 eggs\n- 2 apples", ["7 eggs.", "2 apples."]),
        ("- 7 eggs\n\n- 2 apples", ["7 eggs.", "2 apples."]),
        ("You need:\n- 7 eggs", ["You need:", "7 eggs."]),
        ("Yes.\n- 7 eggs\n", ["Yes.", "7 eggs."]),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_sign(text: str, spoken: list[str], size: int) -> None:
    """A number below zero that is the whole message is no list."""
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    async with TextStream(chunks(*parts)) as stream:
        segments = TextSegments(stream, clean=True, sentence_pause=1)
        assert await texts_of(segments) == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("exam\u200bple pre\u200drequi\u200csites \u200b", "example prerequisites"),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"),
        ("នេះ\u200bជា 👨\u200d👩", "នេះ\u200bជា 👨\u200d👩"),
        ("<speak>a\u200db</speak>", "<speak>a\u200db</speak>"),
    ],
)
async def test_joiners(text: str, spoken: str) -> None:
    """They go where no script needs them."""
    assert await segments_of(text) == [Segment(spoken)]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Hi. <speak>Tom & Jerry</speak>", [Segment("Hi."), Segment("<speak>Tom &amp; Jerry</speak>")]),
        ("<speak>**a** 😀</speak>", [Segment("<speak>**a** 😀</speak>")]),
        ("<speak>Tom <break time='1s'>and</speak>", [Segment("Tom"), Segment("and", 1000)]),
        ("<speak><b>So.</speak> Yes.", [Segment("So."), Segment("Yes.")]),
        ("<speak>So", [Segment("<speak>So</speak>")]),
        ("<speak>So <emphasis>it", [Segment("So it")]),
    ],
)
async def test_ssml_is_well_formed(text: str, spoken: list[Segment]) -> None:
    """Where a voice reads it, it gets what it can read: mended, else its words, as if it did not read it."""
    assert await segments_of(text, clean=True) == spoken


SSML = (
    "First. Now <speak>Hello.<break time='1s'/><break time='200ms'/>**Big** &amp; <p>one</p><s>two.</s>"
    "<break time='2s'/></speak> Last. Again."
)


async def test_plain_text_of_ssml() -> None:
    """A service that does not read SSML gets its words; its breaks are pauses, except at its end."""
    assert await segments_of(f"{SSML} {SSML}", reads_ssml=False, clean=True) == [
        Segment("First."),
        Segment("Now.\nHello."),
        Segment("**Big** &.\none.\ntwo.\nLast. Again. First. Now.\nHello.", 1200),
        Segment("**Big** &.\none.\ntwo.\nLast. Again.", 1200),
    ]


async def test_pauses_of_ssml_and_between_sentences() -> None:
    """The longer of two pauses counts, also before the first word."""
    text = "<speak><break time='100ms'/>One. Two. <break time='1s'/>Three.</speak>"
    assert await segments_of(text, reads_ssml=False, sentence_pause=300) == [
        Segment("One.", 100),
        Segment("Two.", 300),
        Segment("Three.", 1000),
    ]


async def test_no_segment_without_words() -> None:
    """Punctuation behind a break makes no request, which would end without audio; the pause stays."""
    text = "<speak>One<break time='300ms'/>. - <break time='200ms'/>Two</speak>"
    assert await segments_of(text, reads_ssml=False) == [Segment("One"), Segment("Two", 500)]


async def test_entities_of_ssml_are_no_markup() -> None:
    """What an entity stands for is neither a tag nor an entity again."""
    assert await segments_of("<speak>&lt;speak&gt; &amp;amp; **</speak>", reads_ssml=False, clean=True) == [
        Segment("<speak> &amp; **")
    ]


@pytest.mark.parametrize("limit", [1, 20, 45, 60, HARD_LIMIT])
async def test_limit(limit: int) -> None:
    """A segment has at most so many characters, unless it is one sentence."""
    async with TextStream.of("This is a sentence. " * 20) as stream:
        pieces = TextSegments(stream)
        first = await pieces.next(limit)
        while not pieces.complete:
            await asyncio.sleep(0)
        lengths = []
        while segment := await pieces.next(limit):
            lengths.append(len(segment.text))
        assert first == Segment("This is a sentence.")
        assert all(length <= max(limit, 19) for length in lengths)
        assert sum(lengths) + len(lengths) == 19 * 20
        assert set(lengths[:-1]) <= {((limit + 1) // 20 or 1) * 20 - 1}
        assert pieces.characters == 19 + sum(lengths)
        assert pieces.count == 1 + len(lengths)


async def test_ssml_goes_alone() -> None:
    """SSML is not mixed with the text around it."""
    async with TextStream.of("First. Second. <speak>Third.</speak> Fourth. Fifth.") as stream:
        pieces = TextSegments(stream)
        await asyncio.sleep(0.01)
        assert await texts_of(pieces) == [
            "First.",
            "Second.",
            "<speak>Third.</speak>",
            "Fourth. Fifth.",
        ]


async def test_a_piece_has_a_limit() -> None:
    """A long text does not go off as one request."""
    async with TextStream.of("This is a sentence. " * 500) as stream:
        pieces = TextSegments(stream)
        while not pieces.complete:
            await asyncio.sleep(0)
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

    async with TextStream(text()) as stream:
        pieces = TextSegments(stream)
        assert await text_of(pieces) == "First sentence."
        written.set()
        assert await text_of(pieces) == "Second."


async def test_waiting_may_be_cancelled() -> None:
    """A piece that nobody waits for any more is not lost."""
    async with TextStream(chunks("First. S", "econd.", pause=0.05)) as stream:
        pieces = TextSegments(stream)
        assert await text_of(pieces) == "First."
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await pieces.next()
        assert await text_of(pieces) == "Second."


@pytest.mark.parametrize(("text", "begun"), [("", False), (" \n ", False), (" a", True)])
async def test_begun(text: str, *, begun: bool) -> None:
    """White space is no text."""
    async with TextStream.of(text) as stream:
        pieces = TextSegments(stream)
        assert await pieces.begun() is begun


@pytest.mark.parametrize("incomplete", [" Third", ""])
async def test_an_error_of_the_text_comes_out(incomplete: str) -> None:
    """What breaks the text breaks the speech, after what was complete, also if nothing followed it."""

    async def text() -> AsyncGenerator[str]:
        yield f"First. Second.{incomplete}"
        raise ValueError("the model is gone")

    async with TextStream(text()) as stream:
        pieces = TextSegments(stream)
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

    async with TextStream(text()) as stream:
        pieces = TextSegments(stream)
        await pieces.next()
    assert closed.is_set()


async def test_two_consumers_in_turn() -> None:
    """Each segment goes to one of those who wait."""
    async with TextStream(chunks("One. T", "wo. T", "hree. F", "our", pause=0.02)) as stream:
        pieces = TextSegments(stream)
        both = await asyncio.gather(texts_of(pieces), texts_of(pieces))
    assert sorted(both[0] + both[1]) == ["Four", "One.", "Three.", "Two."]


async def _longest_work(text: str) -> float:
    """Return for how long the event loop does nothing else at most (seconds)."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            begun = thread_time()
            await asyncio.sleep(0)
            longest = max(longest, thread_time() - begun)

    async with TextStream.of(text, language="en") as stream:
        pieces = TextSegments(stream, clean=True)
        watching = asyncio.create_task(watch())
        await texts_of(pieces)
        watching.cancel()
    return longest


@pytest.mark.parametrize("text", ["word " * 5000, "**Is it so?** Yes! " * 1300, "< " * 15000, "好" * 30000])
def test_a_huge_chunk_does_not_block(text: str) -> None:
    """5,000 words in one chunk leave the event loop to others in between, by the clock of the machine."""
    assert run(_longest_work(text), asyncio.SelectorEventLoop) < 0.02
