"""Silence around a speech, for speakers that swallow words, and in its pauses, for players that give up."""

import asyncio
from contextlib import aclosing

from .pcm import PcmFormat
from .read_ahead import ReadAhead
from .sentences import Pieces
from .service import Audio

FILL_AFTER = 2.0
"""Seconds without audio until the silence begins; some players hang after 5."""
FILL_PACE = 100
"""Milliseconds of silence at a time."""


async def with_silence(audio: Audio, lead_in: int, lead_out: int) -> Audio:
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


async def with_filler(audio: Audio, pieces: Pieces) -> Audio:
    """Yield the audio, and silence in real time while the text pauses and nothing of it is to be spoken.

    There is none once the text is complete: then the service alone is waited for.
    """
    ahead = ReadAhead(audio)
    audio_format: PcmFormat | None = None
    patience = FILL_AFTER
    try:
        while True:
            try:
                async with asyncio.timeout(patience if pieces.starved else None):
                    part = await anext(ahead)
            except TimeoutError:
                patience = FILL_PACE / 1000
                if audio_format and pieces.starved:
                    yield audio_format.silence(FILL_PACE)
                continue
            except StopAsyncIteration:
                return
            patience = FILL_AFTER
            if isinstance(part, PcmFormat):
                audio_format = part
            yield part
    finally:
        await ahead.aclose()
