"""What is set up is watched: a fallback, a chime, or a service that is gone is told, and mended in a flow.

How the world differs: the fallback is removed, renamed, reloaded, disabled, or comes only after the start of
Home Assistant; the service is away at the same time, when the fallback is needed; the chime comes back by
itself; the voice was given another chime meanwhile; a service is away for long, but not for all of its
voices.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, STATE_UNAVAILABLE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.websocket_tts.availability import LONG_ABSENCE, RETRY_AFTER
from custom_components.websocket_tts.const import CONF_VOICE, SECTION_ADVANCED
from custom_components.websocket_tts.speech.exceptions import CannotConnectError
from simulator import Simulator

from .clock import running
from .flows import answer_voice, change_voice, check_changed
from .in_home_assistant import ENTITY, VOICE, MakeEntry, fetch, new_profile, stored_profile
from .other_voice import OTHER, add_voice
from .services import KINDS
from .speech.speaking import TEXT
from .test_chime import DING, ding, file_of, recording, write
from .test_repairs import go_on, issues, mend

__all__ = ["ding"]


async def settle(hass: HomeAssistant) -> None:
    """Let the time pass until what is not there is taken to be gone."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=LONG_ABSENCE + 1))
    await hass.async_block_till_done(wait_background_tasks=True)


async def remove_fallback(hass: HomeAssistant) -> None:
    """Remove the entity that is the fallback."""
    er.async_get(hass).async_remove(OTHER)
    await hass.async_block_till_done()
    assert not hass.states.get(OTHER)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chosen", [{}, {"fallback": "tts.other"}])
