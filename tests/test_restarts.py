"""An announcement that falls into a reload, a change of options or a reconfiguration.

How the world differs: the entry ends while the service thinks, before it is connected, or while the text is
still being written; the header has been sent already, or all of it has been heard; the new client speaks to
another server, at another rate, or does not come; the service is away just then; two reloads follow on each
other; nothing comes after the end at all.
"""

import asyncio
from collections.abc import AsyncGenerator
from time import monotonic
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.components.tts import TTSAudioRequest
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics
from simulator import Cut, Simulator, tones

from .faults.test_faults import listen
from .in_home_assistant import ENTITY, MakeEntry, entity, fetch, profile
from .other_voice import OTHER, add_voice
from .speech.speaking import TEXT, all_closed
from .test_tts import pcm_of

KINDS = list(ENTITY)


async def until(condition: Any) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def begin(hass: HomeAssistant, kind: str, simulator: Simulator, **habits: Any) -> asyncio.Task[bytes]:
    """Begin an announcement that is not heard as long as the habits last."""
    for habit, value in habits.items():
        setattr(simulator.habits, habit, value)
    simulator.calls.clear()
    simulator.requests.clear()
    speaking = asyncio.create_task(fetch(hass, kind, TEXT))
    await until(lambda: any(request.texts for request in simulator.requests) or "stall" in str(habits))
    return speaking


def end_habits(simulator: Simulator) -> None:
    """Let the service speak again."""
    simulator.habits.first_audio_latency = 0
    simulator.habits.cut = None


