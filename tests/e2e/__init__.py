"""The integration with the real parts around it: what was heard is compared with what was spoken."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Samples = NDArray[np.float64]

ENCODER_DELAY = 1105
"""Samples before the first one: those of the MP3 encoder and of the decoder."""
FRAME = 576
"""Samples in a frame of MP3, at the sample rates of speech."""
_WINDOW = 8192
_FURTHEST = 4096


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like each other what was heard and what was spoken are; lengths in samples."""

    longer: int
    """What was heard, than what was spoken."""
    delay: int
    """Until what was spoken begins; below 0 its beginning is missing."""
    correlation: float
    """Of all that is in both."""


def samples(data: bytes, bits: int = 16) -> Samples:
    """Return little-endian PCM of 16 or 24 bits as numbers from -1 to 1."""
    width = bits // 8
    whole = np.zeros((len(data) // width, 4), np.uint8)
    whole[:, 4 - width :] = np.frombuffer(data, np.uint8).reshape(-1, width)
    return whole.view("<i4")[:, 0] / 2.0**31


def without_silence(pcm: bytes) -> bytes:
    """Return what the simulator spoke, without all silence: its tones have no sample that is 0."""
    heard = np.frombuffer(pcm, "<i2")
    return bytes(heard[heard != 0])


def likeness(heard: Samples, spoken: Samples) -> Likeness:
    """Compare what came through a lossy format, which shifts and prolongs, with the original."""
    padded = np.concatenate([np.zeros(_FURTHEST), heard[: _WINDOW + _FURTHEST]])
    beginning = spoken[:_WINDOW]
    matches = np.correlate(padded - padded.mean(), beginning - beginning.mean(), "valid")
    delay = int(matches.argmax()) - _FURTHEST
    played, original = heard[max(delay, 0) :], spoken[max(-delay, 0) :]
    both = min(len(played), len(original))
    correlation = float(np.corrcoef(played[:both], original[:both])[0, 1])
    return Likeness(len(heard) - len(spoken), delay, correlation)
