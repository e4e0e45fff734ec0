"""What is not as it should be is not kept: neither audio, nor what another server did, nor what was said.

How the world differs: a voice cannot speak one of the sentences; a service is away in mid-speech, for a
moment or for long; an entry is moved to another host, whose ways are others, also while something is being
said; a service repeats the text and the credentials in its errors.
"""

import asyncio
import logging

from homeassistant.components import tts
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.websocket_tts.const import CONF_TOKEN_URL

from . import visible
from .in_home_assistant import ENTITY, MakeEntry, fetch
from .speech.hostile import PLAIN, SENTENCES, TEXT, samples_of
from .speech.hostile_kinds import KINDS
from .speech.hostile_knovvu import KnovvuServer
from .speech.hostile_servers import Meets, Server, in_turn
from .speech.test_sentence_without_audio import FOREIGN, LAST, SPOKEN, english, samples_of_any
from .test_tts import pcm_of

CONVERSATION = 61.0
"""Seconds after which no connection of a conversation is kept ready any more."""


def speech_of(wav: bytes) -> bytes:
    """Return what was spoken, without silence: tones are never zero."""
    samples = memoryview(pcm_of(wav)[1]).cast("h")
    return b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples if sample)


def silence_of(wav: bytes) -> float:
    """Return the seconds of silence."""
    rate, samples = pcm_of(wav)
    return memoryview(samples).cast("h").tolist().count(0) / rate


async def hear(hass: HomeAssistant, kind: str, text: str) -> bytes:
    """Return what a player gets, from the cache if it is there."""
    source = tts.generate_media_source_id(
        hass, text, ENTITY[kind], options={"preferred_format": "wav"}, cache=True
    )
    return (await tts.async_get_media_source_audio(hass, source))[1]


async def test_a_sentence_left_out(
    hass: HomeAssistant, kind: str, hostile: Server, make_entry: MakeEntry
) -> None:
    """It is not served again: the same text is asked for anew, and what is whole is kept then."""
    text = f"{FOREIGN} {SPOKEN} {LAST}"
    hostile.speaks = english
    await make_entry(kind, data={CONF_HOST: hostile.address}, sentence_pause=100)
    for _ in range(2):
        hostile.attempts.clear()
        assert speech_of(await hear(hass, kind, text)) == samples_of(kind, SPOKEN + LAST)
        assert LAST in hostile.asked
    hostile.speaks = samples_of_any
    for is_asked in (True, False):
        hostile.attempts.clear()
        assert speech_of(await hear(hass, kind, text)) == samples_of(kind, text)
        assert (LAST in hostile.asked) is is_asked


@pytest.mark.parametrize("away", [3.0, 10.0])
async def test_silence_from_waiting(
    away: float, hass: HomeAssistant, kind: str, hostile: Server, make_entry: MakeEntry
) -> None:
    """More than 5 s of it are not served again; a moment of it is."""
    await make_entry(kind, data={CONF_HOST: hostile.address})
    hostile.speed = 2.0
    hearing = asyncio.create_task(hear(hass, kind, TEXT))
    await asyncio.sleep(0.6)
    await hostile.down()
    await asyncio.sleep(away)
    await hostile.up()
    wav = await hearing
    assert speech_of(wav) == samples_of(kind, TEXT)
    assert (silence_of(wav) > 5.0) is (away > 5.0)
    hostile.attempts.clear()
    again = await hear(hass, kind, TEXT)
    assert speech_of(again) == samples_of(kind, TEXT)
    assert bool(hostile.asked) is (away > 5.0)
    if away > 5.0:
        assert silence_of(again) < 0.5
        hostile.attempts.clear()
        await hear(hass, kind, TEXT)
        assert hostile.asked == []


