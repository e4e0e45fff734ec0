"""Diagnostics and diagnostic entities: all that helps, no secret, no text."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
import json
import logging
import traceback
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.components import tts
from homeassistant.components.tts import async_create_stream
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_TOKEN, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.websocket_tts.const import CONF_TOKEN_URL, DOMAIN
from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics
from custom_components.websocket_tts.speech.models import IssuedToken
from custom_components.websocket_tts.state import KEPT
from simulator import Cut, Simulator

from .in_home_assistant import ENTITY, MakeEntry, profile, restart, stored_profile
from .services import KINDS, SERVICES
from .speech.memory import strings_of

SECRETS = {
    CONF_TOKEN: "secret-token",
    CONF_CLIENT_ID: "secret-id",
    CONF_CLIENT_SECRET: "secret-secret",
}
ISSUED = IssuedToken("secret-issued", None)
SENSORS = ("time_to_first_audio", "characters_spoken", "last_error")


async def speak(hass: HomeAssistant, kind: str, text: str, **options: Any) -> None:
    """Speak a text to nobody."""
    stream = async_create_stream(hass, ENTITY[kind], options={"preferred_format": "wav", **options})
    stream.async_set_message(text)
    async for _ in stream.async_stream_result():
        pass


@pytest.mark.parametrize("kind", KINDS)
async def test_diagnostics(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The file tells what was found out and how the last requests went."""
    words = [{"written": "privateer", "spoken": "Privately spoken"}] * 2
    entry = await make_entry(kind, data=SECRETS, issued=ISSUED, pronunciations=words)
    simulator.habits.first_audio_latency, simulator.habits.speed = 0.25, 10.0
    await speak(hass, kind, "My private words. And more of them.")
    simulator.habits.cut = Cut(4000, "abort")
    with pytest.raises(HomeAssistantError):
        await speak(hass, kind, "Private again.")
    await hass.async_block_till_done(wait_background_tasks=True)
    found = await async_get_config_entry_diagnostics(hass, entry)
    good, bad = found["utterances"]
    assert good["error"] is good["message"] is None
    assert good["connected"] == pytest.approx(0, abs=0.01)
    assert good["first_audio"] == pytest.approx(0.25, abs=0.05)
    assert good["total"] > good["first_audio"]
    assert good["audio"] == pytest.approx(0.05 * len("Myprivatewords.Andmoreofthem."), rel=0.01)
    assert good["characters"] >= len("My private words.And more of them.")
    assert (good["segments"], good["retries"], good["language"]) == (2, 0, "en-US")
    assert bad["error"] == "cannot_connect"
    assert bad["message"]
    assert {entry["kind"] for entry in good["trace"]} >= {"open", "text"}
    assert bad["trace"][-1]["shape"] == "CannotConnectError"
    assert found["voices"][0].keys() == {"id", "name", "language", "gender", "quality"}
    assert found["service"] == SERVICES[kind].name
    assert found["quirks"] == dict(entry.runtime_data.service.quirks)
    assert found["available"] is True
    (told,) = found["entry"]["profiles"].values()
    assert told["title"] == good["profile"] == bad["profile"] == kind.title()
    assert told["settings"] == {**stored_profile(entry).data, "pronunciations": 2}
    text = json.dumps(found, default=str)
    assert "rivate" not in text
    assert "secret-" not in text


