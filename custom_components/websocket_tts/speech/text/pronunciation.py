"""Replacement of words that a voice pronounces wrong, from a list of the user."""

from collections.abc import Iterable, Iterator
from html import escape
import re
from typing import NamedTuple
import unicodedata

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
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)
_LETTER = rf"(?:[^\W{_DENSE}]|[{_MARKS}])"
_TOKEN = (
    r"(?s)(?P<markup><!--.*?-->|<!\[CDATA\[.*?\]\]>|<[/?!]?[a-zA-Z][^<>]*>)|(?P<entity>&(?:#\w+|\w+);)"
    r"|(?P<space>\s+)"
    # "22.5" contains neither 22 nor 5, and "don't" does not contain Don.
    rf"|\d+(?:[.,:]\d+)+(?!{_LETTER})|{_LETTER}+(?:['’]t(?!{_LETTER}))?"  # noqa: RUF001
    rf"|[{_DENSE}][{_DENSE_MARKS}]*|."
)
_SAME = str.maketrans({"’": "'", "ʼ": "'", "‑": "-"})  # noqa: RUF001
# SSML elements that define how their text is spoken.
_SPELLED = re.compile(r"<(/?)(?:[\w.-]+:)?(?:sub|say-as|phoneme)\b[^<>]*?(/?)>", re.IGNORECASE)


class Pronunciation(NamedTuple):
    """How a word, or several, is spoken; in one language (a BCP 47 tag), or in all if empty."""

    written: str
    spoken: str
    language: str = ""


class Pronunciations:
    """Replaces written forms in a text.

    Only whole words are replaced, the longest form first; replacements are not replaced again. A form that
    contains a capital letter must match exactly, any other form matches in any case. Of two entries for the
    same form, the one with the more specific language applies, otherwise the later one.
    """

    def __init__(
        self, entries: Iterable[Pronunciation] = (), language: str = "", others: Iterable[Pronunciation] = ()
    ) -> None:
        """Initialize with the entries for a language, a BCP 47 tag; "de" applies to "de-AT", too.

        The others apply to forms that have no entry.
        """
        self._spoken = dict(_forms(others, language)) | dict(_forms(entries, language))
        """By the words of the written form: as they are written, or folded where case does not matter."""
        self._lengths = sorted({len(form) for form in self._spoken}, reverse=True)
        self.abbreviations = frozenset(
            word if "".join(form).islower() else f"={word}"
            for form in self._spoken
            for word, *following in zip(form, form[1:], form[2:], strict=False)
            if following == [".", " "]
        )
        """Words followed by a stop within a form, as StopRules has them: no sentence ends there."""

    def apply(self, text: str) -> str:
        """Return a sentence or SSML with replacements; empty if no words are left."""
        if not self._spoken:
            return text
        composed = text if text.isascii() else unicodedata.normalize("NFC", text)
        spelled, position, ends_in_stop = list[str](), 0, False
        is_document = is_ssml(text)
        for found, spoken in self._found([*re.finditer(_TOKEN, composed)]):
            spelled += [
                composed[position : found[0].start()],
                escape(spoken, quote=False) if is_document else spoken,
            ]
            position, ends_in_stop = found[-1].end(), found[-1][0] == "."
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

    def _found(self, tokens: list[re.Match[str]]) -> Iterator[tuple[list[re.Match[str]], str]]:
        """Yield the tokens of each form in a text, and what is spoken for them."""
        words = [_word(token) for token in tokens]
        folded = [_fold(word) for word in words]
        place = depth = 0
        while place < len(tokens):
            if (tag := _SPELLED.fullmatch(words[place])) and not tag[2]:
                depth = max(depth - 1, 0) if tag[1] else depth + 1
            ends = () if depth else [place + length for length in self._lengths]
            forms = [tuple(kind[place:end]) for end in ends for kind in (words, folded)]
            form = next((form for form in forms if form in self._spoken), None)
            if form:
                yield tokens[place : place + len(form)], self._spoken[form]
            place += len(form) if form else 1


def _forms(entries: Iterable[Pronunciation], language: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the written forms for a language and what is spoken for them, the least specific first."""
    language = f"{language}-".replace("_", "-").lower()
    for entry in sorted(entries, key=lambda entry: len(entry.language)):
        of_entry = entry.language.replace("_", "-").lower()
        if of_entry and not language.startswith(f"{of_entry}-"):
            continue
        written = unicodedata.normalize("NFC", speakable(entry.written)).strip()
        words = [_word(token) for token in re.finditer(_TOKEN, written)]
        if words:
            has_case = written != written.lower()
            yield tuple(words if has_case else map(_fold, words)), speakable(entry.spoken).strip()


def _fold(text: str) -> str:
    # The lower case of the Turkish capital I with a dot has a combining dot.
    return text.casefold().replace("i\u0307", "i")


def _word(token: re.Match[str]) -> str:
    """Return the word of a token in NFC, with equivalent characters unified."""
    if token.lastgroup == "space":
        return " "
    return unescape(token[0]) if token.lastgroup == "entity" else token[0].translate(_SAME)
