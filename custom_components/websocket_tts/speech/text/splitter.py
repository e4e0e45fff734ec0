"""Splitting a text stream into sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
import re
import unicodedata

from .abbreviations import ELLIPSIS, ITEM, NUMBER, StopRules
from .emoji import RANGES

SOFT_LIMIT = 250
"""Characters after which a sentence is split at white space."""
HARD_LIMIT = 1000
"""Most characters of a sentence."""
_LONG = 100
"""Characters from which a sentence that pauses is handed out without its last word, a possible fragment."""
_SHORT = 8
"""Most characters that a language model writes at once in a script without spaces."""
_LONGEST_WORD = 64
"""Characters of a word, or of white space, that are examined; a longer word is read in parts."""

# Scripts without spaces: their stops always end a sentence.
_EAST_STOPS = "。！？…"  # noqa: RUF001
_EAST_CLOSERS = "”’」』）》】〕〉）"  # noqa: RUF001
_TOKEN = re.compile(
    rf"(?P<gap>\s+)|(?P<mark>[{_EAST_STOPS}{_EAST_CLOSERS}]+)|(?P<word>[^\s{_EAST_STOPS}{_EAST_CLOSERS}]+)"
)
_EAST_END = re.compile(rf"[{_EAST_STOPS}]+[{_EAST_CLOSERS}]*\Z")
# A guillemet may be separated from the stop by a space, and [1] after it is a citation.
_STOPPED = re.compile(r"[.!?…؟।॥](?:['\")\]}’”»“‘«]|\[\d{1,3}\]|[\xa0\u202f](?=»))*\Z")  # noqa: RUF001
_SOURCES = re.compile(r"(?:\[\d{1,3}\])+\Z")
_NUMBERED = re.compile(r"\d+[.)]{1,2}")
_NUMBER_BEGUN = re.compile(r"\d+[.)]{0,2}")
_ITEM_BEGUN = re.compile(r"[*_]{0,3}(?:\d{1,3}[.、．)）]?)?|[-+•]|#{1,6}")  # noqa: RUF001
_ITEM_GLUED = re.compile(r"\d{1,3}[.、．)）][^\W\d_]")  # noqa: RUF001
_MARK = re.compile(r"[-*+•]|#{1,6}")

# The endings of a text that pauses.
_ANY_STOP = frozenset(".!?…。！？｡．؟۔।॥։።፧៕។။༎།‼⁇⁈⁉‽")  # noqa: RUF001
_AFTER_STOP = "\"'”’“‘»«)]}>」』）》】〕〉*_~`\u200b\u200d\ufe0e\ufe0f"  # noqa: RUF001
_COMMAS = frozenset(",:;、，：；،؛")  # noqa: RUF001
_EMOJI = re.compile(rf"[{RANGES}]")
_MARKED_LINE = re.compile(r"(?:\s*>)*\s*(?:#{1,6}|[-*+•]|\d{1,3}[.)])\s+\S*\w")
# Thai and Lao, Burmese, Khmer.
_WITHOUT_STOPS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


class Ending(Enum):
    """How an incomplete text ends."""

    SENTENCE = auto()
    LINE = auto()
    """A heading or list item, or text in a script without stops."""
    LINE_BREAK = auto()
    SPACE = auto()
    """White space, a comma, a colon, or a full stop that may not end the sentence."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without the white space around it, or an SSML document."""

    text: str
    gap: str = ""
    """What separates it from the previous one: nothing, a space, or a line break."""
    pause: int = 0
    """Milliseconds of silence before it."""
    is_ssml: bool = False


