"""Assist: an answer is heard while it is being written, by a player and by a satellite."""

import asyncio
from dataclasses import dataclass
import json

import numpy as np
import pytest

from harness.assist import add_assistant, hear_answer, run_assist
from harness.demo import KINDS
from harness.home_assistant import WAV_HEADER_SIZE, Fetched, HomeAssistant, HomeAssistantError, ran_dry
from harness.satellite import Conversation, satellite

from . import samples, without_silence
from .conftest import Speaker, Speakers

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAUSE = 7.0
"""Seconds that the agent is silent, as for the call of a tool."""
LONGEST_GAP = 3.0
"""Seconds without anything to play, from the first audio on: after 5 some satellites hang."""
SATELLITE_RATE = 22050
"""Hz, that Home Assistant has Wyoming satellites ask for."""
SENTENCE = "There are ten words in this sentence that is written."
WRITING = {"words_per_second": 20, "pauses": {"20": PAUSE}}
"""It pauses behind the second sentence, and for longer than both take to speak."""
SECONDS_OF_WRITING = 120 / 20 + PAUSE
TOOL_SECONDS = 3.5
SOON = 2.0
"""Seconds from text to speech, on a busy machine; the benchmark has the real goal."""
ENDINGS = {
    "a stop": ("Let me check.", "Let me check."),
    "a Chinese stop": ("让我查一下。", "让我查一下。"),
    "a line of a list": ("One moment:\n- the weather\n", "One moment: the weather."),
}
"""What is written before a tool is called, and what is to be heard of it."""
STALL_TIMEOUT = 30.0
"""Seconds without text after which a speech ends."""
IDLE_CONNECTION = 15.0
"""Seconds that Home Assistant keeps a connection for another request."""
SECONDS_OF_HALF = 3.0
"""In which all of a text is written that stops in the middle, and its speech has begun."""


def text_of(name: str) -> str:
    """Return 120 words that nobody has spoken before."""
    return " ".join([f"This is for {name} and has ten words in it."] + [SENTENCE] * 11)


def speech_and_silence(fetched: Fetched, speaker: Speaker) -> tuple[bytes, float]:
    """Return the samples that were spoken, and how many seconds of silence were among them."""
    pcm = fetched.data[WAV_HEADER_SIZE:]
    speech = without_silence(pcm)
    return speech, (len(pcm) - len(speech)) / 2 / speaker.sample_rate


@pytest.mark.parametrize("kind", KINDS)
async def test_answer(home: HomeAssistant, speakers: Speakers, kind: str) -> None:
    """Audio begins while the text is being written, never pauses for long, and is whole."""
    speaker = speakers[kind, "wav"]
    text = text_of(f"{kind}-player")
    assistant = await add_assistant(home, kind, speaker.entity_id, "en-US")
    fetched = (await hear_answer(home, assistant, text=text, **WRITING)).audio
    assert fetched.first_audio_at - fetched.asked_at < 3
    assert fetched.arrivals[-1][0] - fetched.asked_at > SECONDS_OF_WRITING
    assert fetched.ran_dry(speaker.sample_rate) < LONGEST_GAP
    speech, silence = speech_and_silence(fetched, speaker)
    is_same = speech == speaker.pcm(text)
    assert is_same
    assert 1 < silence < PAUSE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ENDINGS)
async def test_tool_call(home: HomeAssistant, speakers: Speakers, kind: str, ending: str) -> None:
    """What stands before the call of a tool is heard while the tool works; nothing is lost or heard twice."""
    speaker = speakers[kind, "wav"]
    written, spoken = ENDINGS[ending]
    answer = f"It is sunny, {kind}. Take a hat, it ends in {ending}."
    assistant = await add_assistant(home, f"{kind} {ending}", speaker.entity_id, "en-US")
    heard = await hear_answer(
        home, assistant, text=written, words_per_second=200, tool_seconds=TOOL_SECONDS, answer=answer
    )
    assert heard.speech_after_text < SOON
    # The tool was really waited for.
    assert heard.audio.arrivals[-1][0] - heard.text_at > TOOL_SECONDS
    speech, silence = speech_and_silence(heard.audio, speaker)
    is_same = speech == speaker.pcm(spoken + answer)
    assert is_same
    assert silence < TOOL_SECONDS


