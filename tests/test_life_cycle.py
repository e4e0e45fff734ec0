"""Home Assistant stops while an entry is speaking, connecting or waiting for text."""

import asyncio
from collections.abc import AsyncGenerator
import logging
from time import monotonic
from typing import Any

from homeassistant.components.tts import TTSAudioRequest
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
import pytest

from custom_components.websocket_tts.const import DOMAIN
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.tts import SpeechEntity
from simulator import Cut, Simulator, tones

from .in_home_assistant import ENTITY, MakeEntry
from .speech.speaking import TEXT, all_closed, wait_for

SOON = 2.0
"""Seconds in which everything must have ended."""


async def stop(hass: HomeAssistant) -> None:
    """Let Home Assistant stop."""
    await hass.async_stop(force=True)


async def stalled_text() -> AsyncGenerator[str]:
    """Write a beginning, and no more."""
    yield "I want "
    await asyncio.sleep(60)


async def spoken_text() -> AsyncGenerator[str]:
    """Write all of a text."""
    yield TEXT


def speech(hass: HomeAssistant, kind: str) -> SpeechEntity:
    """Return the entity of a service."""
    entity = hass.data[DATA_COMPONENT].get_entity(ENTITY[kind])
    assert isinstance(entity, SpeechEntity)
    return entity


PHASES = ["speaking", "connecting", "thinking", "waiting for text"]


@pytest.mark.parametrize("kind", ENTITY)
@pytest.mark.parametrize("phase", PHASES)
async def test_stop(
    hass: HomeAssistant,
    kind: str,
    phase: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
    hass_storage: dict[str, Any],
) -> None:
    """It ends at once; the listener is told, nothing stays open, and the log has no error of ours."""
    entry = await make_entry(kind)
    entity = speech(hass, kind)
    simulator.calls.clear()
    if phase == "speaking":
        simulator.habits.speed = 0.5
    if phase == "connecting":
        simulator.habits.vivoka.answer_latency = 30
        simulator.habits.cut = Cut(0, "stall")
    if phase == "thinking":
        simulator.habits.first_audio_latency = 30
    text = stalled_text() if phase == "waiting for text" else spoken_text()
    request = TTSAudioRequest("en-US", dict(entity.default_options or {}), text)
    heard = bytearray()

    async def listen() -> None:
        async for chunk in (await entity.async_stream_tts_audio(request)).data_gen:
            heard.extend(chunk)

    listening = asyncio.create_task(listen())
    if phase == "speaking":
        await wait_for(lambda: len(heard) > 44)
    elif (kind, phase) == ("vivoka", "waiting for text"):
        await asyncio.sleep(0.05)
    else:
        await wait_for(lambda: len(simulator.calls) > 0)
    begun = monotonic()
    await stop(hass)
    await asyncio.wait([listening], timeout=SOON)
    assert listening.done()
    with pytest.raises(HomeAssistantError, match="unloaded"):
        listening.result()
    await all_closed(simulator)
    assert monotonic() - begun < SOON
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    # What was spoken until then is counted, and kept.
    stored = hass_storage.get(f"{DOMAIN}.{entry.entry_id}", {"data": {"profiles": {}}})["data"]
    spoken = sum(profile["characters"] for profile in stored["profiles"].values())
    assert spoken > 0 or phase != "speaking"


async def test_stop_with_a_connection_that_stands_by(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """None is made anew for whoever was speaking."""
    await make_entry("knovvu", stand_by=True)
    await wait_for(lambda: simulator.open_sockets == 1)
    entity = speech(hass, "knovvu")
    simulator.habits.speed = 0.5
    request = TTSAudioRequest("en-US", dict(entity.default_options or {}), spoken_text())
    audio = (await entity.async_stream_tts_audio(request)).data_gen
    assert len(await anext(audio)) == 44
    assert await anext(audio)
    await stop(hass)
    with pytest.raises(HomeAssistantError, match="unloaded"):
        [part async for part in audio]
    await all_closed(simulator)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert simulator.open_sockets == 0


@pytest.mark.parametrize("kind", ENTITY)
async def test_slow_listener(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Not more than a bounded part of the audio is held for a listener that takes its time."""
    await make_entry(kind)
    entity = speech(hass, kind)
    text = "This is a long text. " * 200
    whole = len(tones.pcm(text, 24000))

    async def written() -> AsyncGenerator[str]:
        yield text

    request = TTSAudioRequest("en-US", dict(entity.default_options or {}), written())
    audio = (await entity.async_stream_tts_audio(request)).data_gen
    await anext(audio)
    await asyncio.sleep(0.5)
    parts = [await anext(audio) for _ in range(3)]
    # What is held at most, and a message; then what the sockets hold.
    held = Limits().held
    assert max(map(len, parts)) <= 2 * held
    assert whole > 10 * held
    assert len(tones.pcm(text, 24000)) > sum(map(len, parts))
    # What has been taken makes room, for as much again at most.
    await asyncio.sleep(0.2)
    sent = len(simulator.requests)
    await asyncio.sleep(0.2)
    assert len(simulator.requests) == sent
    await audio.aclose()
    await all_closed(simulator)


@pytest.mark.parametrize("kind", ENTITY)
async def test_entity_id_is_changed(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What is being said goes on, the entities stay, and the sensors keep their values."""
    entry = await make_entry(kind)
    registry = er.async_get(hass)
    sensor = next(each for each in registry.entities.values() if each.unique_id.endswith("_last_error"))
    registry.async_update_entity(sensor.entity_id, disabled_by=None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    before, simulator.habits.speed = speech(hass, kind), 0.5
    request = TTSAudioRequest("en-US", dict(before.default_options or {}), spoken_text())
    audio = (await before.async_stream_tts_audio(request)).data_gen
    heard = await anext(audio) + await anext(audio)
    registry.async_update_entity(ENTITY[kind], new_entity_id="tts.loud")
    registry.async_update_entity(sensor.entity_id, new_entity_id="sensor.last_trouble")
    await hass.async_block_till_done()
    assert (hass.states.get(ENTITY[kind]), hass.states.get(sensor.entity_id)) == (None, None)
    heard += b"".join([part async for part in audio])
    assert heard[44:] == tones.pcm(TEXT, simulator.requests[-1].sample_rate)
    state = hass.states.get("sensor.last_trouble")
    assert state
    assert state.state == "none"
    after = hass.data[DATA_COMPONENT].get_entity("tts.loud")
    assert isinstance(after, SpeechEntity)
    if hasattr(Entity, "async_entity_id_changed"):
        # Older releases of Home Assistant remove the entity, and add it again.
        assert after is before
    simulator.habits.cut = Cut(0, "error", error="Broken")
    with pytest.raises(HomeAssistantError):
        await after.async_get_tts_audio("This fails.", "en-US", dict(after.default_options or {}))
    await hass.async_block_till_done()
    state = hass.states.get("sensor.last_trouble")
    assert state
    assert state.state == "synthesis_failed"
