"""What the first version has stored still works."""

import json
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.components.tts import async_create_stream
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.websocket_tts.const import DOMAIN
from custom_components.websocket_tts.migration import VERSION
from simulator import Simulator, tones

from .in_home_assistant import stored_profile
from .speech.speaking import TEXT

STORED = Path(__file__).parent / "fixtures" / "config_entries_v1.json"
ENTITY = {
    "vivoka": "tts.vivoka_vdk_127_0_0_1_speech",
    "knovvu": "tts.knovvu_tts_127_0_0_1_speech",
}


@pytest.mark.parametrize("kind", ENTITY)
async def test_entry_of_the_first_version(
    hass: HomeAssistant, kind: str, hass_storage: dict[str, Any], simulator: Simulator, server: TestServer
) -> None:
    """An entry of version 1 is loaded from the storage, set up, and speaks; nothing of it is lost."""
    text = STORED.read_text("utf-8").replace("127.0.0.1:39806", f"127.0.0.1:{server.port}")
    stored = json.loads(text)
    hass_storage["core.config_entries"] = stored
    simulator.habits.token = "first-token"
    await hass.config_entries.async_initialize()
    (before,) = [entry for entry in stored["data"]["entries"] if entry["data"]["service"] == kind]
    entry = hass.config_entries.async_get_entry(before["entry_id"])
    assert entry
    er.async_get(hass).async_get_or_create(
        "tts",
        DOMAIN,
        entry.entry_id,
        config_entry=entry,
        has_entity_name=True,
        original_name="Speech",
        suggested_object_id=ENTITY[kind].removeprefix("tts."),
    )
    assert await async_setup_component(hass, "tts", {})
    if entry.state is not ConfigEntryState.LOADED:
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    # What an older version learned of the server in another way is looked at anew.
    learned = {key: value for key, value in before["data"]["learned"].items() if key != "confirmed_rate"}
    options = dict(before["options"])
    stand_by = {"stand_by": options.pop("stand_by")} if "stand_by" in options else {}
    assert entry.data == {**before["data"], "learned": learned, **stand_by}
    assert entry.version == VERSION
    assert not entry.options
    assert stored_profile(entry).data == options
    assert stored_profile(entry).title == entry.title
    stream = async_create_stream(hass, ENTITY[kind], options={"preferred_format": "wav"})
    stream.async_set_message(TEXT)
    heard = b"".join([chunk async for chunk in stream.async_stream_result()])
    assert heard[44:] == tones.pcm(TEXT, simulator.requests[-1].sample_rate)
    for loaded in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(loaded.entry_id)