class SentenceSplitter:
    """Splits plain text into sentences. The result does not depend on the chunks."""

    def __init__(self, language: str = "", abbreviations: frozenset[str] = frozenset()) -> None:
        """Initialize without text; language is a BCP 47 tag, or empty if unknown.

        abbreviations extends the known ones: in lower case, or with exact case after "=".
        """
        self._rules = StopRules(language, abbreviations)
        # The sentence so far, the white space after it, and the word that is being read.
        self._sentence = self._gap = self._word = ""
        self._undecided = False
        """Whether the word may begin the next sentence."""
        self._before = ""
        self._complete: list[Sentence] = []
        """Sentences that are about to be handed out."""

    def add(self, text: str) -> Iterator[Sentence]:
        """Yield the sentences that this text completes."""
        for match in _TOKEN.finditer(text):
            if match.lastgroup == "gap":
                self._add_gap(match[0])
            else:
                self._add_token(match[0], match.lastgroup)
            if self._complete:
                yield from self._handed_out()

    def _add_token(self, token: str, kind: str | None) -> None:
        known = self._word if self._gap else self._sentence[-_LONGEST_WORD:] + self._word
        if known and kind == "word" and _EAST_END.search(known):
            self._end_word()
            self._undecided = True
        for start in range(0, len(token), _LONGEST_WORD):
            self._add_word(token[start : start + _LONGEST_WORD])

    def _handed_out(self) -> list[Sentence]:
        complete, self._complete = self._complete, []
        return complete

    def finish(self) -> list[Sentence]:
        """Return the rest, when the text has ended or is no longer waited for."""
        if _NUMBERED.fullmatch(self._word):
            # Nothing follows, so that it is not the number of a list item.
            self._undecided = False
        self._end_word()
        self._end_sentence()
        return self._handed_out()

    def _add_gap(self, gap: str) -> None:
        self._end_word()
        gap = self._gap + gap
        # Line breaks count, and no other white space around them.
        self._gap = "\n" * min(gap.count("\n"), 2) or gap[:_LONGEST_WORD]
        self._undecided = True
        if self._gap == "\n\n" and self._has_letters():
            self._end_sentence()

    def _add_word(self, part: str) -> None:
        if not self._sentence and not self._word:
            self._before = self._joint()
            self._gap = ""
        room = _LONGEST_WORD - len(self._word)
        self._word += part[:room]
        if len(self._word) == _LONGEST_WORD:
            self._end_word()
            self._word = part[room:]
        elif self._undecided:
            self._decide(whole=False)
        if len(self._sentence) + len(self._gap) + len(self._word) > SOFT_LIMIT:
            self._cut_long()

    def _end_word(self) -> None:
        if self._word:
            self._decide(whole=True)
            self._sentence += self._gap + self._word
            self._gap = self._word = ""

    def _end_sentence(self) -> None:
        self._undecided = False
        if self._sentence:
            self._complete.append(Sentence(self._sentence, self._before))
            self._sentence = ""
            self._before = self._joint()
            if self._word:
                self._gap = ""

    def _joint(self) -> str:
        return "\n" if "\n" in self._gap else self._gap[:1] and " "

    def _cut_long(self) -> None:
        """Split a sentence that is too long at its last white space, to limit memory and work."""
        text = self._sentence + self._gap + self._word
        head, *tail = text.rsplit(maxsplit=1)
        if not tail and len(text) <= HARD_LIMIT:
            return
        head = head[:HARD_LIMIT]
        self._complete.append(Sentence(head, self._before))
        rest = text[len(head) :]
        self._sentence, self._gap, self._word = rest.lstrip(), "", ""
        self._before = "\n" if "\n" in rest else " " if tail else ""
        self._undecided = False

    def _decide(self, *, whole: bool) -> None:
        """Decide whether the word begins a sentence; unless whole, only its first characters are known."""
        ends = bool(self._undecided and self._sentence) and self._ends(self._word, whole=whole)
        if ends:
            self._end_sentence()
        self._undecided = ends is None

    def _ends(self, following: str, *, whole: bool) -> bool | None:
        """Return whether the sentence ends before the following word; None if not known yet."""
        is_on_new_line = "\n" in self._gap
        has_no_stop = not is_on_new_line and self._sentence[-1].isalnum()
        if has_no_stop or not self._has_letters():
            return False
        if is_on_new_line and (item := _begins_item(following, whole=whole)) is not False:
            return item
        tail = self._sentence[-_LONGEST_WORD:]
        last = tail.rsplit(maxsplit=1)[-1]
        if _EAST_END.search(last):
            return not ELLIPSIS.search(last)
        if not _STOPPED.search(tail) or ELLIPSIS.search(last) or self._rules.is_abbreviation(last):
            return False
        if following[0].isdigit() and _NUMBER_BEGUN.fullmatch(following):
            ends = bool(_NUMBERED.fullmatch(following)) and not self._rules.takes_number(last)
            return ends if whole else None
        return self._ends_before_word(last, following, whole=whole)

    def _ends_before_word(self, last: str, following: str, *, whole: bool) -> bool | None:
        following = following.lstrip("¿¡")
        if not following and not whole:
            return None
        if not following or unicodedata.category(following[0]) not in ("Lu", "Lt", "Lo"):
            return False
        return not NUMBER.match(last) or self._rules.number_ends(last, following, whole=whole)

    def _has_letters(self) -> bool:
        return any(map(str.isalpha, self._sentence))

    @property
    def ending(self) -> Ending | None:
        """Return how the incomplete text ends; None if there are no words in it."""
        text = self._sentence + self._gap + self._word
        stripped = text.rstrip()
        bare = _SOURCES.sub("", stripped[-_LONGEST_WORD:]).rstrip(_AFTER_STOP)
        line = stripped[stripped.rfind("\n") + 1 :]
        if not any(map(str.isalnum, text)) or ITEM.match(stripped):
            return None
        if bare and (_EMOJI.match(bare[-1]) or bare[-1] in _ANY_STOP):
            return self._stop(bare.rsplit(maxsplit=1)[-1], line)
        marked = _MARKED_LINE.match(line)
        alone = marked or (len(stripped) > _SHORT and _WITHOUT_STOPS.match(stripped[-1]))
        if self._word or not self._gap:
            if bare[-1:] in _COMMAS:
                return Ending.SPACE
            return Ending.LINE if alone else Ending.OTHER
        is_on_new_line = "\n" in self._gap
        if is_on_new_line and marked:
            return Ending.SENTENCE
        return Ending.LINE_BREAK if is_on_new_line or alone else Ending.SPACE

    def _stop(self, word: str, line: str) -> Ending:
        """Return the ending of a text whose last word, in this last line, ends in a stop."""
        if ITEM.match(line.strip()):
            return Ending.OTHER
        if ELLIPSIS.search(word) or not word.endswith("."):
            return Ending.SENTENCE
        if word.lower().endswith(("a.m.", "p.m.")):
            return Ending.SPACE
        if self._rules.is_abbreviation(word):
            return Ending.OTHER
        # "$1,299." may be part of a price, "v2." of a version.
        may_go_on = word[-2:-1].isdigit() and bool(self._word)
        return Ending.SPACE if may_go_on or self._rules.takes_number(word) else Ending.SENTENCE

    def cut(self) -> list[Sentence]:
        """Return the incomplete text when no more has arrived for a while."""
        ending = self.ending
        if ending is None:
            return []
        may_be_torn = ending is Ending.OTHER and self._sentence and self._gap and self._word
        if may_be_torn and (len(self._sentence) > _LONG or ("\n" in self._gap and ITEM.match(self._word))):
            self._end_sentence()
            return self._handed_out()
        return self.finish()


def _begins_item(word: str, *, whole: bool) -> bool | None:
    """Return whether the first word of a line begins a list item or a heading; None if not known yet."""
    if _ITEM_GLUED.match(word):
        return True
    if not _ITEM_BEGUN.fullmatch(word):
        return False
    return bool(ITEM.match(word) or _MARK.fullmatch(word)) if whole else None
