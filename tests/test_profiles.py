"""Voice profiles: several voices of one service, each an entity with settings of its own.

How the world differs: a profile is added, changed, renamed or removed while another one or itself is
speaking, or has just failed; names are taken; a profile is the fallback of another;
the entry is not loaded, or its service away; the profile that came first goes, or the last one.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.components import media_source
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_LANGUAGE, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.websocket_tts.const import CONF_VOICE, DOMAIN, SECTION_ADVANCED
from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics
from custom_components.websocket_tts.speech.exceptions import CannotConnectError
from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.speech.vivoka.client import VivokaClient
from simulator import Cut, Simulator, tones

from .flows import add_voice_form, answer_voice, change_voice, check_changed
from .in_home_assistant import ENTITY, MakeEntry, entity, fetch, new_profile, profile, stored_profile
from .other_voice import OTHER, add_voice
from .services import KINDS, SERVICES
from .speech.speaking import TEXT, all_closed
from .test_repairs import issues
from .test_restarts import until
from .test_tts import RATE, pcm_of

CHILDREN = "tts.children"
LONG = " ".join(f"This is sentence number {number} of a long announcement." for number in range(30))


async def add(hass: HomeAssistant, entry: ConfigEntry, kind: str, name: str, **advanced: Any) -> str:
    """Add a profile with the German voice, as a user does; return its ID."""
    before = set(entry.subentries)
    form = await add_voice_form(hass, entry)
    voice = SERVICES[kind].voices["de-DE"]
    user_input = {"name": name, CONF_VOICE: voice, SECTION_ADVANCED: advanced}
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done()
    (added,) = set(entry.subentries) - before
    return added


async def change(
    hass: HomeAssistant, entry: ConfigEntry, profile_id: str, voice: str, **advanced: Any
) -> None:
    """Change a profile as a user does."""
    form = await change_voice(hass, entry, profile_id)
    user_input = {CONF_VOICE: voice, SECTION_ADVANCED: advanced}
    result = await answer_voice(hass, form["flow_id"], user_input)
    if result.get("step_id") == "language":
        result = await answer_voice(hass, form["flow_id"], {CONF_LANGUAGE: "en"})
    check_changed(result)


def own_entities(hass: HomeAssistant, profile_id: str) -> set[str]:
    """Return the entities of a profile in the registry."""
    entities = er.async_get(hass).entities.values()
    return {entity.entity_id for entity in entities if entity.config_subentry_id == profile_id}


@pytest.mark.parametrize("kind", KINDS)
async def test_two_profiles(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Each has its entity, device, settings and voice, and every list shows its name."""
    entry = await make_entry(kind, lead_in=100)
    await async_setup_component(hass, "media_source", {})
    added = await add(hass, entry, kind, "Children", lead_in=300)
    assert own_entities(hass, added) == {
        CHILDREN,
        *(f"sensor.children_{key}" for key in ("time_to_first_audio", "characters_spoken", "last_error")),
    }
    rate, samples = pcm_of(await fetch(hass, kind, TEXT))
    assert samples == bytes(rate // 10 * 2) + tones.pcm(TEXT, rate)
    assert simulator.requests[-1].voice == SERVICES[kind].voice
    rate, samples = pcm_of(await fetch(hass, CHILDREN, TEXT))
    assert samples == bytes(rate // 10 * 3 * 2) + tones.pcm(TEXT, rate)
    assert simulator.requests[-1].voice == SERVICES[kind].voices["de-DE"]
    browser = await media_source.async_browse_media(hass, "media-source://tts")
    names = {kind.title(), "Children"}
    assert {child.title for child in browser.children or []} == names
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {device.name for device in devices} == names
    told = (await async_get_config_entry_diagnostics(hass, entry))["utterances"]
    assert [row["profile"] for row in told] == [kind.title(), "Children"]
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert pcm_of(await fetch(hass, CHILDREN, TEXT)) == (rate, samples)


@pytest.mark.parametrize("kind", KINDS)
async def test_others_are_not_interrupted(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """While one profile speaks, another one is added, changed, renamed, speaks and is removed."""
    entry = await make_entry(kind)
    simulator.habits.speed = 1.0
    service = entry.runtime_data.service
    speaking = asyncio.create_task(fetch(hass, kind, LONG))
    await until(lambda: simulator.requests and simulator.requests[-1].texts)
    added = await add(hass, entry, kind, "Children")
    voice = SERVICES[kind].voices["fr-FR"]
    await change(hass, entry, added, voice, lead_in=200)
    hass.config_entries.async_update_subentry(entry, entry.subentries[added], title="Kids")
    await hass.async_block_till_done()
    rate, samples = pcm_of(await fetch(hass, CHILDREN, TEXT))
    assert samples == bytes(rate // 5 * 2) + tones.pcm(TEXT, rate)
    hass.config_entries.async_remove_subentry(entry, added)
    await hass.async_block_till_done()
    assert hass.states.get(CHILDREN) is None
    assert not speaking.done()
    assert pcm_of(await speaking) == (RATE[kind], tones.pcm(LONG, RATE[kind]))
    assert entry.runtime_data.service is not service
    (told,) = (await async_get_config_entry_diagnostics(hass, entry))["utterances"]
    assert (told["retries"], told["resumes"], told["error"]) == (0, 0, None)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await all_closed(simulator)


def lower_the_voice(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Change settings of a profile that the announcement has begun with."""
    stored = stored_profile(entry)
    data = {**stored.data, CONF_VOICE: SERVICES["vivoka"].voices["de-DE"], "volume": 0.5, "lead_out": 500}
    hass.config_entries.async_update_subentry(entry, stored, data=data)


def remove(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove the profile."""
    hass.config_entries.async_remove_subentry(entry, stored_profile(entry).subentry_id)


@pytest.mark.parametrize("act", [lower_the_voice, remove])
async def test_profile_that_is_speaking(
    hass: HomeAssistant,
    act: Callable[[HomeAssistant, ConfigEntry], None],
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """What it says now, it says with the settings it began with, to the end."""
    entry = await make_entry("vivoka")
    simulator.habits.speed = 1.0
    speaking = asyncio.create_task(fetch(hass, "vivoka", LONG))
    await until(lambda: simulator.requests)
    act(hass, entry)
    await hass.async_block_till_done()
    assert pcm_of(await speaking) == (22050, tones.pcm(LONG, 22050))
    assert {request.voice for request in simulator.requests} == {SERVICES["vivoka"].voice}
    assert issues(hass) == {}
    await all_closed(simulator)


async def test_changed_settings_are_the_next_ones(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The next announcement has them, also where Home Assistant has the text in its cache."""
    entry = await make_entry("vivoka")
    before = await fetch(hass, "vivoka", TEXT)
    old_key = dict(entity(hass, "vivoka").default_options or {})
    lower_the_voice(hass, entry)
    await hass.async_block_till_done()
    speech = entity(hass, "vivoka")
    assert speech.default_options != old_key
    assert speech.default_language == "de-DE"
    after = await fetch(hass, "vivoka", TEXT)
    assert simulator.requests[-1].voice == SERVICES["vivoka"].voices["de-DE"]
    assert len(after) == len(before) + 22050
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("end", ["removed", "failed"])
async def test_nothing_is_left(
    hass: HomeAssistant, end: str, simulator: Simulator, make_entry: MakeEntry, hass_storage: dict[str, Any]
) -> None:
    """A profile that is removed leaves no entity, device, file or issue, even if it fails afterwards."""
    await add_voice(hass)
    entry = await make_entry("vivoka")
    added = await add(hass, entry, "vivoka", "Children", fallback=OTHER)
    simulator.habits.statuses = {"synthesize": 500}
    await fetch(hass, CHILDREN, TEXT)
    assert set(issues(hass)) == {"fallback"}
    assert issues(hass)["fallback"].translation_placeholders["name"] == "Children"  # type: ignore[index]
    simulator.habits.statuses = {}
    await fetch(hass, CHILDREN, "And another one.")
    await entry.runtime_data.state.async_flush()
    assert added in str(hass_storage[f"{DOMAIN}.{entry.entry_id}"])
    if end == "failed":
        simulator.habits.cut = Cut(0, "stall")
        simulator.calls.clear()
        failing = asyncio.create_task(fetch(hass, CHILDREN, "It fails."))
        await until(lambda: simulator.calls)
    hass.config_entries.async_remove_subentry(entry, added)
    await hass.async_block_till_done()
    if end == "failed":
        # The fallback of a profile that has gone may still end its sentence.
        assert len(await failing) > 44
    assert own_entities(hass, added) == set()
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert device.name == "Vivoka"
    assert hass.states.get(CHILDREN) is None
    await entry.runtime_data.state.async_flush()
    assert added not in str(hass_storage[f"{DOMAIN}.{entry.entry_id}"])
    assert issues(hass) == {}
    assert entry.state is ConfigEntryState.LOADED
    simulator.habits.cut = None
    await fetch(hass, "vivoka", TEXT)


async def test_removed_while_its_voice_is_refused(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The issue would name a profile that nobody has."""
    entry = await make_entry("knovvu")
    added = await add(hass, entry, "knovvu", "Children")
    simulator.habits.cut = Cut(0, "error", error="Voice not found")
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await fetch(hass, CHILDREN, TEXT)
    assert issues(hass)["voice_gone"].translation_placeholders["name"] == "Children"  # type: ignore[index]
    simulator.habits.first_audio_latency = 5
    failing = asyncio.create_task(fetch(hass, CHILDREN, TEXT))
    simulator.requests.clear()
    await until(lambda: simulator.requests)
    hass.config_entries.async_remove_subentry(entry, added)
    with pytest.raises(HomeAssistantError):
        await failing
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issues(hass) == {}


async def test_changes_during_setup(
    hass: HomeAssistant, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile that is added or removed while the service lists its voices has its entity, or none."""
    entry = await make_entry("vivoka", setup=False)
    old = stored_profile(entry)
    listed, go_on = asyncio.Event(), asyncio.Event()
    voices = VivokaClient.voices

    async def slow_voices(client: VivokaClient) -> list[Voice]:
        listed.set()
        await go_on.wait()
        return await voices(client)

    monkeypatch.setattr(VivokaClient, "voices", slow_voices)
    setup = hass.async_create_task(hass.config_entries.async_setup(entry.entry_id))
    await listed.wait()
    hass.config_entries.async_add_subentry(entry, new_profile("vivoka", "Children"))
    hass.config_entries.async_remove_subentry(entry, old.subentry_id)
    go_on.set()
    await setup
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.async_entity_ids("tts") == [CHILDREN]
    assert len(await fetch(hass, CHILDREN, TEXT)) > 44
    assert issues(hass) == {}


async def test_the_first_goes_and_the_last(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A service without profiles stays loaded, and takes new ones."""
    entry = await make_entry("vivoka")
    added = await add(hass, entry, "vivoka", "Children")
    remove_id = next(profile_id for profile_id in entry.subentries if profile_id != added)
    hass.config_entries.async_remove_subentry(entry, remove_id)
    await hass.async_block_till_done()
    await fetch(hass, CHILDREN, TEXT)
    hass.config_entries.async_remove_subentry(entry, added)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert hass.states.async_entity_ids("tts") == []
    assert (await async_get_config_entry_diagnostics(hass, entry))["utterances"] == []
    result = await entry.start_reconfigure_flow(hass)
    assert result["type"] is FlowResultType.FORM
    await add(hass, entry, "vivoka", "Again")
    assert len(await fetch(hass, "tts.again", TEXT)) > 44
    assert simulator.requests


async def test_names(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """Without a name it is that of brand and voice; one that is taken gets a number."""
    first, second = await make_entry("vivoka"), await make_entry("knovvu")
    ids = [
        await add(hass, first, "vivoka", ""),
        await add(hass, first, "vivoka", " Assist "),
        await add(hass, second, "knovvu", "Assist"),
        await add(hass, second, "knovvu", ""),
    ]
    profiles = {**first.subentries, **second.subentries}
    assert [profiles[profile_id].title for profile_id in ids] == [
        "Vivoka Anna",
        "Assist",
        "Assist 2",
        "Knovvu Hans",
    ]
    assert simulator.requests


async def test_name_is_free_again(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """The name of a profile that was removed is free, even if its service has it: automations work again."""
    entry = await make_entry("vivoka")
    hass.config_entries.async_remove_subentry(entry, stored_profile(entry).subentry_id)
    await add(hass, entry, "vivoka", entry.title)
    assert hass.states.async_entity_ids("tts") == [ENTITY["vivoka"]]
    assert stored_profile(entry).title == entry.title


@pytest.mark.parametrize("removed", ["profile", "entry"])
@pytest.mark.parametrize("step", ["form", "last"])
@pytest.mark.parametrize("adds", [True, False])
async def test_removed_while_its_form_is_open(
    hass: HomeAssistant, adds: bool, step: str, removed: str, make_entry: MakeEntry
) -> None:
    """The dialog says so, instead of an unknown error."""
    entry = await make_entry("vivoka")
    profile_id = stored_profile(entry).subentry_id
    flows = hass.config_entries.subentries
    form = await (add_voice_form(hass, entry) if adds else change_voice(hass, entry, profile_id))
    voice = SERVICES["vivoka"].voices["de-DE"]
    user_input: dict[str, Any] = {CONF_VOICE: voice, SECTION_ADVANCED: {}}
    if step == "last":
        form = await flows.async_configure(form["flow_id"], user_input)
        if form["type"] is not FlowResultType.MENU:
            pytest.skip("This Home Assistant does not let the user listen")
        user_input = {"next_step_id": "use_voice"}
    if removed == "entry":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        hass.config_entries.async_remove_subentry(entry, profile_id)
    result = await flows.async_configure(form["flow_id"], user_input)
    if adds and removed == "profile":
        assert result["type"] is not FlowResultType.ABORT
    else:
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "removed")
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_chain_of_profiles(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """The fallback may be a profile of the other service, and its fallback the first one: the chain ends."""
    knovvu = await make_entry("knovvu")
    await make_entry("vivoka", fallback=CHILDREN)
    added = await add(hass, knovvu, "knovvu", "Children", fallback=ENTITY["vivoka"])
    assert added
    simulator.habits.statuses = {"synthesize": 500}
    rate, samples = pcm_of(await fetch(hass, "vivoka", TEXT))
    assert abs(len(samples) - len(tones.pcm(TEXT, rate))) < rate // 100
    spoken = [request for request in simulator.requests if request.texts]
    assert {request.service for request in spoken} == {"knovvu"}
    simulator.habits.cut = Cut(0, "error")
    with pytest.raises(HomeAssistantError):
        await fetch(hass, "vivoka", "Nobody can say this.")


async def test_fallback_is_of_its_profile(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """While the service is away, only a profile with a fallback is available, and the entry loads for it."""
    other = await add_voice(hass)
    entry = await make_entry("vivoka", setup=False)
    hass.config_entries.async_add_subentry(entry, new_profile("vivoka", "Children", fallback=OTHER))
    simulator.habits.statuses = {"voices": 500, "synthesize": 500}
    assert await hass.config_entries.async_setup(entry.entry_id)
    entry.runtime_data.async_note_failure(CannotConnectError())
    for _ in range(6):
        await entry.runtime_data.async_refresh()
        await asyncio.sleep(15)
    states = [hass.states.get(entity_id) for entity_id in (ENTITY["vivoka"], CHILDREN)]
    assert [state and state.state == STATE_UNAVAILABLE for state in states] == [True, False]
    assert len(await fetch(hass, CHILDREN, TEXT)) > 44
    assert other.texts


async def test_form_keeps_what_it_does_not_show(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The fallback has been speaking: its audio must not come from the cache after a change either."""
    await add_voice(hass)
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = {"synthesize": 500}
    await fetch(hass, "vivoka", TEXT)
    mark, since = profile(entry).cache_mark, profile(entry).fallback_since
    assert since
    profile_id = stored_profile(entry).subentry_id
    await change(hass, entry, profile_id, SERVICES["vivoka"].voice, fallback=OTHER, lead_in=100)
    await hass.async_block_till_done()
    assert stored_profile(entry).data["lead_in"] == 100
    assert (profile(entry).cache_mark, profile(entry).fallback_since) == (mark, since)
    assert (entity(hass, "vivoka").default_options or {})["cache_mark"] == mark
    assert set(issues(hass)) == {"fallback"}


async def test_added_again_after_its_fallback_has_spoken(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What the fallback said is not heard from the cache if the same profile is added again."""
    await add_voice(hass)
    entry = await make_entry("vivoka")
    added = await add(hass, entry, "vivoka", "Children", fallback=OTHER)
    simulator.habits.statuses = {"synthesize": 500}
    await fetch(hass, CHILDREN, TEXT)
    simulator.habits.statuses = {}
    hass.config_entries.async_remove_subentry(entry, added)
    await hass.async_block_till_done()
    await add(hass, entry, "vivoka", "Children", fallback=OTHER)
    await fetch(hass, CHILDREN, TEXT)
    assert TEXT.endswith(simulator.requests[-1].texts[-1])


async def test_fallback_brings_a_service_back(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """An entry that is not loaded, because its service is away, is loaded for a profile with a fallback."""
    await add_voice(hass)
    entry = await make_entry("vivoka", setup=False)
    simulator.habits.statuses = {"voices": 500}
    assert not await hass.config_entries.async_setup(entry.entry_id)
    profile_id = stored_profile(entry).subentry_id
    await change(hass, entry, profile_id, SERVICES["vivoka"].voice, fallback=OTHER)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


async def test_no_new_voice_without_the_service(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """There is no list to choose from, and no way to test."""
    entry = await make_entry("vivoka")
    simulator.habits.statuses = {"voices": 500}
    result = await add_voice_form(hass, entry)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "cannot_connect")


@pytest.mark.parametrize("kind", KINDS)
async def test_service_goes_while_the_form_is_open(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What was entered is kept, until the service is back."""
    entry = await make_entry(kind)
    form = await add_voice_form(hass, entry)
    user_input = {"name": "Children", CONF_VOICE: SERVICES[kind].voices["de-DE"], SECTION_ADVANCED: {}}
    simulator.habits.statuses = {"voices": 500}
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {CONF_VOICE: "http_status"})
    shown = {str(key): key.description for key in result["data_schema"].schema}
    assert shown["name"] == {"suggested_value": "Children"}
    simulator.habits.statuses = {}
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("kind", KINDS)
async def test_new_voice_that_fails(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """It is told on the form, which then takes another one."""
    entry = await make_entry(kind)
    form = await add_voice_form(hass, entry)
    user_input = {"name": "Children", CONF_VOICE: SERVICES[kind].voices["de-DE"], SECTION_ADVANCED: {}}
    simulator.habits.cut = Cut(0, "error")
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["errors"] == {"base": "synthesis_failed"}
    simulator.habits.cut = None
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(entry.subentries) == 2


async def test_voice_that_was_refused(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Where the list is not complete, another voice is not missing before it is refused itself."""
    entry = await make_entry("knovvu")
    simulator.habits.cut = Cut(0, "error", error="Voice not found")
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await fetch(hass, "knovvu", TEXT)
    assert set(issues(hass)) == {"voice_gone"}
    stored = stored_profile(entry)
    data = {**stored.data, CONF_VOICE: SERVICES["knovvu"].voices["de-DE"]}
    hass.config_entries.async_update_subentry(entry, stored, data=data)
    await hass.async_block_till_done()
    assert issues(hass) == {}
    with pytest.raises(HomeAssistantError):
        await fetch(hass, "knovvu", TEXT)
    assert issues(hass) == {}


async def test_voice_gone_of_a_new_voice(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The issue is of the profile whose voice is missing, and goes with a voice that is there."""
    entry = await make_entry("vivoka")
    added = await add(hass, entry, "vivoka", "Children")
    del simulator.vivoka_voices[SERVICES["vivoka"].voices["de-DE"]]
    for _ in range(2):
        await entry.runtime_data.async_refresh()
        await asyncio.sleep(65)
    (issue,) = issues(hass).values()
    assert issue.translation_placeholders
    assert issue.translation_placeholders["name"] == "Children"
    await change(hass, entry, added, SERVICES["vivoka"].voices["fr-FR"])
    await hass.async_block_till_done()
    assert issues(hass) == {}
