"""Synthesizer with real voices: espeak-ng, which runs in a thread and streams its audio."""

import asyncio
from collections.abc import AsyncGenerator
import ctypes
from functools import cache
import threading

import espeakng_loader

from .voices import ALL

_SAMPLE_RATE = 22050
_SYNCHRONOUS = 2  # the callback gets the audio, in the calling thread
_CHARACTER_UTF8 = 1
_SSML = 0x10
_PARAMETER_RATE = 1  # words per minute
_PARAMETER_VOLUME = 2  # per cent
_NORMAL_RATE = 175
_CHUNK_MILLISECONDS = 40

_SPOKEN = 0  # returned by the library's functions on success

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
# The library has a single state for the whole process.
_SPEAKING = threading.Lock()


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    if library.espeak_Initialize(_SYNCHRONOUS, _CHUNK_MILLISECONDS, data, 0) != _SAMPLE_RATE:
        raise RuntimeError("espeak-ng could not be initialized")
    return library


def _check(status: int, what: str) -> None:
    if status != _SPOKEN:
        raise RuntimeError(f"espeak-ng failed with {status}: {what}")


class _Resampler:
    """Resampling by linear interpolation, which is good enough for intelligible speech."""

    def __init__(self, sample_rate: int) -> None:
        """Initialize for an output sample rate in Hz."""
        self._step = _SAMPLE_RATE / sample_rate
        self._position = 0.0
        self._last = 0

    def resample(self, samples: list[int]) -> bytes:
        """Return the resampled samples (s16le) up to the last one of the input."""
        known = [self._last, *samples]
        out = []
        while self._position < len(samples):
            index = int(self._position)
            share = self._position - index
            out.append(round(known[index] * (1 - share) + known[index + 1] * share))
            self._position += self._step
        self._position -= len(samples)
        self._last = known[-1]
        return b"".join(sample.to_bytes(2, "little", signed=True) for sample in out)


def _synthesize(text: str, voice: str, rate: float, volume: float, callback: ctypes._CFunctionType) -> None:
    """Synthesize a text to its end, or until the callback returns 1."""
    library = _library()
    simulated = ALL[voice]
    library.espeak_SetSynthCallback(callback)
    _check(library.espeak_SetVoiceByName(simulated.espeak.encode()), f"no voice {simulated.espeak}")
    library.espeak_SetParameter(_PARAMETER_RATE, round(_NORMAL_RATE * rate), 0)
    library.espeak_SetParameter(_PARAMETER_VOLUME, round(100 * volume), 0)
    data = text.encode()
    is_ssml = simulated.reads_ssml and text.lstrip().startswith("<speak")
    flags = _CHARACTER_UTF8 | (_SSML if is_ssml else 0)
    size = ctypes.c_size_t(len(data) + 1)
    _check(library.espeak_Synth(data, size, 0, 0, 0, flags, None, None), "no synthesis")


class Espeak:
    """Synthesizer that uses espeak-ng. Raises RuntimeError if it cannot be loaded."""

    def __init__(self) -> None:
        _library()

    async def speak(
        self, text: str, voice: str, sample_rate: int, rate: float, volume: float
    ) -> AsyncGenerator[bytes]:
        """Yield the samples of a text as they are synthesized; SSML is supported."""
        loop = asyncio.get_running_loop()
        made: asyncio.Queue[bytes | None] = asyncio.Queue()
        unwanted = threading.Event()
        resampler = _Resampler(sample_rate)

        def take(wave: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
            if wave and count and not unwanted.is_set():
                loop.call_soon_threadsafe(made.put_nowait, resampler.resample(wave[:count]))
            return int(unwanted.is_set())

        callback = _Callback(take)

        def work() -> None:
            try:
                with _SPEAKING:
                    if not unwanted.is_set():
                        _synthesize(text, voice, rate, volume, callback)
            finally:
                loop.call_soon_threadsafe(made.put_nowait, None)

        working = loop.run_in_executor(None, work)
        try:
            while (chunk := await made.get()) is not None:
                yield chunk
        finally:
            unwanted.set()
            await working
