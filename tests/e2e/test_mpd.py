"""MPD plays what Home Assistant speaks, and what it played is compared with what the service spoke."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

import pytest
import pytest_asyncio

from custom_components.websocket_tts.speech.audio.chime import REST, built_in
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from harness.demo import KINDS
from harness.home_assistant import HomeAssistant
from harness.mpd import Mpd, mpd

from . import ENCODER_DELAY, FRAME, likeness, samples
from .conftest import LEAD_IN, LEAD_OUT, Speaker, Speakers

type Check = Callable[[Mpd, Speaker, str], Awaitable[None]]

ENTITY = "media_player.music_player_daemon"
MINUTES = 5


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def player(home: HomeAssistant, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Mpd]:
    """Run MPD, set up in Home Assistant."""
    async with mpd(tmp_path_factory.mktemp("mpd")) as player:
        await home.add_entry("mpd", {"host": "127.0.0.1", "port": player.port})
        yield player


async def speak(
    home: HomeAssistant, speaker: Speaker, text: str, options: Mapping[str, object] | None = None
) -> None:
    """Call the action, as an automation does."""
    action = {
        "entity_id": speaker.entity_id,
        "media_player_entity_id": ENTITY,
        "message": text,
        "options": options or {},
    }
    await home.call("POST", "/api/services/tts/speak", action)


async def check_wav(player: Mpd, speaker: Speaker, text: str) -> None:
    """Check that MPD played this and nothing else, not even silence."""
    recording = await player.recorded()
    assert (recording.sample_rate, recording.bits) == (speaker.sample_rate, 16)
    # Not compared by assert: it would show minutes of bytes.
    is_same = recording.data == speaker.pcm(text)
    assert is_same, f"{len(recording.data)} bytes are not the {len(speaker.pcm(text))} that were spoken"


async def check_mp3(player: Mpd, speaker: Speaker, text: str) -> None:
    """Check that MPD played all of this, as well as MP3 can."""
    recording = await player.recorded()
    assert recording.sample_rate == speaker.sample_rate
    result = likeness(samples(recording.data, recording.bits), samples(speaker.pcm(text)))
    assert result.delay == ENCODER_DELAY
    assert ENCODER_DELAY <= result.longer < ENCODER_DELAY + FRAME
    assert result.correlation > 0.99


pytestmark = pytest.mark.asyncio(loop_scope="session")
services = pytest.mark.parametrize("kind", KINDS)
formats = pytest.mark.parametrize(("variant", "check"), [("wav", check_wav), ("mp3", check_mp3)])


@services
@formats
async def test_short(
    home: HomeAssistant, player: Mpd, speakers: Speakers, kind: str, variant: str, check: Check
) -> None:
    """A short announcement is played from the first sample to the last."""
    speaker = speakers[kind, variant]
    text = "I want a coffee."
    await speak(home, speaker, text)
    await check(player, speaker, text)


@services
@formats
async def test_long(
    home: HomeAssistant, player: Mpd, speakers: Speakers, kind: str, variant: str, check: Check
) -> None:
    """So are minutes of it, in many sentences."""
    speaker = speakers[kind, variant]
    text = " ".join(f"This is sentence number {number} of many." for number in range(30 * MINUTES + 60))
    assert speaker.seconds(text) > 60 * MINUTES
    await speak(home, speaker, text)
    await check(player, speaker, text)


@services
async def test_silence_around(home: HomeAssistant, player: Mpd, speakers: Speakers, kind: str) -> None:
    """The silence that is configured is heard before and after."""
    speaker = speakers[kind, "padded"]
    text = "The door is open."
    await speak(home, speaker, text)
    recording = await player.recorded()
    before, after = (bytes(2 * (speaker.sample_rate * time // 1000)) for time in (LEAD_IN, LEAD_OUT))
    assert recording.data == before + speaker.pcm(text) + after


@services
async def test_chime(home: HomeAssistant, player: Mpd, speakers: Speakers, kind: str) -> None:
    """A chime is heard once and whole, after a rest the speech, and in the next announcement no chime."""
    speaker = speakers[kind, "wav"]
    audio_format = PcmFormat(speaker.sample_rate)
    text = "Dinner is ready."
    chime = built_in("doorbell", audio_format) + audio_format.silence(REST)
    for options, before in (({"chime": "doorbell"}, chime), ({}, b"")):
        await speak(home, speaker, text, options)
        assert (await player.recorded()).data == before + speaker.pcm(text)


@services
@formats
async def test_one_after_the_other(
    home: HomeAssistant, player: Mpd, speakers: Speakers, kind: str, variant: str, check: Check
) -> None:
    """An announcement at the end of another is whole, and so is the other."""
    speaker = speakers[kind, variant]
    for text in ("The washing machine has finished.", "So has the dryer."):
        await speak(home, speaker, text)
        await check(player, speaker, text)


@services
async def test_one_into_the_other(home: HomeAssistant, player: Mpd, speakers: Speakers, kind: str) -> None:
    """An announcement in the middle of another ends that one, and is whole itself."""
    speaker = speakers[kind, "wav"]
    story = " ".join(f"Chapter {number} begins here." for number in range(300))
    text = "Somebody is at the door."
    await speak(home, speaker, story)
    await speak(home, speaker, text)
    while (heard := (await player.recorded()).data) != speaker.pcm(text):
        is_beginning = speaker.pcm(story).startswith(heard)
        assert is_beginning, f"{len(heard)} bytes are neither of them"


@services
@formats
async def test_reload(
    home: HomeAssistant, player: Mpd, speakers: Speakers, kind: str, variant: str, check: Check
) -> None:
    """A reload between two announcements changes nothing."""
    speaker = speakers[kind, variant]
    await speak(home, speaker, "Before the reload.")
    await check(player, speaker, "Before the reload.")
    reload = f"/api/config/config_entries/entry/{speaker.entry_id}/reload"
    assert await home.call("POST", reload) == {"require_restart": False}
    await speak(home, speaker, "After the reload.")
    await check(player, speaker, "After the reload.")
