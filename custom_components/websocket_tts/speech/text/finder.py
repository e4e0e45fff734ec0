"""Separation of a text stream into plain sentences and SSML documents."""

from collections.abc import Generator, Iterator

from .splitter import Sentence, SentenceSplitter
from .ssml import BEGIN, END, UNFINISHED_BEGIN, UNFINISHED_END, speakable

READ_AT_ONCE = 1024
"""Characters after which the event loop does something else, and the most of SSML before its content."""


class SentenceFinder:
    """Finds the sentences and SSML documents of a text. The result does not depend on the chunks."""

    def __init__(self, splitter: SentenceSplitter) -> None:
        """Initialize without text."""
        self._splitter = splitter
        self._half = ""
        """The first half of a surrogate pair."""
        self._unread = ""
        """What may begin or end a document when more text arrives."""
        self._document: list[str] = []
        """The parts of the document that is being read; empty outside a document."""

    def add(self, text: str) -> Iterator[Sentence]:
        """Yield what this part of the text completes."""
        text = self._half + text
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        if not text.isascii():
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
        yield from self._read(speakable(text))

    def finish(self) -> Iterator[Sentence]:
        """Yield the rest, when the text has ended or is no longer waited for."""
        yield from self._read("", final=True)
        if self._document:
            yield self._end_document()
        yield from self._splitter.finish()

    def _read(self, text: str, *, final: bool = False) -> Iterator[Sentence]:
        text, self._unread = self._unread + text, ""
        position = 0
        while position < len(text):
            read = self._read_document if self._document else self._read_plain
            position = yield from read(text, position, final=final)

    def _read_document(self, text: str, start: int, *, final: bool) -> Generator[Sentence, None, int]:
        """Read up to the end of the document, and return where that is."""
        end = END.search(text, start)
        begun = None if end or final else UNFINISHED_END.search(text, start)
        position = end.end() if end else begun.start() if begun else len(text)
        self._document.append(text[start:position])
        if end:
            yield self._end_document()
            return position
        self._unread = text[position:]
        return len(text)

    def _end_document(self) -> Sentence:
        document = Sentence("".join(self._document).strip(), is_ssml=True)
        self._document.clear()
        return document

    def _read_plain(self, text: str, start: int, *, final: bool) -> Generator[Sentence, None, int]:
        """Read up to the content of a document, or over what cannot begin one, and return where that is."""
        mark = text.find("<", start)
        yield from self._splitter.add(text[start:mark] if mark >= 0 else text[start:])
        if mark < 0:
            return len(text)
        limit = mark + READ_AT_ONCE
        if root := BEGIN.match(text, mark, limit):
            yield from self._splitter.finish()
            self._document = [root[0]]
            if root[0].endswith("/>"):
                yield self._end_document()
            return root.end()
        if not final and len(text) < limit and UNFINISHED_BEGIN.match(text, mark):
            self._unread = text[mark:]
            return len(text)
        yield from self._splitter.add(text[mark : mark + 1])
        return mark + 1
