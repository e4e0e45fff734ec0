"""The voices of a service by the languages they speak, with the fallback between regions."""

from collections.abc import Iterable
from functools import lru_cache
from locale import locale_alias

from homeassistant.components import tts
from homeassistant.const import CONF_LANGUAGE
from homeassistant.generated.countries import COUNTRIES
from homeassistant.generated.languages import LANGUAGES
from homeassistant.util import language as language_util

from ..speech.languages import CANTONESE, language_tag
from ..speech.models import Voice
from .profile import VoiceProfile

# Home Assistant has translations for LANGUAGES; its frontend names all others as well, for which there are
# the locales of C libraries, as "az_AZ.ISO8859-9E".
_LOCALES = {name.partition(".")[0].replace("_", "-") for name in locale_alias.values()}
_TAGS = LANGUAGES.union(*({tag, tag[:-3]} for tag in _LOCALES if tag[-2:] in COUNTRIES))
_KNOWN = {tag: language_tag(tag) or tag for tag in _TAGS}
KNOWN_TAGS = sorted(set(_KNOWN.values()))
"""All languages that Home Assistant can name, each with one code."""
_REGIONS: dict[str, set[str]] = {}
"""The same, whichever of their codes they have, by the code without region and script."""
for _tag, _known in _KNOWN.items():
    _REGIONS.setdefault(_known.partition("-")[0], set()).add(_tag)


def closest_language(asked: str, languages: Iterable[str], country: str | None) -> str | None:
    """Return the closest of some languages, whichever of its codes each has; None if there is none."""
    by_tag = {language_tag(language) or language: language for language in languages}
    tag = language_tag(asked) or asked
    # Cantonese is not the Chinese of another region, but better than none.
    closest = sorted(language_util.matches(tag, by_tag, country), key=lambda found: found == CANTONESE != tag)
    return by_tag[closest[0]] if closest else None


@lru_cache(maxsize=8)
def spoken_languages(voices: frozenset[str], country: str | None) -> dict[str, str]:
    """Return every supported language (BCP 47), with the language of the voices that speak it.

    Home Assistant refuses all other languages. Text in "en" or "en-GB" is better spoken by an "en-US" voice
    than not at all; country, that of Home Assistant, decides between regions.
    """
    own = sorted(voices)
    alike: dict[str, list[str]] = {}
    for language in own:
        alike.setdefault(bare_language(language), []).append(language)
    spoken = {language: language for language in own}
    for bare, languages in alike.items():
        of_country = {f"{bare}-{country}"} if country else set()
        others = {bare, *of_country, *_REGIONS.get(bare, ())} - spoken.keys()
        found = {language: closest_language(language, languages, country) for language in others}
        spoken |= {language: closest for language, closest in found.items() if closest}
    return spoken


def bare_language(language: str) -> str:
    """Return the code of a language without region and script."""
    return (language_tag(language) or language).partition("-")[0]


class SpokenVoices:
    """The voices of a service, grouped by language and sorted once for each new list.

    A voice whose language is not known is in no group: it speaks only when it is asked for by name.
    """

    def __init__(
        self, voices: Iterable[Voice], profile: VoiceProfile, language: str, country: str | None
    ) -> None:
        """Initialize for a voice profile, and for the language and the country of Home Assistant."""
        self.home_language = language
        self._configured = configured = profile.voice
        told = profile.settings.get(CONF_LANGUAGE) or ""
        self._languages = {voice.id: voice.language for voice in voices}
        self._languages[configured] = known = self._languages.get(configured) or language_tag(told)
        self.default_language = known or language_tag(language) or language
        grouped: dict[str, list[tts.Voice]] = {}
        # Pickers preselect the first voice.
        for voice in sorted(voices, key=lambda voice: (voice.id != configured, voice.full_name)):
            if spoken := self._languages[voice.id]:
                grouped.setdefault(spoken, []).append(tts.Voice(voice.id, voice.full_name))
        self._closest = spoken_languages(frozenset((*grouped, self.default_language)), country)
        self.supported_languages = sorted(self._closest)
        self.by_language = {
            language: grouped[closest] for language, closest in self._closest.items() if closest in grouped
        }
        """For each supported language the voices that speak it, the configured one first."""

    def voice_for(self, language: str) -> str | None:
        """Return the ID of the best voice for a language; None if there is none."""
        voices = self.by_language.get(language) or self.by_language.get(bare_language(language))
        return voices[0].voice_id if voices else None

    def known_language(self, voice: str) -> str:
        """Return the language of a voice that the service states, or the user; empty if nobody does."""
        return self._languages.get(voice) or ""

    def language_of(self, voice: str) -> str:
        """Return the language of a voice, by default that of the profile; empty if listed without one."""
        if voice == self._configured:
            return self.default_language
        return self._languages.get(voice, self.default_language) or ""

    def speaks(self, voice: str, language: str) -> bool:
        """Return whether a voice speaks a language; any region will do if no voice has this one."""
        spoken = self.language_of(voice)
        closest = self._closest.get(language) or self._closest.get(bare_language(language), language)
        # Cantonese is not the Chinese of another region.
        if closest in (language, language_tag(language)) or CANTONESE in (spoken, closest):
            return spoken == closest
        return bare_language(spoken) == bare_language(closest)
