"""A text that is being written, for one reader after the other."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Self

from .speech.tasks import end


class ReplayableText:
    """Reads a text as it is written; an async context manager.

    Every reader gets it from its beginning. A reader that stops does not break it off for the next one.
    """

    def __init__(self, text: AsyncGenerator[str]) -> None:
        """Take the text; it is closed in the end."""
        self._text = text
        self._chunks: list[str] = []
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start reading the text."""
        self._reading = asyncio.create_task(self._read())
        self._reading.add_done_callback(lambda _: self._changed.set())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading the text."""
        await end(self._reading)

    async def chunks(self) -> AsyncGenerator[str]:
        """Yield what has been written, then what is still to be; raises what the text raises."""
        position = 0
        while position < len(self._chunks) or not self._reading.done():
            if position == len(self._chunks):
                self._changed.clear()
                await self._changed.wait()
                continue
            position += 1
            yield self._chunks[position - 1]
        self._reading.result()

    async def _read(self) -> None:
        async with aclosing(self._text):
            async for chunk in self._text:
                self._chunks.append(chunk)
                self._changed.set()
                # A text that never pauses would block the event loop, and nothing of it would be spoken.
                await asyncio.sleep(0)
