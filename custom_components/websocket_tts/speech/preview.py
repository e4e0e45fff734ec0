"""What a voice says to be listened to before it is chosen."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from .audio.pcm import PcmFormat

_SENTENCES: dict[str, str] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
"""By language; each takes about three seconds or more."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The audio of a sentence."""

    audio_format: PcmFormat
    samples: bytes


def preview_text(language: str | None) -> str:
    """Return a sentence in a language (BCP 47), or a name that every other language knows."""
    return _SENTENCES.get((language or "").partition("-")[0], "Home Assistant. " * 3)
