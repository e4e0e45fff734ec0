"""Silence around a speech, for speakers that swallow words, and in its pauses, for players that give up."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ..audio.buffer import ReadAhead
from ..audio.pcm import AudioStream, PcmFormat
from ..text.segments import TextSegments

FILL_AFTER = 2.0
"""Seconds without audio until the silence begins; some players hang after 5."""
FILL_PACE = 100
"""Milliseconds of silence at a time."""


async def with_silence(audio: AudioStream, lead_in: int, lead_out: int) -> AudioStream:
    """Yield the audio with so many milliseconds of silence before and after it.

    The silence before comes with the format, while the service is still thinking.
    """
    audio_format: PcmFormat | None = None
    async with aclosing(audio):
        async for part in audio:
            yield part
            if isinstance(part, PcmFormat):
                audio_format = part
                if lead_in:
                    yield part.silence(lead_in)
    if audio_format and lead_out:
        yield audio_format.silence(lead_out)


async def with_filler(ahead: ReadAhead, pieces: TextSegments) -> AudioStream:
    """Yield the audio, and silence in real time while the text pauses and nothing of it is to be spoken.

    There is none once the text is complete: then the service alone is waited for.
    """
    audio_format = await anext(ahead, None)
    if not isinstance(audio_format, PcmFormat):
        return
    yield audio_format
    while True:
        if not pieces.complete:
            async for silence in _until_ready(ahead, pieces, audio_format):
                yield silence
        try:
            yield await anext(ahead)
        except StopAsyncIteration:
            return


async def _until_ready(
    ahead: ReadAhead, pieces: TextSegments, audio_format: PcmFormat
) -> AsyncGenerator[bytes]:
    """Yield silence, after a while and at its pace, until there is audio or the text is complete."""
    patience = FILL_AFTER
    while not await ahead.ready(patience) and not pieces.complete:
        patience = FILL_PACE / 1000
        if pieces.starved:
            yield audio_format.silence(FILL_PACE)
