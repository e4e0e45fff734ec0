"""Entries of version 1: what they had, their first voice profile has.

How the world differs: the user has renamed, moved and disabled things; the entry was disabled, or has no
options, or a fallback is speaking just then; Home Assistant crashed when only some of its files had been
written; the migration runs twice; a newer version was here before; the service is away.
"""

from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.websocket_tts.const import DOMAIN
from custom_components.websocket_tts.migration import VERSION, async_migrate_entry
from simulator import Simulator, tones

from .flows import answer_voice, change_voice, check_changed
from .in_home_assistant import MakeEntry, fetch, profile, stored_profile
from .other_voice import OTHER, add_voice
from .services import SERVICES
from .speech.speaking import TEXT
from .test_profiles import add, own_entities
from .test_repairs import issues
from .test_tts import pcm_of

BUTLER = "tts.butler"
VOICE = SERVICES["vivoka"].voice
FULL = {
    "voice": VOICE,
    "language": "en",
    "volume": 1.0,
    "audio_format": "auto",
    "lead_in": 100,
    "lead_out": 0,
    "sentence_pause": 0,
    "clean_text": True,
    "chime": "none",
    "chime_file": None,
    "pronunciations": [{"written": "Oez", "spoken": "Oz"}],
    "fallback": None,
}
FORMS = [
    FULL,
    {"voice": VOICE},
    {"voice": VOICE, "language": "en", "lead_in": 0, "lead_out": 0, "clean_text": True},
    {key: value for key, value in FULL.items() if key not in ("chime", "chime_file", "pronunciations")},
    {**FULL, "stand_by": True, "rate": 1.0, "sample_rate": 24000},
]
"""Options that versions before have stored."""


def stored(server: TestServer, options: dict[str, Any] | None = None, **more: Any) -> MockConfigEntry:
    """Return an entry of version 1."""
    return MockConfigEntry(
        domain=DOMAIN,
        version=1,
        title="Butler",
        data={"service": "vivoka", "host": f"http://127.0.0.1:{server.port}", "verify_ssl": True},
        options={"voice": VOICE, "language": "en"} if options is None else options,
        **more,
    )


