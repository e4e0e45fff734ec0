"""A stream of text -> the pieces to synthesize."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing
import re
from typing import Self

from sentence_stream import SentenceBoundaryDetector

from ..tasks import end
from ..text.abbreviations import ends_with_abbreviation

SOFT_LIMIT = 250
"""Characters without the end of a sentence after which a piece ends at white space."""
HARD_LIMIT = 1000
"""Characters that a piece has at most; SSML alone may be longer."""

_SSML_START = re.compile(r"<speak(?=[\s>])")
_SSML_END = "</speak>"
# What may still become the start of SSML when more text comes.
_SSML_BEGUN = re.compile(r"<(s(p(e(ak?)?)?)?)?\Z")

# The text is handed to the detector in steps that the text alone decides, so that the outcome does not
# depend on how it was chunked: the white space (or the full stops of scripts without spaces, with what
# closes them) together with the one character behind it, then the rest of the word.
_STOPS = "。！？…"  # noqa: RUF001
_CLOSERS = "”’」』）》】〕"  # noqa: RUF001
_STEP = re.compile(
    rf"\s+\S|[{_STOPS}]+[{_CLOSERS}]*(?=\s)|[{_STOPS}]+[{_CLOSERS}]*[^\s{_STOPS}{_CLOSERS}]"
    rf"|[^\s{_STOPS}]{{1,63}}(?=[\s{_STOPS}])|[^\s{_STOPS}]{{64}}"
)

# sentence-stream takes asterisks away, also from "2*3*4": it gets to see a character that no text has.
_ASTERISK = str.maketrans("*", "\ufdd0")
_ASTERISK_BACK = str.maketrans("\ufdd0", "*")


def is_ssml(text: str) -> bool:
    """Return whether a piece is SSML, which must stay as it is."""
    return bool(_SSML_START.match(text))


class SentenceSplitter:
    """Cuts a text into sentences, however it arrives; SSML comes out whole."""

    def __init__(self) -> None:
        """Start without text."""
        self._detector = SentenceBoundaryDetector()
        self._unread = ""
        self._in_ssml = False
        self._waiting = ""

    def add(self, chunk: str) -> Iterator[str]:
        """Yield the sentences that are complete with this chunk."""
        self._unread += chunk
        while True:
            if self._in_ssml:
                head, end, tail = self._unread.partition(_SSML_END)
                if not end:
                    return
                self._in_ssml, self._unread = False, tail
                yield head + end
            elif start := _SSML_START.search(self._unread):
                plain, self._unread = self._unread[: start.start()], self._unread[start.start() :]
                yield from self._plain_end(plain)
                self._in_ssml = True
            else:
                self._unread = yield from self._plain(self._unread)
                return

    def finish(self) -> Iterator[str]:
        """Yield what is left when the text has ended."""
        rest, self._unread = self._unread, ""
        if self._in_ssml:
            yield rest
        else:
            yield from self._plain_end(rest)

    def _plain(self, text: str) -> Generator[str, None, str]:
        """Yield the sentences in a text that goes on; return what cannot be read yet."""
        position = 0
        begun = _SSML_BEGUN.search(text)
        while step := _STEP.match(text, position, begun.start() if begun else len(text)):
            position = step.end()
            yield from self._step(step[0])
        return text[position:]

    def _plain_end(self, text: str) -> Iterator[str]:
        """Yield the sentences in a text that ends here."""
        rest = yield from self._plain(text)
        yield from self._step(rest)
        yield from self._sentence(self._detector.finish())
        if self._waiting:
            yield self._waiting
            self._waiting = ""

    def _step(self, step: str) -> Iterator[str]:
        for sentence in self._detector.add_chunk(step.translate(_ASTERISK)):
            yield from self._sentence(sentence)
        # sentence-stream takes every short word with a capital ("Yes.") for an abbreviation.
        held = self._detector.current_sentence
        if held and not ends_with_abbreviation(held):
            self._detector.current_sentence = ""
            yield from self._sentence(held)
        yield from self._soft_cut()

    def _soft_cut(self) -> Iterator[str]:
        """Cut what has grown too long at its last white space, so that neither text nor time pile up."""
        text = self._detector.current_sentence + self._detector.remaining_text
        if len(text) <= SOFT_LIMIT:
            return
        head, *tail = text.rsplit(maxsplit=1)
        if not tail and len(text) <= HARD_LIMIT:
            return
        self._detector.current_sentence = ""
        self._detector.remaining_text = "".join(tail)
        yield from self._sentence(head)

    def _sentence(self, sentence: str) -> Iterator[str]:
        """Yield a sentence; the "1." of a list and what ends in an abbreviation wait for what follows."""
        sentence = f"{self._waiting} {sentence.translate(_ASTERISK_BACK).strip()}".strip()
        has_words = any(character.isalpha() for character in sentence)
        if len(sentence) <= SOFT_LIMIT and (not has_words or ends_with_abbreviation(sentence)):
            self._waiting = sentence
        else:
            self._waiting = ""
            yield sentence


class TextSegments:
    """The pieces of a text that is still being written; an async context manager and iterator.

    The first piece is the first sentence alone, as soon as it is complete. Each later one is all that has
    been completed until it is asked for, up to HARD_LIMIT characters. Waiting for a piece may be cancelled
    without losing one. An error of the source comes out where the next piece is asked for.
    """

    def __init__(self, text: AsyncGenerator[str], spoken: Callable[[str], str] = str) -> None:
        """Take the text in chunks of any size; it is closed in the end.

        Each sentence is said as spoken() returns it; where that is nothing, there is no piece.
        """
        self._text = text
        self._spoken = spoken
        self._sentences: deque[str] = deque()
        self._changed = asyncio.Event()
        self._begun = False
        self.count = 0
        """TextSegments that have been handed out."""
        self.texts: list[str] = []
        """All sentences so far, to be taken out of errors."""
        self.characters = 0
        """Characters in them."""
        self._ended = False
        self._error: Exception | None = None

    @classmethod
    def of(cls, text: str, spoken: Callable[[str], str] = str) -> Self:
        """Take a text that is complete."""

        async def whole() -> AsyncGenerator[str]:
            yield text

        return cls(whole(), spoken)

    @classmethod
    def of_one(cls, sentence: str) -> Self:
        """Take a sentence that is one piece, as it is."""
        pieces = cls.of("")
        pieces._begun = True  # noqa: SLF001
        pieces._sentences.append(sentence)  # noqa: SLF001
        return pieces

    async def __aenter__(self) -> Self:
        """Start reading the text."""
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading the text."""
        await end(self._reading)

    @property
    def complete(self) -> bool:
        """Return whether the whole text is known."""
        return self._ended

    @property
    def starved(self) -> bool:
        """Return whether all that is known of the text has been handed out, and more is to come."""
        return not self._sentences and not self._ended

    async def begun(self) -> bool:
        """Wait for the first character that is no white space; return False where the text has none."""
        while not self._begun and not self._ended:
            await self._change()
        return self._begun

    def __aiter__(self) -> AsyncIterator[str]:
        """Return itself."""
        return self

    async def __anext__(self) -> str:
        """Wait for the next piece."""
        piece = await self.sentence()
        if piece is None:
            raise StopAsyncIteration
        while self.count > 1 and self._sentences and self._fits(piece, self._sentences[0]):
            sentence = self._sentences.popleft()
            self.characters += len(sentence) + 1
            piece = f"{piece} {sentence}"
        return piece

    async def sentence(self) -> str | None:
        """Wait for the next sentence alone; None where there is none any more."""
        while not self._sentences:
            if self._error:
                raise self._error
            if self._ended:
                return None
            await self._change()
        sentence = self._sentences.popleft()
        self.count += 1
        self.characters += len(sentence)
        return sentence

    @staticmethod
    def _fits(piece: str, sentence: str) -> bool:
        return len(piece) + len(sentence) < HARD_LIMIT and not is_ssml(piece) and not is_ssml(sentence)

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _read(self) -> None:
        splitter = SentenceSplitter()
        try:
            async with aclosing(self._text):
                async for chunk in self._text:
                    self._begun = self._begun or bool(chunk.strip())
                    await self._take(splitter.add(chunk))
            await self._take(splitter.finish())
        except Exception as err:  # noqa: BLE001 (whatever it is, it comes out where a piece is asked for)
            self._error = err
        finally:
            self._ended = True
            self._changed.set()

    async def _take(self, sentences: Iterator[str]) -> None:
        self._changed.set()
        for sentence in filter(None, map(self._spoken, sentences)):
            self._sentences.append(sentence)
            self.texts.append(sentence)
            self._changed.set()
            # A long text in one chunk must not keep the event loop from anything else.
            await asyncio.sleep(0)


class ReplayableText:
    """The pieces of an utterance, which can be iterated anew until its first audio has been heard."""

    def __init__(self, pieces: TextSegments) -> None:
        """Keep what is taken from these pieces."""
        self._pieces = pieces
        self._taken: list[str] | None = []

    def forget(self) -> None:
        """Keep nothing any more: what has been heard is not asked for again."""
        self._taken = None

    async def __aiter__(self) -> AsyncGenerator[str]:
        """Yield the pieces from the first one on."""
        for piece in self._taken or ():
            yield piece
        async for piece in self._pieces:
            if self._taken is not None:
                self._taken.append(piece)
            yield piece
