"""Splitting a text stream into sentences."""

from collections.abc import Iterator
import re
from typing import NamedTuple
import unicodedata

from .abbreviations import ELLIPSIS, ITEM, NUMBER, stop_rules
from .marks import CLOSERS, COMMAS, DENSE, EMOJI, MAY_END, OF_ITEMS, STOPPED
from .pauses import Ending

SOFT_LIMIT = 250
"""Characters after which a sentence is split at white space."""
HARD_LIMIT = 1000
"""Most characters of a sentence."""
_LONG = 100
"""Characters from which a sentence that pauses is handed out without its last word, a possible fragment."""
_LONGEST = 64
"""Characters of a word, or of white space, that are examined."""

_BREAK = re.compile(rf"\s+|(?<=[{DENSE}])(?=[^\s{DENSE}])")
# Line breaks count, and no other white space around them.
_LONG_GAP = re.compile(rf"\s*\n\s*|(?<=\s{{{_LONGEST}}})\s+")
_NUMBER = re.compile(r"\d+([.)]{0,2})")
_ITEM_BEGUN = re.compile(rf"[*_]{{0,3}}(?:\d{{1,3}}[{OF_ITEMS}]?)?|[-+•]|#{{1,6}}")
_ITEM_GLUED = re.compile(rf"\d{{1,3}}[{OF_ITEMS}][^\W\d_]")
_MARK = re.compile(r"[-*+•]|#{1,6}")
_MARKUP = str.maketrans("", "", "*_~`\u200b\u200d\ufe0e\ufe0f")
_EMOJI = re.compile(rf"[{EMOJI}]")


class Sentence(NamedTuple):
    """A sentence without the white space around it, or an SSML document."""

    text: str
    gap: str = ""
    """What separates it from the previous one: nothing, a space, or a line break."""
    pause: int = 0
    """Milliseconds of silence before it."""
    is_ssml: bool = False
    is_thought: bool = False
    """Whether it is part of what a model thinks before it answers."""
    is_line: bool = False
    """Whether a line break follows it."""
    passage: str = ""
    """The language (BCP 47) of a passage in another language than the text."""
    goes_on_in: str | None = None
    """The language of what follows, empty for that of the text, if a passage begins or ends behind it."""
    voice: str = ""
    """ID of the voice that speaks it, if not that of the utterance."""


