"""Assist: an answer is heard while it is being written, by a player and by a satellite."""

import asyncio
from itertools import pairwise
import json

import numpy as np
import pytest

from harness.assist import add_assistant, hear_answer
from harness.home_assistant import WAV_HEADER_SIZE, HomeAssistant
from harness.satellite import Conversation, satellite

from . import samples
from .conftest import Speakers

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAUSE = 6.0
"""Seconds that the agent is silent in the middle, as for the call of a tool."""
LONGEST_GAP = 3.0
"""Seconds without a byte, from the first one on: after 5 some satellites hang."""
SATELLITE_RATE = 22050
"""Hz, that Home Assistant has Wyoming satellites ask for."""
SENTENCE = "There are ten words in this sentence that is written."
WRITING = {"words_per_second": 20, "pauses": {"60": PAUSE}}
SECONDS_OF_WRITING = 120 / 20 + PAUSE


def text_of(name: str) -> str:
    """Return 120 words that nobody has spoken before."""
    return " ".join([f"This is for {name} and has ten words in it."] + [SENTENCE] * 11)


@pytest.mark.parametrize("kind", ["vivoka", "knovvu"])
async def test_answer(home: HomeAssistant, speakers: Speakers, kind: str) -> None:
    """Audio begins while the text is being written, never pauses for long, and is whole."""
    speaker = speakers[kind, "wav"]
    text = text_of(f"{kind} player")
    assistant = await add_assistant(home, kind, speaker.entity_id, "en-US")
    fetched = await hear_answer(home, assistant, text=text, **WRITING)
    assert fetched.first_audio_at - fetched.asked_at < 3
    assert fetched.arrivals[-1][0] - fetched.asked_at > SECONDS_OF_WRITING
    audio_at = [when for when, size in fetched.arrivals if size > WAV_HEADER_SIZE]
    assert max(later - earlier for earlier, later in pairwise(audio_at)) < LONGEST_GAP
    heard = np.frombuffer(fetched.data[WAV_HEADER_SIZE:], "<i2")
    # What is spoken here has no sample that is 0: those are the filler.
    is_same = heard[heard != 0].tobytes() == speaker.pcm(text)
    assert is_same
    silence = np.count_nonzero(heard == 0) / speaker.sample_rate
    assert 1 < silence < PAUSE


@pytest.mark.parametrize("kind", ["vivoka", "knovvu"])
async def test_satellite(home: HomeAssistant, speakers: Speakers, kind: str) -> None:
    """A satellite gets all of it at the sample rate that it asks for, without a long pause."""
    speaker = speakers[kind, "mp3"]
    text = text_of(f"{kind} satellite")
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
    assert max(later - earlier for earlier, later in pairwise(talk.arrivals)) < LONGEST_GAP
    heard = samples(bytes(talk.heard))
    silent = np.count_nonzero(np.abs(heard) < 1e-4) / SATELLITE_RATE
    assert len(heard) / SATELLITE_RATE == pytest.approx(speaker.seconds(text) + silent, abs=0.3)
    assert 1 < silent < PAUSE
