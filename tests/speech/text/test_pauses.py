"""A text that pauses: what stands complete is spoken, nothing is torn, and no silence lasts for ever.

The source may hand over characters, words, parts or all of it, at any time, and then nothing: for as long as
a tool runs, or for good.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
import re

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.exceptions import TextStalledError
from custom_components.websocket_tts.speech.text.segments import Segment, TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from tests.clock import Clock, run

from .test_numbers import CASES
from .test_splitter import TEXTS, split

NEVER = 1e9
"""Seconds."""

type Written = Iterable[tuple[float, str]]
"""Parts of a text, each with the seconds that it takes."""


@dataclass
class Source:
    """A text that is written as a test says, and knows whether it was closed."""

    parts: Written
    closed: bool = field(default=False, init=False)

    async def __call__(self) -> AsyncGenerator[str]:
        """Write it."""
        try:
            for seconds, part in self.parts:
                await asyncio.sleep(seconds)
                yield part
        finally:
            self.closed = True


async def _heard(
    parts: Written, *, language: str, clean: bool, stall_timeout: float
) -> list[tuple[float, str]]:
    heard = []
    async with TextStream(Source(parts)(), language=language, stall_timeout=stall_timeout) as stream:
        segments = TextSegments(stream, clean=clean)
        while segment := await segments.next():
            heard.append((round(asyncio.get_running_loop().time(), 2), segment.text))
    return heard


def heard(
    parts: Written, *, language: str = "", clean: bool = False, stall_timeout: float = 30
) -> list[tuple[float, str]]:
    """Return the segments of a text, each with the time when it came."""
    return run(_heard(parts, language=language, clean=clean, stall_timeout=stall_timeout))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("Let me check.", 0.25),
        ("Let me check. ", 0.25),
        ("Let me check.\n", 0.25),
        ("Let me check!?", 0.25),
        ("Let me check\n\n", 0),
        ("让我看看。", 0.25),
        ("**Let me check.**", 0.25),
        ("_Let me check._ ", 0.25),
        ("He said: “Let me check.”", 0.25),
        ("Let me check...", 0.25),
        ("Let me check.[1][2]", 0.25),
        ("Let me check…", 0.25),
        ("Let me check 🔍", 0.25),
        ("Let me check. 👍🏽", 0.25),
        ("It costs $1,299. ", 0.25),
        ("دعني أتحقق.", 0.25),
        ("هل أتحقق؟", 0.25),
        ("मैं देखता हूँ।", 0.25),
        ("میں دیکھتا ہوں۔", 0.25),
        ("Τι κάνεις;", 0.25),
        ("Կստուգեմ։", 0.25),
        ("ကြည့်မယ်။", 0.25),
        ("ពិនិត្យ។", 0.25),
        ("አያለሁ።", 0.25),
        ("ﾐﾏｽ｡", 0.25),
        ("Let me check❗️", 0.25),
        ("「見ます。」", 0.25),
        ("“**Let me check.**”", 0.25),
        # It may go on, or not.
        ("Let me check: ", 0.6),
        ("Let me check,", 0.6),
        ("Let me check;", 0.6),
        ("Let me check ", 0.6),
        ("Let me check\n", 0.6),
        ("- Let me check\n", 0.6),
        ("# Let me check\n", 0.6),
        ("It is 21.", 0.6),
        ("Am 3.", 0.6),
        ("It costs $1,299.", 0.6),
        ("It is v2.", 0.6),
        ("Is it no.", 0.6),
        # It does go on.
        ("Let me check", 1.5),
        ("Let me ask Dr.", 1.5),
        ("Let me ask Dr. ", 1.5),
        ("Cities, e.g.", 1.5),
        ("The U.S.", 1.5),
        ("We meet at 5 p.m.", 1.5),
        ("Kitch", 1.5),
        ("- Let me check", 1.5),
        ("## Let me check", 1.5),
        ("ให้ฉันตรวจสอบ", 1.5),
        ("สว", 1.5),
    ],
)
def test_one_part_and_then_nothing(text: str, after: float) -> None:
    """A tool is called: the text so far comes as one part, then nothing for a while, then the answer."""
    parts = [(0, text), (3.5, " "), (0, "It is on. Good")]
    assert heard(parts) == [(after, text.strip()), (3.5, "It is on."), (3.5, "Good")]


@pytest.mark.parametrize(
    ("language", "text", "after"),
    [
        ("en", "Just a sec.", 0.25),
        ("de", "Das Geschenk ist für Max.", 0.25),
        ("de", "Das ist nicht meine Art.", 0.6),
        ("de", "Wir treffen uns am Fr.", 1.5),
        ("pl", "Nie wiem co.", 0.25),
        ("zh-Hans", "请选择：A.", 1.5),
    ],
)
def test_one_part_in_a_language(language: str, text: str, after: float) -> None:
    """What is an abbreviation in one language is a word in another."""
    assert heard([(0, text), (3.5, " ")], language=language) == [(after, text)]


@pytest.mark.parametrize("text", ["2.", "<speak>Let me", "<sp", "**", "...", "👍", "\u200b"])
def test_nothing_to_say_yet(text: str) -> None:
    """What has no words in it, or is SSML, is not handed out before the rest."""
    assert len(heard([(0, text), (3.5, " Bath. On")])) <= 2
    assert heard([(0, text), (3.5, " Bath. On")])[0][0] == 3.5


def test_what_stands_before_it_is_spoken() -> None:
    """A text before the number of an item, or before SSML, does not wait for that."""
    assert heard([(0, "Kitchen\n2."), (3.5, " Bath")]) == [(0.6, "Kitchen"), (3.5, "2. Bath")]
    assert heard([(0, "Say this. <speak>a"), (3.5, " b</speak>")])[0] == (0, "Say this.")
    assert heard([(0, "Say this. <sp"), (3.5, "eak>b</speak>")])[0] == (0.25, "Say this.")


def test_the_last_word_of_a_long_text_may_not_be_whole() -> None:
    """A long text that stops in the middle is cut at white space, and its last word follows in time."""
    long = "and so on " * 12
    assert heard([(0, long + "unbel"), (2, "ievable.")]) == [(1.5, long.strip()), (2, "unbelievable.")]
    assert heard([(0, long + "indeed"), (9, ".")])[1] == (3, "indeed")


def test_many_pauses() -> None:
    """Each pause hands out what stands; white space at the start of the rest is dropped."""
    parts = [(0, "One."), (4, " Two."), (4, "\n\nThree"), (4, ". Four.")]
    assert heard(parts) == [(0.25, "One."), (4.25, "Two."), (9.5, "Three"), (12, ". Four.")]


TOKENS = [
    ["We", " saw", " Dr", ".", " Smith", " today", "."],
    ["It", " is", " 3", ".", "14", " or", " so", "."],
    ["The", " U.", "S", ".", " Army", " is", " here", "."],
    ["The", " U", ".", "S", ".", " Army", " is", " here", "."],
    ["Cities", ",", " e", ".", "g", ".", " Paris", "."],
    ["Am", " ", "24", ".", " Dezember", " ist", " Ruhe", "."],
    ["Obst", ",", " z", ".", " B", ".", " Äpfel", "."],
    ["Visit", " www", ".", "example", ".", "com", " today", "."],
    ["Dr", ".", " Smith", " is", " here", "."],
    ["1", ".", " Kitchen", " and", " hall"],
    ["Play", " No", ".", " 5", " by", " Chanel", "."],
    ["It", " costs", " 1", ",", "000", " euros", "."],
]


@pytest.mark.parametrize("gap", [0.05, 0.2, 1 / 3, 0.5, 0.75, 1, 1.2])
@pytest.mark.parametrize("tokens", TOKENS)
def test_a_slow_model_tears_nothing(tokens: list[str], gap: float) -> None:
    """Words that belong together stay together, at three words a second and slower."""
    language = "de" if "Äpfel" in str(tokens) or "ist" in str(tokens) else "en"
    written = [(gap, token) for token in tokens]
    if gap > 0.5 and " www" in tokens:
        # Its pace is not known yet at the third token.
        written[0:0] = [(gap, word) for word in ("So", " let", " me", " see", ":", " ")]
        assert heard(written, language=language)[-1][1].endswith("www.example.com today.")
    else:
        assert heard(written, language=language) == [
            (round(gap * len(tokens), 2), "".join(tokens)),
        ]


def test_an_uneven_model_tears_nothing() -> None:
    """Three words a second are some that come faster, and every fourth half a second later."""
    text = "Now you will find the file that you want, foo.tar.gz, and more, at www.example.com today."
    tokens = re.findall(r"\s?\w+|[^\w\s]", text)
    for first in range(4):
        written = [(0.5 if (first + at) % 4 == 0 else 0.25, token) for at, token in enumerate(tokens)]
        assert [piece for _, piece in heard(written, language="en")] == [text]


def test_several_sentences_at_a_time() -> None:
    """The first one is not joined with others, and these do not wait for more text."""
    parts = [
        (0, "First one. Second one. Third one. A"),
        (3, " fourth one. Fifth one. Sixth one. A"),
        (0.1, " seventh one. Eighth one. Ninth one. A"),
    ]
    assert heard(parts) == [
        (0, "First one."),
        (0, "Second one. Third one."),
        (1.5, "A"),
        (3, "fourth one."),
        (3, "Fifth one. Sixth one."),
        (3.1, "A seventh one."),
        (3.1, "Eighth one. Ninth one. A"),
    ]


@pytest.mark.parametrize("gap", [1 / 3, 0.6, 1])
def test_a_slow_model_in_all_languages(gap: float) -> None:
    """Token by token, no case of the tables is cut where it is not cut as a whole, but at a comma."""
    for language, text, sentences in CASES:
        tokens = re.findall(r"\s?\w+|\s?[^\w\s]|\s", text)
        assert "".join(tokens) == text
        pieces = [piece for _, piece in heard([(gap, token) for token in tokens], language=language)]
        ends = _ends(pieces) - _ends(sentences)
        bare = "".join(text.split())
        torn = [end for end in ends if not re.search(r"(…|\.\.|[:,;。，：；、])[\W_]*$", bare[:end])]
        # "?", "!" of the slowest, whose pace is not known yet, is heard as one.
        assert all(gap > 0.5 and bare[end] in ".!！" for end in torn), (text, pieces)


def _ends(texts: Iterable[str]) -> set[int]:
    """Return after how many letters each text ends."""
    ends, letters = set(), 0
    for text in texts:
        letters += len("".join(text.split()))
        ends.add(letters)
    return ends


SECONDS = st.sampled_from([0, 0, 0, 0.01, 0.1, 0.24, 0.26, 0.5, 0.7, 1.4, 1.6, 5])


@settings(max_examples=1000, deadline=None)
@given(text=TEXTS, data=st.data(), clean=st.booleans())
@example(text="First. Second.", data=None, clean=False)
def test_nothing_is_lost_or_doubled(text: str, data: st.DataObject | None, *, clean: bool) -> None:
    """With any chunks at any time, the characters of all segments in order are those of the text."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12))) if data else []
    parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    times = [data.draw(SECONDS) if data else 0 for _ in parts]
    pieces = [piece for _, piece in heard(zip(times, parts, strict=True), clean=clean, stall_timeout=NEVER)]
    assert all(piece and piece == piece.strip() for piece in pieces)
    # SSML that is not well-formed is mended, and what nobody sees goes.
    if not clean and "speak" not in text:
        seen = str.maketrans("", "", "\u200b\u200c\u200d")
        expected = "".join("".join(split([text])).split()).translate(seen)
        assert "".join("".join(pieces).split()).translate(seen) == expected
    if not any(times):
        assert pieces == [piece for _, piece in heard([(0, text)], clean=clean)]


