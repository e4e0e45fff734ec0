"""The segments of a text: what is synthesized as a unit."""

from collections.abc import Callable
import re
from typing import NamedTuple, TypedDict, Unpack

from .markdown import strip_markdown, with_stop
from .marks import MAY_END
from .pronunciation import Pronunciations
from .splitter import HARD_LIMIT, Sentence, SentenceSplitter
from .ssml import passages, plain_text, well_formed
from .stream import TextStream

__all__ = ["HARD_LIMIT", "Segment", "TextOptions", "TextSegments"]

# Where the scripts that need joiners are not.
_JOINERS = re.compile(r"(?<![^\x00-\u058f])[\u200b-\u200d]+")
_LEADING = re.compile(r"\A[\s.,;:!?…]+")
_SIGN = re.compile(r"[-+]\s+(?=\d)")
_BELOW_ZERO = re.compile(r"[-+]\s+(?=\d+(?:[.,]\d+)?\s?°)")


class Segment(NamedTuple):
    """A part of the text that is synthesized as a unit."""

    text: str
    pause: int = 0
    """Milliseconds of silence before it."""
    voice: str = ""
    """ID of its voice, if not that of the utterance."""


class Passage(NamedTuple):
    """How a part of the text is spoken that has another voice."""

    voice: str
    reads_ssml: bool
    pronunciations: Pronunciations


type FindPassage = Callable[[str, str], Passage | None]
"""Returns who speaks a sentence, given its language, empty if not told; None for the usual voice."""


class TextOptions(TypedDict, total=False):
    """How a text is spoken."""

    clean: bool
    """Whether Markdown, emoji, and the thoughts of a model are removed."""
    reads_ssml: bool
    """Whether the service supports SSML; otherwise it gets plain text instead."""
    sentence_pause: int
    """Milliseconds between two sentences; each sentence is then a segment."""
    pronunciations: Pronunciations
    """What is spoken instead of what is written."""
    find_passage: FindPassage
    """Who speaks passages in other languages; by default the usual voice."""


