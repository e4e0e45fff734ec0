"""Separation of a text stream into plain sentences and SSML documents."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
import re

from .splitter import Ending, Sentence, SentenceSplitter
from .ssml import LONGEST_ROOT_END, PROLOG, ROOT, ROOT_END, UNFINISHED, speakable

_READ_AT_ONCE = 4096
"""Characters processed at a time, and the most that an SSML document may have before <speak>."""
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Document:
    """An SSML document, from its prolog to its last tag."""

    text: str


type Found = Sentence | Document


class SentenceFinder:
    """Finds the sentences and SSML documents of a text. The result does not depend on the chunks."""

    def __init__(self, language: str = "", abbreviations: frozenset[str] = frozenset()) -> None:
        """Initialize without text; see SentenceSplitter."""
        self._splitter = SentenceSplitter(language, abbreviations)
        self._half = ""
        """The first half of a surrogate pair."""
        self._unread = ""
        """A possible beginning of a document."""
        self._document: list[str] = []
        """The parts of the document that is being read; empty outside a document."""
        self._tail = ""
        """The last characters of the document so far."""

    def add(self, text: str) -> Iterator[Found]:
        """Yield what this part of the text completes."""
        for start in range(0, len(text), _READ_AT_ONCE):
            part = self._half + text[start : start + _READ_AT_ONCE]
            self._half = part[-1] if "\ud800" <= part[-1] <= "\udbff" else ""
            if _SURROGATE.search(part):
                part = part.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
            yield from self._read(speakable(part))

    def finish(self) -> Iterator[Found]:
        """Yield the rest, when the text has ended or is no longer waited for."""
        unread, self._unread = self._unread, ""
        yield from self._read(unread, final=True)
        if self._document:
            yield self._end_document()
        yield from self._splitter.finish()

    @property
    def ending(self) -> Ending | None:
        """Return how the incomplete sentence ends; None if there is nothing to speak in it."""
        return self._splitter.ending

    def cut(self) -> Iterator[Sentence]:
        """Yield what can be spoken of the incomplete sentence when no text has arrived for a while."""
        return self._splitter.cut()

    def _read(self, text: str, *, final: bool = False) -> Iterator[Found]:
        while text:
            text = yield from (
                self._read_document(text) if self._document else self._read_plain(text, final=final)
            )

    def _read_document(self, text: str) -> Generator[Found, None, str]:
        """Read up to the end of the document, and return the text after it."""
        known = self._tail + text
        end = ROOT_END.search(known)
        if not end:
            self._document.append(text)
            self._tail = known[-LONGEST_ROOT_END:]
            return ""
        read = end.end() - len(self._tail)
        self._document.append(text[:read])
        yield self._end_document()
        return text[read:]

    def _end_document(self) -> Document:
        document = Document("".join(self._document).strip())
        self._document, self._tail = [], ""
        return document

    def _read_plain(self, text: str, *, final: bool) -> Generator[Found, None, str]:
        """Read up to the root tag of a document, or to what cannot be one, and return the text after it."""
        text, self._unread = self._unread + text, ""
        plain, mark, rest = text.partition("<")
        yield from self._splitter.add(plain)
        if not mark:
            return ""
        text = mark + rest
        start = text[:_READ_AT_ONCE]
        prolog = PROLOG.match(start)
        begun = prolog.end() if prolog else 0
        if root := ROOT.match(start, begun):
            yield from self._splitter.finish()
            self._document = [text[: root.end()]]
            if root[0].endswith("/>"):
                yield self._end_document()
            return text[root.end() :]
        may_begin = 0 < begun == len(start) or UNFINISHED.match(start, begun)
        if may_begin and not final and len(text) < _READ_AT_ONCE:
            self._unread = text
            return ""
        none = max(begun, 1)
        yield from self._splitter.add(text[:none])
        return text[none:]