@pytest.mark.parametrize("kind", KINDS)
async def test_records_do_not_keep_the_text(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Neither is it in memory for as long as the record of the utterance is, whatever came of it."""
    entry = await make_entry(kind)
    await speak(hass, kind, "My private words. And more private words.")
    simulator.habits.cut = Cut(0, "error", error={"message": "private", "private": ["private"] * 200})
    with pytest.raises(HomeAssistantError):
        await speak(hass, kind, "My private words.")
    await hass.async_block_till_done(wait_background_tasks=True)
    records = profile(entry).utterances
    assert len(records) == 2
    kept = strings_of(list(records))
    assert records[0].voice in kept
    assert not [text for text in kept if "private" in text]


@pytest.mark.parametrize("kind", KINDS)
async def test_error_that_repeats_the_text(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What was to be spoken is in no diagnostics, no state, no error and no log above debugging."""
    caplog.set_level(logging.DEBUG)
    entry = await make_entry(kind)
    enable(hass)
    assert await hass.config_entries.async_reload(entry.entry_id)
    said = []
    for text, repeated in (
        ("My private words.", "My private words."),
        ("Tell nobody my private words, please.", "nobody my private wor..."),
        ("**Privately**.", "PRIVATELY"),
    ):
        for cut in (Cut(0, "error", error=f"bad: '{repeated}'"), Cut(0, "error", error={"detail": repeated})):
            simulator.habits.cut = cut
            with pytest.raises(HomeAssistantError) as raised:
                await speak(hass, kind, text)
            said.append(f"{raised.value!r} {raised.value.translation_placeholders}")
            said.append("".join(traceback.format_exception(raised.value)))
    await hass.async_block_till_done(wait_background_tasks=True)
    said.append(json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str))
    assert said[-1].count("are not shown") == 6
    said += [repr(state.as_dict()) for state in hass.states.async_all()]
    said += [
        # Home Assistant itself logs what it was asked to say, before what we say.
        f"{record.getMessage().split(': ', 1)[-1]} {record.exc_text}"
        for record in caplog.records
        if record.levelno > logging.DEBUG
    ]
    said = [line for text in said for line in text.splitlines() if "await speak(" not in line]
    assert not [line for line in said if "private" in line.lower()]