def test_words_stay_whole() -> None:
    """Whatever the pace, as long as the parts are words, the words of the segments are those of the text."""
    text = "So it is. Dr. Who has 3 lamps, e.g. 2. Now, is it on? Yes… it is: on"
    words = text.split()

    @settings(max_examples=300, deadline=None)
    @given(st.lists(SECONDS, min_size=len(words), max_size=len(words)))
    def check(times: Sequence[float]) -> None:
        pieces = heard([(seconds, f"{word} ") for seconds, word in zip(times, words, strict=True)])
        assert " ".join(piece for _, piece in pieces).split() == words

    check()


def test_a_text_that_is_never_finished() -> None:
    """After 30 s without text there is an error, after what was known, and the source is closed."""

    async def main() -> None:
        source = Source([(0, "First. Second"), (29, "."), (NEVER, "")])
        async with TextStream(source()) as stream:
            segments = TextSegments(stream)
            assert await segments.next() == Segment("First.")
            assert await segments.next() == Segment("Second")
            assert segments.starved
            assert await segments.next() == Segment(".")
            for _ in range(2):
                with pytest.raises(TextStalledError):
                    await segments.next()
                assert asyncio.get_running_loop().time() == pytest.approx(59, abs=0.1)
            assert source.closed
            assert segments.complete
            assert not segments.starved

    run(main())


