"""What is written, and what is spoken: the table is in spoken.toml."""

from pathlib import Path
import tomllib

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.text.markdown import strip_markdown

TABLE: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("spoken.toml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("written", "spoken"), [pair for section in TABLE.values() for pair in section.items()]
)
def test_table(written: str, spoken: str) -> None:
    """Marks and emoji go, words stay."""
    assert strip_markdown(written) == spoken


@settings(max_examples=1000, deadline=None)
@given(st.text(alphabet=st.characters(categories=["L", "Nd", "Zs"]), max_size=100))
def test_plain_words_stay(text: str) -> None:
    """Letters, digits and spaces are never touched."""
    assert (
        strip_markdown(text).split() == text.split()
        if any(map(str.isalnum, text))
        else not strip_markdown(text)
    )


@settings(max_examples=1000, deadline=None)
@given(st.text(alphabet="ab1 *_`#>|-~[]()<\\\n!.😀", max_size=60))
def test_no_letter_is_lost(text: str) -> None:
    """Whatever marks come together, no letter of plain text between them is lost."""
    # What goes first may bring together what looks like a link or a tag: then it is taken for one.
    first = text.replace("😀", ""), text.replace("😀", "").replace("[", "")
    marks = "](", "][", "[^", "[1", "<b", "<a", "<`", "```", "~~~"
    if not any(mark in given for mark in marks for given in (text, *first)):
        letters = [character for character in strip_markdown(text) if character in "ab1"]
        assert letters == [character for character in text if character in "ab1"]
