"""Conversion of the sentences of a text to those that the service gets."""

from collections.abc import Iterator
import logging
from typing import TypedDict, Unpack

from .markdown import strip_markdown, with_stop
from .pronunciation import Pronunciations
from .splitter import Sentence, SentenceSplitter
from .ssml import plain_text

_LOGGER = logging.getLogger(__name__)
_NO_PRONUNCIATIONS = Pronunciations()


class TextOptions(TypedDict, total=False):
    """How a text is spoken."""

    clean: bool
    """Whether Markdown and emoji are removed."""
    reads_ssml: bool
    """Whether the service supports SSML; otherwise it gets plain text instead."""
    sentence_pause: int
    """Milliseconds between two sentences; each sentence is then a segment."""
    pronunciations: Pronunciations
    """What is spoken instead of what is written."""


class SpokenText:
    """Prepares a text for speech, sentence by sentence."""

    def __init__(self, language: str, **options: Unpack[TextOptions]) -> None:
        """Initialize without text; language is a BCP 47 tag, or empty if unknown."""
        self._language = language
        self._clean = options.get("clean", False)
        self._reads_ssml = options.get("reads_ssml", True)
        self._sentence_pause = options.get("sentence_pause", 0)
        self._pronunciations = options.get("pronunciations", _NO_PRONUNCIATIONS)
        # The gap and the pause before the next sentence that has words.
        self._gap = ""
        self._pause = 0
        self._has_begun = self._told_of_ssml = False

    def prepared(self, found: Sentence) -> Iterator[Sentence]:
        """Yield what is spoken of the next sentence or document of the text."""
        if found.is_ssml and not self._reads_ssml:
            yield from self._plain(found.text)
        else:
            text = strip_markdown(found.text) if self._clean else found.text
            yield from self._with_words(text, found)

    def joined(self, text: str, sentence: Sentence) -> str | None:
        """Return a text with a sentence added; None if they cannot be joined."""
        if sentence.is_ssml or sentence.pause:
            return None
        if sentence.gap == "\n" and self._clean:
            # A heading must not run into the text below it.
            text = with_stop(text)
        return f"{text}{sentence.gap}{sentence.text}"

    def _plain(self, ssml: str) -> Iterator[Sentence]:
        """Yield the plain text of SSML, for a service that does not support it."""
        if not self._told_of_ssml:
            self._told_of_ssml = True
            _LOGGER.debug("Sending SSML as plain text: the voice does not support it")
        self._gap = "\n"
        for text, pause in plain_text(ssml):
            self._pause += pause
            splitter = SentenceSplitter(self._language, self._pronunciations.abbreviations)
            for sentence in (*splitter.add(text), *splitter.finish()):
                # A service returns no audio for a lone stop after a break.
                has_words = any(map(str.isalnum, sentence.text))
                yield from self._with_words(sentence.text if has_words else "", sentence)
        self._gap = "\n"

    def _with_words(self, text: str, found: Sentence) -> Iterator[Sentence]:
        """Yield a sentence that has words, with the gap and the pause of preceding ones that had none."""
        self._gap = max(self._gap, found.gap, key=("", " ", "\n").index)
        if spoken := self._pronunciations.apply(text):
            pause = max(self._pause, self._sentence_pause if self._has_begun else 0)
            sentence = Sentence(spoken, self._gap, pause, found.is_ssml)
            self._gap, self._pause, self._has_begun = "", 0, True
            yield sentence
