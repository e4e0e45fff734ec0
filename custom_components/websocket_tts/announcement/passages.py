"""Who speaks the passages of a text that are in another language than the rest."""

from collections.abc import Callable
from pathlib import Path
import unicodedata

import orjson

from ..speech.languages import language_tag
from ..speech.text.segments import FindPassage, Passage
from .voices import SpokenVoices, bare_language

_WRITTEN_IN: dict[str, list[str]] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
"""The languages that are written in a script, by the first word of the Unicode names of its letters. Scripts
that languages share which have several are missing."""


def passage_finder(voices: SpokenVoices, usual: str, passage_of: Callable[[str], Passage]) -> FindPassage:
    """Return what finds the voices of passages whose language is told, or shown by the script of all letters.

    usual is the voice of the text; passage_of returns how another one speaks.
    """

    def find(language: str, text: str) -> Passage | None:
        language = language_tag(language or _language_of(text, voices, usual)) or ""
        voice = voices.voice_for(language)
        return None if voice is None or voices.speaks(usual, language) else passage_of(voice)

    return find


def _language_of(text: str, voices: SpokenVoices, usual: str) -> str:
    """Return the language of a text that the usual voice cannot read; empty if that is not clear."""
    if text.isascii():
        return ""
    letters = unicodedata.normalize("NFKC", "".join(filter(str.isalpha, text)))
    # Scripts share marks that modify letters, or repeat them.
    names = [unicodedata.name(each, "") for each in letters if unicodedata.category(each) != "Lm"]
    scripts = {name.partition(" ")[0] for name in names}
    languages = [set(_WRITTEN_IN.get(script, ())) for script in scripts]
    own = bare_language(voices.known_language(usual))
    # Korean is written with some Han, too.
    if not own or not languages or own in set().union(*languages) or (own == "ko" and "CJK" in scripts):
        return ""
    spoken = {each for each in set.intersection(*languages) if voices.voice_for(each)}
    if len(spoken) > 1:
        spoken &= {bare_language(voices.home_language)}
    return spoken.pop() if len(spoken) == 1 else ""
