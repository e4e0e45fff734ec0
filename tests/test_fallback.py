"""A fallback: another voice, which speaks where the service cannot, so that no announcement is lost.

How the world differs: the service fails before the header or behind it, at once or late, for one text or for
days; the text is still being written; the fallback speaks another language, at another rate, in streams or
all at once; it fails as well, hangs, is missing, has got another id, or is one of ours that falls back to us;
Home Assistant restarts meanwhile, keeps what was said, or is about to stop.
"""

from array import array
import asyncio
from collections.abc import AsyncGenerator
import json
import logging
from pathlib import Path
from typing import Any, override

from homeassistant.components import tts
from homeassistant.const import CONF_TOKEN, STATE_UNAVAILABLE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.data_entry_flow import InvalidData
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.websocket_tts.announcement.announcement import MOMENT
from custom_components.websocket_tts.announcement.fallback import PATIENCE
from custom_components.websocket_tts.availability import LONG_ABSENCE
from custom_components.websocket_tts.const import CONF_VOICE, DOMAIN, SECTION_ADVANCED
from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics
from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.exceptions import CannotConnectError
from custom_components.websocket_tts.speech.limits import Limits
from simulator import Cut, Simulator, tones
from simulator.habits import Route

from .clock import running
from .flows import answer_voice, change_voice
from .in_home_assistant import (
    ENTITY,
    VOICE,
    MakeEntry,
    SetLimits,
    change_profile,
    entity,
    error_of,
    fetch,
    kind_of,
    profile,
    restart,
    stored_profile,
)
from .other_voice import OTHER, OtherVoice, StreamingVoice, add_voice, broken
from .speech.audio.test_samples import MP3_FRAME
from .speech.speaking import TEXT, all_closed, set_habits
from .test_availability import announce, state_of
from .test_repairs import issues
from .test_tts import pcm_of

KINDS = list(ENTITY)
RATE = {"vivoka": 22050, "knovvu": 24000}
DOWN: dict[Route, int] = {"synthesize": 500, "socket": 500}
IMPATIENT = Limits(
    connect=0.5,
    first_audio=0.5,
    between_audio=0.4,
    max_quiet=0.6,
    resume=1.0,
    busy=0.5,
    retry_pause=0.05,
)


@pytest.fixture(autouse=True)
def little_patience(set_limits: SetLimits) -> None:
    """Wait for tenths of seconds instead of seconds."""
    set_limits(IMPATIENT)


@pytest.fixture
async def other(hass: HomeAssistant) -> OtherVoice:
    """Return a voice of another integration."""
    return await add_voice(hass)


class DeafVoice(StreamingVoice):
    """Says that it gives whatever format is asked for, and does not."""

    _attr_supported_options = (  # type: ignore[assignment]
        "preferred_sample_rate",
        "preferred_sample_channels",
        "preferred_sample_bytes",
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("habits", "key"),
    [
        ({"statuses": DOWN}, "cannot_connect"),
        ({"statuses": {"synthesize": 429, "socket": 429}}, "busy"),
        ({"statuses": {"synthesize": 200, "socket": 200}}, "protocol_error"),
        ({"token": "another"}, "invalid_auth"),
        ({"no_audio": True}, "no_audio"),
        ({"cut": Cut(0, "stall")}, "timeout"),
        ({"cut": Cut(0, "abort")}, "cannot_connect"),
        ({"cut": Cut(0, "error")}, "synthesis_failed"),
        ({"cut": Cut(0, "error", error="Voice not found")}, "voice_not_found"),
    ],
    ids=str,
)
async def test_service_cannot_speak(
    hass: HomeAssistant,
    kind: str,
    habits: dict[str, Any],
    key: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
) -> None:
    """Whatever it is: the fallback speaks, and what went wrong can be found in the diagnostics."""
    quirks = {"finalize_late": False} if kind == "knovvu" else {}
    entry = await make_entry(kind, data={CONF_TOKEN: "secret"}, quirks=quirks, fallback=OTHER)
    set_habits(simulator, kind, habits, {})
    if "token" in habits:
        simulator.habits.token = habits["token"]
    rate, samples = pcm_of(await fetch(hass, kind, TEXT))
    assert rate in RATE.values()
    assert abs(len(samples) - len(tones.pcm(TEXT, rate))) < rate // 100
    assert " ".join(other.texts).split() == TEXT.split()
    await all_closed(simulator)
    utterance = (await async_get_config_entry_diagnostics(hass, entry))["utterances"][-1]
    assert (utterance["error"], utterance["fallback"]) == (key, "tts")
    assert utterance["audio"] == pytest.approx(len(samples) / 2 / rate)
    await hass.async_block_till_done(wait_background_tasks=True)
    flows = [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()]
    assert flows == (["reauth"] if key == "invalid_auth" else [])


