"""The chime, through Home Assistant: built-in ones, and files of the media library."""

import asyncio
import io
from itertools import count
from pathlib import Path
from typing import Any
import wave

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components import tts
from homeassistant.components.media_source import PlayMedia
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.websocket_tts.announcement import chime as chime_module
from custom_components.websocket_tts.announcement.announcement import MOMENT
from custom_components.websocket_tts.announcement.chime import MOST_KEPT, Chimes
from custom_components.websocket_tts.availability import RETRY_AFTER
from custom_components.websocket_tts.speech.audio.chime import REST, built_in as built_in_chime
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from simulator import Cut, Simulator, tones

from .clock import running
from .in_home_assistant import ENTITY, MakeEntry, error_of, fetch
from .other_voice import OTHER, add_voice
from .services import KINDS, SERVICES
from .speech.speaking import TEXT
from .test_tts import RATE, pcm_of

NUMBERS = count()
DING = "media-source://media_source/local/ding.wav"


def recording(seconds: float, rate: int = 48000) -> bytes:
    """Return a stereo WAV of one loud tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        period = rate // 440
        high, low = (value.to_bytes(2, "little", signed=True) * period for value in (8000, -8000))
        writer.writeframes((high + low) * int(seconds * rate / period))
    return file.getvalue()


@pytest.fixture
async def ding(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return the place of a file in the media library, which is not there yet."""
    await async_process_ha_core_config(hass, {"media_dirs": {"local": str(tmp_path)}})
    return tmp_path / "ding.wav"


async def chime_heard(hass: HomeAssistant, kind: str, **options: Any) -> bytes:
    """Return what is heard before the speech and the rest; nothing where there is no rest either."""
    # Home Assistant remembers every text.
    text = f"This is announcement {next(NUMBERS)}. It is whole."
    rate, samples = pcm_of(await fetch(hass, kind, text, **options))
    assert rate == RATE[kind]
    return chime_before(samples, kind, text)


def chime_before(samples: bytes, kind: str, text: str) -> bytes:
    """Return what is heard before a text, which must be whole, and the rest before it."""
    speech = tones.pcm(text, RATE[kind])
    assert samples.endswith(speech)
    before, rest = samples.removesuffix(speech), PcmFormat(RATE[kind]).silence(REST)
    assert not before or before.endswith(rest)
    return before.removesuffix(rest)


def built_in(kind: str, name: str) -> bytes:
    """Return the samples of a built-in chime as they go before the speech of a service."""
    return built_in_chime(name, PcmFormat(RATE[kind]))


def seconds(kind: str, samples: bytes) -> float:
    """Return how long samples sound."""
    return PcmFormat(RATE[kind]).seconds(len(samples))


def write(file: Path, content: bytes | None) -> None:
    """Write a file, or remove it."""
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)


