"""Text in, pieces out: the same ones however the text was chunked, and nothing lost."""

import asyncio
from collections.abc import AsyncGenerator, Iterable

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.text.segments import (
    HARD_LIMIT,
    SOFT_LIMIT,
    ReplayableText,
    SentenceSplitter,
    TextSegments,
)

TEXT = "First sentence. Second one! Third?"


def split(chunks: Iterable[str]) -> list[str]:
    """Return all sentences of a text in chunks."""
    splitter = SentenceSplitter()
    sentences = [sentence for chunk in chunks for sentence in splitter.add(chunk)]
    return sentences + list(splitter.finish())


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n\t ", []),
        ("Hello", ["Hello"]),
        (TEXT, ["First sentence.", "Second one!", "Third?"]),
        ("It is 3.5 m, or 22,1 cm. Dr. Smith said so.", ["It is 3.5 m, or 22,1 cm.", "Dr. Smith said so."]),
        ("Is 2*3*4 = 24? **Yes** it is.", ["Is 2*3*4 = 24? **Yes** it is."]),
        ("1. Take it. 2. Drop it.", ["1. Take it.", "2. Drop it."]),
        ("Merhaba dünya. Nasılsın?", ["Merhaba dünya.", "Nasılsın?"]),
        ("كيف حالك؟ بخير.", ["كيف حالك؟", "بخير."]),
        ("今天好！！」我们走。好的。", ["今天好！！」", "我们走。", "好的。"]),
        ("क्या हाल है। ठीक।", ["क्या हाल है।", "ठीक।"]),
        ("One\n\nTwo", ["One", "Two"]),
        ("Wait... what?", ["Wait... what?"]),
        ("Wait... What? Well… Yes.", ["Wait... What?", "Well… Yes."]),
        ("“So...” He left. Good.", ["“So...” He left.", "Good."]),
        ("好……我们走。好", ["好…… 我们走。", "好"]),
        ("Yes. One. Ja. Oui. Go!", ["Yes.", "One.", "Ja.", "Oui.", "Go!"]),
        ("Mr. J. R. R. Tolkien and Dr. Fu. End", ["Mr. J. R. R. Tolkien and Dr. Fu.", "End"]),
        ("Cities, e.g. Paris. Fine", ["Cities, e.g. Paris.", "Fine"]),
        ("Obst, z. B. Äpfel, usw. Gut. Ende", ["Obst, z. B. Äpfel, usw. Gut.", "Ende"]),
        ("Es sind ca. Hundert bzw. Tausend. Ja", ["Es sind ca. Hundert bzw. Tausend.", "Ja"]),
        ("Env. Dix, Mme. Dupont. M. Dupont. Fin", ["Env. Dix, Mme. Dupont.", "M. Dupont.", "Fin"]),
        ("Örn. Ankara vb. Şehirler. Son", ["Örn. Ankara vb. Şehirler.", "Son"]),
        ("It costs 3,5 €, i.e. 22.50 kr. Bye.", ["It costs 3,5 €, i.e. 22.50 kr.", "Bye."]),
        ("Ends with Dr.", ["Ends with Dr."]),
        ("See https://example.com/a.b?c=d. Bye.", ["See https://example.com/a.b?c=d.", "Bye."]),
        (
            "Say <speak>Hi. <break/> You.</speak> Then. Bye",
            ["Say", "<speak>Hi. <break/> You.</speak>", "Then.", "Bye"],
        ),
        ("<speak version='1.0'>Not. Closed", ["<speak version='1.0'>Not. Closed"]),
        ("The <speaker> is 2 < 3. Good <spe", ["The <speaker> is 2 < 3.", "Good <spe"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    """Where a text is cut, and where it is not."""
    assert split([text]) == sentences


FRAGMENTS = st.sampled_from(
    [
        "Hello ",
        "world. ",
        "3.14 ",
        "1. ",
        "Dr. ",
        "… ",
        "?! ",
        "\n\n",
        "- ",
        "* ",
        "。",
        "好",
        "」",
        "؟ ",
        "a" * 70,
    ]
    + ["<", "<speak>", "</speak>", "<sp", "eak>", "“Yes.” ", "U.S. ", "Ω ", "word " * 60, "\u200b", "ٱ", "."]
)
TEXTS = st.one_of(st.lists(FRAGMENTS, max_size=30).map("".join), st.text(max_size=200))


@settings(max_examples=1000, deadline=None)
@given(text=TEXTS, data=st.data())
def test_chunks_do_not_matter(text: str, data: st.DataObject) -> None:
    """Any chunking gives the same sentences; nothing is lost or doubled but white space."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    chunks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole = split([text])
    assert split(chunks) == whole
    assert split(text) == whole
    assert "".join("".join(whole).split()) == "".join(text.split())


@pytest.mark.parametrize("word", ["word ", "w" * 40 + "\n", "x", "1 2 3... ", "Dr. ", "e.g. A "])
def test_long_text_without_a_stop(word: str) -> None:
    """A text without the end of a sentence is cut softly, at white space where there is any."""
    pieces = split([word * (5000 // len(word))])
    limit = 2 * SOFT_LIMIT if word.strip() != word else HARD_LIMIT + 64
    assert all(len(piece) <= limit for piece in pieces)
    assert len(pieces) >= 5000 // limit


async def chunks(*texts: str, pause: float = 0) -> AsyncGenerator[str]:
    """Yield a text as a language model writes it."""
    for text in texts:
        yield text
        await asyncio.sleep(pause)


async def test_first_piece_alone_then_all_there_is() -> None:
    """The first sentence goes off alone; what is complete by then goes together."""
    async with TextSegments.of(TEXT) as pieces:
        assert await anext(pieces) == "First sentence."
        await asyncio.sleep(0.01)
        assert await anext(pieces) == "Second one! Third?"
        with pytest.raises(StopAsyncIteration):
            await anext(pieces)


async def test_one_sentence_at_a_time() -> None:
    """Sentences may be taken one by one, and one may be a piece as it is."""
    async with TextSegments.of(TEXT) as pieces:
        await asyncio.sleep(0.01)
        taken = [await pieces.sentence() for _ in range(4)]
        assert taken == ["First sentence.", "Second one!", "Third?", None]
        assert (pieces.count, pieces.characters) == (3, 32)
    async with TextSegments.of_one(TEXT) as pieces:
        assert await pieces.begun()
        assert [piece async for piece in pieces] == [TEXT]


async def test_ssml_goes_alone() -> None:
    """SSML is not mixed with the text around it."""
    async with TextSegments.of("First. Second. <speak>Third.</speak> Fourth. Fifth.") as pieces:
        await asyncio.sleep(0.01)
        assert [piece async for piece in pieces] == [
            "First.",
            "Second.",
            "<speak>Third.</speak>",
            "Fourth. Fifth.",
        ]


async def test_a_piece_has_a_limit() -> None:
    """A long text does not go off as one request."""
    async with TextSegments.of("This is a sentence. " * 500) as pieces:
        await asyncio.sleep(0.1)
        lengths = [len(piece) async for piece in pieces]
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
        assert await anext(pieces) == "First sentence."
        written.set()
        assert await anext(pieces) == "Second."


async def test_waiting_may_be_cancelled() -> None:
    """A piece that nobody waits for any more is not lost."""
    async with TextSegments(chunks("First. S", "econd.", pause=0.05)) as pieces:
        assert await anext(pieces) == "First."
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(pieces)
        assert await anext(pieces) == "Second."


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
        assert await anext(pieces) == "First."
        assert await anext(pieces) == "Second."
        with pytest.raises(ValueError, match="the model is gone"):
            await anext(pieces)


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
        await anext(pieces)
    assert closed.is_set()


async def test_replay() -> None:
    """What was taken comes again until it is forgotten; a cancelled iteration loses nothing."""
    async with TextSegments(chunks("First. S", "econd. T", "hird.", pause=0.02)) as pieces:
        replay = ReplayableText(pieces)
        first = aiter(replay)
        assert await anext(first) == "First."
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await anext(first)
        assert [piece async for piece in replay] == ["First.", "Second.", "Third."]
        replay.forget()
        assert [piece async for piece in replay] == []
