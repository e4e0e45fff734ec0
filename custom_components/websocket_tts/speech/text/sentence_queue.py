"""Sentences that wait for a request, which takes one or several of them as a segment."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from .spoken import SpokenSentence

type Join = Callable[[str, SpokenSentence], str | None]
"""Returns a text with a sentence added; None if they cannot be joined."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the text that is synthesized as a unit."""

    text: str
    pause: int = 0
    """Milliseconds of silence before it."""


class SentenceQueue:
    """Hands out the first sentence alone, and later ones joined up to a limit in characters."""

    def __init__(self, join: Join, sentence_pause: int) -> None:
        """Initialize an empty queue; with a pause between sentences, in milliseconds, none are joined."""
        self._join = join
        self._sentence_pause = sentence_pause
        self._sentences = deque[SpokenSentence]()
        self._is_offered = False
        self.count = 0
        """Number of segments that have been handed out."""
        self.characters = 0
        """Number of characters in them."""

    def __bool__(self) -> bool:
        """Return whether a sentence waits."""
        return bool(self._sentences)

    def add(self, sentence: SpokenSentence) -> None:
        """Add a sentence."""
        self._sentences.append(sentence)

    @property
    def is_offered(self) -> bool:
        """Return whether the sentences are handed out before more of them would exceed the limit."""
        return self._is_offered

    def offer(self) -> None:
        """Hand out what waits, and otherwise the next sentence, without waiting for more."""
        self._is_offered = True

    def has_segment(self, limit: int) -> bool:
        """Return whether a segment is complete: more text would not change it."""
        if not self._sentences or self._is_offered or self._goes_alone:
            return bool(self._sentences)
        text, sentences = self._joined(limit)
        return sentences < len(self._sentences) or len(text) >= limit

    def take(self, limit: int) -> Segment:
        """Return the next segment; there must be a sentence."""
        pause = max(self._sentences[0].pause, self._sentence_pause if self.count else 0)
        text, sentences = self._joined(limit)
        for _ in range(sentences):
            self._sentences.popleft()
        self._is_offered &= bool(self._sentences)
        self.count += 1
        self.characters += len(text)
        return Segment(text, pause)

    @property
    def _goes_alone(self) -> bool:
        return not self.count or bool(self._sentence_pause) or self._sentences[0].alone

    def _joined(self, limit: int) -> tuple[str, int]:
        """Return the text of the next segment, and of how many sentences it consists."""
        text, sentences = self._sentences[0].text, 1
        if not self._goes_alone:
            for sentence in islice(self._sentences, 1, None):
                joined = self._join(text, sentence)
                if joined is None or len(joined) > limit:
                    break
                text, sentences = joined, sentences + 1
        return text, sentences
