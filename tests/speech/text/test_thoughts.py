"""What a model thinks before it answers is not spoken, if one wants that."""

from collections.abc import AsyncGenerator

import pytest

from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream

from .test_pauses import NEVER, heard


async def spoken(text: str, size: int, *, clean: bool, reads_ssml: bool = True) -> list[str]:
    """Return the sentences of a text that comes in parts of so many characters."""

    async def parts() -> AsyncGenerator[str]:
        for start in range(0, len(text), size):
            yield text[start : start + size]

    found = []
    async with TextStream(parts()) as stream:
        segments = TextSegments(stream, clean=clean, reads_ssml=reads_ssml)
        while segment := await segments.next(limit=0):
            found.append(segment.text)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("<think>The user wants the time.</think>It is 5.", ["It is 5."]),
        ("<thinking>The user wants the time.</thinking>It is 5.", ["It is 5."]),
        ("<THINK>So.</Think> It is on. Good.", ["It is on.", "Good."]),
        ("<think>\nSo. Is it?\n\n- One\n- Two: 3\n</think>\n\nIt is 5.", ["It is 5."]),
        ("<think></think>\nIt is 5.", ["It is 5."]),
        # Twice, and in the middle.
        ("<think>A.</think><think>B</think>It is 5.", ["It is 5."]),
        ("Let me see. <think>Hm. So.</think>It is 5.", ["Let me see.", "It is 5."]),
        ("Let me see.<think>Hm</think>It is 5.", ["Let me see.", "It is 5."]),
        ("It is <think>Hm</think> 5.", ["It is", "5."]),
        # Without an end, without a beginning, without words.
        ("<think>The user wants. And", []),
        ("It is 5. <think>Was that", ["It is 5."]),
        ("The user wants the time.</think>It is 5.", ["The user wants the time.", "It is 5."]),
        ("</think>It is 5.", ["It is 5."]),
        ("<think>So.</think>", []),
        # About markup, and with it.
        ("<think>I could use <speak> here. Or <b>.</think>It is 5.", ["It is 5."]),
        ("<think><speak>No.</speak> So.</think><speak>It is 5.</speak>", ["<speak>It is 5.</speak>"]),
        ("<think>2 < 3 <think>.</think>It is 5.", ["It is 5."]),
        ("<speak>So <think>it</think> is.</speak>", ["<speak>So <think>it</think> is.</speak>"]),
        ("<think>时间？五点。</think>现在五点。好。", ["现在五点。", "好。"]),
        # What is none.
        ("The <thinker> and <rethink> are words.", ["The <thinker> and <rethink> are words."]),
        ("I <think", ["I <think"]),
    ],
)
async def test_with_markup_removed(text: str, sentences: list[str], size: int) -> None:
    """Thoughts go with the markup, however the text comes."""
    assert await spoken(text, size, clean=True) == sentences


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "<think>The user wants the time.</think>It is 5.",
        "<Thinking>So. Yes.</THINKING> It is 5. Or",
        "It is 5. <think>Was that",
        "So.</think>It is 5.",
    ],
)
async def test_with_markup_left(text: str, size: int) -> None:
    """They are text like any other."""
    found = await spoken(text, size, clean=False)
    assert "".join("".join(found).split()) == "".join(text.split())


@pytest.mark.parametrize("size", [1, 5, 1000])
async def test_in_plain_text_of_ssml(size: int) -> None:
    """For a voice that does not read SSML, nothing of a thought is left either."""
    text = "<think>With <speak>or. Not</think>It is <speak>5 <break/>now.</speak>"
    assert await spoken(text, size, clean=True, reads_ssml=False) == ["It is", "5", "now."]


def test_the_answer_comes_at_once() -> None:
    """The first sentence after a thought waits for no more text, and for no pause."""
    thought = [(0.3, word) for word in ("<th", "ink>", "The", " user", ".", " So", ". ", "Yes", "</thi")]
    answer = [
        (0.3, "nk>"),
        (0.1, "It is on. And"),
        (0.1, " so on. "),
        (1, "<think>Hm. </think>Is"),
        (0, " it? Y"),
    ]
    parts = [(0, "Let me see. "), *thought, *answer, (0.5, "es")]
    assert heard(parts, clean=True) == [
        (0.25, "Let me see."),
        (3.1, "It is on."),
        (3.59, "And so on."),
        (4.2, "Is it?"),
        (4.7, "Yes"),
    ]


def test_a_thought_that_pauses() -> None:
    """A pause in it is no reason to speak it, and it may be the last that comes."""
    parts = [(0, "<think>Let me see"), (5, ". So"), (5, "</think>Is it 5"), (3, "?"), (3, "<think>Hm")]
    assert heard(parts, clean=True, stall_timeout=NEVER) == [(11.5, "Is it 5")]
