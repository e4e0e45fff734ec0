"""An announcement that meets a change of its entry: a reload, a reconfiguration, or the end of the entry.

What is being said is said to its end, by the client that it began with. Only where that fails before anything
was heard, the entry's client of now is asked, then the fallback.

How the world differs: the entry is unloaded, reloaded, disabled, removed, or moved to another host while the
service thinks or speaks, or while the text is still being written; the header has been sent already; the new
client speaks to another server, at another rate, or does not come; the service is away just then; two reloads
follow on each other; nothing comes after the end at all.
"""

from array import array
import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.components.tts import TTSAudioRequest
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.websocket_tts.const import CONF_TOKEN_URL, DOMAIN
from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics
from custom_components.websocket_tts.speech.models import IssuedToken
from custom_components.websocket_tts.state import async_known_server
from simulator import Cut, Simulator, tones

from .faults.test_faults import listen
from .in_home_assistant import ENTITY, MakeEntry, entity, fetch, restart, stored_profile
from .other_voice import OTHER, add_voice
from .speech.speaking import TEXT, all_closed
from .test_tts import pcm_of

KINDS = list(ENTITY)
NOWHERE = "http://127.0.0.1:9"


async def until(condition: Any) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
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


def speech_in(samples: bytes | bytearray) -> bytes:
    """Return samples without silence; no tone has a sample that is 0."""
    return array("h", filter(None, array("h", bytes(samples)))).tobytes()


def end_habits(simulator: Simulator) -> None:
    """Let the service speak again."""
    simulator.habits.first_audio_latency = 0
    simulator.habits.cut = None


async def unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload the entry."""
    assert await hass.config_entries.async_unload(entry.entry_id)


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Reload the entry."""
    assert await hass.config_entries.async_reload(entry.entry_id)


