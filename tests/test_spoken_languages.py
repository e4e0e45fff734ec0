"""The languages that can be asked for, and who speaks them.

How the world differs: a region that no voice has, or that nobody has; another code of the same language; a
script instead of a region; two voices with the same name; a voice without a language, which may be the
configured one; a configured voice that is not on the list.
"""

from collections.abc import Sequence

from homeassistant.generated.languages import LANGUAGES
from homeassistant.util import language as language_util
import pytest

from custom_components.websocket_tts.announcement.profile import VoiceProfile
from custom_components.websocket_tts.announcement.voices import (
    KNOWN_TAGS,
    SpokenVoices,
    closest_language,
    spoken_languages,
)
from custom_components.websocket_tts.speech.languages import CANTONESE, language_tag
from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.speech.vivoka.languages import CODES
from custom_components.websocket_tts.state import ProfileState

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
        (VOICES, None, "zh-HK", "zh-CN"),
        # A region that no voice is of.
        (VOICES, None, "de-AT", "de-DE"),
        (VOICES, None, "de-LI", "de-DE"),
        (VOICES, None, "es-MX", "es"),
        (("en-US",), None, "en-AU", "en-US"),
        # One that nobody has, unless it is the country of the user.
        (VOICES, "FJ", "de-FJ", "de-DE"),
        (VOICES, None, "de-FJ", None),
        # Two names for one language.
        (("nb-NO",), None, "no", "nb-NO"),
        (("no",), None, "nb", "no"),
        (("he-IL",), None, "iw", "he-IL"),
        (("fil-PH",), None, "tl-PH", "fil-PH"),
        (("zh-CN", "zh-HK"), None, "yue-HK", "zh-HK"),
        (("zh-CN", "zh-HK"), None, "yue", "zh-HK"),
        (("zh-CN", "zh-HK"), None, "zh", "zh-CN"),
        (("zh-CN",), None, "yue", "zh-CN"),
        (("cmn-CN",), None, "zh-Hans", "cmn-CN"),
        # What no voice speaks.
        (VOICES, "IT", "it", None),
        (VOICES, "IT", "it-IT", None),
        (VOICES, None, "e", None),
        # A tag that is in no list.
        (("gsw-CH",), None, "gsw", "gsw-CH"),
        (("zh-Hant-TW",), None, "zh-Hant-TW", "zh-Hant-TW"),
        (("sr-Latn",), None, "sr", "sr-Latn"),
        (("ar-001",), "SA", "ar-SA", "ar-001"),
        (("ca-ES-valencia",), None, "ca-ES", "ca-ES-valencia"),
        (("bho-IN",), None, "bho", "bho-IN"),
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


@pytest.mark.parametrize(
    ("asked", "languages", "closest"),
    [
        ("zh-HK", ("zh-CN", "yue-HK"), "yue-HK"),
        ("zh-CN", ("cmn-TW", "cmn-CN"), "cmn-CN"),
        ("fil-PH", ("tl",), "tl"),
        ("id-ID", ("in",), "in"),
        ("de", ("fr", "en"), None),
    ],
)
def test_closest(asked: str, languages: Sequence[str], closest: str | None) -> None:
    """The languages of another service may have other codes."""
    assert closest_language(asked, languages, None) == closest


def test_every_language_can_be_told() -> None:
    """The form has all languages that Home Assistant can name, each once, and all that an engine speaks."""
    assert set(KNOWN_TAGS) >= LANGUAGES
    assert {"az-AZ", "az", "ku", "ku-TR", "ur", "ur-PK", "kn", "kn-IN", "en-AU", "bho-IN", "zh-HK"} <= set(
        KNOWN_TAGS
    )
    assert [language_tag(tag) for tag in KNOWN_TAGS] == KNOWN_TAGS == sorted(set(KNOWN_TAGS))
    spoken = {(language_tag(tag) or "").partition("-")[0] for tag in CODES.values()}
    assert spoken - {"wuu"} <= set(KNOWN_TAGS)


def grouped(configured: str = "evan", told: str | None = None, **voices: str | None) -> SpokenVoices:
    """Return voices by their languages, in a German Home Assistant."""
    listed = [Voice(name, name.title(), language) for name, language in voices.items()]
    settings = {"voice": configured} | ({"language": told} if told else {})
    return SpokenVoices(listed, VoiceProfile("id", "Title", settings, ProfileState()), "de", "DE")


