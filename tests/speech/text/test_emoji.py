"""The table of emoji, against the data of Unicode."""

from pathlib import Path
import re
import sys
from typing import Any

import pytest

from custom_components.websocket_tts.speech.text import emoji

SCRIPT = Path(__file__).parents[3] / "scripts" / "emoji_table"


def test_table() -> None:
    """Whatever is an emoji is in it, and nothing else; what is read as a word is none."""
    regex: Any = pytest.importorskip("regex")
    table = re.compile(f"[{emoji.RANGES}]")
    emojis = regex.compile(
        r"\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}", regex.VERSION1
    )
    words = set("©®™")
    for character in map(chr, range(sys.maxunicode + 1)):
        expected = emojis.match(character) is not None and character not in words
        assert (table.match(character) is not None) is expected, ascii(character)


def test_the_script_makes_the_table(tmp_path: Path) -> None:
    """The table is what its script writes."""
    pytest.importorskip("regex")
    made = tmp_path / "emoji.py"
    code = compile(SCRIPT.read_text(encoding="utf-8"), str(SCRIPT), "exec")
    names: dict[str, Any] = {"__name__": "emoji_table", "__file__": str(SCRIPT)}
    exec(code, names)  # noqa: S102 (it is ours)
    names["write"](made)
    assert made.read_text(encoding="utf-8") == Path(emoji.__file__).read_text(encoding="utf-8")
