"""Silence around a speech, for speakers that swallow the first or the last word."""

from contextlib import aclosing

from .pcm import PcmFormat
from .service import Audio


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
