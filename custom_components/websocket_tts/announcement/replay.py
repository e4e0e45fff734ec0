"""A text stream that can be read several times."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Self

from ..speech.tasks import end

_READ_AT_ONCE = 16
"""Chunks."""


class ReplayableText:
    """Reads a text stream in a task and stores it; an async context manager.

    Each reader gets the text from the beginning. A reader that stops does not end the stream for others.
    """

    def __init__(self, text: AsyncGenerator[str]) -> None:
        """Initialize with the text, which is closed when the context is left."""
        self._text = text
        self._chunks: list[str] = []
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start reading the text."""
        # A complete text is read at once: then there is no task to wait for.
        self._reading = asyncio.create_task(self._read(), eager_start=True)
        self._reading.add_done_callback(lambda _: self._changed.set())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading the text."""
        await end(self._reading)

    async def chunks(self) -> AsyncGenerator[str]:
        """Yield the stored chunks, then new ones as they arrive. Raises the error of the text."""
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
                if len(self._chunks) % _READ_AT_ONCE == 0:
                    # A text that never pauses would block the event loop, and nothing of it would be spoken.
                    await asyncio.sleep(0)
