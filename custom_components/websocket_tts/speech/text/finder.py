"""Separation of a text stream into plain sentences, SSML documents, and thoughts."""

from collections.abc import Generator, Iterator
import re

from .splitter import Sentence, SentenceSplitter
from .ssml import BEGIN, END, UNFINISHED, speakable

READ_AT_ONCE = 1024
"""Characters after which the event loop does something else, and the most of SSML before its content."""
_THOUGHT = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_PASSAGE = re.compile(
    r"<lang\s[^<>]*?\b(?:xml:)?lang\s*=\s*[\"']\s*(?P<language>[\w-]+)\s*[\"'][^<>]*(?<!/)>|</lang\s{0,16}>",
    re.IGNORECASE,
)


class SentenceFinder:
    """Finds the sentences and SSML documents of a text. The result does not depend on the chunks."""

    def __init__(self, splitter: SentenceSplitter) -> None:
        """Initialize without text."""
        self._splitter = splitter
        self._unread = ""
        """What may be a tag when more text arrives."""
        self._document: list[str] = []
        """The parts of the document that is being read; empty outside a document."""
        self._passages = [""]
        """The language of the text, and of the passages that are being read, the innermost one last."""

    def add(self, text: str, *, final: bool = False) -> Iterator[Sentence]:
        """Yield what this part of the text, or the last one, completes."""
        text, self._unread = self._unread + speakable(text), ""
        position = 0
        while (tag := text.find("<", position)) >= 0:
            yield from self._read_text(text[position:tag])
            if not final and len(text) < tag + READ_AT_ONCE and UNFINISHED.match(text, tag):
                self._unread = text[tag:]
                return
            position = yield from self._read_tag(text, tag)
        yield from self._read_text(text[position:])

    def finish(self) -> Iterator[Sentence]:
        """Yield the rest, when the text has ended or is no longer waited for."""
        yield from self.add("", final=True)
        yield from self._end_document()
        yield from self._splitter.finish()

    def _read_text(self, text: str) -> Iterator[Sentence]:
        if self._document:
            self._document.append(text)
        else:
            yield from self._splitter.add(text)

    def _read_tag(self, text: str, start: int) -> Generator[Sentence, None, int]:
        """Read what begins or ends something, or else one character, and return where that ends."""
        is_thought = self._splitter.is_thought
        if self._document and (end := END.match(text, start)):
            self._document.append(end[0])
            yield from self._end_document()
            return end.end()
        if not self._document and (root := BEGIN.match(text, start, start + READ_AT_ONCE)):
            yield from self._splitter.finish()
            self._document = [root[0]]
            if root[0].endswith("/>"):
                yield from self._end_document()
            return root.end()
        if (is_thought or not self._document) and (tag := _THOUGHT.match(text, start)):
            # A thought may be about SSML.
            yield from self._end_document()
            if not (is_thought and tag[1]):
                yield from self._splitter.finish()
                self._splitter.is_thought = True
            yield from self._splitter.add(tag[0])
            if tag[1]:
                yield from self._splitter.finish()
                self._splitter.is_thought = False
            return tag.end()
        is_answer = not (is_thought or self._document)
        if is_answer and (passage := _PASSAGE.match(text, start)):
            outer = self._passages[:-1] or [""]
            self._passages = [*self._passages, passage["language"]] if passage["language"] else outer
            for sentence in self._splitter.finish():
                yield sentence._replace(goes_on_in=self._passages[-1])
            self._splitter.begin_passage(self._passages[-1])
            return passage.end()
        yield from self._read_text(text[start])
        return start + 1

    def _end_document(self) -> Iterator[Sentence]:
        if self._document:
            text, self._document = "".join(self._document).strip(), []
            is_thought = self._splitter.is_thought
            yield Sentence(text, is_ssml=True, is_thought=is_thought, passage=self._passages[-1])
