"""What a listener hears, and what of it must hold."""

from array import array
import asyncio
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
import re
from statistics import median
from time import monotonic

from custom_components.websocket_tts.speech.audio import chime
from custom_components.websocket_tts.speech.audio.gain import scale
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from simulator import tones

HEADER = 44
_WIDTH = 2
_QUIET = re.compile(rb"\0{480,}")
_BEGINNING = 4000
"""Bytes that identify an announcement."""
_RATIOS = (2 / 3, 1, 3 / 2)
"""Of slopes, where the sample rate was converted between 16 and 24 kHz, or was not."""
_INEXACT = 0.04
_STEP = 37
"""How much the slope of a tone is above the number of its character."""


def without_silence(samples: bytes) -> bytes:
    """Return samples without the silent ones: tones have none."""
    return array("h", filter(None, array("h", samples[: len(samples) // _WIDTH * _WIDTH]))).tobytes()


@lru_cache
def _ringing(name: str, rate: int, volume: float) -> bytes:
    return without_silence(scale(chime.built_in(name, PcmFormat(rate)), volume))


@dataclass(frozen=True, slots=True)
class Meant:
    """What is to be heard: a chime, and words."""

    words: str
    chime: str = "none"
    volume: float = 1.0
    scales: bool = False
    """Whether the volume is that of the client, not of the engine."""
    is_converted: bool = False
    """Whether it may be of several sample rates, and so only about the same."""
    is_part: bool = False
    """Whether any beginning of it is right, also none."""

    def ringing(self, rate: int) -> bytes:
        """Return the chime."""
        if self.chime == "none":
            return b""
        return _ringing(self.chime, rate, min(self.volume, 1.0))

    def spoken(self, rate: int) -> list[bytes]:
        """Return the words as the service speaks them, and as a fallback does."""
        plain = tones.pcm(self.words, rate)
        if self.scales:
            return [without_silence(scale(plain, self.volume)), plain]
        return [tones.pcm(self.words, rate, volume=self.volume), plain]

    def outcome(self, hearing: Hearing) -> str:
        """Return what came of it: "whole", or what is wrong with it."""
        heard = hearing.sound
        if not heard or not hearing.rate:
            return "whole" if self.is_part else "lost"
        rings = self.ringing(hearing.rate)
        wholes = [rings + spoken for spoken in self.spoken(hearing.rate)]
        if heard in wholes and not hearing.error:
            return "whole"
        if any(whole.startswith(heard) for whole in wholes):
            return "whole" if self.is_part else "cut"
        beginning = wholes[0][len(rings) : len(rings) + _BEGINNING]
        if heard.count(beginning) > wholes[0].count(beginning):
            return "doubled"
        if self.is_converted and heard.startswith(rings):
            outcome = _sounds_like(heard[len(rings) :], self.words, hearing.rate)
            return "whole" if self.is_part and outcome == "cut" else outcome
        return _damage(heard, wholes[0], hearing.rate)


def _damage(heard: bytes, whole: bytes, rate: int) -> str:
    """Return where samples are not those that were meant."""
    # Of a character.
    block = int(rate * tones.SECONDS_PER_CHARACTER) * _WIDTH
    same = next((index for index, (a, b) in enumerate(zip(heard, whole, strict=False)) if a != b), 0)
    goes_on = whole.find(heard[same + block : same + 3 * block], same)
    ends = "as meant" if heard[-block:] == whole[-block:] else "otherwise"
    place, later, size = same // block, (goes_on - same) // block, len(whole) // block
    return f"damaged after {place} of {size} tones, goes on {later} later, ends {ends}"


@dataclass(slots=True)
class Hearing:
    """What a listener is to hear, has got, and when."""

    meant: Meant
    speaks: asyncio.Event = field(default_factory=asyncio.Event)
    """Set as soon as a word was heard."""
    data: bytearray = field(default_factory=bytearray)
    error: str = ""
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    """Times at which data arrived, with the number of bytes by then."""

    def take(self, chunk: bytes) -> None:
        """Take what has arrived."""
        self.data += chunk
        self.arrivals.append((monotonic(), len(self.data)))
        if not self.speaks.is_set() and len(self.sound) > len(self.meant.ringing(self.rate)):
            self.speaks.set()

    @property
    def rate(self) -> int:
        """Return the sample rate, in Hz."""
        return int.from_bytes(self.data[24:28], "little")

    @property
    def sound(self) -> bytes:
        """Return the samples that are not silent."""
        return without_silence(bytes(self.data[HEADER:]))

    def longest_silence(self, stood: list[tuple[float, float]]) -> float:
        """Return the seconds of the longest silence between two sounds, to who plays it in real time.

        It is silent while there is silence to play, and while there is nothing to play, but for the times, of
        the monotonic clock, at which nobody here could do anything.
        """
        data = bytes(self.data)
        begun = len(data) - len(data[HEADER:].lstrip(b"\0"))
        dry: list[tuple[int, float]] = []
        ends, before = 0.0, begun
        for when, size in self.arrivals:
            if size > before:
                if before > begun and when > ends:
                    excused = sum(max(0.0, min(when, until) - max(ends, since)) for since, until in stood)
                    dry.append((before, max(0.0, when - ends - excused)))
                ends = max(ends, when) + self._seconds(size - before)
                before = size
        quiet = [run.span() for run in _QUIET.finditer(data, begun) if run.end() < len(data)]
        silences = [seconds for _, seconds in dry] + [
            self._seconds(end - start) + sum(seconds for place, seconds in dry if start <= place <= end)
            for start, end in quiet
        ]
        return max(silences, default=0.0)

    def _seconds(self, size: int) -> float:
        return size / _WIDTH / self.rate

    @property
    def outcome(self) -> str:
        """Return what came of it: "whole", or what is wrong with it."""
        return self.meant.outcome(self)


def _sounds_like(heard: bytes, words: str, rate: int) -> str:
    """Return whether samples are the tones of some words, perhaps converted from another sample rate."""
    samples, text = array("h", heard), "".join(words.split())
    block = rate * tones.SECONDS_PER_CHARACTER
    if abs(len(samples) - len(text) * block) > block / 2:
        return "cut" if len(samples) < len(text) * block else "damaged"
    for index, character in enumerate(text):
        middle = samples[int((index + 0.3) * block) : int((index + 0.7) * block)]
        slope = median(after - before for before, after in pairwise(middle))
        meant = ord(character) % 1009 + _STEP
        if not any(abs(slope / meant / ratio - 1) < _INEXACT for ratio in _RATIOS):
            return f"damaged at {index} of {len(text)}"
    return "whole"