class TextSegments:
    """The segments of a text, from its beginning, for one speaker.

    The first segment is the first sentence alone, as soon as it is complete. Each later segment contains all
    sentences that are complete when it is requested, up to a limit. When the text pauses, the rest so far
    becomes a segment: see PauseWatch. Waiting for a segment can be cancelled without losing one.
    """

    def __init__(self, text: TextStream, **options: Unpack[TextOptions]) -> None:
        """Initialize with a text, of which any part may be known already."""
        self._text = text
        self._clean = options.get("clean", False)
        self._sentence_pause = options.get("sentence_pause", 0)
        pronunciations = options.get("pronunciations", Pronunciations())
        self._usual = Passage("", options.get("reads_ssml", True), pronunciations)
        self._find_passage = options.get("find_passage")
        self._found = 0
        """Number of sentences and documents that were taken from the text."""
        self._sentences: list[Sentence] = []
        """What is spoken of them."""
        self._taken = self._taken_before = 0
        """Number of these that are in segments, and in all segments but the last one."""
        self._apart = 0
        """Number of these of which each is a segment, because they could not be spoken together."""
        # The gap and the pause before the next sentence that has words.
        self._gap, self._pause = "", 0
        self._is_cut = False
        """Whether that sentence goes on with the previous one."""
        self.count = 0
        """Number of segments that have been handed out."""
        self.characters = 0
        """Number of characters in them."""

    @property
    def complete(self) -> bool:
        """Return whether the whole text is known."""
        return self._text.complete

    @property
    def starved(self) -> bool:
        """Return whether all of the text so far has been handed out, and it is incomplete."""
        return not (self._text.complete or self._has(self._taken))

    @property
    def has_ended(self) -> bool:
        """Return whether there will be neither a segment nor an error any more."""
        return self._text.complete and self._text.error is None and not self._has(self._taken)

    @property
    def texts(self) -> list[str]:
        """Return all sentences so far, for redacting errors."""
        while self._has(len(self._sentences)):
            pass
        return [sentence.text for sentence in self._sentences]

    async def begun(self) -> bool:
        """Wait for the first character other than white space; return False if there is none.

        Raises an error that the text raised before it.
        """
        while not (self._text.has_begun or self._text.complete):
            await self._text.change()
        if self._text.error and not self._text.has_begun:
            raise self._text.error
        return self._text.has_begun

    async def has_words(self) -> bool:
        """Wait for the first segment; return False if the text has none."""
        while not (self._has(0) or self._text.complete):
            await self._text.change()
        return self._has(0)

    async def next(self, limit: int = HARD_LIMIT) -> Segment | None:
        """Wait for the next segment; None at the end of the text.

        It contains one sentence, or several within the limit in characters. Raises an error that the text
        raised, and TextStalledError if the text was abandoned.
        """
        while not (segment := self._take(limit)):
            if not self._text.complete:
                await self._text.change()
            elif self._text.error:
                raise self._text.error
            else:
                return None
        return segment

    def _take(self, limit: int) -> Segment | None:
        """Return the next segment; None if there is none, or if more text would change it."""
        if not self._has(self._taken):
            return None
        first = self._sentences[self._taken]
        text, end = first.text, self._taken + 1
        is_alone = not self.count and first.goes_on_in is None
        is_full = first.is_ssml or is_alone or self._taken < self._apart
        while not is_full and self._has(end):
            following = self._sentences[end]
            joined = self._joined(text, following) if following.voice == first.voice else None
            if joined is None or len(joined) > limit:
                is_full = True
            else:
                text, end = joined, end + 1
        is_ready = self._text.complete or self._found <= self._text.ready
        if not (is_full or is_ready or len(text) >= limit):
            return None
        self._taken_before, self._taken = self._taken, end
        self.count += 1
        self.characters += len(text)
        return Segment(text, first.pause, first.voice)

    def take_apart(self) -> bool:
        """Hand the sentences of the last segment out again, one by one; return False if there is only one."""
        if self._taken - self._taken_before < 2:
            return False
        self._taken, self._apart = self._taken_before, self._taken
        return True

    def _joined(self, text: str, sentence: Sentence) -> str | None:
        """Return a text with a sentence added; None if they cannot be joined."""
        if sentence.is_ssml or sentence.pause:
            return None
        if sentence.gap == "\n" and self._clean:
            # A heading must not run into the text below it.
            text = with_stop(text)
        return f"{text}{sentence.gap}{sentence.text}"

    def _has(self, number: int) -> bool:
        """Return whether there is a sentence with this number, counted from 0, in the text so far."""
        while len(self._sentences) <= number and self._found < len(self._text.found):
            self._prepare(self._text.found[self._found])
            self._found += 1
        return len(self._sentences) > number

    def _prepare(self, found: Sentence) -> None:
        """Add what is spoken of a sentence or document."""
        if found.is_thought and self._clean:
            self._prepare_words("", found)
            self._gap = self._gap or " "
        elif not found.is_ssml:
            text = _JOINERS.sub("", found.text).strip()
            self._prepare_words(self._cleaned(text, found) if self._clean else text, found)
        else:
            parts = [(text, language or found.passage) for text, language in passages(found.text)]
            if all(self._speaker(language, "") is self._usual for _, language in parts):
                parts = [(found.text, found.passage)]
            for text, language in parts:
                self._prepare_document(Sentence(text, is_ssml=True, passage=language))
            # A break at its end separates nothing.
            self._pause = 0

    def _cleaned(self, text: str, found: Sentence) -> str:
        """Return the text of a sentence without markup."""
        is_last = self._text.complete and found is self._text.found[-1]
        # In a message of one line, it is no item of a list.
        is_listed = self._sentences or (found.is_line and not is_last)
        sign = None if is_listed else (_SIGN if is_last else _BELOW_ZERO).match(text)
        return sign[0] + strip_markdown(text[sign.end() :]) if sign else strip_markdown(text)

    def _speaker(self, language: str, text: str) -> Passage:
        found = self._find_passage(language, text) if self._find_passage else None
        return found or self._usual

    def _prepare_document(self, document: Sentence) -> None:
        """Add SSML, or the plain text of it."""
        # A service returns no audio for a lone stop.
        has_words = any(any(map(str.isalnum, words)) for words, _ in plain_text(document.text))
        reads_ssml = has_words and self._speaker(document.passage, "").reads_ssml
        if reads_ssml and (ssml := well_formed(document.text)):
            self._prepare_words(ssml, document)
        else:
            self._prepare_plain(document)

    def _prepare_plain(self, document: Sentence) -> None:
        """Add the plain text of SSML, for a service that does not support it, or if it cannot be mended."""
        self._gap = "\n"
        abbreviations = self._usual.pronunciations.abbreviations
        splitter = SentenceSplitter(self._text.language, abbreviations)
        splitter.begin_passage(document.passage)
        for text, pause in plain_text(document.text):
            self._pause += pause
            for sentence in (*splitter.add(text), *splitter.finish()):
                # A service returns no audio for a lone stop after a break.
                has_words = any(map(str.isalnum, sentence.text))
                self._prepare_words(sentence.text if has_words else "", sentence)
        self._gap = "\n"

    def _prepare_words(self, text: str, found: Sentence) -> None:
        """Add a sentence that has words, with the gap and the pause of preceding ones that had none."""
        self._gap = max(self._gap, found.gap, key=("", " ", "\n").index)
        speaker = self._speaker(found.passage, "" if found.is_ssml else text)
        if self._sentences and speaker.voice != self._sentences[-1].voice:
            # What is left of the sentence around a passage.
            text = _LEADING.sub("", text)
        if spoken := speaker.pronunciations.apply(text):
            is_first = self._is_cut or not self._sentences
            pause = max(self._pause, 0 if is_first else self._sentence_pause)
            following = found.goes_on_in
            self._is_cut = following is not None and not MAY_END.search(text)
            goes_on = self._is_cut and self._speaker(following or "", "").voice == speaker.voice
            sentence = Sentence(
                spoken,
                self._gap,
                pause,
                found.is_ssml,
                goes_on_in=following if goes_on else None,
                voice=speaker.voice,
            )
            self._sentences.append(sentence)
            self._gap, self._pause = "", 0
