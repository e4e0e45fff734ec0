"""What docs/players.md says: what players make of our WAV, and of the MP3 that Home Assistant makes of it."""

import ast
import asyncio
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
import io
import json
import logging
import os
from pathlib import Path
import runpy
import shutil
import subprocess
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock
import wave

import homeassistant.components
import pytest

from harness.demo import KINDS
from harness.home_assistant import Fetched, HomeAssistant
from harness.process import running

from . import ENCODER_DELAY, FRAME, likeness, samples
from .conftest import Speaker, Speakers

pytestmark = pytest.mark.asyncio(loop_scope="session")
services = pytest.mark.parametrize("kind", KINDS)

TEXT = "I want a coffee, said {}."
TIMEOUT = 30.0
"""Seconds for playing some words; VLC takes the time that they take."""
UNKNOWN_SIZE = 0xFFFFFFFF
TELEPHONE = {
    "preferred_format": "wav",
    "preferred_sample_rate": 16000,
    "preferred_sample_channels": 1,
    "preferred_sample_bytes": 2,
}
"""What telephones and many voice satellites ask Home Assistant for."""
COMPONENTS = Path(homeassistant.components.__path__[0])


@dataclass(frozen=True, slots=True)
class Player:
    """A player, and what it makes of speech."""

    command: str
    """Plays {url}, or {saved} which is the same as a file, into {heard}: samples without a header (s16le)."""
    mp3_frames_lost: int = 0
    """So many frames at the end of an MP3 are not heard."""


# VLC does not run as root.
AS_NOBODY = "setpriv --reuid=nobody --regid=nogroup --clear-groups " if os.geteuid() == 0 else ""
PLAYERS = {
    "ffmpeg": Player("ffmpeg -v error -i {url} -f s16le {heard}"),
    "sox": Player("sox {saved} -t raw -e signed -b 16 {heard}", mp3_frames_lost=1),
    "vlc": Player(
        AS_NOBODY + "env HOME={folder} cvlc --play-and-exit --no-video --aout=afile --audiofile-file={heard}"
        " --audiofile-format=s16 --no-audiofile-wav {url}"
    ),
    "mpv": Player(
        "mpv --no-config --no-terminal --audio-format=s16 --ao=pcm --ao-pcm-waveheader=no"
        " --ao-pcm-file={heard} {url}"
    ),
    "gstreamer": Player(
        "gst-launch-1.0 -q uridecodebin uri={url} ! audioconvert ! audio/x-raw,format=S16LE"
        " ! filesink location={heard}"
    ),
}
players = pytest.mark.parametrize("name", PLAYERS)


@pytest.fixture
def folder() -> Generator[Path]:
    """Return a folder that VLC may write to, too."""
    with TemporaryDirectory() as path:
        if AS_NOBODY:
            shutil.chown(path, "nobody")
        yield Path(path)


async def address(home: HomeAssistant, speaker: Speaker, text: str) -> str:
    """Return where a text can be heard, for the first time and while it is being spoken."""
    request = {"engine_id": speaker.entity_id, "message": text, "cache": False}
    return home.url + str((await home.call("POST", "/api/tts_get_url", request))["path"])


async def save(home: HomeAssistant, url: str, folder: Path) -> Path:
    """Save what is streamed as it is."""
    file = folder / url.rsplit("/", 1)[1]
    file.write_bytes((await home.fetch_audio(url.removeprefix(home.url), 0)).data)
    return file


async def play(home: HomeAssistant, name: str, url: str, folder: Path) -> bytes:
    """Return what a player makes of an address, until it ends by itself."""
    command, heard = PLAYERS[name].command, folder / "heard"
    saved = await save(home, url, folder) if "{saved}" in command else None
    words = command.format(url=url, saved=saved, heard=heard, folder=folder).split()
    log = folder / "output.log"
    async with running(words, log, folder) as process:
        status = await asyncio.wait_for(process.wait(), TIMEOUT)
    assert status == 0, log.read_text(encoding="utf-8")
    return heard.read_bytes()