async def disable(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Disable the entry."""
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)


async def remove(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Remove the entry."""
    await hass.config_entries.async_remove(entry.entry_id)


async def move(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Move the entry to a host where nothing answers."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: NOWHERE})
    await hass.async_block_till_done()


async def remove_voice(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Remove the voice profile that is speaking."""
    hass.config_entries.async_remove_subentry(entry, stored_profile(entry).subentry_id)
    await hass.async_block_till_done()


type End = Callable[[HomeAssistant, MockConfigEntry], Awaitable[None]]
ENDS = [unload, reload, disable, remove, move, remove_voice]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("phase", ["speaking", "thinking", "writing"])
async def test_said_to_its_end(
    hass: HomeAssistant, kind: str, phase: str, end: End, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Whatever becomes of its entry: each byte of it is heard, asked for once, and then all is closed."""
    entry = await make_entry(kind, lead_in=100)
    speech = entity(hass, kind)
    heard, go_on = bytearray(), asyncio.Event()
    simulator.habits.speed = 2.0
    if phase == "thinking":
        simulator.habits.first_audio_latency = 5.0

    async def text() -> AsyncGenerator[str]:
        if phase == "writing":
            yield "I want a coffee. W"
            await go_on.wait()
            yield "ith milk, please!"
        else:
            yield "I want a coffee. With milk, please!"

    async def hear() -> None:
        request = TTSAudioRequest("en-US", dict(speech.default_options or {}), text())
        async for chunk in (await speech.async_stream_tts_audio(request)).data_gen:
            heard.extend(chunk)

    simulator.requests.clear()
    listening = asyncio.create_task(hear())
    await until(lambda: len(heard) > 5000 if phase == "speaking" else any(simulator.requests))
    await end(hass, entry)
    assert not listening.done()
    go_on.set()
    await listening
    rate = simulator.requests[0].sample_rate
    assert heard[44:].startswith(bytes(rate // 10 * 2))
    assert speech_in(heard[44:]) == tones.pcm("I want a coffee. With milk, please!", rate)
    if phase == "speaking":
        assert len(heard[44:]) == rate // 10 * 2 + len(speech_in(heard[44:]))
    asked = [text for request in simulator.requests for text in request.texts]
    assert " ".join(asked) == "I want a coffee. With milk, please!"
    if end is not reload:
        await all_closed(simulator)


@pytest.mark.parametrize("kind", KINDS)
async def test_connection_after_a_reload(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A client that speaks its last keeps no connection ready for a next announcement."""
    entry = await make_entry(kind)
    simulator.habits.speed = 1.0
    speaking = asyncio.create_task(fetch(hass, kind, TEXT))
    await until(lambda: simulator.requests)
    await reload(hass, entry)
    rate, samples = pcm_of(await speaking)
    assert samples == tones.pcm(TEXT, rate)
    await all_closed(simulator)


@pytest.mark.parametrize("kind", KINDS)
async def test_old_client_fails(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Nothing of it has been heard: the new client speaks it, behind the header that was sent."""
    entry = await make_entry(kind, lead_in=200)
    speaking = await begin(hass, kind, simulator, first_audio_latency=30)
    await asyncio.sleep(0.1)
    end_habits(simulator)
    await reload(hass, entry)
    rate, samples = pcm_of(await speaking)
    assert samples.startswith(bytes(rate // 5 * 2))
    assert speech_in(samples) == tones.pcm(TEXT, rate)
    (utterance,) = (await async_get_config_entry_diagnostics(hass, entry))["utterances"]
    assert utterance["error"] is None
    assert utterance["retries"] >= 1
    await unload(hass, entry)
    await all_closed(simulator)


@pytest.mark.parametrize("kind", KINDS)
async def test_another_server(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """After a reconfiguration, what the old server does not say is spoken by that of now."""
    entry = await make_entry(kind)
    speaking = await begin(hass, kind, simulator, cut=Cut(0, "stall"))
    await until(lambda: simulator.calls)
    second = Simulator(tones=True)
    async with TestServer(second.app(), host="127.0.0.1") as running:
        data = {**entry.data, CONF_HOST: f"http://127.0.0.1:{running.port}"}
        hass.config_entries.async_update_entry(entry, data=data)
        rate, samples = pcm_of(await speaking)
        assert samples == tones.pcm(TEXT, rate)
        assert second.requests
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("fallback", [True, False])
async def test_another_rate(
    hass: HomeAssistant, fallback: bool, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What a server speaks at another rate than the header says is converted: no fallback is needed."""
    other = await add_voice(hass)
    entry = await make_entry("vivoka", **({"fallback": OTHER} if fallback else {}))
    speech = entity(hass, "vivoka")
    simulator.habits.cut = Cut(0, "stall")
    heard = bytearray()

    listening = asyncio.create_task(listen(speech, TEXT, heard))
    await until(lambda: len(heard) == 44)
    simulator.habits.cut = None
    simulator.habits.vivoka.sample_rate = 16000
    await reload(hass, entry)
    await listening
    assert len(heard[44:]) / 22050 == pytest.approx(len(tones.pcm(TEXT, 16000)) / 16000, abs=0.02)
    assert not other.texts


@pytest.mark.parametrize("end", [unload, disable, remove, remove_voice])
@pytest.mark.parametrize("fallback", [True, False])
async def test_nobody_comes_back(
    hass: HomeAssistant, fallback: bool, end: End, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Where the client fails and there is no other, the fallback speaks; without one there is an error."""
    other = await add_voice(hass)
    entry = await make_entry("vivoka", **({"fallback": OTHER} if fallback else {}))
    speaking = await begin(hass, "vivoka", simulator, cut=Cut(0, "stall"))
    await until(lambda: simulator.calls)
    await end(hass, entry)
    if fallback:
        assert pcm_of(await speaking) == (22050, tones.pcm(TEXT, 22050))
    else:
        with pytest.raises(HomeAssistantError):
            await speaking
    assert len(other.texts) == fallback


@pytest.mark.parametrize("comes_back", [True, False])
async def test_service_is_away_when_the_entry_is_reloaded(
    hass: HomeAssistant, comes_back: bool, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The entry is set up at once; the announcement is spoken if the service comes back in time."""
    entry = await make_entry("vivoka")
    speaking = await begin(hass, "vivoka", simulator, cut=Cut(0, "stall"))
    await until(lambda: simulator.calls)
    simulator.habits.statuses = {"voices": 500}
    await reload(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    await asyncio.sleep(0.05)
    assert not speaking.done()
    if comes_back:
        end_habits(simulator)
        rate, samples = pcm_of(await speaking)
        assert samples == tones.pcm(TEXT, rate)
    else:
        with pytest.raises(HomeAssistantError):
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
        await reload(hass, entry)
    await until(lambda: len(simulator.requests) >= len(texts))
    simulator.habits.cut = None
    await reload(hass, entry)
    for text, data in zip(texts, await asyncio.gather(*speaking), strict=True):
        rate, samples = pcm_of(data)
        assert samples == tones.pcm(text, rate)


@pytest.mark.parametrize("is_back", [True, False])
async def test_asked_for_after_the_end(
    hass: HomeAssistant, is_back: bool, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A player may come for its audio when the entity that it is of has gone already: it gets it."""
    entry = await make_entry("vivoka")
    speech = entity(hass, "vivoka")

    async def text() -> AsyncGenerator[str]:
        yield TEXT

    request = TTSAudioRequest("en-US", dict(speech.default_options or {}), text())
    audio = (await speech.async_stream_tts_audio(request)).data_gen
    await unload(hass, entry)
    if is_back:
        assert await hass.config_entries.async_setup(entry.entry_id)
    heard = b"".join([chunk async for chunk in audio])
    assert heard[44:] == tones.pcm(TEXT, 22050)
    await all_closed(simulator)


async def test_no_call_falls_into_the_gap(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A reload waits for no network: a list that takes half a minute delays nothing."""
    entry = await make_entry("vivoka")
    simulator.habits.vivoka.answer_latency = 5.0
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for _ in range(3):
        await reload(hass, entry)
        assert hass.states.get(ENTITY["vivoka"]).state != "unavailable"  # type: ignore[union-attr]
    assert loop.time() - begun < 0.5
    assert speech_in(pcm_of(await fetch(hass, "vivoka", TEXT))[1]) == tones.pcm(TEXT, 22050)


async def test_no_call_falls_into_the_gap_of_a_start(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Nor does a start of Home Assistant wait for a service that has been there before, and is away now."""
    entry = await make_entry("knovvu")
    simulator.habits.statuses = {"voices": 500}
    languages = entity(hass, "knovvu").supported_languages
    await restart(hass, entry)
    assert entity(hass, "knovvu").supported_languages == languages
    rate, samples = pcm_of(await fetch(hass, "knovvu", TEXT))
    assert samples == tones.pcm(TEXT, rate)


async def test_fallback_is_speaking_when_the_entry_is_reloaded(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What it has begun it ends; the next announcement is the service's."""
    other = await add_voice(hass)
    other.go_on.clear()
    entry: MockConfigEntry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = {"synthesize": 500}
    speaking = asyncio.create_task(fetch(hass, "vivoka", TEXT))
    await until(lambda: other.texts)
    simulator.habits.statuses = {}
    await reload(hass, entry)
    other.go_on.set()
    rate, samples = pcm_of(await speaking)
    assert abs(len(samples) - len(tones.pcm(TEXT, rate))) < rate // 100
    assert len(other.texts) == 1
    assert pcm_of(await fetch(hass, "vivoka", "And again.")) == (22050, tones.pcm("And again.", 22050))
    assert len(other.texts) == 1


@pytest.mark.parametrize("end", [move, remove, unload])
async def test_a_client_of_the_past_writes_nothing(
    hass: HomeAssistant,
    end: End,
    simulator: Simulator,
    server: TestServer,
    make_entry: MakeEntry,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The token of the old host is not stored in the new entry, and an entry that is gone stays so."""
    simulator.habits.token = "none yet"
    credentials = {CONF_CLIENT_ID: "client", CONF_CLIENT_SECRET: "secret"}
    url = str(server.make_url("/connect/token"))
    entry = await make_entry("knovvu", data={**credentials, CONF_TOKEN_URL: url})
    simulator.habits.speed = 1.0
    old = entry.runtime_data.service.issued
    assert old
    speech, heard = entity(hass, "knovvu"), bytearray()
    listening = asyncio.create_task(listen(speech, TEXT, heard))
    await until(lambda: len(heard) > 5000)
    await end(hass, entry)
    await listening
    assert heard[44:] == tones.pcm(TEXT, 24000)
    await hass.async_block_till_done(wait_background_tasks=True)
    if end is move:
        assert async_known_server(hass, entry.data).issued != old
        assert entry.runtime_data.service.issued != old
    if end is remove:
        assert not [key for key in hass_storage if key.startswith(DOMAIN)]
    assert not [record for record in caplog.records if "UnknownEntry" in str(record.exc_info)]


async def test_token_is_of_its_credentials(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Other credentials, or another host, see neither token nor quirks of the former ones."""
    credentials = {CONF_CLIENT_ID: "client", CONF_CLIENT_SECRET: "secret"}
    issued = IssuedToken("issued", None)
    quirks = {"finalize_late": True}
    entry = await make_entry("knovvu", data=credentials, issued=issued, quirks=quirks)
    assert (entry.runtime_data.service.issued, entry.runtime_data.service.quirks) == (issued, quirks)
    for change in ({CONF_HOST: NOWHERE}, {CONF_CLIENT_SECRET: "another"}):
        known = async_known_server(hass, {**entry.data, **change})
        assert (known.issued, dict(known.quirks), known.voices) == (None, {}, None)
    assert simulator.calls.count("token") == 0


async def test_change_of_an_entry_that_is_not_loaded(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """It stays unloaded; only what is loaded, or waits for its service, takes changes over at once."""
    entry = await make_entry("vivoka")
    await unload(hass, entry)
    hass.config_entries.async_update_entry(entry, title="Another")
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.NOT_LOADED
