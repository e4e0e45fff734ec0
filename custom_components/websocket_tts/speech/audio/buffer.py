"""A stream that is received before it is asked for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress

from ..audio.pcm import AudioStream, PcmFormat
from ..exceptions import SpeechError
from ..tasks import end

MAX_HELD = 64 * 1024
"""Bytes of audio received ahead at most; then the service has to wait."""


class ReadAhead:
    """Receives audio in a task of its own from the moment it is made; ends with aclose().

    What has been received meanwhile is handed out in one part: that is much less work for all who come after.
    """

    def __init__(self, audio: AudioStream) -> None:
        """Start receiving."""
        self._format: PcmFormat | None = None
        self._samples = bytearray()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._interruption: SpeechError | None = None
        self._receiving = asyncio.create_task(self._receive(audio))
        self._receiving.add_done_callback(lambda _: self._changed.set())

    async def _receive(self, audio: AudioStream) -> None:
        first = True
        async with aclosing(audio):
            async for part in audio:
                if isinstance(part, PcmFormat):
                    self._format = part
                else:
                    self._samples += part
                self._changed.set()
                if first:
                    # The first audio is waited for: it goes on before more is received.
                    first = not self._samples
                    await asyncio.sleep(0)
                while len(self._samples) > MAX_HELD:
                    self._room.clear()
                    await self._room.wait()

    def __aiter__(self) -> AsyncIterator[PcmFormat | bytes]:
        """Return itself."""
        return self

    @property
    def _is_ready(self) -> bool:
        return bool(self._samples) or self._format is not None or self._receiving.done()

    async def ready(self, seconds: float) -> bool:
        """Wait so long at most until there is something to hand out, or the end; return whether there is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wait()
        return self._is_ready

    async def _wait(self) -> None:
        while not self._is_ready:
            self._changed.clear()
            await self._changed.wait()

    async def __anext__(self) -> PcmFormat | bytes:
        """Return the format, or all samples that are there; raises what the audio raised."""
        await self._wait()
        if audio_format := self._format:
            self._format = None
            return audio_format
        if not self._samples:
            if self._interruption:
                raise self._interruption
            self._receiving.result()
            raise StopAsyncIteration
        samples, self._samples = bytes(self._samples), bytearray()
        self._room.set()
        return samples

    def interrupt(self, err: SpeechError) -> None:
        """Stop receiving; whoever asks for more gets this error."""
        self._interruption = err
        self._receiving.cancel()

    async def aclose(self) -> None:
        """Stop receiving, and wait until the connection is closed."""
        await end(self._receiving)


async def one_ahead(following: Callable[[], AudioStream], pause: int = 0) -> AudioStream:
    """Yield one audio after the other, until one has no samples; the next begins when the current is heard.

    Between two of them is a pause, in milliseconds of silence. The format may come again.
    """
    current = upcoming = ReadAhead(following())
    audio_format: PcmFormat | None = None
    is_first = True
    try:
        while True:
            async for part in current:
                if isinstance(part, PcmFormat):
                    audio_format = part
                elif upcoming is current:
                    upcoming = ReadAhead(following())
                    if audio_format and pause and not is_first:
                        yield audio_format.silence(pause)
                    is_first = False
                yield part
            if upcoming is current:
                return
            current = upcoming
    finally:
        await upcoming.aclose()
        await current.aclose()