@services
@players
async def test_wav(home: HomeAssistant, speakers: Speakers, folder: Path, kind: str, name: str) -> None:
    """Every sample of a WAV is heard, and nothing else."""
    speaker, text = speakers[kind, "wav"], TEXT.format(name)
    url = await address(home, speaker, text)
    assert url.endswith(".wav")
    assert await play(home, name, url, folder) == speaker.pcm(text)


@services
@players
async def test_mp3(home: HomeAssistant, speakers: Speakers, folder: Path, kind: str, name: str) -> None:
    """An MP3 begins with the silence of its encoder, and is whole but for what the player loses."""
    speaker, text = speakers[kind, "mp3"], TEXT.format(name)
    url = await address(home, speaker, text)
    assert url.endswith(".mp3")
    result = likeness(samples(await play(home, name, url, folder)), samples(speaker.pcm(text)))
    assert result.delay == ENCODER_DELAY
    longer = result.longer + FRAME * PLAYERS[name].mp3_frames_lost
    assert ENCODER_DELAY <= longer < ENCODER_DELAY + FRAME
    assert result.correlation > 0.99


def ask(*command: str, told: bytes = b"") -> bytes:
    """Return what a program says, which is told something."""
    return subprocess.run(  # noqa: S603 (commands of these tests)
        command, check=True, input=told, capture_output=True, timeout=TIMEOUT
    ).stdout


def ffprobe(target: str | Path) -> tuple[str, int, int, float | None]:
    """Return codec, sample rate, channels and length in seconds."""
    options = ("-v", "error", "-of", "json", "-show_streams", "-show_format")
    found = json.loads(ask("ffprobe", *options, str(target)))
    (stream,) = found["streams"]
    length = found["format"].get("duration")
    return stream["codec_name"], int(stream["sample_rate"]), stream["channels"], length and float(length)


@services
@pytest.mark.parametrize(("variant", "codec"), [("wav", "pcm_s16le"), ("mp3", "mp3")])
async def test_ffprobe(
    home: HomeAssistant, speakers: Speakers, folder: Path, kind: str, variant: str, codec: str
) -> None:
    """Ffprobe knows the format at once; the length only of what is saved, by its size."""
    speaker, text = speakers[kind, variant], TEXT.format("ffprobe")
    url = await address(home, speaker, text)
    assert ffprobe(url) == (codec, speaker.sample_rate, 1, None)
    *audio_format, length = ffprobe(await save(home, url, folder))
    assert audio_format == [codec, speaker.sample_rate, 1]
    assert length == pytest.approx(speaker.seconds(text), abs=0.001 if variant == "wav" else 0.2)


