"""Who speaks the passages of a text that are in another language than the rest."""

from collections.abc import Callable
import unicodedata

from ..speech.client import SpeechClient
from ..speech.languages import language_tag
from ..speech.text.pronunciation import Pronunciations
from ..speech.text.segments import Passage
from .voices import SpokenVoices, bare_language

# By the first word of the Unicode names of its letters; not by those that languages of several scripts share.
_SCRIPTS = (
    "ARABIC ar fa ur ku ckb ps sd ug pa ks|ARMENIAN hy|BENGALI bn as|CJK zh ja wuu"
    "|CYRILLIC ru uk bg sr mk be kk ky mn tg tt uz|DEVANAGARI hi mr ne bho sa|ETHIOPIC am ti|GEORGIAN ka"
    "|GREEK el|GUJARATI gu|GURMUKHI pa|HANGUL ko|HEBREW he yi|HIRAGANA ja|KANNADA kn|KATAKANA ja|KHMER km"
    "|LAO lo|MALAYALAM ml|MYANMAR my|SINHALA si|TAMIL ta|TELUGU te|THAI th"
)
_WRITTEN_IN = {script: set(languages) for script, *languages in map(str.split, _SCRIPTS.split("|"))}
"""The languages that are written in a script."""


class Passages:
    """Finds the voices of passages whose language is told, or shown by the script of all of their letters."""

    def __init__(
        self,
        service: SpeechClient,
        voices: SpokenVoices,
        usual: str,
        language: str,
        pronunciations_for: Callable[[str], Pronunciations],
    ) -> None:
        """Initialize for the usual voice of a text, and for the language of Home Assistant."""
        self._service = service
        self._voices = voices
        self._usual = usual
        self._language = bare_language(language)
        self._pronunciations_for = pronunciations_for
        self._known: dict[str, Passage] = {}

    def find(self, language: str, text: str) -> Passage | None:
        """Return who speaks a sentence in a language, empty if not told; None for the usual voice."""
        language = language_tag(language or self._language_of(text)) or ""
        voice = self._voices.voice_for(language)
        if voice is None or self._voices.speaks(self._usual, language):
            return None
        if voice not in self._known:
            reads_ssml = self._service.reads_ssml(voice)
            self._known[voice] = Passage(voice, reads_ssml, self._pronunciations_for(voice))
        return self._known[voice]

    def _language_of(self, text: str) -> str:
        """Return the language of a text that the usual voice cannot read; empty if that is not clear."""
        if text.isascii():
            return ""
        letters = unicodedata.normalize("NFKC", "".join(filter(str.isalpha, text)))
        # Scripts share marks that modify letters, or repeat them.
        names = [unicodedata.name(each, "") for each in letters if unicodedata.category(each) != "Lm"]
        scripts = {name.partition(" ")[0] for name in names}
        languages = [_WRITTEN_IN.get(script, set()) for script in scripts]
        own = bare_language(self._voices.known_language(self._usual))
        # Korean is written with some Han, too.
        if not own or not languages or own in set().union(*languages) or (own == "ko" and "CJK" in scripts):
            return ""
        spoken = set.intersection(*languages) & self._voices.bare_languages
        if len(spoken) > 1:
            spoken &= {self._language}
        return spoken.pop() if len(spoken) == 1 else ""