@pytest.mark.parametrize("kind", KINDS)
async def test_satellite(home: HomeAssistant, speakers: Speakers, kind: str) -> None:
    """A satellite gets all of it at the sample rate that it asks for, without a long pause."""
    speaker = speakers[kind, "mp3"]
    text = text_of(f"{kind}-satellite")
    talk = Conversation(json.dumps({"text": text, **WRITING}))
    async with satellite(talk) as ports:
        understanding = await home.add_entry("wyoming", {"host": "127.0.0.1", "port": ports[1]})
        ears = await home.entity_of(understanding, "stt")
        assistant = await add_assistant(home, f"{kind} satellite", speaker.entity_id, "en-US", ears=ears)
        await home.command(type="assist_pipeline/pipeline/set_preferred", pipeline_id=assistant)
        entry = await home.add_entry("wyoming", {"host": "127.0.0.1", "port": ports[0]})
        async with asyncio.timeout(60):
            await talk.ready.wait()
            talk.ask.set()
            await talk.ended.wait()
        for added in (entry, understanding):
            await home.call("DELETE", f"/api/config/config_entries/entry/{added['entry_id']}")
    assert talk.sample_rate == SATELLITE_RATE
    assert ran_dry(talk.arrivals, 2 * talk.sample_rate) < LONGEST_GAP
    heard = samples(bytes(talk.heard))
    silent = np.count_nonzero(np.abs(heard) < 1e-4) / SATELLITE_RATE
    assert len(heard) / SATELLITE_RATE == pytest.approx(speaker.seconds(text) + silent, abs=0.3)
    assert 1 < silent < PAUSE


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An answer whose text never ends."""

    kind: str
    variant: str
    how: str

    @property
    def text(self) -> str:
        """Return as much of its text as is written."""
        return f"For {self.kind}, {self.variant}: the {self.how}. This sentence has no end, it stops behind"

    async def hear(self, home: HomeAssistant, speaker: Speaker) -> Fetched | None:
        """Return what a player got that listened until the audio ended by itself."""
        assistant = await add_assistant(home, self.text, speaker.entity_id, "en-US")
        end = "raises" if self.how == "agent raises" else "hangs"
        async with run_assist(home, assistant, text=self.text, words_per_second=20, end=end) as run:
            url = (await run.event("run-start"))["tts_output"]["url"]
            fetching = asyncio.create_task(home.fetch_audio(url, run.asked_at, may_break_off=True))
            if self.how == "agent raises":
                with pytest.raises(HomeAssistantError, match="intent-failed"):
                    await run.event("run-end")
            else:
                await asyncio.sleep(SECONDS_OF_HALF)
            if self.how == "agent hangs":
                return await fetching
        if self.how == "client and player leave":
            fetching.cancel()
            return None
        return await fetching


INTERRUPTED = [
    Interrupted(kind, variant, how)
    for kind in KINDS
    for variant in ("wav", "mp3")
    for how in ("agent raises", "agent hangs", "client leaves", "client and player leave")
]


async def test_interrupted(home: HomeAssistant, speakers: Speakers) -> None:
    """A text that never ends is spoken as far as it goes; all that this held is given back by itself."""
    ports = {speakers[case.kind, case.variant].port for case in INTERRUPTED}
    # All at once: each of them takes half a minute.
    async with asyncio.timeout(STALL_TIMEOUT + 15):
        hearing = asyncio.gather(
            *(case.hear(home, speakers[case.kind, case.variant]) for case in INTERRUPTED)
        )
        await asyncio.sleep(2 * SECONDS_OF_HALF)
        assert home.converters()
        assert all(map(home.connections, ports))
        heard = await hearing
    for case, fetched in zip(INTERRUPTED, heard, strict=True):
        speaker = speakers[case.kind, case.variant]
        if fetched and case.variant == "wav":
            speech, _ = speech_and_silence(fetched, speaker)
            is_same = speech == speaker.pcm(case.text)
            assert is_same, case
    async with asyncio.timeout(IDLE_CONNECTION + 5):
        while home.converters() or any(map(home.connections, ports)):
            await asyncio.sleep(0.5)