@pytest.mark.parametrize("voice", [OtherVoice, StreamingVoice])
async def test_header_has_been_sent(
    hass: HomeAssistant, voice: type[OtherVoice], simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The fallback goes on behind it, in its format; what is silent at the beginning comes once."""
    await add_voice(hass, voice())
    await make_entry("vivoka", fallback=OTHER, lead_in=500, lead_out=250)
    simulator.habits.cut = Cut(0, "stall")
    rate, samples = pcm_of(await fetch(hass, "vivoka", TEXT))
    assert rate == 22050
    assert samples == bytes(rate // 2 * 2) + tones.pcm(TEXT, rate) + bytes(rate // 4 * 2)
    assert simulator.requests


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
async def test_other_rate(
    hass: HomeAssistant, rate: int, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """What the fallback speaks at another rate is as long, and not faster or slower."""
    await make_entry("vivoka", fallback=OTHER)
    other.rate = rate
    simulator.habits.cut = Cut(0, "abort")
    promised, samples = pcm_of(await fetch(hass, "vivoka", TEXT))
    assert promised == 22050
    assert len(samples) / 2 / 22050 == pytest.approx(len(tones.pcm(TEXT, rate)) / 2 / rate, abs=0.02)


async def test_exact_wav(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """All at once it has exact sizes; half a sample at the end is left out, and the header may come alone."""
    other = await add_voice(hass, DeafVoice())
    other.tail = b"\x05"
    other.go_on.clear()
    asyncio.get_running_loop().call_later(1, other.go_on.set)
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.cut = Cut(0, "stall")
    speech = entity(hass, "vivoka")
    _, data = await speech.async_get_tts_audio("One.", "en-US", dict(speech.default_options or {}))
    samples = tones.pcm("One.", 22050)
    assert data == wav.header(PcmFormat(22050), len(samples)) + samples


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("voice", [OtherVoice, StreamingVoice])
async def test_text_that_is_being_written(
    hass: HomeAssistant, kind: str, voice: type[OtherVoice], simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What the service has taken of it before it failed is spoken, too, then what is still to be written."""
    other = await add_voice(hass, voice())
    await make_entry(kind, fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    is_taken = asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        yield "I want a coff"
        yield "ee. With"
        await is_taken.wait()
        yield " milk, please! "
        await asyncio.sleep(0)
        yield "**Now**."

    speaking = asyncio.create_task(fetch(hass, kind, text()))
    route: Route = "synthesize" if kind == "vivoka" else "socket"
    async with asyncio.timeout(5):
        while simulator.calls.count(route) < 2 or (voice is StreamingVoice and not other.texts):
            await asyncio.sleep(0.01)
    is_taken.set()
    await speaking
    assert " ".join(other.texts).split() == ["I", "want", "a", "coffee.", "With", "milk,", "please!", "Now."]


@pytest.mark.parametrize("voice", [OtherVoice, StreamingVoice])
@pytest.mark.parametrize("cut", [Cut(0, "abort"), None])
async def test_silence_while_the_text_pauses(
    hass: HomeAssistant,
    voice: type[OtherVoice],
    cut: Cut | None,
    simulator: Simulator,
    make_entry: MakeEntry,
    set_limits: SetLimits,
) -> None:
    """A satellite that gets nothing for seconds hangs, whoever speaks, with a header sent or not."""
    set_limits(Limits(fill_after=0.2, retry_pause=0.05))
    other = await add_voice(hass, voice())
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.cut = cut
    if not cut:
        simulator.habits.statuses = dict(DOWN)
        other.rate = 24000

    async def text() -> AsyncGenerator[str]:
        yield "I want a coffee. W"
        await asyncio.sleep(1.2)
        yield "ith milk, please!"

    rate, samples = pcm_of(await fetch(hass, "vivoka", text()))
    assert simulator.calls
    assert rate == other.rate
    heard = array("h", samples)
    spoken = array("h", tones.pcm("I want a coffee. With milk, please!", rate))
    # No tone has a sample that is 0.
    assert array("h", filter(None, heard)) == spoken
    assert len(heard) > len(spoken) + rate // 20


async def test_markup_and_settings(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """The fallback gets plain text, what is around a break apart, and no setting of the service."""
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    await fetch(hass, "vivoka", "<speak>Hot <break time='1s'/>coffee.</speak>", rate=1.5)
    await fetch(hass, "vivoka", "**Hot** coffee. 😀")
    assert [text.split() for text in other.texts] == [["Hot"], ["coffee."], ["Hot", "coffee."]]
    assert other.options == [{}, {}, {}]


@pytest.mark.parametrize(
    ("asked", "spoken"), [(None, "en-GB"), ("de", "de-DE"), ("de-DE", "de-DE"), ("fr-FR", "tr")]
)
async def test_language(
    hass: HomeAssistant,
    asked: str | None,
    spoken: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
) -> None:
    """It is asked for the same language, else for the closest one it has, else for its own."""
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    await fetch(hass, "vivoka", TEXT, asked)
    assert other.languages == [spoken]


async def let_it_be_away(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the service have been away for long, when it does not answer any more and cannot speak."""
    entry.runtime_data.async_note_failure(CannotConnectError())
    for _ in range(4):
        await entry.runtime_data.async_refresh()
        running().block(LONG_ABSENCE)
    await hass.async_block_till_done()
    assert not entry.runtime_data.is_available


@pytest.mark.parametrize("kind", KINDS)
async def test_known_to_be_away(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
) -> None:
    """The fallback speaks at once, and tts.speak is not dropped; when the service is back, it speaks."""
    entry = await make_entry(kind, fallback=OTHER, audio_format="wav", lead_in=100)
    plays = async_mock_service(hass, "media_player", "play_media")
    await async_setup_component(hass, "media_source", {})
    simulator.habits.statuses = {"voices": 500, **DOWN}
    await let_it_be_away(hass, entry)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    simulator.calls.clear()
    rate, samples = pcm_of(await announce(hass, kind, plays))
    assert rate == 24000
    assert abs(len(samples) - len(bytes(4800) + tones.pcm(TEXT, rate))) < rate // 100
    # It is only polled.
    assert set(simulator.calls) <= {"voices"}
    assert len(other.texts) == 1
    (utterance,) = profile(entry).utterances
    assert (utterance.error, utterance.fallback, utterance.metrics.retries) == (None, "tts", 0)
    assert profile(entry).characters == 0
    simulator.habits.statuses = {}
    await entry.runtime_data.async_refresh()
    rate, samples = pcm_of(await announce(hass, kind, plays))
    assert samples[rate // 10 * 2 :] == tones.pcm(TEXT, rate)
    assert rate == RATE[kind]
    assert len(other.texts) == 1


async def test_away_and_without_fallback(
    hass: HomeAssistant,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """When the fallback cannot speak, the service is asked all the same: it may be back."""
    entry = await make_entry("vivoka", fallback="tts.missing")
    simulator.habits.statuses = {"voices": 500}
    await let_it_be_away(hass, entry)
    assert pcm_of(await fetch(hass, "vivoka", TEXT)) == (22050, tones.pcm(TEXT, 22050))
    simulator.habits.statuses = {"voices": 500, **DOWN}
    await let_it_be_away(hass, entry)
    assert kind_of(await error_of(hass, "vivoka", "Another text.")) == "cannot_connect"
    assert "fallback" not in issues(hass)


async def test_slow_fallback_that_fails(
    hass: HomeAssistant,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
    set_limits: SetLimits,
) -> None:
    """The service is back, and is converted to the rate that was promised for the fallback."""
    set_limits(Limits(fill_after=0.05))
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = {"voices": 500}
    await let_it_be_away(hass, entry)
    other.go_on.clear()
    other.error = broken()
    speaking = asyncio.create_task(fetch(hass, "vivoka", TEXT))
    await asyncio.sleep(0.3)
    other.go_on.set()
    rate, samples = pcm_of(await speaking)
    assert rate == 24000
    expected = PcmFormat(22050).seconds(len(tones.pcm(TEXT, 22050)))
    assert PcmFormat(rate).seconds(len(samples)) == pytest.approx(expected, abs=0.01)
    assert len(other.texts) == 1


class Mp3Voice(DeafVoice):
    """Says that it speaks in WAV, and does not."""

    @override
    def _speak(self, text: str) -> bytes:
        return MP3_FRAME * len(text)

    @override
    async def _stream(self, text: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
        async for part in text:
            self.texts.append(part)
            yield self._speak(part)


FAILING: list[tuple[type[OtherVoice], dict[str, Any]]] = [
    (OtherVoice, {"error": broken()}),
    (OtherVoice, {"error": TypeError("my private words")}),
    (OtherVoice, {"is_silent": True}),
    (Mp3Voice, {}),
    (StreamingVoice, {"is_silent": True}),
    (StreamingVoice, {"is_silent": True, "error": broken()}),
]


@pytest.mark.parametrize(("voice", "how"), FAILING, ids=str)
async def test_fallback_that_fails_as_well(
    hass: HomeAssistant,
    voice: type[OtherVoice],
    how: dict[str, Any],
    simulator: Simulator,
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is told is why the service could not speak; nothing tells what was to be said."""
    other = await add_voice(hass, voice())
    vars(other).update(how)
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    error = await error_of(hass, "vivoka", "My private words.")
    assert kind_of(error) == "cannot_connect"
    assert (error.translation_placeholders or {})["status"] == "500"
    (utterance,) = profile(entry).utterances
    assert (utterance.error, utterance.fallback) == ("cannot_connect", None)
    assert "fallback" not in issues(hass)
    ours = [record.getMessage() for record in caplog.records if DOMAIN in record.name]
    assert [text for text in ours if OTHER in text]
    assert not [text for text in ours if "rivate" in text]


class EagerVoice(StreamingVoice):
    """Reads the text in a task of its own, as Wyoming does, and speaks at the pace of real time."""

    @override
    async def _stream(self, text: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
        parts = asyncio.Queue[str | None]()

        async def read() -> None:
            async for part in text:
                self.texts.append(part)
                parts.put_nowait(part)
            parts.put_nowait(None)

        reading = asyncio.create_task(read())
        yield wav.header(PcmFormat(self.rate))
        while (part := await parts.get()) is not None:
            samples = self._speak(part)
            await asyncio.sleep(len(samples) / 2 / self.rate)
            yield samples
        await reading


@pytest.mark.parametrize("document", [False, True])
@pytest.mark.parametrize("error", [TypeError(), TimeoutError(), CannotConnectError()], ids=repr)
@pytest.mark.parametrize("voice", [OtherVoice, StreamingVoice, EagerVoice])
async def test_text_that_fails(
    hass: HomeAssistant,
    voice: type[OtherVoice],
    error: Exception,
    document: bool,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """What was written before is spoken once; then, at once, comes the error of the text."""
    other = await add_voice(hass, voice())
    other.rate = 24000
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)

    async def written() -> AsyncGenerator[str]:
        # The break makes it two requests.
        yield f"<speak>{TEXT}<break time='500ms'/>{TEXT}</speak>" if document else f"{TEXT} {TEXT}"
        await asyncio.sleep(0.2)
        raise error

    speaking = entity(hass, "vivoka")
    options = dict(speaking.default_options or {})
    response = await speaking.async_stream_tts_audio(tts.TTSAudioRequest("en-US", options, written()))
    heard, begun = bytearray(), running().now

    async def listen() -> None:
        async for part in response.data_gen:
            heard.extend(part)

    with pytest.raises((type(error), HomeAssistantError)):
        await listen()
    said = tones.pcm(TEXT, other.rate).strip(b"\0")
    assert bytes(heard).count(said) == 2
    assert "".join(other.texts).split() == f"{TEXT} {TEXT}".split()
    assert running().now - begun < 8


async def test_fallback_that_breaks_off(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What has been heard in part is not begun again."""
    other = await add_voice(hass, StreamingVoice())
    other.error = broken()
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.cut = Cut(0, "error")
    assert kind_of(await error_of(hass, "vivoka", TEXT)) == "synthesis_failed"
    assert len(simulator.requests) == 1


async def test_fallback_that_hangs(
    hass: HomeAssistant,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
) -> None:
    """It is not waited for for ever."""
    await make_entry("vivoka", fallback=OTHER)
    other.go_on.clear()
    simulator.habits.statuses = dict(DOWN)
    async with asyncio.timeout(2 * PATIENCE):
        assert kind_of(await error_of(hass, "vivoka", TEXT)) == "cannot_connect"
    other.go_on.set()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_fallback_in_another_format(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is converted to that of the header, also where Home Assistant has not done so."""
    other = await add_voice(hass, DeafVoice())
    other.rate = 8000
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.cut = Cut(0, "error")

    async def unconverted(*args: Any, **_: Any) -> AsyncGenerator[bytes]:
        async for chunk in args[2]:
            yield chunk

    # Older releases convert in any case.
    monkeypatch.setattr("homeassistant.components.tts._async_convert_audio", unconverted)
    stream = entity(hass, "vivoka")
    _, data = await stream.async_get_tts_audio(TEXT, "en-US", dict(stream.default_options or {}))
    assert data
    told = PcmFormat(22050)
    assert data[:44] == wav.header(told, len(data) - 44)
    expected = PcmFormat(8000).seconds(len(tones.pcm(TEXT, 8000)))
    assert told.seconds(len(data) - 44) == pytest.approx(expected, abs=0.01)
    assert other.texts


@pytest.mark.parametrize("gone", ["missing", "removed"])
async def test_fallback_that_is_not_there(
    hass: HomeAssistant, gone: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Then there is the error of the service, as without one."""
    if gone == "removed":
        await add_voice(hass)
        er.async_get(hass).async_remove(OTHER)
        await hass.async_block_till_done()
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    assert kind_of(await error_of(hass, "vivoka", TEXT)) == "cannot_connect"


async def test_fallback_gets_another_id(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """Its id can be changed by the user, more than once; others do not matter."""
    entry = await make_entry("vivoka", fallback=OTHER)
    registry = er.async_get(hass)
    registry.async_get_or_create("tts", "any", "any", suggested_object_id="any")
    registry.async_update_entity("tts.any", new_entity_id="tts.many")
    registry.async_update_entity(OTHER, name="Renamed")
    for new_id in ("tts.first", "tts.second"):
        registry.async_update_entity(other.entity_id, new_entity_id=new_id)
        await hass.async_block_till_done()
        assert stored_profile(entry).data["fallback"] == new_id
    simulator.habits.statuses = dict(DOWN)
    await fetch(hass, "vivoka", TEXT)
    assert len(other.texts) == 1


async def test_wrong_call(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """What is wrong in the call is told, and not covered up by another voice; so is a text that is broken."""
    await make_entry("knovvu", fallback=OTHER)
    for options in ({"voice": "nobody"}, {"rate": 9}):
        assert isinstance(await error_of(hass, "knovvu", TEXT, **options), ServiceValidationError)
    assert simulator.calls

    async def text() -> AsyncGenerator[str]:
        yield "I want "
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await fetch(hass, "knovvu", text())
    assert other.texts == []


async def test_nothing_to_say(
    hass: HomeAssistant,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
) -> None:
    """The fallback is not asked to say nothing."""
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = {"voices": 500}
    await let_it_be_away(hass, entry)
    rate, samples = pcm_of(await fetch(hass, "vivoka", "***"))
    assert samples == PcmFormat(rate).silence(MOMENT)
    assert other.texts == []
    assert "fallback" not in issues(hass)


async def test_configured_voice_is_gone(
    hass: HomeAssistant, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """That is no mistake of the caller; another voice that is not there is."""
    await make_entry("vivoka", fallback=OTHER, voice="enu,gone,embedded-pro")
    assert len(await fetch(hass, "vivoka", TEXT)) > 44
    assert len(other.texts) == 1
    assert isinstance(await error_of(hass, "vivoka", TEXT, voice="nobody"), ServiceValidationError)


async def test_voice_of_a_language_is_gone(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """Nor is a voice that was chosen for the language of the call."""
    await make_entry("knovvu", fallback=OTHER)
    simulator.habits.cut = Cut(0, "error", error="Voice not found")
    assert len(await fetch(hass, "knovvu", TEXT, "de-DE")) > 44
    assert other.languages == ["de-DE"]


async def test_heard_in_part(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """What has been heard in part is not said once more by another voice."""
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.cut = Cut(4000, "error")
    assert kind_of(await error_of(hass, "vivoka", TEXT)) == "synthesis_failed"
    assert other.texts == []


async def test_one_of_ours(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """The fallback may be the other service."""
    await make_entry("knovvu")
    await make_entry("vivoka", fallback=ENTITY["knovvu"])
    simulator.habits.statuses = {"synthesize": 500}
    rate, samples = pcm_of(await fetch(hass, "vivoka", TEXT))
    assert abs(len(samples) - len(tones.pcm(TEXT, rate))) < rate // 100
    assert [request.service for request in simulator.requests if request.texts] == ["knovvu"]


async def test_chain_that_comes_back(
    hass: HomeAssistant,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """It ends, with the error of the first, though all of them are away; both see what happened."""
    vivoka = await make_entry("vivoka", fallback=ENTITY["knovvu"])
    knovvu = await make_entry("knovvu", fallback=ENTITY["vivoka"])
    simulator.habits.statuses = {"synthesize": 500, "socket": 200}
    for kind, key in (("vivoka", "cannot_connect"), ("knovvu", "protocol_error")):
        async with asyncio.timeout(10):
            assert kind_of(await error_of(hass, kind, TEXT)) == key
    assert {record.fallback for record in (*profile(vivoka).utterances,)} == {None}
    simulator.habits.statuses["voices"] = 500
    for entry in (vivoka, knovvu):
        await let_it_be_away(hass, entry)
    async with asyncio.timeout(10):
        assert kind_of(await error_of(hass, "vivoka", TEXT)) == "cannot_connect"
    # The next one begins anew.
    simulator.habits.statuses = {"voices": 500, "synthesize": 500}
    assert len(await fetch(hass, "vivoka", TEXT)) > 44


async def test_itself(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """The form does not offer it; it would not help."""
    await make_entry("vivoka", fallback=ENTITY["vivoka"])
    simulator.habits.statuses = dict(DOWN)
    async with asyncio.timeout(5):
        assert kind_of(await error_of(hass, "vivoka", TEXT)) == "cannot_connect"
    assert simulator.calls.count("synthesize") >= 2


async def test_several_at_once(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """Each is spoken once, and there is one repair."""
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    texts = [f"Number {number} is here." for number in range(5)]
    for text, data in zip(
        texts, await asyncio.gather(*(fetch(hass, "vivoka", text) for text in texts)), strict=True
    ):
        rate, samples = pcm_of(data)
        assert abs(len(samples) - len(tones.pcm(text, rate))) < rate // 100
    assert sorted(text.strip() for text in other.texts) == texts
    assert [record.fallback for record in profile(entry).utterances] == ["tts"] * 5
    assert len([issue for issue in issues(hass) if issue == "fallback"]) == 1


async def hear(hass: HomeAssistant, kind: str, text: str = TEXT) -> bytes:
    """Return what a player gets, from the cache if it is there."""
    source = tts.generate_media_source_id(
        hass, text, ENTITY[kind], options={"preferred_format": "wav"}, cache=True
    )
    _, data = await tts.async_get_media_source_audio(hass, source)
    await hass.async_block_till_done(wait_background_tasks=True)
    return data


def forget_memory(hass: HomeAssistant) -> None:
    """Have nothing but the files, as after a restart of Home Assistant."""
    hass.data[tts.const.DATA_TTS_MANAGER].mem_cache.clear()


@pytest.mark.parametrize("memory", [True, False])
@pytest.mark.parametrize("away", [True, False])
@pytest.mark.parametrize("starts_again", [True, False])
async def test_not_kept_as_ours(
    hass: HomeAssistant,
    memory: bool,
    away: bool,
    starts_again: bool,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
) -> None:
    """Home Assistant keeps what the fallback said, in memory and on the disk; it is never heard again."""
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    if away:
        simulator.habits.statuses["voices"] = 500
        await let_it_be_away(hass, entry)
    assert len(await hear(hass, "vivoka")) > 44
    assert len(other.texts) == 1
    folder = Path(hass.config.path("tts"))
    assert await asyncio.to_thread(lambda: list(folder.glob("*")))
    await hear(hass, "vivoka")
    assert len(other.texts) == 2
    simulator.habits.statuses = {}
    if starts_again:
        await restart(hass, entry)
    else:
        await entry.runtime_data.async_refresh()
    if not memory:
        forget_memory(hass)
    assert pcm_of(await hear(hass, "vivoka")) == (22050, tones.pcm(TEXT, 22050))
    assert len(other.texts) == 2
    # What the service said is kept, from now on.
    asked = len(simulator.requests)
    if not memory:
        forget_memory(hass)
    await hear(hass, "vivoka")
    assert len(simulator.requests) == asked


@pytest.mark.parametrize("fault", [{"no_audio": True}, {"cut": Cut(0, "error")}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
async def test_not_kept_as_ours_after_a_single_failure(
    hass: HomeAssistant,
    kind: str,
    fault: dict[str, Any],
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
) -> None:
    """The service is back before anybody has asked for its voices; the same text is said by it at once."""
    await make_entry(kind, fallback=OTHER)
    set_habits(simulator, kind, fault, {})
    await hear(hass, kind)
    assert len(other.texts) == 1
    set_habits(simulator, kind, {}, {})
    rate = RATE[kind]
    assert pcm_of(await hear(hass, kind)) == (rate, tones.pcm(TEXT, rate))
    assert len(other.texts) == 1


async def test_what_the_service_said_is_heard_while_it_is_away(
    hass: HomeAssistant,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
) -> None:
    """Home Assistant has it; nobody has to speak."""
    entry = await make_entry("vivoka", fallback=OTHER)
    before = await hear(hass, "vivoka")
    simulator.habits.statuses = {"voices": 500, **DOWN}
    await let_it_be_away(hass, entry)
    assert await hear(hass, "vivoka") == before
    assert other.texts == []


async def test_repair(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """It tells since when the fallback speaks, also after a restart, until the service has spoken."""
    entry = await make_entry("vivoka", fallback=OTHER)
    assert issues(hass) == {}
    simulator.habits.statuses = dict(DOWN)
    await fetch(hass, "vivoka", TEXT)
    shown = issues(hass)["fallback"].translation_placeholders or {}
    assert shown["name"] == "Vivoka"
    assert shown["fallback"] == OTHER
    assert shown["since"].startswith("20")
    since = profile(entry).fallback_since
    await fetch(hass, "vivoka", TEXT)
    assert profile(entry).fallback_since == since
    # The issues of a Home Assistant that starts are those that are raised again.
    hass.data["issue_registry"].issues.clear()
    await restart(hass, entry)
    assert issues(hass)["fallback"].translation_placeholders == shown
    simulator.habits.statuses = {}
    await fetch(hass, "vivoka", TEXT)
    assert issues(hass) == {}
    assert profile(entry).fallback_since is None
    assert len(other.texts) == 2


async def test_no_repair_for_a_fallback_that_was_removed(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Who removes the fallback while it speaks is not told of a fallback voice "None"."""
    other = await add_voice(hass)
    other.go_on.clear()
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    speaking = asyncio.create_task(fetch(hass, "vivoka", TEXT))
    async with asyncio.timeout(5):
        while not other.texts:
            await asyncio.sleep(0.01)
    change_profile(hass, entry, {**stored_profile(entry).data, "fallback": None})
    other.go_on.set()
    assert len(await speaking) > 44
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issues(hass) == {}
    assert profile(entry).fallback_since is None


async def test_fallback_that_was_removed_before_it_spoke(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """An announcement that began with it ends with it, when the new client has failed as well."""
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.cut = Cut(0, "stall")
    speaking = asyncio.create_task(fetch(hass, "vivoka", TEXT))
    await asyncio.sleep(0.1)
    change_profile(hass, entry, {**stored_profile(entry).data, "fallback": None})
    assert len(await speaking) > 44
    assert len(other.texts) == 1
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issues(hass) == {}
    assert profile(entry).fallback_since is None


async def test_repair_without_fallback(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """Who wants no fallback any more has no repair of one either."""
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    await fetch(hass, "vivoka", TEXT)
    assert "fallback" in issues(hass)
    change_profile(hass, entry, {**stored_profile(entry).data, "fallback": None})
    await hass.async_block_till_done()
    assert issues(hass) == {}
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issues(hass) == {}
    assert len(other.texts) == 1
    mark = profile(entry).cache_mark
    simulator.habits.statuses = {}
    await fetch(hass, "vivoka", TEXT)
    # What the fallback said under the keys of then is not asked for.
    assert (entity(hass, "vivoka").default_options or {})["cache_mark"] == mark


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [500, 401])
async def test_home_assistant_starts_without_the_service(
    hass: HomeAssistant,
    kind: str,
    status: int,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
) -> None:
    """With a fallback there is an entity all the same, with the languages of before."""
    entry = await make_entry(kind, fallback=OTHER, data={CONF_TOKEN: "secret"})
    languages = list(entity(hass, kind).supported_languages)
    assert await hass.config_entries.async_unload(entry.entry_id)
    simulator.habits.statuses = {"voices": status, "synthesize": status, "socket": status}
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    assert list(entity(hass, kind).supported_languages) == languages
    assert len(await fetch(hass, kind, TEXT, "de-DE")) > 44
    assert other.languages == ["de-DE"]
    flows = [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()]
    assert flows == (["reauth"] if status == 401 else [])


async def test_set_up_for_the_first_time_without_the_service(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """Nothing is known of the service yet, and the fallback speaks."""
    simulator.habits.statuses = {"voices": 500, **DOWN}
    await make_entry("vivoka", fallback=OTHER)
    assert state_of(hass, "vivoka") != STATE_UNAVAILABLE
    await fetch(hass, "vivoka", TEXT)
    assert len(other.texts) == 1


async def test_end_while_the_fallback_speaks(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """It says all of it, also if the entry is unloaded meanwhile."""
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    other.go_on.clear()
    speaking = asyncio.create_task(fetch(hass, "vivoka", TEXT))
    async with asyncio.timeout(5):
        while not other.texts:
            await asyncio.sleep(0.01)
    assert await hass.config_entries.async_unload(entry.entry_id)
    other.go_on.set()
    rate, samples = pcm_of(await speaking)
    assert abs(len(samples) - len(tones.pcm(TEXT, rate))) < rate // 100
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_home_assistant_stops(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, other: OtherVoice
) -> None:
    """Nobody begins to speak then, and nothing shows that the fallback had to."""
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    state = hass.state
    hass.set_state(CoreState.stopping)
    await error_of(hass, "vivoka", TEXT)
    hass.set_state(state)
    assert other.texts == []
    assert issues(hass) == {}


async def test_nothing_private(
    hass: HomeAssistant,
    simulator: Simulator,
    make_entry: MakeEntry,
    other: OtherVoice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Diagnostics name the integration that spoke, and not what; the log tells once that it has to."""
    entry = await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = dict(DOWN)
    for _ in range(3):
        await fetch(hass, "vivoka", "My private words.")
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert "rivate" not in json.dumps(told, default=str)
    ours = [record for record in caplog.records if DOMAIN in record.name]
    assert not [record for record in ours if "rivate" in record.getMessage()]
    warnings = [record for record in ours if record.levelno == logging.WARNING]
    assert [OTHER in record.getMessage() for record in warnings] == [True]
    assert len(other.texts) == 3


@pytest.mark.parametrize("kind", KINDS)
async def test_options(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """Any entity that speaks can be chosen but the own one; what was chosen shows, and can be taken away."""
    entry = await make_entry(kind)

    async def configure(**advanced: str) -> None:
        form = await change_voice(hass, entry)
        assert form["data_schema"]
        fields = form["data_schema"].schema[SECTION_ADVANCED].schema.schema
        (field,) = [field for field in fields if field == "fallback"]
        assert (field.description or {}).get("suggested_value") == stored_profile(entry).data.get("fallback")
        user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: advanced}
        await answer_voice(hass, form["flow_id"], user_input)
        await hass.async_block_till_done()

    for wrong in (ENTITY[kind], "light.kitchen"):
        with pytest.raises(InvalidData):
            await configure(fallback=wrong)
    await add_voice(hass)
    await configure(fallback=OTHER)
    assert stored_profile(entry).data["fallback"] == OTHER
    await configure()
    assert stored_profile(entry).data["fallback"] is None
