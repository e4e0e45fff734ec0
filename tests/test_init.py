"""The life of an entry."""

from datetime import timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.websocket_tts.const import DOMAIN
from custom_components.websocket_tts.speech.exceptions import CannotConnectError
from simulator import Simulator

from .in_home_assistant import ENTITY, MakeEntry, stored_profile
from .services import KINDS, SERVICES
from .speech.speaking import all_closed, wait_for


@pytest.mark.parametrize("kind", KINDS)
async def test_load_and_unload(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """An entry makes one device with one entity, and takes it away."""
    entry = await make_entry(kind)
    assert entry.state is ConfigEntryState.LOADED
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    profile_id = stored_profile(entry).subentry_id
    assert device.identifiers == {(DOMAIN, profile_id)}
    assert device.manufacturer == SERVICES[kind].manufacturer
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert {entity.entity_id for entity in entities if not entity.disabled} == {ENTITY[kind]}
    assert {entity.unique_id for entity in entities} == {
        profile_id,
        *(f"{profile_id}_{key}" for key in ("time_to_first_audio", "characters_spoken", "last_error")),
    }
    assert await hass.config_entries.async_unload(entry.entry_id)
    state = hass.states.get(ENTITY[kind])
    assert state
    assert state.state == STATE_UNAVAILABLE


@pytest.mark.parametrize("end", ["unload", "stop"])
async def test_connection_that_stands_by(
    hass: HomeAssistant, end: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A connection that stands by ends with the entry, and with Home Assistant."""
    entry = await make_entry("knovvu", stand_by=True)
    await wait_for(lambda: simulator.open_sockets == 1)
    if end == "unload":
        assert await hass.config_entries.async_unload(entry.entry_id)
    else:
        await hass.async_stop(force=True)
    await all_closed(simulator)


@pytest.mark.parametrize("kind", KINDS)
async def test_service_is_not_there_yet(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Home Assistant may start before the service."""
    simulator.habits.statuses["voices"] = 503
    entry = await make_entry(kind, setup=False)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    simulator.habits.statuses.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)


@pytest.mark.parametrize("kind", KINDS)
async def test_wrong_token(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A token that is refused at the start asks the user for a new one."""
    simulator.habits.token = "another"
    entry = await make_entry(kind, setup=False, data={CONF_TOKEN: "secret"})
    assert not await hass.config_entries.async_setup(entry.entry_id)
    # It is tried again: who is refused by mistake for a minute is back after a minute.
    assert entry.state is ConfigEntryState.SETUP_RETRY
    await hass.async_block_till_done()
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == ["reauth"]


@pytest.mark.parametrize("kind", KINDS)
async def test_polling(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A service that goes away and comes back is noticed, and logged once each."""
    entry = await make_entry(kind)

    async def after(minutes: float) -> str:
        freezer.tick(timedelta(minutes=minutes))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        state = hass.states.get(ENTITY[kind])
        assert state
        return state.state

    simulator.habits.statuses["voices"] = 503
    assert await after(5.5) != STATE_UNAVAILABLE
    entry.runtime_data.async_note_failure(CannotConnectError())
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await after(0.5) != STATE_UNAVAILABLE
    assert await after(1.5) == STATE_UNAVAILABLE
    assert await after(1.5) == STATE_UNAVAILABLE
    assert len(_said(caplog, logging.ERROR)) == 1
    simulator.habits.statuses.clear()
    assert await after(1.5) != STATE_UNAVAILABLE
    assert len(_said(caplog, logging.ERROR)) == 1
    assert [text for text in _said(caplog, logging.INFO) if "recovered" in text]


def _said(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return what the integration logged at a level."""
    return [
        record.getMessage() for record in caplog.records if record.levelno == level and DOMAIN in record.name
    ]
