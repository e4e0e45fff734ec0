"""Home Assistant's cache tells apart what sounds different."""

from typing import Any

from homeassistant.components import tts
from homeassistant.core import HomeAssistant
import pytest

from simulator import Simulator

from .in_home_assistant import ENTITY, MakeEntry, change_profile, entity, profile, stored_profile

WORDS = [{"written": "two", "spoken": "three"}]


async def test_every_setting_is_in_the_cache_key(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """Home Assistant's cache tells apart what sounds different."""
    entry = await make_entry(
        "knovvu",
        lead_in=5,
        lead_out=6,
        sentence_pause=7,
        clean_text=False,
        audio_format="wav",
        rate=2,
        chime="bell",
        pronunciations=WORDS,
    )
    assert entity(hass, "knovvu").default_options == {
        "voice": "Emily_Premium",
        "rate": 2.0,
        "volume": 1.0,
        "sample_rate": 24000,
        "lead_in": 5,
        "lead_out": 6,
        "sentence_pause": 7,
        "clean_text": False,
        "preferred_format": "wav",
        "chime": "bell",
        "pronunciations": WORDS,
        "cache_mark": profile(entry).cache_mark,
    }


CHANGES: list[dict[str, Any]] = [
    {"rate": 2.0},
    {"volume": 0.5},
    {"sample_rate": 16000},
    {"lead_in": 300},
    {"lead_out": 300},
    {"sentence_pause": 300},
    {"clean_text": False},
    {"chime": "doorbell"},
    {"pronunciations": WORDS},
    {"voice": "Sestek Rae 24k"},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
async def test_every_change_is_heard_at_once(
    hass: HomeAssistant, change: dict[str, Any], simulator: Simulator, make_entry: MakeEntry
) -> None:
    """In spite of Home Assistant's cache, the same text is asked for anew after a change of the options."""
    entry = await make_entry("knovvu")

    async def hear() -> bytes:
        source = tts.generate_media_source_id(
            hass, "**Two** words. More?", ENTITY["knovvu"], options={"preferred_format": "wav"}
        )
        return (await tts.async_get_media_source_audio(hass, source))[1]

    before = await hear()
    asked = len(simulator.requests)
    assert await hear() == before
    assert len(simulator.requests) == asked
    change_profile(hass, entry, {**stored_profile(entry).data, **change})
    assert await hass.config_entries.async_reload(entry.entry_id)
    after = await hear()
    assert len(simulator.requests) > asked
    assert simulator.requests[-1].voice == change.get("voice", "Emily_Premium")
    assert (after != before) is ("voice" not in change)


async def test_pronunciations_for_all_voices_are_heard_at_once(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Those of the service are part of the key, too, behind those of the voice."""
    entry = await make_entry("knovvu", pronunciations=WORDS)
    source = tts.generate_media_source_id(hass, "Two, or more?", ENTITY["knovvu"])
    for words in ([{"written": "more", "spoken": "less"}], []):
        hass.config_entries.async_update_entry(entry, data={**entry.data, "pronunciations": words})
        assert await hass.config_entries.async_reload(entry.entry_id)
        assert (entity(hass, "knovvu").default_options or {})["pronunciations"] == WORDS + words
        await tts.async_get_media_source_audio(hass, source)
        assert simulator.requests[-1].texts == ["three, or less?" if words else "three, or more?"]
