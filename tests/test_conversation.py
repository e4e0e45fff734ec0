"""The next connection of a conversation, in Home Assistant: made after an utterance, and gone in time."""

from datetime import timedelta
from unittest.mock import AsyncMock

from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.websocket_tts.const import CONF_VOICE
from custom_components.websocket_tts.coordinator import CONVERSATION
from custom_components.websocket_tts.speech.knovvu.client import KnovvuClient
from custom_components.websocket_tts.speech.models import Voice
from simulator import Cut, Simulator

from .flows import VOICE_INPUT, change_voice, host
from .in_home_assistant import MakeEntry
from .speech.speaking import all_closed, wait_for
from .test_diagnostics import speak

__all__ = ["host"]


@pytest.mark.parametrize("end", ["unload", "reload", "stop", "silence"])
async def test_next_connection(
    hass: HomeAssistant, end: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The second utterance is spoken on it; it ends with the conversation, the entry and Home Assistant."""
    entry = await make_entry("knovvu")
    assert simulator.open_sockets == 0
    for number in range(1, 4):
        await speak(hass, "knovvu", f"This is number {number}.")
        await wait_for(lambda: simulator.open_sockets == 1)
        assert simulator.calls.count("socket") == number + 1
    match end:
        case "unload":
            assert await hass.config_entries.async_unload(entry.entry_id)
        case "reload":
            assert await hass.config_entries.async_reload(entry.entry_id)
        case "stop":
            await hass.async_stop(force=True)
        case _:
            async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=CONVERSATION + 1))
    await all_closed(simulator)


async def test_none_after_a_failure(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """Nothing is to be expected of a service that does not speak."""
    await make_entry("knovvu")
    simulator.habits.cut = Cut(0, "error")
    with pytest.raises(HomeAssistantError):
        await speak(hass, "knovvu", "Hello.")
    await all_closed(simulator)
    sockets = simulator.calls.count("socket")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert simulator.calls.count("socket") == sockets


async def test_none_for_vivoka(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """Its sockets are for one text each, known when they are opened."""
    await make_entry("vivoka")
    await speak(hass, "vivoka", "Hello.")
    await all_closed(simulator)
    assert simulator.calls.count("socket") == simulator.calls.count("synthesize")


async def test_a_voice_is_tested_with_the_only_channel(
    hass: HomeAssistant,
    host: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Forms close the connection that is kept ready: it would make the service busy."""
    entry = await make_entry("knovvu")
    simulator.habits.channels = 1
    # All others are not listed, but there.
    monkeypatch.setattr(KnovvuClient, "voices", AsyncMock(return_value=[Voice("Emily_Premium", "Emily")]))
    for number, voice in enumerate(("Sestek Hans 24k", "Sestek Chloe 24k")):
        await speak(hass, "knovvu", f"This is number {number}.")
        await wait_for(lambda: simulator.open_sockets == 1)
        form = await change_voice(hass, entry)
        changed = {**VOICE_INPUT["knovvu"], CONF_VOICE: voice}
        form = await hass.config_entries.subentries.async_configure(form["flow_id"], changed)
        assert not form["errors"]
        hass.config_entries.subentries.async_abort(form["flow_id"])
    await speak(hass, "knovvu", "This is the last one.")
    await wait_for(lambda: simulator.open_sockets == 1)
    form = await entry.start_reconfigure_flow(hass)
    form = await hass.config_entries.flow.async_configure(form["flow_id"], {CONF_HOST: host})
    assert form["reason"] == "reconfigure_successful"
