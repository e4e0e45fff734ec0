"""Supported languages, and the fallback between regions."""

from collections.abc import Iterable

from homeassistant.util import language as language_util

from .speech import KNOWN_TAGS

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
