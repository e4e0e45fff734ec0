"""Language codes of Vivoka's engine, Cerence."""

from pathlib import Path

import orjson

from ..languages import language_tag

CODES: dict[str, str] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
"""The three-letter language codes of Cerence, as used in the names of its voice packages."""


def cerence_tag(code: str) -> str | None:
    """Return the BCP 47 tag for a Cerence code or a language tag; None for anything else.

    Three letters alone are read as a Cerence code, never as a language tag.
    """
    code = code.strip()
    return language_tag(CODES.get(code.lower(), "") if len(code) == 3 else code)