def test_a_text_stalls_only_when_all_of_it_is_handed_out() -> None:
    """While there is something to say, nobody waits for the text."""

    async def main() -> None:
        source = Source([(0, "First. Second. T"), (40, "hird."), (NEVER, "")])
        async with TextStream(source()) as stream:
            segments = TextSegments(stream)
            assert await segments.next() == Segment("First.")
            await asyncio.sleep(39)
            assert not source.closed
            await asyncio.sleep(2)
            assert await segments.next() == Segment("Second. Third.")
            await asyncio.sleep(31)
            with pytest.raises(TextStalledError):
                await segments.next()
            assert source.closed

    run(main())


def test_overdue() -> None:
    """Where the last that was known is taken after these 30 s, the text has stalled."""

    async def main() -> None:
        source = Source([(0, "First. Second. "), (NEVER, "")])
        async with TextStream(source()) as stream:
            segments = TextSegments(stream)
            assert await segments.next() == Segment("First.")
            await asyncio.sleep(50)
            assert not source.closed
            assert await segments.next() == Segment("Second.")
            with pytest.raises(TextStalledError):
                await segments.next()
            assert asyncio.get_running_loop().time() == pytest.approx(50, abs=0.1)
            assert source.closed

    run(main())


def test_more_text_in_the_last_moment() -> None:
    """Text that comes in the moment in which it is given up is spoken, and what follows it as well."""

    async def main() -> None:
        more = asyncio.get_running_loop().create_future()

        async def text() -> AsyncGenerator[str]:
            yield "First. Second. "
            yield await more
            await asyncio.sleep(1)
            yield "Fourth."

        async with TextStream(text()) as stream:
            segments = TextSegments(stream)
            assert await segments.next() == Segment("First.")
            await asyncio.sleep(50)
            more.set_result("Third. ")
            heard = []
            while segment := await segments.next():
                heard.append(segment.text)
        assert heard == ["Second.", "Third.", "Fourth."]

    run(main())


