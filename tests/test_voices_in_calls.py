"""The voice of a call: none, an empty one, one that is not listed, and one that is not there."""

from unittest.mock import AsyncMock

from homeassistant.core import HomeAssistant
import pytest

from custom_components.websocket_tts.errors import closest_voices
from custom_components.websocket_tts.speech.knovvu.client import KnovvuClient
from custom_components.websocket_tts.speech.models import Voice
from simulator import Simulator

from .in_home_assistant import VOICE, MakeEntry, change_profile, error_of, fetch, stored_profile
from .services import SERVICES
from .speech.speaking import TEXT

MANY = [Voice(f"enu,voice{number},embedded-pro", f"Voice{number} (embedded-pro)") for number in range(400)]


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


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("enu,voice123,embedded", "enu,voice123,embedded-pro"),
        ("Voice123 (Embedded-Pro)", "enu,voice123,embedded-pro"),
        ("VOICE399", "enu,voice399,embedded-pro"),
    ],
)
def test_ten_closest_voices(asked: str, first: str) -> None:
    """Of many voices those are named that may have been meant, by their ids or by their names."""
    closest = closest_voices(asked, MANY)
    assert len(closest) == len(set(closest)) == 10
    assert closest[0] == first


def test_few_voices() -> None:
    """Of few voices all are named, however far off."""
    assert sorted(closest_voices("x", MANY[:10])) == sorted(voice.id for voice in MANY[:10])
    assert len(closest_voices("完全不同", MANY)) == 10


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