@pytest.mark.parametrize("kind", KINDS)
async def test_built_in(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """The configured one is heard, unless the call asks for another one or for none."""
    await make_entry(kind, chime="bell")
    assert await chime_heard(hass, kind) == built_in(kind, "bell")
    assert await chime_heard(hass, kind, chime="doorbell") == built_in(kind, "doorbell")
    assert await chime_heard(hass, kind, chime="bell") == built_in(kind, "bell")
    assert await chime_heard(hass, kind, chime="none") == b""


@pytest.mark.parametrize("kind", KINDS)
async def test_no_chime(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """Without the option there is none, but a call may ask for one."""
    await make_entry(kind)
    assert await chime_heard(hass, kind) == b""
    assert await chime_heard(hass, kind, chime="three_tones") == built_in(kind, "three_tones")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["**", " "])
async def test_nothing_to_say(hass: HomeAssistant, kind: str, text: str, make_entry: MakeEntry) -> None:
    """A message without a word is an error as without a chime."""
    await make_entry(kind, chime="bell")
    rate, samples = pcm_of(await fetch(hass, kind, text))
    assert samples == PcmFormat(rate).silence(MOMENT)


@pytest.mark.parametrize("kind", KINDS)
async def test_at_once(hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry) -> None:
    """Once the voice has spoken, the chime is heard while the service is still thinking."""
    await make_entry(kind, chime="bell")
    await chime_heard(hass, kind)
    simulator.requests.clear()
    simulator.habits.first_audio_latency = 0.5
    stream = tts.async_create_stream(hass, ENTITY[kind], options={"preferred_format": "wav"})
    stream.use_file_cache = False
    stream.async_set_message(TEXT)
    heard = b""
    bell = built_in(kind, "bell")
    result = stream.async_stream_result()
    while len(heard) < 44 + len(bell):
        heard += await anext(result)
    assert heard[44 : 44 + len(bell)] == bell
    assert not any(request.first_audio for request in simulator.requests)
    heard += b"".join([chunk async for chunk in result])
    assert chime_before(heard[44:], kind, TEXT) == bell


@pytest.mark.parametrize(
    "value", [5, None, "gong", "", "http://127.0.0.1/ding.mp3", ["bell"], "file", "BELL"]
)
async def test_invalid(hass: HomeAssistant, value: Any, simulator: Simulator, make_entry: MakeEntry) -> None:
    """What is no chime is the caller's mistake, and the error says what there is."""
    await make_entry("vivoka")
    error = await error_of(hass, "vivoka", TEXT, chime=value)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "invalid_chime"
    assert error.translation_placeholders == {
        "value": str(value),
        "chimes": "none, bell, doorbell, three_tones",
    }
    assert simulator.requests == []


def file_of(media: str) -> dict[str, str]:
    """Return a file as the form of the chime has it."""
    return {"media_content_id": media, "media_content_type": "audio/x-wav"}


@pytest.mark.parametrize("kind", KINDS)
async def test_file(hass: HomeAssistant, kind: str, ding: Path, make_entry: MakeEntry) -> None:
    """A file of the media library is decoded once."""
    write(ding, recording(1.0))
    await make_entry(kind, chime="file", chime_file=file_of(DING))
    heard = await chime_heard(hass, kind)
    assert seconds(kind, heard) == pytest.approx(1.0, abs=0.05)
    assert any(heard)
    write(ding, None)
    assert await chime_heard(hass, kind) == heard
    assert await chime_heard(hass, kind, chime="bell") == built_in(kind, "bell")
    assert await chime_heard(hass, kind, chime="none") == b""


async def test_long_file(hass: HomeAssistant, ding: Path, make_entry: MakeEntry) -> None:
    """A song is no chime: it is faded out."""
    write(ding, recording(12.0, 8000))
    await make_entry("vivoka")
    heard = await chime_heard(hass, "vivoka", chime=DING)
    assert seconds("vivoka", heard) == pytest.approx(10.0, abs=0.05)
    assert abs(int.from_bytes(heard[-2:], "little", signed=True)) < 500


@pytest.mark.parametrize("is_due", [False, True])
async def test_file_that_is_none(
    hass: HomeAssistant,
    is_due: bool,
    ding: Path,
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a chime it is spoken all the same; the log says so once, and later it is tried again."""
    await make_entry("knovvu", chime="file", chime_file=file_of(DING))
    write(ding, b"no audio")
    for _ in range(2):
        assert await chime_heard(hass, "knovvu") == b""
    write(ding, recording(1.0))
    if is_due:
        running().block(RETRY_AFTER)
    heard = await chime_heard(hass, "knovvu")
    assert seconds("knovvu", heard) == pytest.approx(float(is_due), abs=0.05)
    failure = "it is not an audio file from the media library"
    assert caplog.text.count(f"The chime {DING} cannot be played: {failure}") == 1


@pytest.mark.parametrize(
    "media",
    [
        "media-source://media_source/local/missing.wav",
        "media-source://nobody/ding.wav",
        "media-source://media_source/local/../secrets.yaml",
        # It would speak to announce that it speaks.
        "media-source://tts/tts.vivoka?message=Hello",
        "http://127.0.0.1/ding.wav",
    ],
)
async def test_file_that_cannot_be_had(
    hass: HomeAssistant,
    media: str,
    ding: Path,
    simulator: Simulator,
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No announcement is lost for its chime."""
    assert ding
    await make_entry("vivoka", chime="file", chime_file=file_of(media))
    for _ in range(2):
        assert await chime_heard(hass, "vivoka") == b""
    assert caplog.text.count("cannot be played") == 1
    assert all("Hello" not in text for request in simulator.requests for text in request.texts)


async def test_file_by_address(
    hass: HomeAssistant,
    make_entry: MakeEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Media that are no file here are fetched; what does not come is waited for only so long, and once."""
    waits = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/slow":
            # Other programs wait in real time: let it go by.
            running().block(chime_module.TIMEOUT)
            await waits.wait()
        return web.Response(body=recording(0.5), content_type="audio/wav")

    app = web.Application()
    app.router.add_get("/{name}", answer)
    await make_entry("vivoka")
    async with TestServer(app, host="127.0.0.1") as server:

        async def resolve(_: HomeAssistant, media: str, __: str | None) -> PlayMedia:
            return PlayMedia(str(server.make_url(f"/{media.rpartition('/')[2]}")), "audio/wav")

        monkeypatch.setattr(chime_module, "async_resolve_media", resolve)
        heard = await chime_heard(hass, "vivoka", chime="media-source://radio/quick")
        assert seconds("vivoka", heard) == pytest.approx(0.5, abs=0.05)
        for _ in range(2):
            assert await chime_heard(hass, "vivoka", chime="media-source://radio/slow") == b""
        assert caplog.text.count("took too long") == 1
        waits.set()


async def test_media_source_that_is_broken(
    hass: HomeAssistant,
    make_entry: MakeEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever it raises, the announcement is spoken, and no secret is logged."""

    async def resolve(*_: object) -> PlayMedia:
        raise RuntimeError("secret-token")

    monkeypatch.setattr(chime_module, "async_resolve_media", resolve)
    await make_entry("vivoka")
    assert await chime_heard(hass, "vivoka", chime="media-source://radio/ding") == b""
    assert "media-source://radio/ding cannot be played: RuntimeError" in caplog.text
    assert "secret" not in caplog.text


async def test_built_in_that_is_broken(
    hass: HomeAssistant, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chime that raises costs the chime only."""

    def fail(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(chime_module, "built_in_chime", fail)
    await make_entry("vivoka", chime="bell")
    assert await chime_heard(hass, "vivoka") == b""


async def test_not_many_are_kept(hass: HomeAssistant) -> None:
    """Whatever is asked for, the memory does not fill."""
    bell = Chimes(hass).get("bell")
    assert bell
    first = await bell(PcmFormat(8000))
    assert await bell(PcmFormat(8000)) is first
    for more in range(MOST_KEPT):
        await bell(PcmFormat(8001 + more))
    again = await bell(PcmFormat(8000))
    assert again == first
    assert again is not first


@pytest.mark.parametrize("kind", KINDS)
async def test_fallback_rings_as_well(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A speech of the fallback begins with the chime, once."""
    other = await add_voice(hass)
    other.rate = 24000
    await make_entry(kind, fallback=OTHER, chime="bell")
    simulator.habits.statuses = {"synthesize": 500, "socket": 500}
    rate, samples = pcm_of(await fetch(hass, kind, TEXT))
    audio_format = PcmFormat(rate)
    before = built_in_chime("bell", audio_format) + audio_format.silence(REST)
    assert samples.startswith(before)
    assert samples.removeprefix(before) == tones.pcm(" ".join(other.texts), rate)


@pytest.mark.parametrize("chime", ["bell", "none"])
async def test_fallback_of_ours(
    hass: HomeAssistant, chime: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A profile that speaks for another one rings as that one does, whatever its own chime."""
    await make_entry("knovvu", chime="doorbell", sample_rate=22050)
    await make_entry("vivoka", chime=chime, fallback=ENTITY["knovvu"])
    simulator.habits.statuses = {"synthesize": 500}
    rate, samples = pcm_of(await fetch(hass, "vivoka", TEXT))
    heard = len(samples) - len(tones.pcm(TEXT, rate))
    bell = built_in_chime("bell", PcmFormat(rate)) + PcmFormat(rate).silence(REST)
    assert abs(heard - (len(bell) if chime == "bell" else 0)) < rate // 50


async def test_fallback_does_not_ring_again(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What has rung while the service was still thinking rings no more when that fails."""
    other = await add_voice(hass)
    quirks = {"confirmed_rates": {SERVICES["knovvu"].voice: other.rate}}
    await make_entry("knovvu", quirks=quirks, chime="bell", sample_rate=other.rate, fallback=OTHER)
    simulator.habits.cut = Cut(0, "error")
    rate, samples = pcm_of(await fetch(hass, "knovvu", "It is on."))
    bell = built_in_chime("bell", PcmFormat(rate)) + PcmFormat(rate).silence(REST)
    assert samples == bell + tones.pcm("It is on.", rate)
    assert other.texts
