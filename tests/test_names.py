"""What services and voices are called where Home Assistant lists them: two of a kind, and renamed."""

from typing import Any

from aiohttp.test_utils import BaseTestServer, TestServer
from homeassistant.components import media_source
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import ATTR_FRIENDLY_NAME, CONF_HOST, CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.websocket_tts.const import CONF_VOICE, SECTION_ADVANCED
from simulator import Simulator

from .flows import VOICE_INPUT, answer_voice, change_voice, suggested, take_voice
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
        services = ["Vivoka VDK", "Knovvu TTS", "Vivoka VDK 2"]
        names = ["Vivoka Evan", "Knovvu Emily", "Vivoka Evan 2"]
        ids = ["tts.vivoka_evan", "tts.knovvu_emily", "tts.vivoka_evan_2"]
        entries = [hass.config_entries.async_get_known_entry(entry_id) for entry_id in added]
        assert [entry.title for entry in entries] == services
        devices = [dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)[0] for entry_id in added]
        assert [device.name for device in devices] == names
        assert [device.configuration_url for device in devices] == [
            entry.data[CONF_HOST] for entry in entries
        ]
        assert [device.model for device in devices] == [
            "Evan, American English (embedded-pro)",
            "Emily, American English, female (Premium)",
            "Evan, American English (embedded-pro)",
        ]
        entities = [hass.data[DATA_COMPONENT].get_entity(entity_id) for entity_id in ids]
        assert [entity and entity.name for entity in entities] == names
        assert [hass.states.get(entity_id).attributes[ATTR_FRIENDLY_NAME] for entity_id in ids] == names  # type: ignore[union-attr]
        browser = await media_source.async_browse_media(hass, "media-source://tts")
        assert {child.title for child in browser.children or []} == set(names)
        everything = er.async_get(hass).entities.values()
        assert sorted(entry.entity_id for entry in everything if entry.domain == "tts") == sorted(ids)
        assert "sensor.vivoka_evan_2_last_error" in {entry.entity_id for entry in everything}
        assert not [entry.entity_id for entry in everything if "127" in entry.entity_id]
        await hass.config_entries.async_unload(added[-1])


@pytest.mark.parametrize("renamed", ["voice", "device", "name and assign"])
async def test_new_name(hass: HomeAssistant, renamed: str, make_entry: MakeEntry) -> None:
    """A new title is the name of all at once, and after the next start; the id of the entity stays.

    So is the name of the device, as the dialog after a set-up writes it, too.
    """
    entry: MockConfigEntry = await make_entry("vivoka")
    if renamed == "voice":
        hass.config_entries.async_update_subentry(entry, stored_profile(entry), title="Butler")
    else:
        devices = dr.async_get(hass)
        (device,) = dr.async_entries_for_config_entry(devices, entry.entry_id)
        area = "kitchen" if renamed == "name and assign" else None
        devices.async_update_device(device.id, name_by_user="Butler", area_id=area)
    await hass.async_block_till_done()
    await check_new_name(hass, entry)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await check_new_name(hass, entry)


async def test_name_stays(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """What somebody has named keeps its name with another voice; what nobody has follows its voice."""
    entry: MockConfigEntry = await make_entry("vivoka")
    serena = {CONF_VOICE: "eng,serena,embedded-high", SECTION_ADVANCED: {}}

    async def title_with(user_input: dict[str, Any]) -> str:
        form = await change_voice(hass, entry)
        await answer_voice(hass, form["flow_id"], user_input)
        await hass.async_block_till_done()
        return stored_profile(entry).title

    assert await title_with(serena) == "Vivoka Serena"
    assert await title_with({**serena, SECTION_ADVANCED: {"lead_in": 50}}) == "Vivoka Serena"
    assert await title_with({**serena, CONF_NAME: " Butler "}) == "Butler"
    assert suggested(await change_voice(hass, entry))[CONF_NAME] == "Butler"
    assert await title_with({**VOICE_INPUT["vivoka"], CONF_NAME: "Butler"}) == "Butler"
    await check_new_name(hass, entry)
    hass.config_entries.async_update_subentry(entry, stored_profile(entry), title="Maid")
    await hass.async_block_till_done()
    assert await title_with({**serena, CONF_NAME: "Maid"}) == "Maid"
    # An empty field gives it up.
    assert await title_with(serena) == "Vivoka Serena"
    assert er.async_get(hass).async_get("tts.vivoka")


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("renamed", ["voice", "device"])
async def test_blank_name(hass: HomeAssistant, blank: str, renamed: str, make_entry: MakeEntry) -> None:
    """A name that is taken away, or blank, is none: the title is that of brand and voice again."""
    entry: MockConfigEntry = await make_entry("vivoka", name="Butler")
    if renamed == "voice":
        hass.config_entries.async_update_subentry(entry, stored_profile(entry), title=blank)
    else:
        (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        dr.async_get(hass).async_update_device(device.id, name_by_user=blank)
    await hass.async_block_till_done()
    assert stored_profile(entry).title == "Vivoka Evan"
    assert CONF_NAME not in stored_profile(entry).data
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert (device.name, device.name_by_user) == ("Vivoka Evan", None)


async def test_other_devices(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """The names of other devices, and other changes of ours, change nothing."""
    entry: MockConfigEntry = await make_entry("vivoka")
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    devices = dr.async_get(hass)
    (own,) = dr.async_entries_for_config_entry(devices, entry.entry_id)
    devices.async_update_device(own.id, area_id="kitchen")
    foreign = devices.async_get_or_create(config_entry_id=other.entry_id, identifiers={("other", "1")})
    devices.async_update_device(foreign.id, name_by_user="Butler")
    devices.async_remove_device(foreign.id)
    await hass.async_block_till_done()
    assert stored_profile(entry).title == "Vivoka"
    assert CONF_NAME not in stored_profile(entry).data


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
    assert (device.name, device.name_by_user) == ("Butler", None)
    assert (stored_profile(entry).title, stored_profile(entry).data[CONF_NAME]) == ("Butler", "Butler")