class SentenceSplitter:
    """Splits plain text into sentences. The result does not depend on the chunks."""

    def __init__(self, language: str = "", abbreviations: frozenset[str] = frozenset()) -> None:
        """Initialize without text; language is a BCP 47 tag, or empty if unknown.

        abbreviations extends the known ones: in lower case, or with exact case after "=".
        """
        self.is_thought = False
        """Whether the sentence that is being read, and those that follow, are part of a thought."""
        self._language = language
        self._abbreviations = abbreviations
        self.begin_passage("")
        self._text = ""
        """The sentence so far, and what may begin the next one."""
        self._position = 0
        """Up to where it is known that the sentence does not end."""
        self._before = ""

    def begin_passage(self, language: str) -> None:
        """Read what follows in another language; empty for that of the text."""
        self._passage = language
        self._rules = stop_rules(language or self._language, self._abbreviations)

    def add(self, text: str) -> Iterator[Sentence]:
        """Yield the sentences that this text completes."""
        start = 0
        while start < len(text):
            # No more at a time than until the sentence is too long, so that it is cut there.
            end = start + max(1, SOFT_LIMIT + 1 - len(self._text))
            unread = self._text[self._position :] + text[start:end]
            unread = _LONG_GAP.sub(lambda gap: "\n" * min(gap[0].count("\n"), 2), unread)
            self._text = self._text[: self._position] + unread
            start = end
            yield from self._complete()

    def finish(self) -> Iterator[Sentence]:
        """Yield the rest, when the text has ended or is no longer waited for."""
        yield from self._complete(final=True)
        if self._text:
            yield self._take(len(self._text.rstrip()))

    def _complete(self, *, final: bool = False) -> Iterator[Sentence]:
        """Yield the sentences whose ends are known."""
        if self._text[:1].isspace():
            self._take(0)
        while gap := _BREAK.search(self._text, self._position):
            ends = self._ends_at(gap, final=final)
            if ends is None:
                break
            if ends:
                yield self._take(gap.start())
            else:
                self._position = max(gap.end(), gap.start() + 1)
        else:
            self._position = len(self._text)
        if len(self._text) > SOFT_LIMIT and not self._text[-1].isspace():
            # Limit memory and work.
            head, *tail = self._text.rsplit(maxsplit=1)
            if tail or len(head) > HARD_LIMIT:
                yield self._take(min(len(head), HARD_LIMIT))

    def _take(self, end: int) -> Sentence:
        """Return the text up to a position as a sentence; what follows is the next one."""
        rest = self._text[end:].lstrip()
        gap = self._text[end : len(self._text) - len(rest)] + ("" if end else self._before)
        is_line = "\n" in gap
        sentence = Sentence(
            self._text[:end], self._before, is_thought=self.is_thought, is_line=is_line, passage=self._passage
        )
        self._before = "\n" if is_line else gap[:1] and " "
        self._text, self._position = rest, 0
        return sentence

    def _ends_at(self, gap: re.Match[str], *, final: bool) -> bool | None:
        """Return whether the sentence ends at a break, mostly not; None if not known yet."""
        if self._text[gap.start() - 1].isalnum() and gap.end() < len(self._text) and "\n" not in gap[0]:
            return False
        sentence, rest = self._text[: gap.start()], self._text[gap.end() :]
        has_letters = any(map(str.isalpha, sentence))
        if has_letters and gap[0] == "\n\n":
            return True
        if not (has_letters and rest):
            return False if rest else None
        word = rest[:_LONGEST].split(maxsplit=1)[0]
        if final and word == rest and _NUMBER.fullmatch(word):
            # Nothing follows, so that it is not the number of a list item.
            return False
        return self._ends(sentence, gap[0], word, whole=final or word != rest or len(word) == _LONGEST)

    def _ends(self, sentence: str, gap: str, following: str, *, whole: bool) -> bool | None:
        """Return whether a sentence ends before a word, of which only the beginning is known unless whole."""
        if "\n" in gap and (item := _begins_item(following, whole=whole)) is not False:
            return item
        tail = sentence[-_LONGEST:]
        last = tail.rsplit(maxsplit=1)[-1]
        if ELLIPSIS.search(last):
            return False
        if STOPPED.search(tail):
            # Behind a quotation: hiragana are a particle, such as と.
            return bool(gap) or last[-1] not in CLOSERS or not "\u3041" <= following[0] <= "\u309f"
        if not gap or not MAY_END.search(tail) or self._rules.is_abbreviation(last):
            return False
        if number := _NUMBER.fullmatch(following):
            return (bool(number[1]) and not self._rules.takes_number(last)) if whole else None
        return self._ends_before_word(last, following, whole=whole)

    def _ends_before_word(self, last: str, following: str, *, whole: bool) -> bool | None:
        following = following.lstrip("¿¡")
        if not following and not whole:
            return None
        if not following or unicodedata.category(following[0]) not in ("Lu", "Lt", "Lo"):
            return False
        return not NUMBER.match(last) or self._rules.number_ends(last, following, whole=whole)

    @property
    def ending(self) -> Ending | None:
        """Return how the incomplete text ends; None if there are no words in it."""
        stripped = self._text.rstrip()
        if not any(map(str.isalnum, stripped)) or ITEM.match(stripped):
            return None
        bare = stripped[-_LONGEST:].translate(_MARKUP)
        if _EMOJI.match(bare[-1:]) or STOPPED.search(bare):
            return Ending.SENTENCE
        if MAY_END.search(bare):
            return self._stop(bare.rsplit(maxsplit=1)[-1].rstrip(CLOSERS))
        is_space = self._text[-1].isspace() or bare.endswith(tuple(COMMAS))
        return Ending.SPACE if is_space else Ending.OTHER

    def _stop(self, word: str) -> Ending:
        """Return the ending of a text whose last word ends in a stop."""
        if ELLIPSIS.search(word) or not word.endswith("."):
            return Ending.SENTENCE
        if self._rules.is_abbreviation(word):
            return Ending.OTHER
        # "$1,299." may be part of a price, "v2." of a version.
        may_go_on = word[-2:-1].isdigit() and not self._text[-1].isspace()
        return Ending.SPACE if may_go_on or self._rules.takes_number(word) else Ending.SENTENCE

    def cut(self) -> list[Sentence]:
        """Return the incomplete text when no more has arrived for a while."""
        ending = self.ending
        if ending is None:
            return []
        head, *last = self._text.rsplit(maxsplit=1)
        item = _BREAK.search(self._text, self._position)
        is_item = item and "\n" in item[0] and item.end() < len(self._text)
        if is_item or (last and ending is Ending.OTHER and len(head) > _LONG):
            # It may be the number of an item, or not be whole.
            return [self._take(len(head))]
        return list(self.finish())


def _begins_item(word: str, *, whole: bool) -> bool | None:
    """Return whether the first word of a line begins a list item or a heading; None if not known yet."""
    if _ITEM_GLUED.match(word):
        return True
    if not _ITEM_BEGUN.fullmatch(word):
        return False
    return bool(ITEM.match(word) or _MARK.fullmatch(word)) if whole else None
