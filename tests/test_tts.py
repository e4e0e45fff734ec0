"""Speaking through Home Assistant: what a media player gets is exactly what the service spoke."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
import io
import logging
import wave

import audioop
from homeassistant.components import tts
from homeassistant.components.tts import TTSAudioRequest
from homeassistant.const import CONF_TOKEN, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.websocket_tts.announcement.announcement import MOMENT
from custom_components.websocket_tts.availability import LONG_ABSENCE
from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.limits import Limits
from simulator import Cut, Simulator, tones

from .in_home_assistant import (
    ENTITY,
    MakeEntry,
    SetLimits,
    entity,
    error_of,
    fetch,
    kind_of,
    profile,
    restart,
)
from .services import KINDS, SERVICES
from .speech.speaking import TEXT, all_closed, set_habits
from .speech.test_services import SHORT_ENDS

RATE = {kind: service.sample_rate for kind, service in SERVICES.items()}
HABITS: list[tuple[str, dict[str, object], dict[str, object]]] = [
    ("vivoka", {}, {"sample_rate": 16000}),
    ("vivoka", {"chunk_size": 333}, {}),
    ("knovvu", {}, {"wav_header": "joined", "other_rate": 16000}),
    ("knovvu", {}, {"end": ""}),
]
"""What may show behind the client: the rate, halves of samples, the end. tests/speech has all habits."""


def pcm_of(data: bytes) -> tuple[int, bytes]:
    """Return the sample rate and the samples of a streamed WAV."""
    assert data[4:8] == data[40:44] == b"\xff\xff\xff\xff"
    return int.from_bytes(data[24:28], "little"), data[44:]


@pytest.mark.parametrize(("kind", "common", "own"), HABITS, ids=str)
async def test_habits(
    hass: HomeAssistant,
    kind: str,
    common: dict[str, object],
    own: dict[str, object],
    simulator: Simulator,
    make_entry: MakeEntry,
    set_limits: SetLimits,
) -> None:
    """Through Home Assistant's own stream the audio is exact, whatever the server is used to."""
    set_limits(SHORT_ENDS)
    entry = await make_entry(kind)
    set_habits(simulator, kind, common, own)
    rate, samples = pcm_of(await fetch(hass, kind, TEXT))
    assert rate == simulator.requests[-1].sample_rate
    assert samples == tones.pcm(TEXT, rate)
    # The connection for the next utterance may be open already.
    assert await hass.config_entries.async_unload(entry.entry_id)
    await all_closed(simulator)


