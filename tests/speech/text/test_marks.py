"""The table of pictures, against the data of Unicode."""

import re
import sys
from typing import Any
import unicodedata

import pytest

from custom_components.websocket_tts.speech.text import marks


def test_pictures() -> None:
    """Every emoji is in it, and nothing that is read as a word."""
    regex: Any = pytest.importorskip("regex")
    table = re.compile(f"[{marks.EMOJI}]")
    emojis = regex.compile(
        r"\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}", regex.VERSION1
    )
    for character in map(chr, range(sys.maxunicode + 1)):
        if table.match(character):
            assert character == "\u2139" or not character.isalnum(), ascii(character)
            assert unicodedata.category(character) != "Sc", ascii(character)
        elif unicodedata.category(character) != "Cn":
            assert character in "©®™" or not emojis.match(character), ascii(character)
