"""The action that probes the server of an entry."""

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest
import voluptuous as vol

from custom_components.websocket_tts.const import DOMAIN
from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator, tones
from simulator.like import habits_like
from simulator.voices import KNOVVU

from .in_home_assistant import ENTITY, MakeEntry, profile
from .speech.probe.test_probe import PATIENCE
from .speech.speaking import all_closed, wait_for
from .test_diagnostics import speak


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing long."""
    monkeypatch.setattr("custom_components.websocket_tts.services.PATIENCE", PATIENCE)


async def run(hass: HomeAssistant, entry_id: str) -> Any:
    """Call the action."""
    data = {"config_entry_id": entry_id}
    return await hass.services.async_call(DOMAIN, "probe", data, blocking=True, return_response=True)


@pytest.mark.parametrize("kind", ENTITY)
async def test_report(hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry) -> None:
    """The response is a report that can be imitated, and stands in the diagnostics afterwards."""
    simulator.habits.knovvu.voices = "camel"
    simulator.habits.vivoka.end = "empty"
    entry = await make_entry(kind)
    assert (await async_get_config_entry_diagnostics(hass, entry))["probe"] is None
    report = await run(hass, entry.entry_id)
    assert report["works"] is True
    assert report["service"] == kind
    assert json.loads(json.dumps(report)) == report
    habits, missing = habits_like(report)
    assert missing == []
    assert (habits.knovvu.voices, habits.vivoka.end) == (
        ("camel", "last") if kind == "knovvu" else ("vendor", "empty")
    )
    assert (await async_get_config_entry_diagnostics(hass, entry))["probe"] == report
    assert "127.0.0.1" not in json.dumps(report)
    await all_closed(simulator)


async def test_entry_without_a_voice(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A service whose profiles have all been removed is probed with the first voice that it lists."""
    entry = await make_entry("knovvu")
    for profile_id in list(entry.subentries):
        hass.config_entries.async_remove_subentry(entry, profile_id)
    await hass.async_block_till_done()
    report = await run(hass, entry.entry_id)
    assert report["works"]
    assert report["voice"] == next(iter(KNOVVU))
    assert {request.voice for request in simulator.requests} == {report["voice"]}


async def test_without_an_entry(hass: HomeAssistant) -> None:
    """The action is there without any entry, and says what is wrong."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.has_service(DOMAIN, "probe")
    with pytest.raises(ServiceValidationError) as raised:
        await run(hass, "none")
    assert raised.value.translation_key == "entry_not_found"
    with pytest.raises(vol.Invalid):
        await hass.services.async_call(DOMAIN, "probe", {}, blocking=True, return_response=True)


async def test_entry_that_is_not_loaded(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """It has nothing that could be asked."""
    entry = await make_entry("vivoka")
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as raised:
        await run(hass, entry.entry_id)
    assert raised.value.translation_key == "entry_not_loaded"


async def test_one_at_a_time(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """Of one entry; another one may be probed meanwhile, and the same one afterwards."""
    vivoka, knovvu = await make_entry("vivoka"), await make_entry("knovvu")
    first = hass.async_create_task(run(hass, vivoka.entry_id))
    await wait_for(lambda: vivoka.runtime_data.is_probing)
    with pytest.raises(ServiceValidationError) as raised:
        await run(hass, vivoka.entry_id)
    assert raised.value.translation_key == "probe_running"
    assert (await run(hass, knovvu.entry_id))["works"]
    assert (await first)["works"]
    assert (await run(hass, vivoka.entry_id))["works"]


async def test_ends_with_the_entry(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """An entry that is unloaded leaves nothing behind."""
    simulator.habits.speed = 1.0
    entry = await make_entry("knovvu")
    probing = hass.async_create_task(run(hass, entry.entry_id))
    await wait_for(lambda: simulator.open_sockets > 0)
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as raised:
        await probing
    assert raised.value.translation_key == "probe_interrupted"
    await all_closed(simulator)


async def test_who_does_not_wait_for_it(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A caller who goes away ends the probe, and another may begin."""
    simulator.habits.speed = 1.0
    entry = await make_entry("knovvu")
    probing = hass.async_create_task(run(hass, entry.entry_id))
    await wait_for(lambda: simulator.open_sockets > 0)
    probing.cancel()
    await asyncio.wait([probing])
    await all_closed(simulator)
    assert not entry.runtime_data.is_probing


async def test_speech_goes_first(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, server: TestServer
) -> None:
    """What is being spoken on a licence for one is spoken to its end; only then the probe begins."""
    assert server
    simulator.habits.channels = 1
    simulator.habits.speed = 20.0
    entry = await make_entry("knovvu")
    heard = []
    text = "This is a long announcement. " * 6

    async def announce() -> None:
        await speak(hass, "knovvu", text)
        heard.append(len(simulator.requests))

    announcing = hass.async_create_task(announce())
    await wait_for(lambda: simulator.open_sockets > 0)
    report = await run(hass, entry.entry_id)
    await announcing
    # It was the first request, and over before there was a second one.
    assert heard == [1]
    assert report["works"]
    assert report["found"]["at_once"]["channels"] == "1"
    utterance = profile(entry).utterances[0]
    assert utterance.error is None
    assert utterance.metrics.audio == pytest.approx(len(tones.pcm(text, 24000)) / 48000, rel=0.01)


@pytest.mark.parametrize("kind", ENTITY)
async def test_speech_during_a_probe(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """On a licence for one, it is spoken whole after the question that is being asked."""
    simulator.habits.channels = 1
    simulator.habits.speed = 20.0
    entry = await make_entry(kind)
    probing = hass.async_create_task(run(hass, entry.entry_id))
    for number in range(3):
        await wait_for(lambda: simulator.open_sockets > 0)
        await speak(hass, kind, f"Announcement {number}.")
    report = await probing
    assert report["works"]
    assert report["not_asked"].keys() <= {"access_token", "token_forms", "bad_token"}
    assert len(profile(entry).utterances) == 3
    for utterance in profile(entry).utterances:
        assert utterance.error is None
        seconds = len(tones.pcm("Announcement 1.", 24000)) / 48000
        assert utterance.metrics.audio == pytest.approx(seconds, rel=0.01)


async def test_what_is_described(hass: HomeAssistant) -> None:
    """The fields of the action are those of its description."""
    file = Path(__file__).parents[1] / "custom_components" / DOMAIN / "services.yaml"
    described = load_yaml_dict(str(file))
    assert await async_setup_component(hass, DOMAIN, {})
    schema = hass.services.async_services_for_domain(DOMAIN)["probe"].schema
    assert isinstance(schema, vol.Schema)
    fields = {str(key): isinstance(key, vol.Required) for key in schema.schema}
    assert {name: field["required"] for name, field in described["probe"]["fields"].items()} == fields
