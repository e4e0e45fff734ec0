"""A text that is still being written: it is read once, and kept for all who speak it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Self

from ..exceptions import TextStalledError
from ..tasks import end
from .finder import READ_AT_ONCE, SentenceFinder
from .pauses import Ending, Pause, PauseWatch
from .splitter import Sentence, SentenceSplitter
from .ssml import speakable


class TextStream:
    """Reads a text in a task, and keeps the sentences and SSML documents that it finds; a context manager.

    Any number of TextSegments get them from the beginning. Without the context, reading begins with the first
    of them, and ends with the text: good for a complete text.
    """

    def __init__(
        self,
        chunks: AsyncGenerator[str],
        *,
        language: str = "",
        abbreviations: frozenset[str] = frozenset(),
        stall_timeout: float = 30.0,
    ) -> None:
        """Initialize with a text in chunks of any size, which is closed at the end.

        For language and abbreviations see SentenceSplitter, for stall_timeout PauseWatch.
        """
        self.language = language
        self.found: list[Sentence] = []
        """All sentences and documents so far; a pause of the text may have cut a sentence."""
        self.ready = 0
        """How many of them are spoken without waiting for others that could be joined with them."""
        self.has_begun = False
        """Whether there was a character other than white space."""
        self.complete = False
        """Whether the whole text is known, or no more of it will be."""
        self.error: Exception | None = None
        """What the text raised in the end; TextStalledError if it was abandoned."""
        self._chunks = chunks
        self._splitter = SentenceSplitter(language, abbreviations)
        self._finder = SentenceFinder(self._splitter)
        self._watch = PauseWatch(stall_timeout)
        self._is_waited_for = True
        """Whether the next sentence is the first one after a wait for text."""
        self._given_up: TextStalledError | None = None
        self._changed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, text: str, *, language: str = "", abbreviations: frozenset[str] = frozenset()) -> Self:
        """Create the stream of a complete text."""
        return cls(whole(text), language=language, abbreviations=abbreviations)

    async def __aenter__(self) -> Self:
        """Start reading the text."""
        self._begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading the text."""
        await end(self._begin())

    async def change(self) -> None:
        """Wait until something of the above has changed; where the text pauses, cut it when that is due."""
        self._changed.clear()
        self._begin()
        if self._changed.is_set():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._look()):
                await self._changed.wait()

    def _begin(self) -> asyncio.Task[None]:
        if not self._reading:
            # A sentence that is already there is spoken without waiting for the event loop.
            self._reading = asyncio.create_task(self._read(), eager_start=True)
        return self._reading

    def _look(self) -> float:
        """Do what the pause of the text, if it pauses, is a reason for; return when to look again."""
        pause, again = self._watch.look(asyncio.get_running_loop().time(), self._splitter.ending)
        if pause is Pause.STALLED and not self._given_up:
            self._given_up = TextStalledError("no more text came")
            self._begin().cancel()
        if pause is Pause.LONG:
            self.found += self._splitter.cut()
        if pause and self.ready < len(self.found):
            self.ready = len(self.found)
            self._changed.set()
        return again

    async def _read(self) -> None:
        try:
            async with aclosing(self._chunks):
                await self._read_chunks()
        except asyncio.CancelledError:
            self.error = self._given_up or TextStalledError("the text was broken off")
        except Exception as err:  # noqa: BLE001 (whatever it is, it comes out where a segment is asked for)
            self.error = err
        if self.error in (None, self._given_up) or self._splitter.ending is Ending.SENTENCE:
            self.found += self._finder.finish()
        self.complete = True
        self._changed.set()

    async def _read_chunks(self) -> None:
        time = asyncio.get_running_loop().time
        unrested = 0
        self._watch.wait(time())
        async for chunk in self._chunks:
            if not chunk:
                await asyncio.sleep(0)
                continue
            self._is_waited_for |= self._watch.note_text(time())
            if not self.has_begun and speakable(chunk).strip():
                self.has_begun = True
                self._changed.set()
            for start in range(0, len(chunk), READ_AT_ONCE):
                part = chunk[start : start + READ_AT_ONCE]
                await self._find(part)
                unrested += len(part)
                if unrested >= READ_AT_ONCE:
                    # A long text must not block the event loop.
                    await asyncio.sleep(0)
                    unrested = 0
            self._watch.wait(time())

    async def _find(self, text: str) -> None:
        for found in self._finder.add(text):
            self.found.append(found)
            self._changed.set()
            if self._is_waited_for and not found.is_thought:
                # Let it be taken alone; the others are joined in the next segments.
                self._is_waited_for = False
                self.ready = len(self.found)
                await asyncio.sleep(0)


async def whole(text: str) -> AsyncGenerator[str]:
    """Yield a complete text."""
    yield text
