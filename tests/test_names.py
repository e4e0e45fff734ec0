"""What services are called where Home Assistant lists them: two of a kind, and renamed."""

from aiohttp.test_utils import BaseTestServer, TestServer
from homeassistant.components import media_source
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import ATTR_FRIENDLY_NAME, CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Simulator

from .flows import VOICE_INPUT, take_voice
from .in_home_assistant import MakeEntry, stored_profile


async def add(hass: HomeAssistant, server: BaseTestServer, kind: str) -> str:
    """Set a service up as a user does; return the id of its entry."""
    flow = await hass.config_entries.flow.async_init("websocket_tts", context={"source": "user"})
    for answer in (
        {"next_step_id": kind},
        {CONF_HOST: f"http://127.0.0.1:{server.port}"},
        VOICE_INPUT[kind],
    ):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], answer)
    flow = await take_voice(hass.config_entries.flow, flow)
    await hass.async_block_till_done()
    return str(flow["result"].entry_id)


async def test_every_list_tells_services_apart(
    hass: HomeAssistant, server: TestServer, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Entries, devices, entities, the media browser and ids: each has its own, and no address is in them."""
    del make_entry  # It unloads what this test sets up.
    await async_setup_component(hass, "tts", {})
    await async_setup_component(hass, "media_source", {})
    async with TestServer(simulator.app(), host="127.0.0.1") as other:
        added = [
            await add(hass, server, "vivoka"),
            await add(hass, server, "knovvu"),
            await add(hass, other, "vivoka"),
        ]
        names = ["Vivoka VDK", "Knovvu TTS", "Vivoka VDK 2"]
        ids = ["tts.vivoka_vdk", "tts.knovvu_tts", "tts.vivoka_vdk_2"]
        assert [hass.config_entries.async_get_known_entry(entry_id).title for entry_id in added] == names
        devices = [dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)[0] for entry_id in added]
        assert [device.name for device in devices] == names
        # No link that says "Visit" and leads to an interface that is not for people.
        assert {device.configuration_url for device in devices} == {None}
        entities = [hass.data[DATA_COMPONENT].get_entity(entity_id) for entity_id in ids]
        assert [entity and entity.name for entity in entities] == names
        assert [hass.states.get(entity_id).attributes[ATTR_FRIENDLY_NAME] for entity_id in ids] == names  # type: ignore[union-attr]
        browser = await media_source.async_browse_media(hass, "media-source://tts")
        assert {child.title for child in browser.children or []} == set(names)
        everything = er.async_get(hass).entities.values()
        assert sorted(entry.entity_id for entry in everything if entry.domain == "tts") == sorted(ids)
        assert "sensor.vivoka_vdk_2_last_error" in {entry.entity_id for entry in everything}
        assert not [entry.entity_id for entry in everything if "127" in entry.entity_id]
        await hass.config_entries.async_unload(added[-1])


async def test_new_name(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """A new title is the name of all at once, and after the next start; the id of the entity stays."""
    entry: MockConfigEntry = await make_entry("vivoka")
    hass.config_entries.async_update_subentry(entry, stored_profile(entry), title="Butler")
    await check_new_name(hass, entry)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await check_new_name(hass, entry)


async def check_new_name(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Assert that all lists have the new name."""
    registered = er.async_get(hass).async_get("tts.vivoka")
    assert registered
    assert registered.original_name == "Butler"
    browser = await media_source.async_browse_media(hass, "media-source://tts")
    assert {child.title for child in browser.children or []} == {"Butler"}
    state = hass.states.get("tts.vivoka")
    assert state
    assert state.name == "Butler"
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert device.name == "Butler"
