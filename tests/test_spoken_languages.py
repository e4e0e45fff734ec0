"""The languages that can be asked for, and who speaks them."""

from collections.abc import Sequence

import pytest

from custom_components.websocket_tts.announcement.voices import spoken_languages

VOICES = ("de-DE", "en-GB", "en-US", "es", "tr-TR", "zh-CN")


@pytest.mark.parametrize(
    ("voices", "country", "asked", "spoken"),
    [
        (VOICES, None, "en-GB", "en-GB"),
        (VOICES, None, "en-US", "en-US"),
        (VOICES, "GB", "en", "en-GB"),
        (VOICES, "US", "en", "en-US"),
        (VOICES, None, "tr", "tr-TR"),
        (VOICES, None, "zh", "zh-CN"),
        (VOICES, None, "zh-TW", "zh-CN"),
        # A region that no voice is of.
        (VOICES, None, "de-AT", "de-DE"),
        (VOICES, None, "es-MX", "es"),
        (("en-US",), None, "en-AU", "en-US"),
        # The country of the user, though hardly anybody asks for it.
        (VOICES, "LI", "de-LI", "de-DE"),
        (VOICES, None, "de-LI", None),
        # Two names for one language.
        (("nb-NO",), None, "no", "nb-NO"),
        (("no",), None, "nb", "no"),
        # What no voice speaks.
        (VOICES, "IT", "it", None),
        (VOICES, "IT", "it-IT", None),
        (VOICES, None, "e", None),
        # A tag that is in no list.
        (("gsw-CH",), None, "gsw", "gsw-CH"),
        (("zh-Hant-TW",), None, "zh-Hant-TW", "zh-Hant-TW"),
        (("sr-Latn",), None, "sr", "sr-Latn"),
        (("ar-001",), "SA", "ar-SA", "ar-001"),
        ((), "DE", "de", None),
    ],
)
def test_spoken(voices: Sequence[str], country: str | None, asked: str, spoken: str | None) -> None:
    """Each language is spoken as in just that region, else as in the closest."""
    assert spoken_languages(voices, country).get(asked) == spoken


@pytest.mark.parametrize("country", [None, "DE"])
def test_every_voice_is_found(country: str | None) -> None:
    """What voices speak can be asked for, whatever it looks like."""
    odd = ("en_us", "xx", "no", "nb-NO", "iw", "fil-PH", "es-419")
    found = spoken_languages(odd, country)
    assert {found[language] for language in odd} == set(odd)
