"""What a voice says to be listened to before it is chosen."""

from pathlib import Path

import orjson

_SENTENCES: dict[str, str] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
"""By language; each takes about three seconds or more."""


def preview_text(language: str | None) -> str:
    """Return a sentence in a language (BCP 47), or a name that every other language knows."""
    return _SENTENCES.get((language or "").partition("-")[0], "Home Assistant. " * 3)
