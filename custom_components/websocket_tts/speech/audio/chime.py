"""Chimes that are played before the speech, while the service is still working."""

from collections.abc import Awaitable, Callable
from pathlib import Path
import wave

import audioop

from .buffer import AudioBuffer
from .gain import scale
from .pcm import SAMPLE_WIDTH, PcmFormat

type Chime = Callable[[PcmFormat], Awaitable[bytes]]
"""Returns the samples of a chime in a format, or nothing if it is not available. Never raises."""

REST = 150
"""Milliseconds of silence between a chime and the speech."""

BUILT_IN = ("bell", "doorbell", "three_tones")
"""Names of the built-in chimes, each of which is a file."""
_FILES = Path(__file__).parent / "chimes"


async def ring(chime: Chime, buffer: AudioBuffer, volume: float) -> None:
    """Put a chime and a rest into a buffer, scaled by the volume, but never louder than the original."""
    if (audio_format := await buffer.format()) and (samples := await chime(audio_format)):
        buffer.put(scale(samples, min(volume, 1.0)))
        buffer.put(audio_format.silence(REST))


def built_in(name: str, audio_format: PcmFormat) -> bytes:
    """Return the samples of a built-in chime. Blocks while its file is read."""
    with wave.open(str(_FILES / f"{name}.wav")) as file:
        samples, rate = file.readframes(file.getnframes()), file.getframerate()
    return audioop.ratecv(samples, SAMPLE_WIDTH, 1, rate, audio_format.sample_rate, None)[0]