@pytest.mark.parametrize("kind", KINDS)
async def test_reload(hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry) -> None:
    """Nothing of it has been heard: the new client speaks it, behind the header that was sent."""
    entry = await make_entry(kind, lead_in=200)
    speaking = await begin(hass, kind, simulator, first_audio_latency=30)
    await asyncio.sleep(0.1)
    end_habits(simulator)
    assert await hass.config_entries.async_reload(entry.entry_id)
    rate, samples = pcm_of(await speaking)
    assert samples == bytes(rate // 5 * 2) + tones.pcm(TEXT, rate)
    (utterance,) = (await async_get_config_entry_diagnostics(hass, entry))["utterances"]
    assert (utterance["error"], utterance["retries"]) == (None, 1)
    await all_closed(simulator)


@pytest.mark.parametrize("kind", KINDS)
async def test_reload_while_the_text_is_written(
    hass: HomeAssistant, kind: str, make_entry: MakeEntry
) -> None:
    """What has been written and what is still to be: all of it is spoken."""
    entry = await make_entry(kind)
    is_reloaded, is_asked = asyncio.Event(), asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        yield "I want a "
        is_asked.set()
        await is_reloaded.wait()
        yield "coffee. With milk, please!"

    speaking = asyncio.create_task(fetch(hass, kind, text()))
    await is_asked.wait()
    assert await hass.config_entries.async_reload(entry.entry_id)
    is_reloaded.set()
    rate, samples = pcm_of(await speaking)
    spoken = samples[len(samples) - len(tones.pcm("I want a coffee. With milk, please!", rate)) :]
    assert spoken == tones.pcm("I want a coffee. With milk, please!", rate)


async def test_heard_in_part(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """What has been heard in part is not begun again."""
    entry = await make_entry("vivoka")
    simulator.habits.speed = 0.5
    speech = entity(hass, "vivoka")
    heard = bytearray()

    listening = asyncio.create_task(listen(speech, TEXT, heard))
    await until(lambda: len(heard) > 44)
    assert await hass.config_entries.async_reload(entry.entry_id)
    with pytest.raises(HomeAssistantError, match="unloaded"):
        await listening
    assert tones.pcm(TEXT, 22050).startswith(bytes(heard[44:]))


@pytest.mark.parametrize("kind", KINDS)
async def test_another_server(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """After a reconfiguration it is spoken by the server of now."""
    entry = await make_entry(kind)
    speaking = await begin(hass, kind, simulator, cut=Cut(0, "stall"))
    await until(lambda: simulator.calls)
    second = Simulator(tones=True)
    async with TestServer(second.app(), host="127.0.0.1") as running:
        data = {**entry.data, CONF_HOST: f"http://127.0.0.1:{running.port}"}
        hass.config_entries.async_update_entry(entry, data=data)
        hass.config_entries.async_schedule_reload(entry.entry_id)
        rate, samples = pcm_of(await speaking)
        assert samples == tones.pcm(TEXT, rate)
        assert second.requests
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("fallback", [True, False])
async def test_another_rate(
    hass: HomeAssistant, fallback: bool, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A server that speaks at another rate than the header says cannot go on; the fallback can."""
    other = await add_voice(hass)
    entry = await make_entry("vivoka", **({"fallback": OTHER} if fallback else {}))
    speech = entity(hass, "vivoka")
    simulator.habits.cut = Cut(0, "stall")
    heard = bytearray()

    listening = asyncio.create_task(listen(speech, TEXT, heard))
    await until(lambda: len(heard) == 44)
    simulator.habits.cut = None
    simulator.habits.vivoka.sample_rate = 16000
    assert await hass.config_entries.async_reload(entry.entry_id)
    if fallback:
        await listening
        assert heard[44:] == tones.pcm(TEXT, 22050)
    else:
        with pytest.raises(HomeAssistantError):
            await listening
        assert len(heard) == 44
    assert len(other.texts) == fallback


@pytest.mark.parametrize("way", ["unload", "disable", "remove"])
async def test_end_for_good(
    hass: HomeAssistant, way: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """An entry that does not come back is not waited for, and its fallback does not speak."""
    other = await add_voice(hass)
    entry = await make_entry("vivoka", fallback=OTHER)
    speaking = await begin(hass, "vivoka", simulator, cut=Cut(0, "stall"))
    await until(lambda: simulator.calls)
    begun = monotonic()
    if way == "unload":
        await hass.config_entries.async_unload(entry.entry_id)
    elif way == "disable":
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    else:
        await hass.config_entries.async_remove(entry.entry_id)
    with pytest.raises(HomeAssistantError, match="unloaded"):
        await speaking
    assert monotonic() - begun < 5
    assert other.texts == []


@pytest.mark.parametrize("comes_back", [True, False])
async def test_service_is_away_when_the_entry_is_reloaded(
    hass: HomeAssistant,
    comes_back: bool,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """Then the entry is set up a little later; the announcement waits, but not for ever."""
    entry = await make_entry("vivoka")
    speaking = await begin(hass, "vivoka", simulator, cut=Cut(0, "stall"))
    await until(lambda: simulator.calls)
    simulator.habits.statuses = {"voices": 500}
    assert not await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    await asyncio.sleep(0.05)
    assert not speaking.done()
    end_habits(simulator)
    if comes_back:
        simulator.habits.statuses = {}
        # As Home Assistant does it when its pause is over.
        entry.async_cancel_retry_setup()
        await entry.async_setup_locked(hass)
        rate, samples = pcm_of(await speaking)
        assert samples == tones.pcm(TEXT, rate)
    else:
        with pytest.raises(HomeAssistantError, match="unloaded"):
            await speaking


async def test_two_reloads(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """The second one may come while the new client is not heard either; several announcements are in it."""
    entry = await make_entry("vivoka")
    simulator.habits.cut = Cut(0, "stall")
    texts = [f"Number {number} is here." for number in range(3)]
    speaking = [asyncio.create_task(fetch(hass, "vivoka", text)) for text in texts]
    for _ in range(2):
        await until(lambda: len(simulator.requests) >= len(texts))
        simulator.requests.clear()
        assert await hass.config_entries.async_reload(entry.entry_id)
    await until(lambda: len(simulator.requests) >= len(texts))
    simulator.habits.cut = None
    assert await hass.config_entries.async_reload(entry.entry_id)
    for text, data in zip(texts, await asyncio.gather(*speaking), strict=True):
        rate, samples = pcm_of(data)
        assert samples == tones.pcm(text, rate)
    assert [utterance.retries for utterance in profile(entry).utterances] == [3, 3, 3]


@pytest.mark.parametrize("is_back", [True, False])
async def test_asked_for_after_the_end(
    hass: HomeAssistant, is_back: bool, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A player may come for its audio when the entity that it is of has gone already."""
    entry = await make_entry("vivoka")
    speech = entity(hass, "vivoka")

    async def text() -> AsyncGenerator[str]:
        yield TEXT

    request = TTSAudioRequest("en-US", dict(speech.default_options or {}), text())
    audio = (await speech.async_stream_tts_audio(request)).data_gen
    assert await hass.config_entries.async_unload(entry.entry_id)
    if is_back:
        assert await hass.config_entries.async_setup(entry.entry_id)
        heard = b"".join([chunk async for chunk in audio])
        assert heard[44:] == tones.pcm(TEXT, 22050)
    else:
        with pytest.raises(HomeAssistantError, match="unloaded"):
            await anext(audio)
        assert simulator.requests == []


async def test_fallback_is_speaking_when_the_entry_is_reloaded(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """It ends with the entry; the new client is asked first again."""
    other = await add_voice(hass)
    other.go_on.clear()
    entry: MockConfigEntry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = {"synthesize": 500}
    speaking = asyncio.create_task(fetch(hass, "vivoka", TEXT))
    await until(lambda: other.texts)
    simulator.habits.statuses = {}
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert pcm_of(await speaking) == (22050, tones.pcm(TEXT, 22050))
    other.go_on.set()
    await hass.async_block_till_done(wait_background_tasks=True)
