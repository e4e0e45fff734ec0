"""A service that is away: for a moment, for long, and back again.

Home Assistant drops what is to be said by an entity that is unavailable. So a service that restarts must not
make it so, and one that was away for long must be found soon.
"""

import asyncio
from datetime import timedelta
import logging
from typing import Any

from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.tts import async_get_media_source_audio
from homeassistant.const import CONF_HOST, CONF_TOKEN, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed, async_mock_service

from custom_components.websocket_tts.const import DOMAIN
from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator, tones

from .in_home_assistant import ENTITY, MakeEntry
from .services import KINDS
from .speech.speaking import TEXT
from .test_diagnostics import speak


def state_of(hass: HomeAssistant, kind: str) -> str:
    """Return the state of the speaking entity."""
    state = hass.states.get(ENTITY[kind])
    assert state
    return state.state


def said(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return what the integration logged at a level."""
    records = [record for record in caplog.records if record.levelno == level and DOMAIN in record.name]
    return [record.getMessage() for record in records]


async def announce(hass: HomeAssistant, kind: str, plays: list[Any]) -> bytes:
    """Perform tts.speak; return what the player is given, nothing where it is not even asked."""
    plays.clear()
    data = {"entity_id": ENTITY[kind], "media_player_entity_id": "media_player.any", "message": TEXT}
    await hass.services.async_call("tts", "speak", {**data, "cache": False}, blocking=True)
    if not plays:
        return b""
    media = plays[0].data["media_content_id"]
    return (await async_get_media_source_audio(hass, media))[1]


async def test_restart(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """In real time: away for 3 s, with attempts to speak meanwhile; 2 s later tts.speak is heard."""
    running = TestServer(simulator.app(), host="127.0.0.1")
    await running.start_server()
    port = running.port
    for kind in KINDS:
        await make_entry(kind, data={CONF_HOST: f"http://127.0.0.1:{port}"}, audio_format="wav")
    plays = async_mock_service(hass, "media_player", "play_media")
    await async_setup_component(hass, "media_source", {})
    await running.close()
    for kind in KINDS:
        with pytest.raises(HomeAssistantError):
            await speak(hass, kind, TEXT)
    await asyncio.sleep(3)
    assert STATE_UNAVAILABLE not in [state_of(hass, kind) for kind in KINDS]
    running = TestServer(simulator.app(), host="127.0.0.1", port=port)
    await running.start_server()
    await asyncio.sleep(2)
    for kind in KINDS:
        audio = await announce(hass, kind, plays)
        assert audio[44:] == tones.pcm(TEXT, simulator.requests[-1].sample_rate)
    async with asyncio.timeout(5):
        while len([text for text in said(caplog, logging.INFO) if "recovered" in text]) < len(KINDS):
            await asyncio.sleep(0.05)
    assert len(said(caplog, logging.ERROR)) == len(KINDS)
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)
    await running.close()


async def ticks(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: int) -> None:
    """Let time pass, second by second."""
    for _ in range(seconds):
        freezer.tick(timedelta(seconds=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("kind", KINDS)
async def test_long_absence(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It shows after a quarter of a minute; the service is asked less and less often, and logged once."""
    entry = await make_entry(kind)
    simulator.habits.statuses["voices"] = 500
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    assert (await async_get_config_entry_diagnostics(hass, entry))["available"] is True
    simulator.calls.clear()
    await ticks(hass, freezer, 10)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    assert 2 <= simulator.calls.count("voices") <= 3
    await ticks(hass, freezer, 12)
    assert state_of(hass, kind) == STATE_UNAVAILABLE
    assert (await async_get_config_entry_diagnostics(hass, entry))["available"] is False
    simulator.calls.clear()
    await ticks(hass, freezer, 110)
    assert 2 <= simulator.calls.count("voices") <= 4
    simulator.calls.clear()
    await ticks(hass, freezer, 185)
    assert 2 <= simulator.calls.count("voices") <= 3
    assert len(said(caplog, logging.ERROR)) == 1
    simulator.habits.statuses.clear()
    await ticks(hass, freezer, 62)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    assert len([text for text in said(caplog, logging.INFO) if "recovered" in text]) == 1
    simulator.calls.clear()
    await ticks(hass, freezer, 120)
    assert simulator.calls.count("voices") == 0
    # The next absence begins anew.
    simulator.habits.statuses["voices"] = 500
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await ticks(hass, freezer, 5)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    assert 2 <= simulator.calls.count("voices") <= 3


async def test_speech_that_works_ends_an_absence(
    hass: HomeAssistant,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the next failure is the first of another."""
    entry = await make_entry("vivoka")
    simulator.habits.statuses["voices"] = 500
    coordinator = entry.runtime_data
    for _ in range(5):
        await coordinator.async_refresh()
        freezer.tick(timedelta(seconds=10))
    await hass.async_block_till_done()
    assert state_of(hass, "vivoka") == STATE_UNAVAILABLE
    await speak(hass, "vivoka", TEXT)
    assert state_of(hass, "vivoka") != STATE_UNAVAILABLE
    await coordinator.async_refresh()
    await hass.async_block_till_done()
    assert state_of(hass, "vivoka") != STATE_UNAVAILABLE
    assert coordinator.update_interval == timedelta(seconds=1)
    for _ in range(2):
        # Only the end of an absence is one.
        coordinator.async_set_updated_data(coordinator.data)
    assert len([text for text in said(caplog, logging.INFO) if "recovered" in text]) == 2


async def test_busy_service_is_asked_when_it_says(simulator: Simulator, make_entry: MakeEntry) -> None:
    """A service that says when to come again is not asked before."""
    entry = await make_entry("vivoka")
    simulator.habits.statuses["voices"], simulator.habits.retry_after = 429, "40"
    await entry.runtime_data.async_refresh()
    assert entry.runtime_data.update_interval == timedelta(seconds=40)


async def test_credentials_that_are_refused(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """That does not pass: it shows at once, also in the middle of a short absence."""
    entry = await make_entry("vivoka", data={CONF_TOKEN: "secret"})
    simulator.habits.statuses["voices"] = 500
    await entry.runtime_data.async_refresh()
    assert state_of(hass, "vivoka") != STATE_UNAVAILABLE
    simulator.habits.statuses["voices"] = 401
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
    assert state_of(hass, "vivoka") == STATE_UNAVAILABLE
