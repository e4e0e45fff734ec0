"""A stream that is received before it is asked for."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing

from .pcm import PcmFormat
from .service import Audio
from .tasks import end

MAX_HELD = 256 * 1024
"""Bytes of audio received ahead at most; then the service has to wait."""


class ReadAhead:
    """Receives audio in a task of its own from the moment it is made; ends with aclose()."""

    def __init__(self, audio: Audio) -> None:
        """Start receiving."""
        self._parts: deque[PcmFormat | bytes] = deque()
        self._held = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._receiving = asyncio.create_task(self._receive(audio))
        self._receiving.add_done_callback(lambda _: self._changed.set())

    async def _receive(self, audio: Audio) -> None:
        async with aclosing(audio):
            async for part in audio:
                self._parts.append(part)
                self._changed.set()
                if isinstance(part, bytes):
                    self._held += len(part)
                while self._held > MAX_HELD:
                    self._room.clear()
                    await self._room.wait()

    def __aiter__(self) -> AsyncIterator[PcmFormat | bytes]:
        """Return itself."""
        return self

    async def __anext__(self) -> PcmFormat | bytes:
        """Return the next part; raises what the audio raised."""
        while not self._parts:
            if self._receiving.done():
                self._receiving.result()
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        part = self._parts.popleft()
        if isinstance(part, bytes):
            self._held -= len(part)
            self._room.set()
        return part

    async def aclose(self) -> None:
        """Stop receiving, and wait until the connection is closed."""
        await end(self._receiving)
