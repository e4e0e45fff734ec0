"""Replacement of words that a voice pronounces wrong, from a list of the user."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import re
import unicodedata
from xml.sax.saxutils import escape

from .markdown import with_stop
from .ssml import is_ssml, speakable, unescape

# Scripts without spaces between words, and Korean, whose particles are attached to the word: each character
# is a token, so that a written form is found anywhere.
_DENSE = (
    r"\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff"
    r"\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_DENSE_MARKS = r"\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
# Combining marks and joiners, which belong to a word but are not letters.
_MARKS = (
    r"\xad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)
_LETTER = rf"(?:[^\W{_DENSE}]|[{_MARKS}])"
_TOKEN = re.compile(
    r"(?P<markup><!--.*?-->|<!\[CDATA\[.*?\]\]>|<[/?!]?[a-zA-Z][^<>]*>)|(?P<entity>&(?:#\w+|\w+);)"
    r"|(?P<space>\s+)"
    # "22.5" contains neither 22 nor 5, and "don't" does not contain Don.
    rf"|\d+(?:[.,:]\d+)+(?!{_LETTER})|{_LETTER}+(?:['’]t(?!{_LETTER}))?"  # noqa: RUF001
    rf"|[{_DENSE}][{_DENSE_MARKS}]*|.",
    re.DOTALL,
)
_SAME = str.maketrans({"’": "'", "ʼ": "'", "‑": "-", "\xad": None})  # noqa: RUF001
# SSML elements that define how their text is spoken.
_SPELLED = re.compile(r"<(/?)(?:[\w.-]+:)?(?:sub|say-as|phoneme)\b[^<>]*?(/?)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How a word, or several, is spoken; in one language (a BCP 47 tag), or in all if empty."""

    written: str
    spoken: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a number, a tag, white space, or any other character."""

    text: str
    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Form:
    """A written form as tokens, and its replacement."""

    tokens: tuple[str, ...]
    has_case: bool
    spoken: str

    def is_at(self, place: int, tokens: list[_Token]) -> bool:
        """Return whether a text contains it at a position."""
        found = tokens[place : place + len(self.tokens)]
        return self.tokens == tuple(token.text if self.has_case else token.folded for token in found)


class Pronunciations:
    """Replaces written forms in a text.

    Only whole words are replaced, the longest form first; replacements are not replaced again. A form that
    contains a capital letter must match exactly, any other form matches in any case. Of two entries for the
    same form, the one with the more specific language applies, otherwise the later one.
    """

    def __init__(self, entries: Iterable[Pronunciation] = (), language: str = "") -> None:
        """Initialize with the entries for a language, a BCP 47 tag; "de" applies to "de-AT", too."""
        self._by_first_word: dict[str, list[_Form]] = {}
        forms = {(form.tokens, form.has_case): form for form in _forms(entries, language)}.values()
        for form in sorted(forms, key=lambda form: (-sum(map(len, form.tokens)), not form.has_case)):
            self._by_first_word.setdefault(_fold(form.tokens[0]), []).append(form)
        self.abbreviations = frozenset(
            f"={word}" if form.has_case else word
            for form in forms
            for word, *following in zip(form.tokens, form.tokens[1:], form.tokens[2:], strict=False)
            if following == [".", " "]
        )
        """Words followed by a stop within a form, as StopRules has them: no sentence ends there."""

    def apply(self, text: str) -> str:
        """Return a sentence or SSML with replacements; empty if no words are left."""
        if not self._by_first_word:
            return text
        composed = text if text.isascii() else unicodedata.normalize("NFC", text)
        tokens = _tokens(composed)
        spelled, position, ends_in_stop = list[str](), 0, False
        is_document = is_ssml(text)
        for first, last, form in self._found(tokens):
            spoken = escape(form.spoken) if is_document else form.spoken
            spelled += [composed[position : first.start], spoken]
            position, ends_in_stop = last.end, form.tokens[-1] == "."
        if not spelled:
            return text
        rest = composed[position:]
        if is_document:
            return "".join([*spelled, rest])
        spoken = "".join([*spelled, rest]).strip()
        if not any(map(str.isalnum, spoken)):
            return ""
        # The stop of the abbreviation also ended the sentence.
        return with_stop(spoken) if ends_in_stop and not any(map(str.isalnum, rest)) else spoken

    def _found(self, tokens: list[_Token]) -> Iterator[tuple[_Token, _Token, _Form]]:
        """Yield the first and last token of each form in a text."""
        place = depth = 0
        while place < len(tokens):
            token = tokens[place]
            if token.text.startswith("<") and (tag := _SPELLED.fullmatch(token.text)) and not tag[2]:
                depth = max(depth - 1, 0) if tag[1] else depth + 1
            forms = () if depth else self._by_first_word.get(token.folded, ())
            form = next((form for form in forms if form.is_at(place, tokens)), None)
            if form:
                yield token, tokens[place + len(form.tokens) - 1], form
            place += len(form.tokens) if form else 1


def _forms(entries: Iterable[Pronunciation], language: str) -> Iterator[_Form]:
    """Yield the forms for a language, the least specific first."""
    language = f"{language}-".replace("_", "-").lower()
    for entry in sorted(entries, key=lambda entry: len(entry.language)):
        of_entry = entry.language.replace("_", "-").lower()
        if of_entry and not language.startswith(f"{of_entry}-"):
            continue
        written = unicodedata.normalize("NFC", speakable(entry.written)).strip()
        has_case = written != written.lower()
        if tokens := _tokens(written):
            form = tuple(token.text if has_case else token.folded for token in tokens)
            yield _Form(form, has_case, speakable(entry.spoken).strip())


def _fold(text: str) -> str:
    # The lower case of the Turkish capital I with a dot has a combining dot.
    return text.casefold().replace("i\u0307", "i")


def _tokens(text: str) -> list[_Token]:
    """Return the tokens of a text in NFC, with equivalent characters unified."""
    tokens = []
    for match in _TOKEN.finditer(text):
        word = match[0]
        if match.lastgroup == "space":
            word = " "
        elif match.lastgroup == "entity":
            word = unescape(word)
        elif not word.isascii():
            word = word.translate(_SAME)
        tokens.append(_Token(word, _fold(word), match.start(), match.end()))
    return tokens
