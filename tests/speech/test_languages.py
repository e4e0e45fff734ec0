"""Language tags in every spelling, with every code of a language.

How the world differs: case and separators; old and new codes; codes of a language and of its spoken kind; two
letters or three, for language and region; a script where the region tells it; a region that is in no table.
"""

import pytest

from custom_components.websocket_tts.speech.languages import language_tag

SPELLINGS = {
    "tr-TR": ("tr-TR", "TR_tr", " tr_tr ", "tur-TUR", "tur-TR"),
    "en-US": ("en_US", "en-us", "EN-US", "eng-USA", "eng-US", "en-USA"),
    "en": ("en", "EN", "eng", "eng-XYZ"),
    "ar-001": ("ar-001", "ara-001"),
    "es-419": ("es-419", "spa-419", "es_419"),
    "zh-CN": ("zh-CN", "cmn-CN", "cmn-CHN", "cmn-Hans-CN", "zh_hans_cn", "zho-CHN", "zh-cmn-Hans-CN"),
    "zh-TW": ("zh-TW", "cmn-TW", "cmn-Hant-TW", "zh-Hant-TW", "cmn-TWN"),
    "zh-HK": (
        "zh-HK",
        "yue-HK",
        "yue",
        "yue-HKG",
        "yue-Hant-HK",
        "zh-Hant-HK",
        "zh-yue",
        "zh-yue-HK",
        "yue-CN",
    ),
    "zh": ("zh", "cmn", "zho"),
    "zh-Hans": ("zh-Hans", "cmn_hans"),
    "zh-CN-sichuan": ("zh-CN-sichuan", "cmn-CN-Sichuan"),
    "wuu-CN": ("wuu-CN", "wuu-CHN"),
    "id-ID": ("id-ID", "in-ID", "in_ID", "ind-IDN"),
    "he-IL": ("he-IL", "iw-IL", "heb-ISR"),
    "fil-PH": ("fil-PH", "tl-PH", "tgl-PHL"),
    "nb-NO": ("nb-NO", "no-NO", "nob-NOR", "nor-NOR"),
    "nn-NO": ("nn-NO",),
    "sr-Latn": ("sr-Latn", "sr_latn"),
    "sr-RS": ("sr-RS", "sr-Latn-RS"),
    "az-AZ": ("az-AZ", "aze-AZE", "az-Latn-AZ"),
    "ku-IQ": ("ku-IQ", "kur-IRQ"),
    "ca-ES-valencia": ("ca-ES-valencia", "cat-ESP-VALENCIA"),
    "de-CH-1901": ("de_ch_1901",),
    "gsw": ("gsw",),
}


@pytest.mark.parametrize(
    ("code", "tag"), [(code, tag) for tag, codes in SPELLINGS.items() for code in (tag, *codes)]
)
def test_language_tag(code: str, tag: str) -> None:
    """Every code and every spelling of a language has the same tag."""
    assert language_tag(code) == tag


@pytest.mark.parametrize(
    "code", ["Turkish", "", "e", "en-", "-US", "en-US-", "zh-", "english (US)", "12", "x-en"]
)
def test_no_tag(code: str) -> None:
    """Anything else is none."""
    assert language_tag(code) is None
