"""A text as it arrives -> what is to be said of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
import logging

from .markdown import strip_markdown, with_stop
from .pronunciation import Pronunciations
from .reader import Document, Found, TextReader
from .splitter import Ending, Sentence, SentenceSplitter
from .ssml import plain_text

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """A sentence as it is said, or SSML."""

    text: str
    gap: str = ""
    """What keeps it from the one before, where both are said together: nothing, a space or a line break."""
    pause: int = 0
    """Milliseconds of silence before it."""
    alone: bool = False


class SpokenText:
    """Makes a text speakable, a sentence at a time."""

    def __init__(
        self, language: str, *, clean: bool, reads_ssml: bool, pronunciations: Pronunciations
    ) -> None:
        """Start without text. See TextSegments."""
        self._language = language
        self._clean = clean
        self._reads_ssml = reads_ssml
        self._pronunciations = pronunciations
        self._reader = TextReader(language, pronunciations.abbreviations)
        # Before the next sentence that has words.
        self._gap = ""
        self._pause = 0
        self._told_of_ssml = False

    def add(self, text: str) -> Iterator[SpokenSentence]:
        """Yield what is complete with this part of the text."""
        return self._spoken(self._reader.add(text))

    def finish(self) -> Iterator[SpokenSentence]:
        """Yield what is left when the text has ended, or is not waited for any more."""
        return self._spoken(self._reader.finish())

    def cut(self) -> Iterator[SpokenSentence]:
        """Yield what stands complete enough when no text has come for a while."""
        return self._spoken(self._reader.cut())

    @property
    def ending(self) -> Ending | None:
        """Return what the sentence ends in that is not complete yet; None where nothing of it can be said."""
        return self._reader.ending

    def joined(self, text: str, sentence: SpokenSentence) -> str | None:
        """Return a text with one more sentence; None where they do not go together."""
        if sentence.alone or sentence.pause:
            return None
        if sentence.gap == "\n" and self._clean:
            # A heading must not run into what it is the heading of.
            text = with_stop(text)
        return f"{text}{sentence.gap}{sentence.text}"

    def _spoken(self, found: Iterator[Found]) -> Iterator[SpokenSentence]:
        for one in found:
            if isinstance(one, Sentence):
                text = strip_markdown(one.text) if self._clean else one.text
                yield from self._with_words(text, one.gap)
            elif self._reads_ssml:
                ssml = self._pronunciations.apply(one.text)
                yield SpokenSentence(ssml, " ", self._pause, alone=True)
                self._pause = 0
            else:
                yield from self._plain(one)

    def _plain(self, document: Document) -> Iterator[SpokenSentence]:
        """Yield what SSML says, for a service that would read its tags aloud."""
        if not self._told_of_ssml:
            self._told_of_ssml = True
            _LOGGER.debug("SSML is spoken as plain text: the service does not read it")
        self._gap = "\n"
        for text, pause in plain_text(document.text):
            self._pause += pause
            splitter = SentenceSplitter(self._language, self._pronunciations.abbreviations)
            for sentence in chain(splitter.add(text), splitter.finish()):
                # A stop alone, behind a break: a service has no audio for it.
                has_words = any(map(str.isalnum, sentence.text))
                yield from self._with_words(sentence.text if has_words else "", sentence.gap)
        self._gap = "\n"

    def _with_words(self, text: str, gap: str) -> Iterator[SpokenSentence]:
        """Yield a sentence that has words, with what is left of those before that had none."""
        self._gap = max(self._gap, gap, key=("", " ", "\n").index)
        if spoken := self._pronunciations.apply(text):
            yield SpokenSentence(spoken, self._gap, self._pause)
            self._gap, self._pause = "", 0
