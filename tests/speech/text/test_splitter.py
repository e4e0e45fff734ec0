"""Text in, sentences out: the same ones however the text was chunked, and nothing lost."""

from collections.abc import Iterable

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.text.reader import TextReader
from custom_components.websocket_tts.speech.text.splitter import HARD_LIMIT, SOFT_LIMIT
from custom_components.websocket_tts.speech.text.ssml import speakable

TEXT = "First sentence. Second one! Third?"


def split(chunks: Iterable[str], language: str = "") -> list[str]:
    """Return all sentences of a text in chunks."""
    reader = TextReader(language)
    found = [one for chunk in chunks for one in reader.add(chunk)]
    return [one.text for one in (*found, *reader.finish())]


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
        ("好……我们走。好", ["好……我们走。", "好"]),
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
        ("The <speaker> is 2 < four. Good <spe", ["The <speaker> is 2 < four.", "Good <spe"]),
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
    assert "".join("".join(whole).split()) == "".join(speakable(text).split())


@pytest.mark.parametrize("word", ["word ", "w" * 40 + "\n", "x", "1 2 3... ", "Dr. ", "e.g. A "])
def test_long_text_without_a_stop(word: str) -> None:
    """A text without the end of a sentence is cut softly, at white space where there is any."""
    pieces = split([word * (5000 // len(word))])
    limit = 2 * SOFT_LIMIT if word.strip() != word else HARD_LIMIT + 64
    assert all(len(piece) <= limit for piece in pieces)
    assert len(pieces) >= 5000 // limit