@services
async def test_length_by_sox(home: HomeAssistant, speakers: Speakers, folder: Path, kind: str) -> None:
    """Sox believes the header of a WAV, which says about a day; of an MP3 it knows the length."""
    text = TEXT.format("soxi")
    shown = {}
    for variant in ("wav", "mp3"):
        speaker = speakers[kind, variant]
        file = await save(home, await address(home, speaker, text), folder)
        shown[variant] = float(ask("sox", "--info", "-D", str(file)))
    assert shown["wav"] == pytest.approx(UNKNOWN_SIZE // 2 / speaker.sample_rate)
    assert shown["mp3"] == pytest.approx(speaker.seconds(text), abs=2 * FRAME / speaker.sample_rate)


@services
async def test_wave(home: HomeAssistant, speakers: Speakers, kind: str) -> None:
    """Python's wave believes the header, too, but reads all there is and no more; MP3 is not for it."""
    speaker, text = speakers[kind, "wav"], TEXT.format("wave")
    heard = await home.fetch_speech(speaker.entity_id, text, {})
    with wave.open(io.BytesIO(heard.data)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (speaker.sample_rate, 2, 1)
        assert file.getnframes() == UNKNOWN_SIZE // 2
        assert file.readframes(file.getnframes()) == speaker.pcm(text)
    heard = await home.fetch_speech(speakers[kind, "mp3"].entity_id, text, {})
    with pytest.raises(wave.Error), wave.open(io.BytesIO(heard.data)):
        pass


async def esphome(wav: Fetched, sample_rate: int) -> list[tuple[bytes, bool]]:
    """Return what Home Assistant's parser for ESPHome makes of audio as it arrives."""
    # The module alone: the package around it needs the library of ESPHome.
    parser = runpy.run_path(str(COMPONENTS / "esphome" / "wav_parser.py"))
    chunks = parser["stream_wav"](
        arriving(wav), expected_channels=1, expected_width=2, expected_sample_rate=sample_rate
    )
    return [chunk async for chunk in chunks]


async def arriving(audio: Fetched) -> AsyncGenerator[bytes]:
    """Yield audio in the pieces in which it came."""
    start = 0
    for _, end in audio.arrivals:
        yield audio.data[start:end]
        start = end


def check_16000_hz(data: bytes, speaker: Speaker, text: str) -> None:
    """Check that all of a text is there, in another sample rate."""
    command = f"ffmpeg -v error -f s16le -ar {speaker.sample_rate} -ac 1 -i - -f s16le -ar 16000 -".split()
    result = likeness(samples(data), samples(ask(*command, told=speaker.pcm(text))))
    assert (result.longer, result.delay) == (0, 0)
    assert result.correlation > 0.999


@services
async def test_esphome(home: HomeAssistant, speakers: Speakers, kind: str) -> None:
    """A satellite of ESPHome hears all of a WAV, as it is or in the format it asked for, and no MP3."""
    speaker, text = speakers[kind, "wav"], TEXT.format("a satellite")
    chunks = await esphome(await home.fetch_speech(speaker.entity_id, text, {}), speaker.sample_rate)
    assert b"".join(chunk for chunk, _ in chunks) == speaker.pcm(text)
    assert [is_last for _, is_last in chunks] == [False] * (len(chunks) - 1) + [True]

    for variant in ("wav", "mp3"):
        speaker = speakers[kind, variant]
        chunks = await esphome(await home.fetch_speech(speaker.entity_id, text, TELEPHONE), 16000)
        check_16000_hz(b"".join(chunk for chunk, _ in chunks), speaker, text)

    with pytest.raises(ValueError, match="missing RIFF/WAVE header"):
        await esphome(await home.fetch_speech(speakers[kind, "mp3"].entity_id, text, {}), speaker.sample_rate)


async def voip(audio: Fetched) -> bytes:
    """Return what Home Assistant's VoIP sends to a telephone."""
    # The method alone: its module needs packages that Home Assistant installs with the integration.
    source = (COMPONENTS / "voip" / "assist_satellite.py").read_text(encoding="utf-8")
    (method,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "_send_tts"
    )
    names: dict[str, Any] = {**runpy.run_path(str(COMPONENTS / "voip" / "const.py"))}
    names |= {"asyncio": asyncio, "io": io, "wave": wave, "_LOGGER": logging.getLogger(__name__)}
    exec(compile(ast.Module([method], []), "assist_satellite.py", "exec"), names)  # noqa: S102
    satellite = MagicMock(_async_send_audio=AsyncMock(), _tts_extra_timeout=1)
    extension = "wav" if audio.data.startswith(b"RIFF") else "mp3"
    stream = SimpleNamespace(extension=extension, async_stream_result=lambda: arriving(audio))
    await names["_send_tts"](satellite, stream, wait_for_tone=False)
    satellite._async_send_audio.assert_awaited_once()  # noqa: SLF001
    return bytes(satellite._async_send_audio.await_args.args[0])  # noqa: SLF001


@services
async def test_voip(home: HomeAssistant, speakers: Speakers, kind: str) -> None:
    """A telephone hears all of the WAV that it asks for, and nothing else is taken."""
    text = TEXT.format("a telephone")
    for variant in ("wav", "mp3"):
        speaker = speakers[kind, variant]
        heard = await voip(await home.fetch_speech(speaker.entity_id, text, TELEPHONE))
        check_16000_hz(heard, speaker, text)
    with pytest.raises(ValueError, match="Expected rate/width/channels"):
        await voip(await home.fetch_speech(speakers[kind, "wav"].entity_id, text, {}))
    with pytest.raises(ValueError, match="Only TTS WAV audio"):
        await voip(await home.fetch_speech(speakers[kind, "mp3"].entity_id, text, {}))