def test_the_end_after_nobody_has_listened_for_long() -> None:
    """What was known before is heard, and then the end: there was something to say all the time."""

    async def text() -> AsyncGenerator[str]:
        yield "First. Second. "
        await asyncio.sleep(40)

    async def main() -> None:
        async with TextStream(text()) as stream:
            segments = TextSegments(stream)
            assert await segments.next() == Segment("First.")
            await asyncio.sleep(50)
            assert await segments.next() == Segment("Second.")
            assert await segments.next() is None

    run(main())


def test_a_pause_in_which_text_is_being_read() -> None:
    """Where the time of a pause is over while a chunk is read, nothing of it is torn."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Clock)
        async with TextStream(Source([(0, "First. Second. Third. And four"), (0.1, "teen.")])()) as stream:
            segments = TextSegments(stream)
            heard = []
            while segment := await segments.next():
                heard.append(segment.text)
                loop.block(0.3 if len(heard) == 1 else 0)
        assert " ".join(heard) == "First. Second. Third. And fourteen."

    run(main())


def test_a_source_that_says_goodbye() -> None:
    """A source may write something when it is given up; that is heard before the error."""

    async def text() -> AsyncGenerator[str]:
        yield "First. "
        try:
            await asyncio.sleep(NEVER)
        except asyncio.CancelledError:
            yield "Goodbye."

    async def main() -> None:
        heard = []
        async with TextStream(text()) as stream:
            segments = TextSegments(stream)
            while segment := await segments.next():
                heard.append(segment.text)
        assert heard == ["First.", "Goodbye."]

    run(main())


def test_nothing_at_all() -> None:
    """A text that never begins stalls as well, for whoever waits for its beginning."""

    async def main() -> None:
        # What is empty is no text.
        source = Source((1, "") for _ in range(10**9))
        async with TextStream(source(), stall_timeout=5) as stream:
            segments = TextSegments(stream)
            with pytest.raises(TextStalledError):
                await segments.begun()
            assert asyncio.get_running_loop().time() == pytest.approx(5, abs=0.1)
            assert source.closed

    run(main())


def test_unfinished_ssml_is_handed_out_in_the_end() -> None:
    """SSML that is never closed is known when the text is given up."""

    async def main() -> None:
        async with TextStream(Source([(0, "<speak>One. Two."), (NEVER, "")])()) as stream:
            segments = TextSegments(stream)
            assert await segments.next() == Segment("<speak>One. Two.</speak>")
            assert asyncio.get_running_loop().time() == pytest.approx(30, abs=0.1)
            with pytest.raises(TextStalledError):
                await segments.next()

    run(main())
