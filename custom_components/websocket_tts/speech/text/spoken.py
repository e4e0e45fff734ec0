"""Conversion of a text stream to sentences for the service."""

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
    """A sentence as the service gets it, or an SSML document."""

    text: str
    gap: str = ""
    """What separates it from the previous one in the same segment: nothing, a space, or a line break."""
    pause: int = 0
    """Milliseconds of silence before it."""
    alone: bool = False


class SpokenText:
    """Prepares a text for speech, sentence by sentence."""

    def __init__(
        self, language: str, *, clean: bool, reads_ssml: bool, pronunciations: Pronunciations
    ) -> None:
        """Initialize without text. See TextOptions."""
        self._language = language
        self._clean = clean
        self._reads_ssml = reads_ssml
        self._pronunciations = pronunciations
        self._reader = TextReader(language, pronunciations.abbreviations)
        # The gap and the pause before the next sentence that has words.
        self._gap = ""
        self._pause = 0
        self._told_of_ssml = False

    def add(self, text: str) -> Iterator[SpokenSentence]:
        """Yield the sentences that this part of the text completes."""
        return self._spoken(self._reader.add(text))

    def finish(self) -> Iterator[SpokenSentence]:
        """Yield the rest, when the text has ended or is no longer waited for."""
        return self._spoken(self._reader.finish())

    def cut(self) -> Iterator[SpokenSentence]:
        """Yield what can be spoken of the incomplete sentence when no text has arrived for a while."""
        return self._spoken(self._reader.cut())

    @property
    def ending(self) -> Ending | None:
        """Return how the incomplete sentence ends; None if there is nothing to speak in it."""
        return self._reader.ending

    def joined(self, text: str, sentence: SpokenSentence) -> str | None:
        """Return a text with a sentence added; None if they cannot be joined."""
        if sentence.alone or sentence.pause:
            return None
        if sentence.gap == "\n" and self._clean:
            # A heading must not run into the text below it.
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
        """Yield the plain text of SSML, for a service that does not support it."""
        if not self._told_of_ssml:
            self._told_of_ssml = True
            _LOGGER.debug("Sending SSML as plain text: the voice does not support it")
        self._gap = "\n"
        for text, pause in plain_text(document.text):
            self._pause += pause
            splitter = SentenceSplitter(self._language, self._pronunciations.abbreviations)
            for sentence in chain(splitter.add(text), splitter.finish()):
                # A service returns no audio for a lone stop after a break.
                has_words = any(map(str.isalnum, sentence.text))
                yield from self._with_words(sentence.text if has_words else "", sentence.gap)
        self._gap = "\n"

    def _with_words(self, text: str, gap: str) -> Iterator[SpokenSentence]:
        """Yield a sentence that has words, with the gap and the pause of preceding ones that had none."""
        self._gap = max(self._gap, gap, key=("", " ", "\n").index)
        if spoken := self._pronunciations.apply(text):
            yield SpokenSentence(spoken, self._gap, self._pause)
            self._gap, self._pause = "", 0
