"""What is kept of an entry, apart from its configuration: where, how often it is written, and who sees it."""

import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.websocket_tts.announcement.record import UtteranceRecord
from custom_components.websocket_tts.client import speech_client
from custom_components.websocket_tts.const import DOMAIN
from custom_components.websocket_tts.speech.metrics import SynthesisMetrics
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from custom_components.websocket_tts.state import (
    async_channels,
    async_hand_over,
    async_known_server,
    server_key,
)
from simulator import Simulator

from .in_home_assistant import ENTITY, VOICE, MakeEntry, entity, fetch, profile, restart, stored_profile
from .other_voice import OTHER, add_voice
from .speech.speaking import TEXT
from .test_availability import ticks

KINDS = list(ENTITY)


def stored(hass_storage: dict[str, Any], entry_id: str) -> dict[str, Any]:
    """Return what is in the file of an entry."""
    data: dict[str, Any] = json.loads(json.dumps(hass_storage[f"{DOMAIN}.{entry_id}"]["data"]))
    return data


async def test_configuration_is_the_users(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """Whatever is found out or counted, the entry and its profiles stay as they were entered."""
    await add_voice(hass)
    for kind in KINDS:
        entry = await make_entry(kind, fallback=OTHER)
        before = dict(entry.data), dict(stored_profile(entry).data), entry.modified_at
        await fetch(hass, kind, TEXT)
        await restart(hass, entry)
        assert (dict(entry.data), dict(stored_profile(entry).data), entry.modified_at) == before


@pytest.mark.parametrize(
    "left",
    [
        {},
        {"server": None, "profiles": None},
        {"server": {}, "profiles": {"another": {}, "gone": {"characters": 5}}, "of the future": 1},
        {"server": {"key": "?", "quirks": None, "issued": {"expires_at": 5}, "voices": [{}, {"id": "x"}]}},
        {
            "server": {
                "voices": [{"id": "x", "name": "X", "of the future": True}],
                "issued": {"token": "x", "y": 1},
            }
        },
        {"profiles": {"gone": None}},
    ],
    ids=str,
)
async def test_unknown_and_missing_fields(
    hass: HomeAssistant, left: dict[str, Any], make_entry: MakeEntry, hass_storage: dict[str, Any]
) -> None:
    """What another version has stored is no error."""
    entry = await make_entry("vivoka", setup=False)
    hass_storage[f"{DOMAIN}.{entry.entry_id}"] = {"version": 1, "minor_version": 1, "key": "x", "data": left}
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert len(await fetch(hass, "vivoka", TEXT)) > 44
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert stored(hass_storage, entry.entry_id)["profiles"].keys() == entry.subentries.keys()


async def test_written_late_and_only_when_changed(
    hass: HomeAssistant,
    simulator: Simulator,
    make_entry: MakeEntry,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    """An utterance is written within a minute or two; an hour without the service writes nothing."""
    entry = await make_entry("vivoka")
    key = f"{DOMAIN}.{entry.entry_id}"
    await fetch(hass, "vivoka", TEXT)
    assert key not in hass_storage
    await ticks(hass, freezer, 130)
    assert stored(hass_storage, entry.entry_id)["profiles"][stored_profile(entry).subentry_id]["characters"]
    del hass_storage[key]
    simulator.habits.statuses["voices"] = 500
    for _ in range(60):
        freezer.tick(60)
        await ticks(hass, freezer, 2)
    assert key not in hass_storage
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert key not in hass_storage


@pytest.mark.parametrize("kind", KINDS)
async def test_another_order_is_no_change(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    """A server that keeps its voices in no order lists them in another one each time."""
    entry = await make_entry(kind)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    listed, calls = entry.runtime_data.data, len(simulator.calls)
    del hass_storage[f"{DOMAIN}.{entry.entry_id}"]
    for voices in (simulator.vivoka_voices, simulator.knovvu_voices):
        for voice in reversed(list(voices)):
            voices[voice] = voices.pop(voice)
    await ticks(hass, freezer, 400)
    assert len(simulator.calls) > calls
    assert entry.runtime_data.data == listed
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage


async def test_cache_mark_is_written_at_once(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, hass_storage: dict[str, Any]
) -> None:
    """What the fallback has said must not be heard from the cache, even after a crash."""
    await add_voice(hass)
    entry = await make_entry("vivoka", fallback=OTHER)
    before = profile(entry).cache_mark
    simulator.habits.statuses = {"synthesize": 500}
    await fetch(hass, "vivoka", TEXT)
    await hass.async_block_till_done()
    mark = stored(hass_storage, entry.entry_id)["profiles"][stored_profile(entry).subentry_id]["cache_mark"]
    assert mark == profile(entry).cache_mark != before


@pytest.mark.parametrize(
    ("flaws", "renewed"),
    [({}, False), ({"left_out": 1}, True), ({"silence": 4.9}, False), ({"silence": 5.1}, True)],
    ids=str,
)
async def test_what_is_not_as_it_should_be_is_not_kept(
    hass: HomeAssistant, flaws: dict[str, Any], renewed: bool, make_entry: MakeEntry
) -> None:
    """The next call asks for the same text under another key of the cache."""
    entry = await make_entry("vivoka")
    before = dict(entity(hass, "vivoka").default_options or {})
    record = UtteranceRecord.of(SynthesisMetrics(**flaws), TextSegments(TextStream.of(TEXT)), "x", "en")
    entry.runtime_data.state.async_note(stored_profile(entry).subentry_id, record)
    assert ((entity(hass, "vivoka").default_options or {}) != before) is renewed
    await hass.async_block_till_done()


async def test_new_state_begins_with_another_mark(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """Two profiles, or one that is set up again, never share one."""
    marks = {profile(await make_entry(kind)).cache_mark for kind in KINDS}
    assert len(marks) == 2
    del hass


@pytest.mark.parametrize("kind", KINDS)
async def test_handed_over(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What a test of a flow has found out is there when the entry is set up, which needs no network then."""
    entry = await make_entry(kind, setup=False)
    client = speech_client(hass, entry.data)
    voices = await client.voices()
    await client.verify_voice(VoiceSettings(VOICE[kind]))
    quirks = dict(client.quirks)
    assert quirks
    async_hand_over(hass, entry.data, client, voices)
    simulator.habits.statuses = {"voices": 500}
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.data == voices
    assert entry.runtime_data.service.quirks == quirks
    # Nobody else has it, and nothing is left of it where it was handed over.
    elsewhere = {**entry.data, CONF_TOKEN: "another"}
    assert async_known_server(hass, elsewhere).voices is None
    assert async_known_server(hass, entry.data) is entry.runtime_data.state.server


def test_key_tells_no_secret() -> None:
    """It is in a file, and in memory."""
    data = {CONF_HOST: "http://x", CONF_TOKEN: "secret"}
    assert "secret" not in server_key(data)
    assert (
        server_key(data) != server_key({**data, CONF_TOKEN: "another"}) != server_key({CONF_HOST: "http://x"})
    )
    # Without a client ID there is nothing that goes to the token URL.
    assert server_key({**data, CONF_CLIENT_SECRET: None, "token_url": "https://x"}) == server_key(data)


async def test_one_queue_for_a_server(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """All clients of the same host and credentials wait in one line, also old ones; others in their own."""
    entry = await make_entry("knovvu")
    queue = async_channels(hass, entry.data, 20.0)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert async_channels(hass, entry.data, 20.0) is queue
    assert async_channels(hass, {**entry.data, CONF_TOKEN: "x"}, 20.0) is not queue


async def test_entry_that_was_never_set_up_leaves_no_file(
    hass: HomeAssistant, make_entry: MakeEntry, hass_storage: dict[str, Any]
) -> None:
    """A disabled entry that is removed takes the file of an earlier run along."""
    entry = await make_entry("vivoka", setup=False)
    hass_storage[f"{DOMAIN}.{entry.entry_id}"] = {"version": 1, "minor_version": 1, "key": "x", "data": {}}
    await hass.config_entries.async_remove(entry.entry_id)
    assert not [key for key in hass_storage if key.startswith(DOMAIN)]


async def test_failing_utterance_is_not_in_memory(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The traceback of an error holds the text: a record does not hold the error."""
    entry = await make_entry("vivoka")
    simulator.habits.statuses = {"synthesize": 500}
    with pytest.raises(HomeAssistantError):
        await fetch(hass, "vivoka", TEXT)
    (record,) = profile(entry).utterances
    assert record.error == "cannot_connect"
    assert record.metrics.error is None