@pytest.mark.parametrize(
    ("configured", "told", "default", "of_lana"),
    [
        ("evan", None, "en-US", ""),
        # What the user has told is told of the configured voice.
        ("evan", "de", "en-US", ""),
        ("lana", "hr-HR", "hr-HR", "hr-HR"),
        ("lana", "in_ID", "id-ID", "id-ID"),
        ("lana", None, "de", "de"),
        # It is not on the list.
        ("gone", "hr", "hr", ""),
        ("gone", None, "de", ""),
    ],
)
def test_unknown_language(configured: str, told: str | None, default: str, of_lana: str) -> None:
    """A voice whose language is unknown is offered for none, unless the user has told it of this voice."""
    voices = grouped(configured, told, evan="en-US", lana=None, mina=None)
    assert voices.default_language == default
    assert default in voices.supported_languages
    assert voices.language_of("lana") == of_lana
    assert voices.language_of("mina") == ""
    offered = {voice.voice_id for listed in voices.by_language.values() for voice in listed}
    assert offered == ({"evan", "lana"} if told and configured == "lana" else {"evan"})
    assert voices.language_of("unlisted") == default
    # The default is a guess.
    assert voices.known_language("evan") == "en-US"
    assert voices.known_language("lana") == (of_lana if told else "")
    assert voices.known_language("unlisted") == ""


@pytest.mark.parametrize("language", ["en-US", "en", "de", "hr"])
def test_unknown_language_speaks_no_other(language: str) -> None:
    """It is taken for no language."""
    assert not grouped(evan="en-US", lana=None).speaks("lana", language)


@pytest.mark.parametrize(
    ("configured", "asked", "first", "speaks"),
    [
        ("sinji", "zh-HK", "sinji", True),
        ("sinji", "yue-HK", "sinji", True),
        ("sinji", "yue", "sinji", True),
        ("sinji", "zh", "tian", False),
        ("sinji", "zh-CN", "tian", False),
        ("sinji", "cmn-TW", "tian", False),
        ("tian", "zh-HK", "sinji", False),
        ("tian", "zh-TW", "tian", True),
        ("tian", "zh-Hans", "tian", True),
        ("anna", "de-AT", "anna", True),
        ("anna", "zh-HK", "sinji", False),
    ],
)
def test_cantonese(configured: str, asked: str, first: str, speaks: bool) -> None:
    """Whichever its code, it is read by a Cantonese voice if there is one, and Mandarin by another one."""
    voices = grouped(configured, anna="de-DE", tian="zh-CN", sinji="zh-HK")
    assert voices.by_language[asked][0].voice_id == first
    assert voices.speaks(configured, asked) is speaks


@pytest.mark.parametrize("mandarin", ["zh-CN", "zh-TW", "zh"])
@pytest.mark.parametrize("country", [None, "CN", "DE", "HK", "MO", "TW"])
def test_cantonese_in_every_country(mandarin: str, country: str | None) -> None:
    """It is not the Chinese of another region, wherever Home Assistant is."""
    spoken = spoken_languages(("en-US", mandarin, "zh-HK"), country)
    mandarins = ("zh", "zh-CN", "zh-Hans", "zh-Hant", "zh-TW")
    assert {spoken[asked] for asked in mandarins} == {mandarin}
    assert {spoken[asked] for asked in ("zh-HK", "yue", "yue-HK")} == {"zh-HK"}


@pytest.mark.parametrize(
    ("configured", "asked", "first", "speaks"),
    [
        ("jean", "fr-SN", "jean", True),
        ("celine", "fr-SN", "jean", True),
        ("celine", "fr-FR", "jean", False),
        ("evan", "fr-SN", "jean", False),
        ("evan", "fr-001", "jean", False),
        ("evan", "pt-AO", "joana", False),
        ("celine", "hr-HR", None, False),
    ],
)
def test_region_that_nobody_knows(configured: str, asked: str, first: str | None, speaks: bool) -> None:
    """Any voice of the language speaks it."""
    voices = grouped(configured, evan="en-US", jean="fr-FR", celine="fr-CA", joana="pt-PT")
    assert voices.voice_for(asked) == first
    assert voices.speaks(configured, asked) is speaks


@pytest.mark.parametrize("asked", ["zh", "zh-CN", "zh-TW", "zh-HK", "yue"])
@pytest.mark.parametrize("language", ["zh-CN", "zh-HK"])
def test_only_one_kind_of_chinese(language: str, asked: str) -> None:
    """Either is better than none."""
    voices = grouped("only", only=language)
    assert voices.by_language[asked][0].voice_id == "only"
    assert voices.speaks("only", asked)


@pytest.mark.parametrize(
    "asked", ["zh-CN", "zh-Hans", "id", "id-ID", "fil", "fil-PH", "he", "nb", "no", "yue", "zh-HK"]
)
def test_assist_asks_with_its_own_tags(asked: str) -> None:
    """Whatever code a service writes, Home Assistant finds the language by its own."""
    codes = ("cmn-Hans-CN", "in-ID", "tl-PH", "iw-IL", "no-NO", "yue-HK")
    voices = grouped("cmn-Hans-CN", **{code: language_tag(code) for code in codes})
    found = language_util.matches(asked, voices.supported_languages, None)
    (voice, *_) = voices.by_language[found[0]]
    spoken, wanted = (language_tag(tag) or "" for tag in (voice.voice_id, asked))
    assert spoken.partition("-")[0] == wanted.partition("-")[0]
    assert (spoken == CANTONESE) == (wanted == CANTONESE)