def register(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Register device and entities as version 1 did, and as the user has changed them."""
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, entry.entry_id)}, name="Butler"
    )
    area = ar.async_get(hass).async_get_or_create("Pantry")
    dr.async_get(hass).async_update_device(device.id, area_id=area.id, name_by_user="Mr. Hudson")
    entities = er.async_get(hass)
    own = {"config_entry": entry, "device_id": device.id}
    speech = entities.async_get_or_create("tts", DOMAIN, entry.entry_id, suggested_object_id="butler", **own)
    entities.async_update_entity(speech.entity_id, name="Hudson", icon="mdi:bow-tie", labels={"loud"})
    for key in ("time_to_first_audio", "characters_spoken", "last_error"):
        entities.async_get_or_create("sensor", DOMAIN, f"{entry.entry_id}_{key}", **own)
    disabled = entities.async_get_entity_id("sensor", DOMAIN, f"{entry.entry_id}_last_error")
    entities.async_update_entity(str(disabled), disabled_by=er.RegistryEntryDisabler.USER)


def own_devices(hass: HomeAssistant) -> list[dr.DeviceEntry]:
    """Return the devices of all entries."""
    entries = hass.config_entries.async_entries(DOMAIN)
    devices = dr.async_get(hass)
    return [one for entry in entries for one in dr.async_entries_for_config_entry(devices, entry.entry_id)]


def kept(hass: HomeAssistant) -> dict[str, Any]:
    """Return what must stay as it is of device and entities."""
    (device,) = own_devices(hass)
    entities = {
        entity.unique_id: (
            entity.entity_id,
            entity.id,
            entity.name,
            entity.icon,
            entity.labels,
            entity.disabled_by,
            entity.device_id,
        )
        for entity in er.async_get(hass).entities.values()
    }
    return {"device": (device.id, device.area_id, device.name_by_user, device.identifiers), **entities}


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up, with the component that its entity is of."""
    assert await async_setup_component(hass, "tts", {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


@pytest.fixture(autouse=True)
def unloaded(make_entry: MakeEntry) -> None:
    """Have what a test sets up unloaded."""
    del make_entry


def moved(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Assert that device and entities are in the profile, and in it alone."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert len(entities) == 4
    assert {entity.config_subentry_id for entity in entities} == {entry.entry_id}
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    subentry_ids = getattr(device, "config_subentry_id", None) or device.config_entries_subentries
    assert subentry_ids in (entry.entry_id, {entry.entry_id: {entry.entry_id}})


@pytest.mark.parametrize("options", FORMS, ids=len)
async def test_everything_is_kept(
    hass: HomeAssistant, options: dict[str, Any], server: TestServer, hass_storage: dict[str, Any]
) -> None:
    """Settings, IDs, names, area, labels, what is disabled, and the number of characters."""
    entry = stored(server, dict(options))
    entry.add_to_hass(hass)
    register(hass, entry)
    before = kept(hass)
    key = f"{DOMAIN}.{entry.entry_id}"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": {"characters": 1234}}
    await set_up(hass, entry)
    assert kept(hass) == before
    moved(hass, entry)
    assert profile(entry).characters.total == 1234
    assert stored_profile(entry).data == {key: options[key] for key in options if key != "stand_by"}
    assert entry.data.get("stand_by") is (True if "stand_by" in options else None)
    assert (entry.version, entry.options, entry.title) == (VERSION, {}, "Butler")
    rate, samples = pcm_of(await fetch(hass, BUTLER, TEXT))
    lead_in = bytes(rate * options.get("lead_in", 0) // 1000 * 2)
    assert samples == lead_in + tones.pcm(TEXT, rate)


@pytest.mark.parametrize("times", [1, 2])
async def test_crash_before_the_registries_were_written(
    hass: HomeAssistant, times: int, server: TestServer
) -> None:
    """The entry is migrated, its device and entities are not; it may also happen twice."""
    entry = stored(server)
    entry.add_to_hass(hass)
    for _ in range(times):
        assert await async_migrate_entry(hass, entry)
    register(hass, entry)
    before = kept(hass)
    await set_up(hass, entry)
    assert kept(hass) == before
    moved(hass, entry)
    assert len(entry.subentries) == 1


async def test_crash_before_the_entry_was_written(hass: HomeAssistant, server: TestServer) -> None:
    """Device and entities are in a profile that the entry does not have any more."""
    entry = stored(server)
    entry.add_to_hass(hass)
    register(hass, entry)
    before = kept(hass)
    await set_up(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    options = dict(stored_profile(entry).data)
    # As it is after a start: nothing tells the registries.
    object.__setattr__(entry, "subentries", type(entry.subentries)({}))
    object.__setattr__(entry, "options", options)
    object.__setattr__(entry, "version", 1)
    await set_up(hass, entry)
    assert kept(hass) == before
    moved(hass, entry)


async def test_others_stay_where_they_are(hass: HomeAssistant, server: TestServer) -> None:
    """Later starts leave the device and the entities of a second profile in that one."""
    entry = stored(server)
    entry.add_to_hass(hass)
    register(hass, entry)
    await set_up(hass, entry)
    added = await add(hass, entry, "vivoka", "Children")
    before = own_entities(hass, added), own_entities(hass, entry.entry_id)
    assert [len(entities) for entities in before] == [4, 4]
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert (own_entities(hass, added), own_entities(hass, entry.entry_id)) == before
    assert {device.name for device in own_devices(hass)} == {"Butler", "Children"}


async def test_disabled_at_the_time(hass: HomeAssistant, server: TestServer) -> None:
    """Home Assistant does not migrate it until it is enabled."""
    entry = stored(server, disabled_by=ConfigEntryDisabler.USER)
    entry.add_to_hass(hass)
    assert await async_setup_component(hass, "tts", {})
    assert await async_setup_component(hass, DOMAIN, {})
    assert entry.version == 1
    assert await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done()
    assert stored_profile(entry).data["voice"] == VOICE
    assert len(await fetch(hass, BUTLER, TEXT)) > 44


async def test_service_is_away(hass: HomeAssistant, server: TestServer, simulator: Simulator) -> None:
    """The profile is there all the same, and what belongs to it."""
    entry = stored(server)
    entry.add_to_hass(hass)
    register(hass, entry)
    before = kept(hass)
    simulator.habits.statuses = {"voices": 500}
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    moved(hass, entry)
    simulator.habits.statuses = {}
    assert await async_setup_component(hass, "tts", {})
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert kept(hass) == before
    assert len(await fetch(hass, BUTLER, TEXT)) > 44


async def test_no_options(hass: HomeAssistant, server: TestServer) -> None:
    """The entity is kept; its missing voice can be chosen, under Repairs or in the profile."""
    entry = stored(server, {})
    entry.add_to_hass(hass)
    register(hass, entry)
    before = kept(hass)
    await set_up(hass, entry)
    assert kept(hass) == before
    assert set(issues(hass)) == {"voice_gone"}
    form = await change_voice(hass, entry)
    check_changed(await answer_voice(hass, form["flow_id"], {"voice": VOICE, "advanced": {}}))
    assert issues(hass) == {}
    assert len(await fetch(hass, BUTLER, TEXT)) > 44


async def test_fallback_is_speaking(hass: HomeAssistant, server: TestServer, simulator: Simulator) -> None:
    """Since when, and the number in the cache key, are the profile's; the issue goes on."""
    await add_voice(hass)
    entry = stored(server, {"voice": VOICE, "language": "en", "fallback": OTHER})
    entry.add_to_hass(hass)
    since = {"fallback_since": "2026-11-20T10:00:00+00:00", "fallback_count": 7}
    hass.config_entries.async_update_entry(entry, data={**entry.data, **since})
    simulator.habits.statuses = {"synthesize": 500}
    await set_up(hass, entry)
    assert not {"fallback_since", "fallback_count"} & set(entry.data)
    assert stored_profile(entry).data["fallback_since"] == since["fallback_since"]
    assert stored_profile(entry).data["fallback_count"] > 7
    assert set(issues(hass)) == {"fallback"}
    simulator.habits.statuses = {}
    await fetch(hass, BUTLER, TEXT)
    assert issues(hass) == {}


async def test_newer_version(hass: HomeAssistant, server: TestServer) -> None:
    """An entry of a version to come is left as it is."""
    entry = stored(server)
    object.__setattr__(entry, "version", VERSION + 1)
    entry.add_to_hass(hass)
    assert not await async_migrate_entry(hass, entry)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert entry.subentries == {}