async def test_fallback_is_removed(
    hass: HomeAssistant,
    kind: str,
    chosen: dict[str, str],
    make_entry: MakeEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """It is told at once, and mended by another one, or none."""
    await add_voice(hass)
    entry = await make_entry(kind, fallback=OTHER)
    await settle(hass)
    assert issues(hass) == {}
    await remove_fallback(hass)
    issue = issues(hass)["fallback_gone"]
    assert issue.translation_placeholders == {"name": kind.title(), "fallback": OTHER}
    step = await mend(hass, hass_client, issue, {"fallback": OTHER})
    assert (step["step_id"], step["errors"]) == ("fallback", {"fallback": "fallback_gone"})
    hass.states.async_set("tts.other", "unknown")
    assert (await go_on(hass, hass_client, step, chosen))["type"] == "create_entry"
    assert stored_profile(entry).data["fallback"] == chosen.get("fallback")
    assert issues(hass) == {}
    await settle(hass)
    assert issues(hass) == {}


async def test_fallback_is_mended_while_the_service_is_away(
    hass: HomeAssistant, make_entry: MakeEntry, simulator: Simulator, hass_client: ClientSessionGenerator
) -> None:
    """That is when it is needed."""
    entry = await make_entry("vivoka", fallback=OTHER)
    await settle(hass)
    simulator.habits.statuses["voices"] = 503
    step = await mend(hass, hass_client, issues(hass)["fallback_gone"], {})
    assert step["type"] == "create_entry"
    assert stored_profile(entry).data["fallback"] is None
    assert not simulator.requests


async def test_fallback_comes_late(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """At the start of Home Assistant, other integrations may take longer; one that never comes is told."""
    hass.set_state(CoreState.starting)
    await make_entry("vivoka", fallback=OTHER)
    await settle(hass)
    assert issues(hass) == {}
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert issues(hass) == {}
    await settle(hass)
    assert set(issues(hass)) == {"fallback_gone"}
    await add_voice(hass)
    await hass.async_block_till_done()
    assert issues(hass) == {}


async def test_fallback_is_renamed(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """A new entity ID is taken over: nothing is gone."""
    await add_voice(hass)
    entry = await make_entry("vivoka", fallback=OTHER)
    er.async_get(hass).async_update_entity(OTHER, new_entity_id="tts.loud")
    await hass.async_block_till_done()
    await settle(hass)
    assert stored_profile(entry).data["fallback"] == "tts.loud"
    assert issues(hass) == {}


async def test_nothing_keeps_it_available(
    hass: HomeAssistant, make_entry: MakeEntry, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A service that is away is available by a fallback that is there, and by no other; the log names it."""
    await add_voice(hass)
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = {"voices": 500, "synthesize": 500}
    with pytest.raises(HomeAssistantError):
        await asyncio.gather(fetch(hass, "vivoka", TEXT), remove_fallback(hass))
    assert f"{OTHER}, the fallback of Vivoka, does not exist" in caplog.text
    for _ in range(6):
        await entry.runtime_data.async_refresh()
        await asyncio.sleep(15)
    state = hass.states.get(ENTITY["vivoka"])
    assert state
    assert state.state == STATE_UNAVAILABLE
    await add_voice(hass)
    await hass.async_block_till_done()
    state = hass.states.get(ENTITY["vivoka"])
    assert state
    assert state.state != STATE_UNAVAILABLE


@pytest.mark.parametrize("kind", KINDS)
async def test_form_refuses_it(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """It is refused in the form of the voice, and what was entered stays."""
    entry = await make_entry(kind, fallback=OTHER)
    form = await change_voice(hass, entry)
    user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: {"fallback": OTHER}}
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["errors"] == {SECTION_ADVANCED: "fallback_gone"}
    check_changed(await answer_voice(hass, form["flow_id"], {**user_input, SECTION_ADVANCED: {}}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chosen", ["none", "bell", "file"])
async def test_chime_is_gone(
    hass: HomeAssistant,
    kind: str,
    chosen: str,
    ding: Path,
    make_entry: MakeEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """It is told once Home Assistant has started, and mended by another chime, or none."""
    entry = await make_entry(kind, chime="file", chime_file=file_of(DING))
    with running().beside():
        await settle(hass)
    issue = issues(hass)["chime_gone"]
    assert issue.translation_placeholders == {"name": kind.title(), "chime": DING}
    step = await mend(hass, hass_client, issue, {"chime": chosen})
    if chosen == "file":
        step = await go_on(hass, hass_client, step, {"chime_file": file_of(DING)})  # type: ignore[dict-item]
        assert step["errors"] == {"chime_file": "chime_gone"}
        write(ding, recording(0.5))
        with running().beside():
            step = await go_on(hass, hass_client, step, {"chime_file": file_of(DING)})  # type: ignore[dict-item]
    assert step["type"] == "create_entry"
    assert stored_profile(entry).data["chime"] == chosen
    assert issues(hass) == {}
    with running().beside():
        await settle(hass)
    assert issues(hass) == {}


async def test_chime_goes_and_comes_back(hass: HomeAssistant, ding: Path, make_entry: MakeEntry) -> None:
    """Announcements find it out, too; only the chime that was configured counts."""
    await make_entry("vivoka", chime="file", chime_file=file_of(DING))
    await fetch(hass, "vivoka", TEXT)
    assert set(issues(hass)) == {"chime_gone"}
    # The check after the start of Home Assistant is over.
    with running().beside():
        await settle(hass)
    write(ding, recording(0.5))
    running().block(RETRY_AFTER)
    await fetch(hass, "vivoka", "It is here again.", chime="media-source://media_source/local/other.wav")
    assert set(issues(hass)) == {"chime_gone"}
    await fetch(hass, "vivoka", "It is still here.")
    assert issues(hass) == {}


async def test_service_is_away_for_long(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """After ten minutes it is told, if a voice has no fallback, and not any more when the service is back."""
    await add_voice(hass)
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = {"voices": 500, "synthesize": 500}

    async def away(minutes: int) -> None:
        for _ in range(minutes):
            entry.runtime_data.async_note_failure(CannotConnectError())
            await entry.runtime_data.async_refresh()
            await asyncio.sleep(60)

    await away(13)
    assert "service_away" not in issues(hass)
    # It has been away all the time, which a reload does not change.
    hass.config_entries.async_add_subentry(entry, new_profile("vivoka", "Children"))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issues(hass)["service_away"].translation_placeholders["name"] == "Vivoka"  # type: ignore[index]
    state = hass.states.get("tts.children")
    assert state
    assert state.state == STATE_UNAVAILABLE
    simulator.habits.statuses = {}
    await entry.runtime_data.async_refresh()
    assert "service_away" not in issues(hass)
    simulator.habits.statuses = {"voices": 500, "synthesize": 500}
    await away(9)
    assert "service_away" not in issues(hass)
    await away(4)
    assert "service_away" in issues(hass)
