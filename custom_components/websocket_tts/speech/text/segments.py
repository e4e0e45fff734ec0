"""Conversion of a text stream to the segments to synthesize."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import partial
from typing import Self, TypedDict, Unpack

from ..exceptions import TextStalledError
from ..tasks import end
from .pace import Pace, Pauses
from .pronunciation import Pronunciations
from .sentence_queue import Segment, SentenceQueue
from .splitter import HARD_LIMIT
from .spoken import SpokenSentence, SpokenText
from .ssml import speakable

__all__ = ["HARD_LIMIT", "Pauses", "Segment", "TextOptions", "TextSegments"]

_LATE = 0.1
"""Delay of a timer, in seconds, that shows that the event loop was blocked."""
_GRACE = 0.05
"""Seconds to let text arrive that was waiting during that time."""
_EARLY = 0.001
"""Seconds by which a timer may fire early."""
_READ_AT_ONCE = 512
"""Characters."""
_LONGEST_WORK = 0.001
"""Seconds."""
_NORMAL_PAUSES = Pauses()
_NO_PRONUNCIATIONS = Pronunciations()


class TextOptions(TypedDict, total=False):
    """Options of TextSegments."""

    language: str
    """A BCP 47 tag; empty if unknown."""
    clean: bool
    """Whether Markdown and emoji are removed."""
    reads_ssml: bool
    """Whether the service supports SSML; otherwise it gets plain text instead."""
    sentence_pause: int
    """Milliseconds between two sentences; each sentence is then a segment."""
    stall_timeout: float
    """Seconds without more text after which it is abandoned."""
    pace: Pauses
    pronunciations: Pronunciations
    """What is spoken instead of what is written."""


class TextSegments:
    """The segments of a text that is still being generated; an async context manager.

    The first segment is the first sentence alone, as soon as it is complete. Each later segment contains all
    sentences that are complete when it is requested, up to a limit. When the text pauses, the rest so far
    becomes a segment: see Pauses. Waiting for a segment can be cancelled without losing one.
    """

    def __init__(self, text: AsyncGenerator[str], **options: Unpack[TextOptions]) -> None:
        """Initialize with a text in chunks of any size, which is closed at the end."""
        self._text = text
        self._spoken = SpokenText(
            options.get("language", ""),
            clean=options.get("clean", False),
            reads_ssml=options.get("reads_ssml", True),
            pronunciations=options.get("pronunciations", _NO_PRONUNCIATIONS),
        )
        self._stall_timeout = options.get("stall_timeout", 30.0)
        self._pace = Pace(options.get("pace", _NORMAL_PAUSES))
        self._known = SentenceQueue(self._spoken.joined, options.get("sentence_pause", 0))
        self._changed = asyncio.Event()
        self._begun = self._ended = self._leaving = False
        self._error: Exception | None = None
        self._timeout = asyncio.timeout(None)
        """Ends the wait for more text."""
        self._is_waiting = False
        self._is_waited_for = True
        """Whether the next sentence is the first one after a wait for text, and handed out at once."""
        self._timer: asyncio.TimerHandle | None = None
        """When to look whether something is due; one for all chunks, of which there may be thousands."""
        self._last_chunk = self._last_cut = self._last_rest = 0.0
        self._overdue = False
        self.texts: list[str] = []
        """All sentences so far, for redacting errors."""

    @classmethod
    def of(cls, text: str, **options: Unpack[TextOptions]) -> Self:
        """Create the segments of a complete text."""

        async def whole() -> AsyncGenerator[str]:
            yield text

        return cls(whole(), **options)

    async def __aenter__(self) -> Self:
        """Start reading the text."""
        # A sentence that is already there is spoken without waiting for the event loop.
        self._reading = asyncio.create_task(self._read(), eager_start=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading the text."""
        self._leaving = True
        await end(self._reading)

    @property
    def count(self) -> int:
        """Return the number of segments that have been handed out."""
        return self._known.count

    @property
    def characters(self) -> int:
        """Return the number of characters in them."""
        return self._known.characters

    @property
    def complete(self) -> bool:
        """Return whether the whole text is known."""
        return self._ended

    @property
    def starved(self) -> bool:
        """Return whether all of the text so far has been handed out, and it is incomplete."""
        return not self._known and not self._ended

    @property
    def has_ended(self) -> bool:
        """Return whether there will be neither a segment nor an error any more."""
        return self._ended and not self._known and self._error is None

    async def begun(self) -> bool:
        """Wait for the first character other than white space; return False if there is none.

        Raises an error that the text raised before it.
        """
        while not self._begun and not self._ended:
            await self._change()
        if self._error and not self._begun:
            raise self._error
        return self._begun

    async def has_words(self) -> bool:
        """Wait for the first segment; return False if the text has none."""
        while not (self.count or self._known or self._ended):
            await self._change()
        return bool(self.count or self._known)

    async def next(self, limit: int = HARD_LIMIT) -> Segment | None:
        """Wait for the next segment; None at the end of the text.

        It contains one sentence, or several within the limit in characters. Raises an error that the text
        raised, and TextStalledError if the text was abandoned.
        """
        while not (self._ended or self._known.has_segment(limit)):
            await self._change()
        if not self._known:
            if self._error:
                raise self._error
            return None
        segment = self._known.take(limit)
        if self._overdue and not self._known:
            self._give_up()
        return segment

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _read(self) -> None:
        try:
            async with aclosing(self._text):
                await self._read_chunks()
            # Nothing follows it that could be joined later.
            self._is_waited_for = False
            await self._take(self._spoken.finish())
        except asyncio.CancelledError:
            if not self._leaving:
                self._error = TextStalledError("the text was broken off")
            raise
        except Exception as err:  # noqa: BLE001 (whatever it is, it comes out where a segment is asked for)
            self._error = err
        finally:
            self._ended = True
            self._changed.set()

    async def _read_chunks(self) -> None:
        """Read to the end of the text. Raises what it raises, and TextStalledError."""
        self._last_rest = asyncio.get_running_loop().time()
        try:
            async with self._timeout:
                while (chunk := await self._chunk()) is not None:
                    self._begun = self._begun or bool(speakable(chunk).strip())
                    for start in range(0, len(chunk), _READ_AT_ONCE):
                        await self._take(self._spoken.add(chunk[start : start + _READ_AT_ONCE]))
        except TimeoutError:
            if not self._timeout.expired():
                raise
            await self._take(self._spoken.finish())
            raise TextStalledError(f"no more text came for {self._stall_timeout:g} s") from None
        finally:
            if self._timer:
                self._timer.cancel()

    async def _take(self, sentences: Iterable[SpokenSentence]) -> None:
        self._changed.set()
        for sentence in sentences:
            self._note(sentence)
            self._changed.set()
            if self._is_waited_for:
                # Let the request take this sentence; the others are joined in the next segments.
                self._is_waited_for = False
                self._known.offer()
                await asyncio.sleep(0)
            await self._rest()
        await self._rest()

    async def _rest(self) -> None:
        """Let the event loop do something else after a while: a long text must not block it."""
        loop = asyncio.get_running_loop()
        if loop.time() > self._last_rest + _LONGEST_WORK:
            await asyncio.sleep(0)
            self._last_rest = loop.time()

    def _note(self, sentence: SpokenSentence) -> None:
        self._known.add(sentence)
        self.texts.append(sentence.text)

    async def _chunk(self) -> str | None:
        """Wait for more text, and hand out the rest so far when it is due."""
        loop = asyncio.get_running_loop()
        self._last_chunk = self._last_cut = loop.time()
        self._overdue = False
        soon = _LONGEST_WORK if self._known and not self._known.is_offered else self._pace.shortest
        self._look_at(self._last_chunk + min(soon, self._stall_timeout))
        self._is_waiting = True
        while (chunk := await anext(self._text, None)) == "":
            pass
        self._is_waiting = False
        if self._overdue and not self._timeout.expired():
            # It came in the last moment.
            self._timeout.reschedule(None)
        waited = loop.time() - self._last_chunk
        self._is_waited_for |= waited > _LONGEST_WORK
        self._pace.note(waited)
        return chunk

    def _look_at(self, when: float) -> None:
        """Look at this time, or before."""
        if self._timer and self._timer.when() <= when:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._look)

    def _look(self, *, was_late: bool = False) -> None:
        """Hand out the rest so far, or abandon the text, if it is time; otherwise check again then."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        timer, self._timer = self._timer, None
        if not self._is_waiting:
            return
        if timer and now > timer.when() + _LATE and not was_late:
            self._timer = loop.call_later(_GRACE, partial(self._look, was_late=True))
            return
        # More text does not come at once.
        self._known.offer()
        self._changed.set()
        if now > self._last_chunk + self._stall_timeout - _EARLY:
            self._overdue = True
            if not self._known:
                self._give_up()
            return
        if now > self._last_cut + self._pace.patience(self._spoken.ending) - _EARLY:
            for sentence in self._spoken.cut():
                self._note(sentence)
            self._changed.set()
            self._last_cut = now
        due = self._last_cut + self._pace.patience(self._spoken.ending)
        self._look_at(min(due, self._last_chunk + self._stall_timeout))

    def _give_up(self) -> None:
        """Stop waiting for the text."""
        if self._is_waiting and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time())
            self._is_waiting = False
