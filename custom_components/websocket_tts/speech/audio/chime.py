"""Chimes that are played before the speech, while the service is still working."""

from collections.abc import Awaitable, Callable
from math import exp, pi, sin
from struct import pack

from .buffer import AudioBuffer
from .gain import scale
from .pcm import PcmFormat

type Chime = Callable[[PcmFormat], Awaitable[bytes]]
"""Returns the samples of a chime in a format, or nothing if it is not available. Never raises."""

REST = 150
"""Milliseconds of silence between a chime and the speech."""

_NOTES: dict[str, tuple[tuple[float, float], ...]] = {
    "bell": ((880.0, 0.0),),
    "doorbell": ((659.26, 0.0), (523.25, 0.4)),
    "three_tones": ((523.25, 0.0), (659.26, 0.22), (783.99, 0.44)),
}
"""Frequency in Hz and start in seconds of each note."""
BUILT_IN = tuple(_NOTES)
"""Names of the generated chimes."""

_OVERTONES = ((1, 1.0, 0.22), (2, 0.3, 0.14), (3, 0.1, 0.08))
"""Multiple of the frequency, amplitude, and time constant of the decay in seconds."""
_NOTE_LENGTH = 0.8
_ATTACK = 0.01
"""Seconds; without it a note would start with a click."""
_PEAK = 8192
"""A quarter of full scale: -12 dB."""


async def ring(chime: Chime, buffer: AudioBuffer, volume: float) -> None:
    """Put a chime and a rest into a buffer, scaled by the volume, but never louder than the original."""
    if (audio_format := await buffer.format()) and (samples := await chime(audio_format)):
        buffer.put(scale(samples, min(volume, 1.0)))
        buffer.put(audio_format.silence(REST))


def generate(name: str, audio_format: PcmFormat) -> bytes:
    """Return the samples of a built-in chime. Blocks for tens of milliseconds."""
    rate = audio_format.sample_rate
    notes = _NOTES[name]
    sound = [0.0] * int(rate * (max(begin for _, begin in notes) + _NOTE_LENGTH))
    for pitch, begin in notes:
        for index, value in enumerate(_note(pitch, rate), int(rate * begin)):
            sound[index] += value
    gain = _PEAK / max(map(abs, sound))
    return pack(f"<{len(sound)}h", *(round(value * gain) for value in sound))


def _note(pitch: float, rate: int) -> list[float]:
    values = [0.0] * int(rate * _NOTE_LENGTH)
    for multiple, loudness, fading in _OVERTONES:
        step, decay, level = 2 * pi * pitch * multiple / rate, exp(-1 / (fading * rate)), loudness
        for index in range(len(values)):
            values[index] += level * sin(step * index)
            level *= decay
    for index in range(int(rate * _ATTACK)):
        values[index] *= sin(pi / 2 * index / (rate * _ATTACK)) ** 2
    # The rest at the end of the note is faded out.
    return [value * (1 - (index / len(values)) ** 4) for index, value in enumerate(values)]
