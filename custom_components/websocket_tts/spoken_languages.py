"""Supported languages, and the fallback between regions."""

from collections.abc import Iterable
from typing import override

from homeassistant.util import language as language_util


class SpokenLanguages(list[str]):
    """The languages of the voices, sorted, as Home Assistant shows them.

    A language counts as contained if a voice speaks it at least with another region: Home Assistant refuses
    languages that are not contained, and text in "en" or "en-GB" is better spoken by an "en-US" voice than
    not at all.
    """

    def __init__(self, languages: Iterable[str], country: str | None) -> None:
        """Initialize with the languages; the country decides between regions."""
        super().__init__(sorted(set(languages)))
        self._country = country

    def closest(self, language: str) -> str | None:
        """Return the closest language that a voice speaks; None if there is none."""
        if list.__contains__(self, language):
            return language
        return next(iter(language_util.matches(language, self, self._country)), None)

    @override
    def __contains__(self, language: object) -> bool:
        return isinstance(language, str) and self.closest(language) is not None
