"""Full stops that do not end a sentence: after abbreviations, initials, and numbers."""
# ruff: noqa: RUF001 (the quotation marks of many languages)

from functools import lru_cache
from pathlib import Path
import re
import unicodedata

import orjson

from .marks import CLOSERS, OF_ITEMS

# By language, empty for an unknown one:
# - abbreviations: in lower case, without the full stop; those that are also words of the language are left
#   out. "=max" is case-sensitive ("Max." is a name).
# - before_number: abbreviations before a number; as written there, or in lower case.
# - beginners: words that begin a sentence, and are neither counted by an ordinal nor part of a name.
# - months: exceptions for languages in which a capital does indicate a new sentence.
_WORDS: dict[str, dict[str, list[str]]] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
_EVERYWHERE = "dr etc inc jr ltd mr mrs ms prof st vs"
# Languages that write ordinals with a full stop, and those of them that capitalize nouns or names, so that a
# capital does not indicate a new sentence. Of an unknown language ("") nothing can be assumed.
_CAPITALS_DO_NOT_TELL = frozenset(("", "de", "lb", "gsw", "tr", "az"))
_ORDINALS = "cs sk pl da fi et hu sl hr sr bs lv"

_OPENERS = "(\"'“„‘‚«»[*_"
# "e.g.", "U.S.", "z. B.", "J. R. R. Tolkien": a letter alone.
_WORD_START = r"(?:^|[\s.(\[\"'’“„‘‚«»*_–—\u2e80-\u9fff\uff00-\uffef])"
_LETTER_ALONE = re.compile(rf"(?:{_WORD_START}|\.-(?:[^\W\d_]-)?)[^\W\d_]\.$")
_LAST_WORD = re.compile(rf"(?:{_WORD_START}|-)([^\W\d_]+)\.$")
ELLIPSIS = re.compile(rf"(?:\.\.|…)[{re.escape(CLOSERS)}]*$")
"""The end of a word after which a sentence may continue or end."""
NUMBER = re.compile(
    rf"(?:.*[\u2e80-\u9fff\uff00-\uffef])?[{re.escape(_OPENERS)}]*(?:\d+(?:[.,:/]\d+)*|[IVXLC]{{2,}})\.$"
)
"""A number with a full stop."""
ITEM = re.compile(rf"[{re.escape(_OPENERS)}]*\d{{1,3}}[{OF_ITEMS}]$")
"""The number of a list item."""
_YEAR = re.compile(r"(?:.*\D)?(?:1[1-9]|20)(?!00)\d\d$")
_EAST = (("\u2e80", "\u9fff"), ("\uac00", "\ud7af"))


class StopRules:
    """The rules for full stops in a language."""

    def __init__(self, language: str, abbreviations: frozenset[str]) -> None:
        """Initialize for a BCP 47 tag, empty for an unknown language, with additional abbreviations."""
        tag = language.replace("_", "-").partition("-")[0].lower()
        # Norwegian is written like Danish.
        tag = "da" if tag in ("nb", "nn", "no") else tag
        known = _words("abbreviations", tag if tag in _WORDS else "")
        self._abbreviations = abbreviations | known | {*_EVERYWHERE.split()}
        self._before_number = _words("before_number", "", tag)
        self._beginners = _words("beginners", *([tag] if tag else _WORDS))
        self._months = _words("months", tag)
        self._capitals_tell = tag not in _CAPITALS_DO_NOT_TELL
        self._has_ordinals = not self._capitals_tell or tag in _ORDINALS.split()

    def is_abbreviation(self, word: str) -> bool:
        """Return whether the sentence may continue after the full stop of a word."""
        if _LETTER_ALONE.search(word):
            return True
        last = _LAST_WORD.search(word)
        return last is not None and not self._abbreviations.isdisjoint((last[1].lower(), f"={last[1]}"))

    def takes_number(self, word: str) -> bool:
        """Return whether a word with a full stop belongs to the number after it."""
        name = word.strip(_OPENERS).removesuffix(".")
        return bool(NUMBER.match(word) or {name, name.lower()} & self._before_number)

    def number_ends(self, number: str, following: str, *, whole: bool) -> bool | None:
        """Return whether a sentence ends with a number before a capitalized word; None if not known yet.

        following is that word, or its beginning unless it is whole.
        """
        if any(first <= following[0] <= last for first, last in _EAST):
            # East Asian scripts have their own stops: this is the number of a list item.
            return False
        if not self._has_ordinals or unicodedata.category(following[0]) == "Lo":
            return True
        return self._ordinal_ends(number.strip(_OPENERS + "."), following) if whole else None

    def _ordinal_ends(self, number: str, following: str) -> bool:
        word = following.strip(_OPENERS + CLOSERS + ".,:;!?").lower()
        if word in self._beginners:
            return True
        if not number[0].isdigit():
            # King Charles IV.
            return False
        if not {*",:/"}.isdisjoint(number) or _YEAR.match(number):
            # Neither is 3,5 or 14:30 an ordinal.
            return True
        return self._capitals_tell and word not in self._months


stop_rules = lru_cache(maxsize=8)(StopRules)
"""Return the rules for a language, as StopRules are initialized; they are made once."""


def _words(kind: str, *languages: str) -> frozenset[str]:
    lines = [line for language in languages for line in _WORDS.get(language, {}).get(kind, ())]
    return frozenset(" ".join(lines).split())
