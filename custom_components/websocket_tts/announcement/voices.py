"""The voices of a service by the languages they speak, with the fallback between regions."""

from collections.abc import Iterable

from homeassistant.components import tts
from homeassistant.util import language as language_util

from ..speech.languages import KNOWN_TAGS
from ..speech.models import Voice

_OTHER_TAGS = ("de-AT", "de-CH", "en-CA", "en-NZ", "es-US", "fr-CH", "it-CH", "no", "sv-FI", "zh-HK")
"""Languages without known voices of their own, but with voices of other regions or names."""


def spoken_languages(voices: Iterable[str], country: str | None) -> dict[str, str]:
    """Return every supported language (BCP 47), with the language of the voices that speak it.

    Home Assistant refuses all other languages. Text in "en" or "en-GB" is better spoken by an "en-US" voice
    than not at all; country, that of Home Assistant, decides between regions.
    """
    own = sorted(set(voices))
    bare = {language.partition("-")[0] for language in own}
    of_country = {f"{language}-{country}" for language in bare if country}
    others = {*bare, *of_country, *KNOWN_TAGS, *_OTHER_TAGS} - set(own)
    spoken = {language: language for language in own}
    for language in sorted(others):
        if closest := language_util.matches(language, own, country):
            spoken[language] = closest[0]
    return spoken


class SpokenVoices:
    """The voices of a service, grouped by language and sorted once for each new list."""

    def __init__(
        self, voices: Iterable[Voice], configured: str, *, unstated: str, country: str | None
    ) -> None:
        """Initialize for the configured voice.

        unstated is the language of voices of which the service states none, country that of Home Assistant.
        """
        self._unstated = unstated
        self._languages = {voice.id: voice.language or unstated for voice in voices}
        grouped: dict[str, list[tts.Voice]] = {}
        # Pickers preselect the first voice.
        for voice in sorted(voices, key=lambda voice: (voice.id != configured, voice.name)):
            grouped.setdefault(self._languages[voice.id], []).append(tts.Voice(voice.id, voice.name))
        self.default_language = self.language_of(configured)
        self._closest = spoken_languages({*grouped, self.default_language}, country)
        self.supported_languages = sorted(self._closest)
        self.by_language = {
            language: grouped[closest] for language, closest in self._closest.items() if closest in grouped
        }
        """For each supported language the voices that speak it, the configured one first."""

    def language_of(self, voice: str) -> str:
        """Return the language of a voice as the service states it, or else as the user does."""
        return self._languages.get(voice, self._unstated)

    def is_listed(self, voice: str) -> bool:
        """Return whether the service lists a voice."""
        return voice in self._languages

    def speaks(self, voice: str, language: str) -> bool:
        """Return whether a voice speaks a language; any region will do if no voice has this one."""
        spoken = self.language_of(voice)
        if self._closest.get(language) == language:
            return spoken == language
        return spoken.partition("-")[0] == language.partition("-")[0]