async def move(hass: HomeAssistant, entry: MockConfigEntry, server: Server) -> None:
    """Move an entry to another host."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: server.address})
    await hass.async_block_till_done()
    # It may have been reloaded by then; twice is no difference.
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("moved", "before", "after"),
    [("vivoka", "last", "close"), ("knovvu", "message", "close"), ("knovvu", "close", "quiet")],
)
async def test_the_ways_of_another_server(
    moved: str, before: str, after: str, hass: HomeAssistant, make_entry: MakeEntry
) -> None:
    """What was found out of the old one is not believed of the new one: nothing is asked for twice."""
    async with KINDS[moved]() as old, KINDS[moved]() as new:
        old.end, new.end = before, after
        entry = await make_entry(moved, data={CONF_HOST: old.address})
        for text in SENTENCES[1:]:
            assert speech_of(await fetch(hass, moved, text)) == samples_of(moved, text)
        await move(hass, entry, new)
        old.attempts.clear()
        assert speech_of(await fetch(hass, moved, PLAIN)) == samples_of(moved, PLAIN)
        assert new.asked == [PLAIN]
        assert old.asked == []


@pytest.mark.parametrize("meanwhile", [False, True])
async def test_the_token_of_another_server(
    meanwhile: bool, hass: HomeAssistant, make_entry: MakeEntry
) -> None:
    """It goes to no other host, also if an announcement ends only after the entry was moved."""
    async with KnovvuServer() as identity, KnovvuServer() as old, KnovvuServer() as new:
        identity.tokens = old.tokens = new.tokens = set()
        credentials = {
            CONF_CLIENT_ID: "client",
            CONF_CLIENT_SECRET: "client-secret",
            CONF_TOKEN_URL: identity.token_url,
        }
        entry = await make_entry("knovvu", data={CONF_HOST: old.address, **credentials})
        assert speech_of(await fetch(hass, "knovvu", PLAIN)) == samples_of("knovvu", PLAIN)
        given = set(old.authorizations)
        assert given
        if meanwhile:
            old.speed = 1.0
            speaking = asyncio.create_task(fetch(hass, "knovvu", TEXT))
            await asyncio.sleep(1.0)
            await move(hass, entry, new)
            # What is being said is said to its end, by the old server.
            assert speech_of(await speaking) == samples_of("knovvu", TEXT)
            assert new.asked == []
            await hass.async_block_till_done()
            assert await hass.config_entries.async_reload(entry.entry_id)
        else:
            await move(hass, entry, new)
        assert speech_of(await fetch(hass, "knovvu", SENTENCES[1])) == samples_of("knovvu", SENTENCES[1])
        assert new.authorizations
        assert not new.authorizations & given


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refusal_in_mid_speech(
    status: int, hass: HomeAssistant, kind: str, hostile: Server, make_entry: MakeEntry
) -> None:
    """A service that restarts is not believed: the user is asked for nothing, and told of nothing."""
    await make_entry(kind, data={CONF_HOST: hostile.address, CONF_TOKEN: "token"})
    hostile.script = in_turn(Meets(how="abort", share=0.5), *[Meets(status=status)] * 2)
    assert speech_of(await fetch(hass, kind, PLAIN)) == samples_of(kind, PLAIN)
    await hass.async_block_till_done()
    assert hass.config_entries.flow.async_progress() == []
    assert not ir.async_get(hass).issues


async def test_a_token_that_expires_in_mid_speech(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """It is renewed, the speech goes on, and the user is asked for nothing."""
    async with KnovvuServer() as server:
        server.tokens = set()
        credentials = {
            CONF_CLIENT_ID: "client",
            CONF_CLIENT_SECRET: "client-secret",
            CONF_TOKEN_URL: server.token_url,
        }
        await make_entry("knovvu", data={CONF_HOST: server.address, **credentials})
        expired = {"error-code": "401", "error-message": "The token has expired"}
        server.script = in_turn(Meets(how="error", share=0.5, error=expired, delay=1.0))
        speaking = asyncio.create_task(fetch(hass, "knovvu", PLAIN))
        await asyncio.sleep(0.5)
        server.tokens.clear()
        assert speech_of(await speaking) == samples_of("knovvu", PLAIN)
        # The connection for the next announcement is made.
        await asyncio.sleep(0.1)
    await hass.async_block_till_done()
    assert hass.config_entries.flow.async_progress() == []
    assert server.fetched == 2


SAID = "Quentin eats marmalade in Zanzibar. Nobody else eats marmalade at all, says Quentin."
WORDS = ("quentin", "marmalade", "zanzibar")
REPEATS = {"error": f"{visible.TOKEN} may not say: {SAID}"}
WORLDS: dict[str, list[Meets]] = {
    "an error in mid-speech": [Meets(how="error", share=0.5, error=REPEATS)],
    "an error that stays": [Meets(how="error", share=0.5, error=REPEATS)] * 60,
    "an error at once": [Meets(how="error", error=REPEATS)] * 3,
    "401 in mid-speech": [
        Meets(how="abort", share=0.5),
        Meets(status=401, body=REPEATS),
        Meets(status=404, body=REPEATS),
    ],
    "a refusal that stays": [Meets(status=403, body=REPEATS)] * 60,
    "busy": [Meets(status=429, body=REPEATS, headers={"Retry-After": "60"})],
    "a doubt": [Meets(end="close")],
    "a doubt with an error": [Meets(end="close"), Meets(how="error", error=REPEATS)],
    "a cut": [Meets(how="close", share=0.5)],
    "an old connection": [Meets(), Meets(how="error", piece=-1, error=REPEATS)],
}


@pytest.mark.parametrize("world", WORLDS)
async def test_nothing_of_it_is_written_down(
    world: str,
    hass: HomeAssistant,
    kind: str,
    hostile: Server,
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither in logs at DEBUG, nor in errors, diagnostics, states, issues: no text, and no secret."""
    caplog.set_level(logging.DEBUG)
    hostile.end = {"vivoka": "last", "knovvu": "message"}[kind]
    hostile.tokens = {visible.TOKEN}
    entry = await make_entry(kind, data={CONF_HOST: hostile.address, CONF_TOKEN: visible.TOKEN})
    said: list[str] = []
    assert speech_of(await fetch(hass, kind, PLAIN)) == samples_of(kind, PLAIN)
    await asyncio.sleep(CONVERSATION)
    hostile.script = in_turn(*WORLDS[world])
    if world == "an old connection":
        assert speech_of(await fetch(hass, kind, SENTENCES[1])) == samples_of(kind, SENTENCES[1])
        await hass.async_block_till_done()
    for _ in range(2):
        try:
            await fetch(hass, kind, SAID)
        except HomeAssistantError as err:
            said += visible.in_error(err)
        await hass.async_block_till_done()
    said += _without_home_assistant(await visible.in_home_assistant(hass, entry, caplog), caplog)
    for text in said:
        assert visible.SECRET not in text
        assert not [word for word in WORDS if word in text.casefold()], text


def _without_home_assistant(said: list[str], caplog: pytest.LogCaptureFixture) -> list[str]:
    """Leave out what Home Assistant itself and the server write into the log."""
    others = {
        f"{record.getMessage()} {record.exc_text} {record.args}"
        for record in caplog.records
        if not record.name.startswith("custom_components")
    }
    return [text for text in said if text not in others]
