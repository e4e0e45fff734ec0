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
from custom_components.websocket_tts.speech.exceptions import CannotConnectError
from simulator import Simulator, tones

from .in_home_assistant import ENTITY, MakeEntry, entity
from .other_voice import OTHER, add_voice
from .services import KINDS, SERVICES
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
    async with asyncio.timeout(20):
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


async def until_away(hass: HomeAssistant, freezer: FrozenDateTimeFactory, kind: str) -> None:
    """Let time pass until the service is away; that takes a minute or two at most."""
    for _ in range(120):
        await ticks(hass, freezer, 1)
        if state_of(hass, kind) == STATE_UNAVAILABLE:
            return
    raise AssertionError(state_of(hass, kind))


@pytest.mark.parametrize("kind", KINDS)
async def test_long_absence(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A list that is refused, as is speech, shows after a minute; it is asked for less and less often."""
    entry = await make_entry(kind)
    simulator.habits.statuses["voices"] = 500
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    entry.runtime_data.async_note_failure(CannotConnectError())
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    assert (await async_get_config_entry_diagnostics(hass, entry))["available"] is True
    simulator.calls.clear()
    await ticks(hass, freezer, 10)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    assert 2 <= simulator.calls.count("voices") <= 3
    await ticks(hass, freezer, 45)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    await until_away(hass, freezer, kind)
    assert (await async_get_config_entry_diagnostics(hass, entry))["available"] is False
    simulator.calls.clear()
    await ticks(hass, freezer, 110)
    assert 1 <= simulator.calls.count("voices") <= 4
    simulator.calls.clear()
    await ticks(hass, freezer, 185)
    assert 2 <= simulator.calls.count("voices") <= 4
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


@pytest.mark.parametrize("kind", KINDS)
async def test_service_that_is_not_reached(
    hass: HomeAssistant,
    kind: str,
    server: TestServer,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """That shows after a quarter of a minute, also if it could speak a moment before."""
    await make_entry(kind)
    await speak(hass, kind, TEXT)
    await server.close()
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await ticks(hass, freezer, 10)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    await ticks(hass, freezer, 12)
    assert state_of(hass, kind) == STATE_UNAVAILABLE


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_list_that_fails_while_speech_works(
    hass: HomeAssistant,
    status: int,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A service that speaks is there, whatever its list says; one that was taken for away is back at once."""
    entry = await make_entry("vivoka", data={CONF_TOKEN: "secret"})
    languages = entity(hass, "vivoka").supported_languages
    simulator.habits.statuses["voices"] = status
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    entry.runtime_data.async_note_failure(CannotConnectError())
    await until_away(hass, freezer, "vivoka")
    await speak(hass, "vivoka", TEXT)
    for _ in range(20):
        await ticks(hass, freezer, 10)
        assert state_of(hass, "vivoka") != STATE_UNAVAILABLE
    assert entity(hass, "vivoka").supported_languages == languages
    assert entry.runtime_data.data


async def test_list_fails_and_then_the_speech(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """When it cannot speak any more either, it is away."""
    entry = await make_entry("vivoka")
    await speak(hass, "vivoka", TEXT)
    simulator.habits.statuses.update({"voices": 500})
    for _ in range(4):
        await entry.runtime_data.async_refresh()
        await asyncio.sleep(30)
    assert state_of(hass, "vivoka") != STATE_UNAVAILABLE
    simulator.habits.statuses.update({"synthesize": 500})
    with pytest.raises(HomeAssistantError):
        await speak(hass, "vivoka", "And again.")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, "vivoka") == STATE_UNAVAILABLE


async def test_busy_service_is_asked_when_it_says(simulator: Simulator, make_entry: MakeEntry) -> None:
    """A service that says when to come again is not asked before."""
    entry = await make_entry("vivoka")
    simulator.habits.statuses["voices"], simulator.habits.retry_after = 429, "40"
    await entry.runtime_data.async_refresh()
    assert entry.runtime_data.update_interval == timedelta(seconds=40)


def reauthentications(hass: HomeAssistant) -> int:
    """Return how many times the user is asked for new credentials."""
    sources = [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()]
    assert set(sources) <= {"reauth"}
    return len(sources)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loaded", [True, False])
async def test_refused_by_mistake(
    hass: HomeAssistant,
    kind: str,
    loaded: bool,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Who is refused for a minute is asked for credentials, and is back after a minute, without an answer."""
    entry = await make_entry(kind, setup=loaded, data={CONF_TOKEN: "secret"})
    simulator.habits.statuses["voices"] = 401
    if loaded:
        freezer.tick(timedelta(minutes=5.5))
        async_fire_time_changed(hass)
    else:
        assert not await hass.config_entries.async_setup(entry.entry_id)
    await ticks(hass, freezer, 10)
    assert reauthentications(hass) == 1
    assert not loaded or state_of(hass, kind) != STATE_UNAVAILABLE
    simulator.habits.statuses.clear()
    await ticks(hass, freezer, 62)
    assert reauthentications(hass) == 0
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    await speak(hass, kind, TEXT)


async def test_refused_with_a_fallback(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, freezer: FrozenDateTimeFactory
) -> None:
    """The fallback speaks meanwhile, for hours; then it is the service again."""
    other = await add_voice(hass)
    await make_entry("vivoka", data={CONF_TOKEN: "secret"}, fallback=OTHER)
    simulator.habits.statuses.update({"voices": 401, "synthesize": 401})
    await speak(hass, "vivoka", TEXT)
    assert len(other.texts) == 1
    for _ in range(6 * 12):
        freezer.tick(timedelta(minutes=5))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
    simulator.habits.statuses.clear()
    await ticks(hass, freezer, 62)
    await speak(hass, "vivoka", "And again.")
    assert len(other.texts) == 1
    assert reauthentications(hass) == 0


async def test_refused_when_it_speaks(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A service that lists its voices to everybody has not accepted the credentials thereby."""
    entry = await make_entry("vivoka", data={CONF_TOKEN: "secret"})
    simulator.habits.statuses["synthesize"] = 401
    with pytest.raises(HomeAssistantError):
        await speak(hass, "vivoka", TEXT)
    await entry.runtime_data.async_refresh()
    assert reauthentications(hass) == 1
    simulator.habits.statuses.clear()
    await speak(hass, "vivoka", TEXT)
    assert reauthentications(hass) == 0


def listed(hass: HomeAssistant, language: str) -> list[str]:
    """Return the IDs that a picker shows."""
    return [voice.voice_id for voice in entity(hass, "vivoka").async_get_supported_voices(language) or ()]


@pytest.mark.parametrize("left", [0, 1])
async def test_list_that_is_suddenly_shorter(
    hass: HomeAssistant,
    left: int,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Voices keep their places and languages for a minute: an engine that restarts may list few, or none."""
    await make_entry("vivoka")
    german = SERVICES["vivoka"].voices["de-DE"]
    all_voices = dict(simulator.vivoka_voices)
    simulator.vivoka_voices.clear()
    simulator.vivoka_voices.update(dict(list(all_voices.items())[:left]))
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await ticks(hass, freezer, 20)
    assert listed(hass, "de-DE") == [german]
    simulator.vivoka_voices.update(all_voices)
    simulator.calls.clear()
    await ticks(hass, freezer, 20)
    assert 1 <= simulator.calls.count("voices") <= 2
    del simulator.vivoka_voices[german]
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await ticks(hass, freezer, 50)
    assert listed(hass, "de-DE") == [german]
    # The next poll may come a moment before the minute is over, and another one a minute later.
    await ticks(hass, freezer, 75)
    assert listed(hass, "de-DE") == []
    assert state_of(hass, "vivoka") != STATE_UNAVAILABLE


async def test_doubt_ends_with_a_refusal(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, freezer: FrozenDateTimeFactory
) -> None:
    """A voice that the service refuses itself is gone at once."""
    await make_entry("vivoka")
    gone = SERVICES["vivoka"].voice
    del simulator.vivoka_voices[gone]
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await ticks(hass, freezer, 3)
    assert gone in listed(hass, "en-US")
    with pytest.raises(HomeAssistantError) as refusal:
        await speak(hass, "vivoka", TEXT)
    # It is still listed, but no match for itself.
    assert (said := refusal.value.translation_placeholders)
    assert said["voice"] == gone
    assert gone not in said["voices"]
    await ticks(hass, freezer, 12)
    assert gone not in listed(hass, "en-US")