async def test_retries_are_counted(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """A request that had to be made twice shows."""
    for kind in ENTITY:
        entry = await make_entry(kind)
        simulator.habits.failures = 1
        simulator.habits.cut = Cut(0, "abort")
        await speak(hass, kind, "Twice.")
        simulator.habits.cut = None
        assert [utterance.metrics.retries for utterance in profile(entry).utterances] == [1]


async def test_resumes_are_counted(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """A speech that broke off and went on shows, and is no error."""
    for kind in ENTITY:
        entry = await make_entry(kind)
        simulator.habits.failures = 1
        simulator.habits.cut = Cut(3000, "abort")
        await speak(hass, kind, "Once, in two parts.")
        simulator.habits.cut = None
        found = await async_get_config_entry_diagnostics(hass, entry)
        told = [(row["resumes"], row["retries"], row["error"]) for row in found["utterances"]]
        assert told == [(1, 0, None)]


async def test_waits_are_counted(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """How often a busy service was waited for shows, and is no error."""
    for kind in ENTITY:
        entry = await make_entry(kind)
        simulator.habits.failures = 2
        simulator.habits.statuses = {"synthesize": 429, "socket": 429}
        await speak(hass, kind, "After a while.")
        simulator.habits.statuses = {}
        found = await async_get_config_entry_diagnostics(hass, entry)
        assert [(row["waits"], row["error"]) for row in found["utterances"]] == [(2, None)]


async def test_only_the_last_are_kept(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """The list does not grow for ever."""
    entry = await make_entry("vivoka")
    for number in range(KEPT + 3):
        await speak(hass, "vivoka", f"{number} is a number.")
    assert len(profile(entry).utterances) == KEPT


def enable(hass: HomeAssistant) -> None:
    """Have all entities made that are disabled otherwise."""
    registry = er.async_get(hass)
    for entity in list(registry.entities.values()):
        if entity.platform == DOMAIN and entity.disabled:
            registry.async_update_entity(entity.entity_id, disabled_by=None)


async def states(hass: HomeAssistant, kind: str) -> list[str]:
    """Return the states of the diagnostic entities."""
    found = [hass.states.get(f"sensor.{kind}_{key}") for key in SENSORS]
    return [state.state if state else "missing" for state in found]


@pytest.mark.parametrize("kind", KINDS)
async def test_sensors(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry, server: TestServer
) -> None:
    """Disabled at first; then they tell of the last utterance, and count over reloads."""
    assert server
    entry = await make_entry(kind)
    assert await states(hass, kind) == ["missing"] * 3
    enable(hass)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await states(hass, kind) == ["unknown", "0", "none"]
    simulator.habits.first_audio_latency = 0.25
    await speak(hass, kind, "Hello.")
    first_audio, characters, error = await states(hass, kind)
    assert float(first_audio) == pytest.approx(250, abs=20)
    assert (characters, error) == ("6", "none")
    simulator.habits.cut = Cut(0, "error")
    with pytest.raises(HomeAssistantError):
        await speak(hass, kind, "Bad.")
    assert await states(hass, kind) == [first_audio, "10", "synthesis_failed"]
    state = hass.states.get(f"sensor.{kind}_last_error")
    assert state
    assert state.attributes["message"] == "the engine has failed"
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert (await states(hass, kind))[1] == "10"
    simulator.habits.statuses["voices"] = 503
    await entry.runtime_data.async_refresh()
    assert STATE_UNAVAILABLE not in await states(hass, kind)


@pytest.mark.parametrize("kind", ["vivoka", "knovvu"])
async def test_an_utterance_is_told_to_the_sensors_alone(
    hass: HomeAssistant, kind: str, make_entry: MakeEntry
) -> None:
    """The speaking entity has nothing new: its state is written by Home Assistant alone, as it begins."""
    entry = await make_entry(kind)
    enable(hass)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await speak(hass, kind, "Hello.")
    state = hass.states.get(ENTITY[kind])
    assert state
    assert state.last_reported == state.last_changed
    assert (await states(hass, kind))[1] == "6"
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        if entity.domain == "sensor":
            er.async_get(hass).async_update_entity(
                entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER
            )
    await hass.async_block_till_done()
    await speak(hass, kind, "Hello again.")
    assert profile(entry).characters == 18


async def test_count_is_removed_with_the_entry(
    hass: HomeAssistant, make_entry: MakeEntry, hass_storage: dict[str, Any]
) -> None:
    """Nothing is left in the storage."""
    entry = await make_entry("vivoka")
    await speak(hass, "vivoka", "Hello.")
    assert await hass.config_entries.async_unload(entry.entry_id)
    key, profile_id = f"{DOMAIN}.{entry.entry_id}", stored_profile(entry).subentry_id
    assert hass_storage[key]["data"]["profiles"][profile_id]["characters"] == 6
    await hass.config_entries.async_remove(entry.entry_id)
    assert key not in hass_storage


async def test_token_is_kept(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, server: TestServer
) -> None:
    """A token that was fetched is used after a restart, too, until it is refused."""
    credentials = {CONF_CLIENT_ID: "client", CONF_CLIENT_SECRET: "secret"}
    simulator.habits.token = "none yet"
    url = str(server.make_url("/connect/token"))
    entry = await make_entry("knovvu", data={**credentials, CONF_TOKEN_URL: url})
    assert simulator.calls.count("token") == 1
    assert await hass.config_entries.async_reload(entry.entry_id)
    await speak(hass, "knovvu", "Hello.")
    await restart(hass, entry)
    issued = entry.runtime_data.service.issued
    assert issued
    assert issued.expires_at > dt_util.utcnow().timestamp() + 3000
    await speak(hass, "knovvu", "Hello.")
    assert simulator.calls.count("token") == 1


async def test_whatever_raises_is_recorded(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """A text that breaks is no error of the service; it is noted, without what it says."""
    for kind in ENTITY:
        entry = await make_entry(kind)

        async def broken() -> AsyncGenerator[str]:
            yield "This is heard. This is"
            await asyncio.sleep(0.1)
            raise RuntimeError("the private text broke")

        stream = tts.async_create_stream(hass, ENTITY[kind], options={"preferred_format": "wav"})
        stream.async_set_message_stream(broken())
        with pytest.raises(RuntimeError):
            [chunk async for chunk in stream.async_stream_result()]
        await hass.async_block_till_done(wait_background_tasks=True)
        failure = profile(entry).last_failure
        assert failure
        assert (failure.error, failure.message) == ("unexpected", "RuntimeError")
        found = await async_get_config_entry_diagnostics(hass, entry)
        assert "private" not in json.dumps(found, default=str)


async def test_token_url(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """Of a token URL there is nothing in the file that may be a secret."""
    del simulator
    address = "https://id:secret-user@tokens.example/connect/token?key=secret-key#secret-end"
    entry = await make_entry("knovvu", data={CONF_TOKEN_URL: address})
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert "secret" not in json.dumps(told, default=str)
    assert told["entry"]["data"][CONF_TOKEN_URL] == "https://tokens.example/connect/token"


async def test_service_that_was_never_there(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """An entry that is not set up tells why, without a secret."""
    simulator.habits.statuses["voices"] = 500
    entry = await make_entry("vivoka", setup=False, data={CONF_TOKEN: "secret-token"})
    await hass.config_entries.async_setup(entry.entry_id)
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["entry"]["state"] == "setup_retry"
    assert "500" in told["entry"]["reason"]
    assert "secret" not in json.dumps(told, default=str)
