"""The languages that voices speak, and what may stand in for another."""

from collections.abc import Iterable
from typing import override

from homeassistant.util import language as language_util


class SpokenLanguages(list[str]):
    """The languages of the voices, sorted, as Home Assistant shows them.

    A language is in it also when none of the voices speaks just that, but one speaks it as in another
    region: Home Assistant refuses what is not in it, and "en" or "en-GB" is better spoken by a voice of
    "en-US" than not at all.
    """

    def __init__(self, languages: Iterable[str], country: str | None) -> None:
        """Take the languages, and the country that decides between regions."""
        super().__init__(sorted(set(languages)))
        self._country = country

    def closest(self, language: str) -> str | None:
        """Return the language to speak, if it is this one that was asked for; None if there is none."""
        if list.__contains__(self, language):
            return language
        return next(iter(language_util.matches(language, self, self._country)), None)

    @override
    def __contains__(self, language: object) -> bool:
        return isinstance(language, str) and self.closest(language) is not None