@pytest.mark.parametrize("kind", KINDS)
async def test_mp3(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """A player that asks for nothing gets the MP3 that Home Assistant makes of it."""
    await make_entry(kind)
    extension, data = await tts.async_get_media_source_audio(
        hass, tts.generate_media_source_id(hass, TEXT, ENTITY[kind], cache=False)
    )
    assert extension == "mp3"
    assert len(data) > 5000


@pytest.mark.parametrize("kind", KINDS)
async def test_wav_by_option(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """With the audio format WAV nothing is converted, unless the player asks for something else."""
    await make_entry(kind, audio_format="wav")
    source = tts.generate_media_source_id(hass, TEXT, ENTITY[kind], cache=False)
    extension, data = await tts.async_get_media_source_audio(hass, source)
    assert extension == "wav"
    assert pcm_of(data) == (RATE[kind], tones.pcm(TEXT, RATE[kind]))
    assert (await fetch(hass, kind, TEXT, preferred_format="mp3"))[:4] != b"RIFF"


@pytest.mark.parametrize("kind", KINDS)
async def test_exact_wav(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """All at once it is a WAV with exact sizes."""
    await make_entry(kind)
    speech = entity(hass, kind)
    extension, data = await speech.async_get_tts_audio(TEXT, "en-US", dict(speech.default_options or {}))
    assert extension == "wav"
    assert data
    with wave.open(io.BytesIO(data)) as file:
        assert file.getnframes() * 2 + 44 == len(data)
        assert file.readframes(file.getnframes()) == tones.pcm(TEXT, file.getframerate())


@pytest.mark.parametrize("kind", KINDS)
async def test_whole_wav_that_breaks_off(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """All at once there is nothing of a speech that breaks off."""
    await make_entry(kind)
    simulator.habits.cut = Cut(3000, "abort")
    speech = entity(hass, kind)
    with pytest.raises(HomeAssistantError) as raised:
        await speech.async_get_tts_audio(TEXT, "en-US", dict(speech.default_options or {}))
    assert kind_of(raised.value) == "cannot_connect"
    await all_closed(simulator)


@pytest.mark.parametrize("kind", KINDS)
async def test_text_that_is_being_written(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Audio comes while the text is still being written."""
    await make_entry(kind)
    go_on = asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        yield "I want a coffee. With"
        await go_on.wait()
        yield " milk, please!"

    stream = tts.async_create_stream(hass, ENTITY[kind], options={"preferred_format": "wav"})
    stream.async_set_message_stream(text())
    heard = b""
    async for chunk in stream.async_stream_result():
        heard += chunk
        if len(heard) > 2000:
            go_on.set()
    rate, samples = pcm_of(heard)
    assert samples == tones.pcm("I want a coffee. With milk, please!", rate)
    assert simulator.requests[0].texts[0] == "I want a coffee."


@pytest.mark.parametrize("kind", KINDS)
async def test_text_that_pauses(
    hass: HomeAssistant, kind: str, make_entry: MakeEntry, set_limits: SetLimits
) -> None:
    """While the text pauses there is silence in real time, between what was spoken and what will be."""
    set_limits(Limits(fill_after=0.2))
    await make_entry(kind)

    async def text() -> AsyncGenerator[str]:
        yield "I want a coffee. W"
        await asyncio.sleep(1.2)
        yield "ith milk, please!"

    rate, samples = pcm_of(await fetch(hass, kind, text()))
    before, after = tones.pcm("I want a coffee.", rate), tones.pcm("With milk, please!", rate)
    assert samples.startswith(before)
    assert samples.endswith(after)
    filler = samples[len(before) : -len(after)]
    assert not any(filler)
    # What was spoken takes 0.7 s to play; the rest of the text comes 1.2 s after it was begun.
    assert len(filler) / 2 / rate == pytest.approx(0.55, abs=0.06)


@pytest.mark.parametrize("kind", KINDS)
async def test_no_silence_in_a_text_that_is_complete(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    set_limits: SetLimits,
) -> None:
    """A service that thinks is waited for, and nothing is put into its speech."""
    set_limits(Limits(fill_after=0.1))
    await make_entry(kind)
    simulator.habits.first_audio_latency = 0.4
    rate, samples = pcm_of(await fetch(hass, kind, TEXT))
    assert samples == tones.pcm(TEXT, rate)


async def test_header_first(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """The header is there while the service is still thinking."""
    await make_entry("vivoka")
    simulator.habits.first_audio_latency = 0.2
    stream = tts.async_create_stream(hass, ENTITY["vivoka"], options={"preferred_format": "wav"})
    stream.async_set_message(TEXT)
    result = stream.async_stream_result()
    assert len(await anext(result)) == 44
    assert simulator.requests[0].first_audio is None
    assert len(b"".join([chunk async for chunk in result])) > 1000


async def test_settings_of_knovvu(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """The options of the entry are asked for; those of the call come first."""
    await make_entry("knovvu", rate=2.0, volume=0.5, sample_rate=16000)
    assert pcm_of(await fetch(hass, "knovvu", TEXT)) == (16000, tones.pcm(TEXT, 16000, 2.0, 0.5))
    assert pcm_of(await fetch(hass, "knovvu", TEXT, rate="0.5", volume=1, voice="Sestek Rae 24k")) == (
        16000,
        tones.pcm(TEXT, 16000, 0.5, 1.0),
    )
    assert simulator.requests[-1].voice == "Sestek Rae 24k"


@pytest.mark.parametrize("kind", KINDS)
async def test_silence_before_and_after(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """Lead-in and lead-out are samples, and the first ones come before the service has spoken."""
    await make_entry(kind, lead_in=500, lead_out=250)
    rate, samples = pcm_of(await fetch(hass, kind, TEXT))
    assert samples == bytes(rate // 2 * 2) + tones.pcm(TEXT, rate) + bytes(rate // 4 * 2)
    speech = entity(hass, kind)
    _, data = await speech.async_get_tts_audio(TEXT, "en-US", dict(speech.default_options or {}))
    assert data == wav.header(PcmFormat(rate), len(samples)) + samples


@pytest.mark.parametrize(
    ("clean", "spoken"), [(True, "Hot coffee. And milk!"), (False, "**Hot** coffee. 😀 And _milk_!")]
)
async def test_clean_text(
    hass: HomeAssistant,
    clean: bool,
    spoken: str,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """Markdown and emoji are left out, if one wants that."""
    await make_entry("vivoka", clean_text=clean)
    await fetch(hass, "vivoka", "**Hot** coffee. 😀 And _milk_!")
    assert " ".join(text for request in simulator.requests for text in request.texts) == spoken


async def test_rate_of_vivoka(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """An embedded voice is asked for it in SSML; SSML itself stays as it is."""
    await make_entry("vivoka")
    await fetch(hass, "vivoka", TEXT, rate=1.5)
    text = " ".join(simulator.requests[-1].texts)
    assert '<prosody rate="+50%">' in text
    await fetch(hass, "vivoka", "<speak>Hello.</speak>", rate=2)
    assert simulator.requests[-1].texts == ["<speak>Hello.</speak>"]


async def test_voice_without_rate(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """A neural voice cannot be asked for one: the call says so, and is fine without."""
    await make_entry("vivoka", voice="enu,zoe-ml,neural")
    error = await error_of(hass, "vivoka", TEXT, rate=2)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "rate_and_volume_not_supported"
    assert simulator.requests == []
    await fetch(hass, "vivoka", TEXT, rate=1)


@pytest.mark.parametrize("voice", ["enu,zoe-ml,neural", SERVICES["vivoka"].voice])
@pytest.mark.parametrize("volume", [0.0, 0.5, 2.0])
async def test_volume_of_vivoka(
    hass: HomeAssistant, voice: str, volume: float, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Every voice is as loud as the options say, or the call; the service is asked for nothing."""
    await make_entry("vivoka", voice=voice, volume=volume)
    spoken = tones.pcm(TEXT, 22050)
    assert pcm_of(await fetch(hass, "vivoka", TEXT)) == (22050, audioop.mul(spoken, 2, volume))
    assert pcm_of(await fetch(hass, "vivoka", TEXT, volume="1")) == (22050, spoken)
    assert " ".join(text for request in simulator.requests for text in request.texts) == f"{TEXT} {TEXT}"


async def test_volume_of_ssml(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """A text that says itself how it is to be spoken has its volume all the same."""
    await make_entry("vivoka")
    ssml = '<speak><prosody rate="slow">I want a coffee.</prosody></speak>'
    _, normal = pcm_of(await fetch(hass, "vivoka", ssml))
    _, soft = pcm_of(await fetch(hass, "vivoka", ssml, volume=0.25))
    assert soft == audioop.mul(normal, 2, 0.25) != normal


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [" ", "\n\t", "***", "😀", ".", "👍"])
@pytest.mark.parametrize("is_written", [False, True])
async def test_nothing_to_say(
    hass: HomeAssistant, kind: str, text: str, is_written: bool, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """An agent may be silent on purpose, and a satellite that got an error would wait for ever."""
    entry = await make_entry(kind)

    async def written() -> AsyncGenerator[str]:
        for character in text:
            yield character
            await asyncio.sleep(0)

    rate, samples = pcm_of(await fetch(hass, kind, written() if is_written else text))
    assert samples == PcmFormat(rate).silence(MOMENT)
    assert profile(entry).last_failure is None
    assert not any(request.texts for request in simulator.requests)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_mark_that_is_not_spoken(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Where the service gets the text as it is, its silence is no error, and nothing is doubted."""
    entry = await make_entry(kind, clean_text=False)
    simulator.habits.no_audio = True
    rate, samples = pcm_of(await fetch(hass, kind, "👍"))
    assert samples == PcmFormat(rate).silence(MOMENT)
    assert len(simulator.requests) == 1
    assert profile(entry).last_failure is None


@pytest.mark.parametrize("option", ["rate", "volume"])
@pytest.mark.parametrize("value", [9, -1, "fast", None, "nan", [1]])
async def test_invalid_option(
    hass: HomeAssistant, option: str, value: object, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A value that cannot be is refused at once, and the error says what can."""
    await make_entry("knovvu")
    error = await error_of(hass, "knovvu", TEXT, **{option: value})
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "invalid_option"
    assert simulator.requests == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("habits", "key"),
    [
        ({"cut": Cut(0, "error")}, "synthesis_failed"),
        pytest.param({"cut": Cut(4000, "error")}, "synthesis_failed", marks=pytest.mark.needs("websocket")),
        ({"cut": Cut(4000, "abort")}, "cannot_connect"),
        ({"statuses": {"synthesize": 500, "socket": 500}}, "cannot_connect"),
        ({"statuses": {"synthesize": 200, "socket": 200}}, "protocol_error"),
        ({"no_audio": True}, "no_audio"),
    ],
)
async def test_service_fails(
    hass: HomeAssistant,
    kind: str,
    habits: dict[str, object],
    key: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every failure is a translated error, nothing is cached, and the next announcement works."""
    quirks = {"finalize_late": False, "confirmed_rates": {"Emily_Premium": 24000}} if kind == "knovvu" else {}
    await make_entry(kind, quirks=quirks)
    set_habits(simulator, kind, habits, {})
    error = await error_of(hass, kind, TEXT)
    assert kind_of(error) == key
    await all_closed(simulator)
    await hass.async_block_till_done()
    set_habits(simulator, kind, {}, {})
    assert pcm_of(await fetch(hass, kind, TEXT)) == (RATE[kind], tones.pcm(TEXT, RATE[kind]))
    # The event loop itself tells of connections that were reset, when it is debugged.
    assert not [record for record in caplog.records if record.exc_info and record.levelno > logging.DEBUG]


@pytest.mark.parametrize("kind", KINDS)
async def test_reauthentication_starts(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A token that is refused in mid life asks the user for a new one."""
    await make_entry(kind, data={CONF_TOKEN: "secret"})
    simulator.habits.token = "another"
    error = await error_of(hass, kind, TEXT)
    assert error.translation_key == "invalid_auth"
    await hass.async_block_till_done()
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == ["reauth"]


@pytest.mark.parametrize("kind", KINDS)
async def test_availability(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """A failure finds out whether the service is away; speech that works shows that it is back."""
    entry = await make_entry(kind)
    simulator.habits.statuses = {"synthesize": 503, "socket": 503, "voices": 503}
    await error_of(hass, kind, TEXT)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not entry.runtime_data.last_update_success
    for _ in range(4):
        await asyncio.sleep(LONG_ABSENCE / 3)
        await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
    state = hass.states.get(ENTITY[kind])
    assert state
    assert state.state == STATE_UNAVAILABLE
    simulator.habits.statuses = {}
    await fetch(hass, kind, TEXT)
    state = hass.states.get(ENTITY[kind])
    assert state
    assert state.state != STATE_UNAVAILABLE


async def test_what_is_learned_is_kept(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What an utterance found out about the server is there after a restart."""
    entry = await make_entry("knovvu")
    await fetch(hass, "knovvu", TEXT)
    assert simulator.requests
    quirks = dict(entry.runtime_data.service.quirks)
    assert quirks
    await restart(hass, entry)
    assert entry.runtime_data.service.quirks == quirks


@pytest.mark.parametrize("kind", KINDS)
async def test_sentence_pause(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """The pause between sentences is heard in the stream, and counted in the exact WAV."""
    await make_entry(kind, sentence_pause=200)
    rate, samples = pcm_of(await fetch(hass, kind, "One is. Two are."))
    pause = bytes(rate // 5 * 2)
    assert samples == tones.pcm("One is.", rate) + pause + tones.pcm("Two are.", rate)
    speech = entity(hass, kind)
    _, data = await speech.async_get_tts_audio(
        "One is. Two are.", "en-US", dict(speech.default_options or {})
    )
    assert data == wav.header(PcmFormat(rate), len(samples)) + samples


async def test_text_that_never_waits(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """It is spoken while it is being read, and the event loop goes on."""
    await make_entry("knovvu")
    written = 0

    async def text() -> AsyncGenerator[str]:
        nonlocal written
        while written < 100_000:
            written += 1
            yield "One more sentence. "

    speech = entity(hass, "knovvu")
    request = TTSAudioRequest(
        language="en-US", options=dict(speech.default_options or {}), message_gen=text()
    )
    async with aclosing((await speech.async_stream_tts_audio(request)).data_gen) as audio:
        assert await anext(audio)
        assert await anext(audio)
        assert written < 10_000


@pytest.mark.parametrize("kind", KINDS)
async def test_patience_after_a_poll_that_failed(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A service that restarts has refused the last poll as well: it is asked again all the same."""
    entry = await make_entry(kind)
    simulator.habits.statuses = {"voices": 502}
    await entry.runtime_data.async_refresh()
    assert not entry.runtime_data.last_update_success
    simulator.habits.statuses = {SERVICES[kind].speech_route: 502}
    simulator.habits.failures = 3
    rate, samples = pcm_of(await fetch(hass, kind, TEXT))
    assert samples == tones.pcm(TEXT, rate)
