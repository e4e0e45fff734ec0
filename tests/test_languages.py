"""Languages and voices: what the picker shows, and who speaks what."""

from homeassistant.components.tts import async_get_media_source_audio
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util import language as language_util
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.websocket_tts.speech.models import Voice
from simulator import Simulator
from simulator.voices import SimulatedVoice

from .in_home_assistant import (
    ENTITY,
    VOICE,
    MakeEntry,
    change_profile,
    entity,
    error_of,
    fetch,
    stored_profile,
)
from .services import KINDS, SERVICES
from .speech.speaking import TEXT


@pytest.mark.parametrize(
    ("kind", "language", "voice"),
    [
        ("vivoka", "en-US", "enu,evan,embedded-pro"),
        ("vivoka", "de-DE", "ged,anna-ml,embedded-pro"),
        ("knovvu", "tr-TR", "Sestek Gul 24k_HV_Premium"),
        ("knovvu", None, "Emily_Premium"),
    ],
)
async def test_language_decides(
    hass: HomeAssistant,
    kind: str,
    language: str | None,
    voice: str,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """A language without a voice gets a voice of that language, not the configured one."""
    await make_entry(kind)
    await fetch(hass, kind, TEXT, language)
    assert simulator.requests[-1].voice == voice
    other = SERVICES[kind].voices["fr-FR"]
    await fetch(hass, kind, TEXT, language, voice=other)
    assert simulator.requests[-1].voice == other


@pytest.mark.parametrize("kind", KINDS)
async def test_languages_and_voices(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """What the picker of Assist shows comes from the service."""
    await make_entry(kind)
    speech = entity(hass, kind)
    assert speech.default_language == "en-US"
    assert {"de-DE", "en-GB", "en-US", "fr-FR", "tr-TR"} <= set(speech.supported_languages)
    assert {language.partition("-")[0] for language in speech.supported_languages} == {
        "de",
        "en",
        "fr",
        "tr",
    }
    assert type(speech.supported_languages) is list
    voices = speech.async_get_supported_voices("de-DE")
    assert voices
    assert [voice.name for voice in voices] == [SERVICES[kind].german_name]
    assert speech.async_get_supported_voices("it-IT") is None
    assert speech.supported_options == ["voice", "rate", "volume", "chime"]


@pytest.mark.parametrize(
    ("configured", "asked", "voice"),
    [
        # The configured voice where it fits, if only by its language.
        ("eng,serena,embedded-high", "en", "eng,serena,embedded-high"),
        ("eng,serena,embedded-high", "en-AU", "eng,serena,embedded-high"),
        # A voice of just that region goes before the configured one.
        ("eng,serena,embedded-high", "en-US", "enu,evan,embedded-pro"),
        # Another region is better than nothing, and than another language.
        ("enu,evan,embedded-pro", "de", "ged,anna-ml,embedded-pro"),
        ("enu,evan,embedded-pro", "de-AT", "ged,anna-ml,embedded-pro"),
        ("enu,evan,embedded-pro", "tr-TR", "trt,cem-ml,embedded-pro"),
    ],
)
async def test_region_falls_back(
    hass: HomeAssistant,
    configured: str,
    asked: str,
    voice: str,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """A region that no voice is of, or a language without one, is spoken by the closest voice."""
    await make_entry("vivoka", voice=configured)
    await fetch(hass, "vivoka", TEXT, asked)
    assert simulator.requests[-1].voice == voice


async def test_language_that_nobody_speaks(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """A language without any voice is refused by Home Assistant itself."""
    await make_entry("vivoka")
    assert "it-IT" not in entity(hass, "vivoka").supported_languages
    with pytest.raises(HomeAssistantError):
        await fetch(hass, "vivoka", TEXT, "it-IT")


@pytest.mark.parametrize("language", ["en", "de", "en-GB"])
async def test_assist_finds_us(hass: HomeAssistant, language: str, make_entry: MakeEntry) -> None:
    """A pipeline in a language without a region finds a language with voices."""
    await make_entry("vivoka")
    speech = entity(hass, "vivoka")
    found = language_util.matches(language, speech.supported_languages, None)
    assert found
    assert speech.async_get_supported_voices(found[0])


async def test_language_of_the_user(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """Where the service does not tell what its voices speak, it is what the user said."""
    simulator.habits.knovvu.voices = "missing"
    await make_entry("knovvu", language="tr-TR")
    speech = entity(hass, "knovvu")
    assert speech.default_language == "tr-TR"
    assert {"tr", "tr-TR"} <= set(speech.supported_languages)
    assert {language.partition("-")[0] for language in speech.supported_languages} == {"tr"}
    await fetch(hass, "knovvu", TEXT, voice="Sestek Rae 24k")
    assert simulator.requests[-1].voice == "Sestek Rae 24k"


VOICES = {
    "vivoka": {
        "cah,sinji,embedded-pro": "",
        "mnc,tian,embedded-pro": "",
        "idi,damayanti,embedded-compact": "",
        "hrh,lana,embedded-high": "",
        "Arnaud_neutre": "",
        "xyz,mina,neural": "",
    },
    "knovvu": {
        "Sin": "yue-HK",
        "Tian": "cmn-Hans-CN",
        "Damayanti": "in-ID",
        "Lana": "hrv-HRV",
        "Arnaud": "",
        "Mina": "Elvish",
    },
}
"""Voices of six languages, of which the last two are not known; with the language that the service writes."""
SPEAKERS = {kind: list(voices) for kind, voices in VOICES.items()}


def install(simulator: Simulator, kind: str) -> None:
    """Have these voices as well."""
    voices = simulator.vivoka_voices if kind == "vivoka" else simulator.knovvu_voices
    for voice, language in VOICES[kind].items():
        voices[voice] = SimulatedVoice(voice, language, "female", "en")


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize(
    ("asked", "speaker"),
    [
        ("zh-HK", 0),
        ("yue", 0),
        ("yue-HK", 0),
        ("zh-CN", 1),
        ("zh", 1),
        ("zh-Hans", 1),
        ("zh-TW", 1),
        ("cmn", 1),
    ]
    + [("id", 2), ("id-ID", 2), ("hr-HR", 3), ("hr", 3)],
)
async def test_one_language_with_several_codes(
    hass: HomeAssistant, kind: str, asked: str, speaker: int, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Whatever code the service writes, and whatever code is asked for, the same language is the same."""
    install(simulator, kind)
    await make_entry(kind)
    speech = entity(hass, kind)
    await fetch(hass, kind, TEXT, asked)
    assert simulator.requests[-1].voice == SPEAKERS[kind][speaker]
    # As Assist chooses a language of the entity for that of a pipeline.
    if asked not in ("yue", "yue-HK", "cmn"):
        found = language_util.matches(asked, speech.supported_languages, "GB")
        assert (voices := speech.async_get_supported_voices(found[0]))
        assert voices[0].voice_id == SPEAKERS[kind][speaker]


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize(
    ("asked", "speaker"),
    [
        ("cmn-Hans-CN", 1),
        ("cmn_CN", 1),
        ("CMN-chn", 1),
        ("in-ID", 2),
        ("in_id", 2),
        ("yue_hk", 0),
        ("ZH-hk", 0),
    ]
    + [("zh-Hant-HK", 0), ("hrv-HRV", 3), (" hr_HR ", 3)],
)
async def test_announcement_in_a_language_with_several_codes(
    hass: HomeAssistant, kind: str, asked: str, speaker: int, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Tts.speak takes them in any spelling; Home Assistant itself does not."""
    install(simulator, kind)
    await make_entry(kind, audio_format="wav")
    plays = async_mock_service(hass, "media_player", "play_media")
    await async_setup_component(hass, "media_source", {})
    said = {"message": TEXT, "language": asked, "media_player_entity_id": "media_player.any"}
    await hass.services.async_call("tts", "speak", {"entity_id": ENTITY[kind], **said}, blocking=True)
    await async_get_media_source_audio(hass, plays[0].data["media_content_id"])
    assert simulator.requests[-1].voice == SPEAKERS[kind][speaker]


@pytest.mark.parametrize("kind", VOICES)
async def test_voice_without_a_language(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """It is offered for no language and chosen for none, and speaks when it is asked for by name."""
    install(simulator, kind)
    await make_entry(kind, language="fr-FR")
    speech = entity(hass, kind)
    offered = {
        voice.voice_id
        for language in speech.supported_languages
        for voice in speech.async_get_supported_voices(language) or ()
    }
    assert offered & {*SPEAKERS[kind]} == {*SPEAKERS[kind][:4]}
    for language in ("fr-FR", "fr", "en", "de-DE"):
        await fetch(hass, kind, TEXT, language)
        assert simulator.requests[-1].voice not in SPEAKERS[kind]
    for voice in SPEAKERS[kind][4:]:
        await fetch(hass, kind, TEXT, "fr-FR", voice=voice)
        assert simulator.requests[-1].voice == voice


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("told", [None, "fa-IR"])
async def test_configured_voice_without_a_language(
    hass: HomeAssistant, kind: str, told: str | None, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """It speaks what the user has told of it, else what is asked for of no voice that is known."""
    install(simulator, kind)
    voice = SPEAKERS[kind][4]
    entry = await make_entry(kind, setup=False, voice=voice)
    data = {key: value for key, value in stored_profile(entry).data.items() if key != "language"}
    change_profile(hass, entry, data | ({"language": told} if told else {}))
    hass.config.language = "fa"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await fetch(hass, kind, TEXT)
    assert simulator.requests[-1].voice == voice
    speech = entity(hass, kind)
    assert speech.default_language == (told or "fa")
    assert [each.voice_id for each in speech.async_get_supported_voices("fa") or ()] == [voice] * bool(told)
    await fetch(hass, kind, TEXT, "hr-HR")
    assert simulator.requests[-1].voice == SPEAKERS[kind][3]


@pytest.mark.parametrize("kind", KINDS)
async def test_unknown_voice(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The error names the voice that was meant; the list is read again once before."""
    await make_entry(kind)
    slip = {"vivoka": "Evaan", "knovvu": "Emilly_Premium"}.get(kind, "Nearly " + VOICE[kind])
    error = await error_of(hass, kind, TEXT, voice=slip)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "voice_not_found"
    assert (error.translation_placeholders or {})["voices"] == f'"{VOICE[kind]}"'
    assert simulator.calls.count("voices") == 2
    assert simulator.requests == []


async def test_voice_that_is_newer_than_the_list(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A voice that was installed a minute ago can be used."""
    entry = await make_entry("vivoka")
    entry.runtime_data.data = [Voice("enu,evan,embedded-pro", "Evan", "en-US")]
    await fetch(hass, "vivoka", TEXT, voice="trt,cem-ml,embedded-pro")
    assert simulator.requests[-1].voice == "trt,cem-ml,embedded-pro"


@pytest.mark.parametrize("kind", KINDS)
async def test_voice_unknown_to_the_service(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """The configured voice may be gone: the call says so."""
    await make_entry(kind, voice="Gone")
    error = await error_of(hass, kind, TEXT)
    assert error.translation_key == "voice_unknown"
    assert (error.translation_placeholders or {})["voice"] == "Gone"
