"""The voice of a call: none, an empty one, one that is not listed, and one that is not there."""

from unittest.mock import AsyncMock

from homeassistant.core import HomeAssistant
import pytest

from custom_components.websocket_tts.announcement.names import closest_voices, matching_voice
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.knovvu.client import KnovvuClient
from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.speech.vivoka.client import VivokaClient
from simulator import Simulator

from .in_home_assistant import VOICE, MakeEntry, change_profile, error_of, fetch, stored_profile
from .services import SERVICES
from .speech.speaking import TEXT


@pytest.mark.parametrize("kind", VOICE)
@pytest.mark.parametrize("voice", ["", "  ", None])
async def test_empty_voice(
    hass: HomeAssistant, kind: str, voice: str | None, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A template that comes to nothing asks for the default voice, or for one of the language."""
    await make_entry(kind)
    await fetch(hass, kind, TEXT, voice=voice)
    assert simulator.requests[-1].voice == VOICE[kind]
    await fetch(hass, kind, TEXT, "tr-TR", voice=voice)
    assert simulator.requests[-1].voice == SERVICES[kind].voices["tr-TR"]


async def test_voice_that_is_not_listed(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be configured without being listed can be asked for as well."""
    monkeypatch.setattr(KnovvuClient, "voices", AsyncMock(return_value=[Voice(VOICE["knovvu"], "Emily")]))
    await make_entry("knovvu")
    await fetch(hass, "knovvu", TEXT, voice=" Sestek Rae 24k ")
    assert simulator.requests[-1].voice == "Sestek Rae 24k"


async def test_voice_of_a_service_without_a_list(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """An error names no voices where none are known."""
    simulator.habits.knovvu.voices = "missing"
    await make_entry("knovvu")
    error = await error_of(hass, "knovvu", TEXT, voice="nobody")
    assert error.translation_key == "voice_unknown"


EVANS = [
    VivokaClient.voice(Voice(voice))
    for voice in (
        "enu,evan,embedded-pro",
        "enu,evan,embedded-high",
        "enu,evan,neural",
        "enu,evan,embedded-compact",
        "enu,zoe-ml,neural",
        "trt,gül,embedded-pro",
        "Arnaud_neutre",
    )
]
SESTEK = [
    KnovvuClient.voice(Voice(voice))
    for voice in ("Emily_Premium", "Sestek Gul 24k_HV_Premium", "Sestek Rae 24k", "Sestek Işıl 24k")
]


@pytest.mark.parametrize(
    ("asked", "voices", "found"),
    [
        ("Zoe", EVANS, "enu,zoe-ml,neural"),
        ("zoe-ml", EVANS, "enu,zoe-ml,neural"),
        ("Zoe (neural)", EVANS, "enu,zoe-ml,neural"),
        ("zoe, american english", EVANS, "enu,zoe-ml,neural"),
        ("American English", EVANS, None),
        ("ENU,Evan,Embedded-Pro", EVANS, "enu,evan,embedded-pro"),
        ("Evan embedded-high", EVANS, "enu,evan,embedded-high"),
        ("gul", EVANS, "trt,gül,embedded-pro"),
        ("arnaud neutre", EVANS, "Arnaud_neutre"),
        ("emily_premium", SESTEK, "Emily_Premium"),
        ("Emily", SESTEK, "Emily_Premium"),
        ("Sestek Gül", SESTEK, "Sestek Gul 24k_HV_Premium"),
        ("Isil", SESTEK, "Sestek Işıl 24k"),
        ("IŞIL", SESTEK, "Sestek Işıl 24k"),
        # Several have that name, or what was written is no name, or belongs to another voice as well.
        ("Evan", EVANS, None),
        ("Evan embedded", EVANS, None),
        ("neural", EVANS, None),
        ("24k", SESTEK, None),
        ("Premium", SESTEK, None),
        ("Emily 24k", SESTEK, None),
        ("", SESTEK, None),
        ("?", SESTEK, None),
    ],
)
def test_names_as_people_write_them(asked: str, voices: list[Voice], found: str | None) -> None:
    """Case, accents, and what is not the name do not matter, as long as only one voice is meant."""
    labels = {"enu,zoe-ml,neural": "Zoe, American English (neural)"}
    assert matching_voice(asked, voices, labels) == found


@pytest.mark.parametrize(
    ("asked", "voices", "service", "closest"),
    [
        (
            "Evan",
            EVANS,
            VivokaClient,
            ["enu,evan,neural", "enu,evan,embedded-pro", "enu,evan,embedded-high"],
        ),
        (
            "enu,evan,embedded-premium",
            EVANS,
            VivokaClient,
            ["enu,evan,embedded-pro", "enu,evan,embedded-high", "enu,evan,embedded-compact"],
        ),
        ("evn", EVANS[:1], VivokaClient, ["enu,evan,embedded-pro"]),
        ("Emiily_Premium", SESTEK, KnovvuClient, ["Emily_Premium"]),
        ("Sestek Rae 8k", SESTEK, KnovvuClient, ["Sestek Rae 24k"]),
        # Only the name tells voices apart: all others of this vendor are called "Sestek ... 24k", too.
        ("Sestek Ali 24k", SESTEK, KnovvuClient, []),
        ("完全不同", EVANS, VivokaClient, []),
        ("Zoe", [], VivokaClient, []),
    ],
)
def test_closest_voices(
    asked: str, voices: list[Voice], service: type[SpeechClient], closest: list[str]
) -> None:
    """At most three, best first, and only voices whose names are alike."""
    assert closest_voices(asked, voices, service) == closest


async def test_the_voice_that_is_meant(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """An action may name a voice as people call it; if that could be several, they are told."""
    await make_entry("vivoka")
    await fetch(hass, "vivoka", TEXT, voice="Zoe")
    assert simulator.requests[-1].voice == "enu,zoe-ml,neural"
    # As lists show it.
    await fetch(hass, "vivoka", TEXT, voice="Evan, American English (embedded-pro)")
    assert simulator.requests[-1].voice == "enu,evan,embedded-pro"
    error = await error_of(hass, "vivoka", TEXT, voice="Evn")
    assert error.translation_placeholders == {"voice": "Evn", "voices": '"enu,evan,embedded-pro"'}


async def test_slip_in_a_name(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """What is most likely a slip fails in the action, which suggests what is most likely meant."""
    await make_entry("knovvu")
    error = await error_of(hass, "knovvu", TEXT, voice="Emiily_Premium")
    assert error.translation_key == "voice_not_found"
    assert error.translation_placeholders == {"voice": "Emiily_Premium", "voices": '"Emily_Premium"'}
    assert not simulator.requests


async def test_configured_voice_that_is_like_a_listed_one(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The voice that was chosen, and has been tested, is never taken for a slip."""
    monkeypatch.setattr(KnovvuClient, "voices", AsyncMock(return_value=[Voice("Emilia_Premium", "Emilia")]))
    await make_entry("knovvu")
    await fetch(hass, "knovvu", TEXT)
    assert simulator.requests[-1].voice == VOICE["knovvu"]


async def test_language_that_nobody_has_told(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Without a language in the options, what the service does not tell is taken for Home Assistant's own."""
    simulator.habits.knovvu.voices = "unstated"
    entry = await make_entry("knovvu", setup=False)
    options = {key: value for key, value in stored_profile(entry).data.items() if key != "language"}
    change_profile(hass, entry, options)
    hass.config.language = "tr"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await fetch(hass, "knovvu", TEXT, "tr")
    assert simulator.requests[-1].voice == VOICE["knovvu"]
