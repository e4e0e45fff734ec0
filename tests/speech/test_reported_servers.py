"""The client against every server that a report has come from."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
import json
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer
import pytest

from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Simulator, tones
from simulator.like import habits_like
from tests.probe.probing import report_of

from .speaking import TEXT, VOICES, MakeService, all_closed, parts_of, speak

REPORTS = sorted((Path(__file__).parents[1] / "servers").glob("*.json"))
LIMITS = Limits(between_audio=1.5, min_quiet=0.2, max_quiet=0.5)


@pytest.fixture(params=REPORTS, ids=lambda file: file.stem)
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return a report."""
    told: dict[str, Any] = json.loads(request.param.read_text(encoding="utf-8"))
    return told


@pytest.fixture
def simulator(report: dict[str, Any]) -> Simulator:
    """Return a simulator that does as the server."""
    habits, missing = habits_like(report)
    assert missing == []
    return Simulator(habits, tones=True)


@pytest.fixture
def service(report: dict[str, Any], simulator: Simulator, make_service: MakeService) -> SpeechClient:
    """Return a client of the server."""
    return make_service(report["service"], limits=LIMITS, token=simulator.habits.token)


def test_there_are_reports() -> None:
    """At least those of the simulator and of the vendors' samples."""
    assert len(REPORTS) >= 4


async def test_voices(service: SpeechClient) -> None:
    """The list is read."""
    assert len(await service.voices()) >= 5


async def test_exact(report: dict[str, Any], service: SpeechClient, simulator: Simulator) -> None:
    """The audio is whole, the first time and when the server is known; nothing stays open."""
    await service.verify_voice(VOICES[report["service"]])
    for text in (TEXT, TEXT, "Hi.", "A much longer sentence, which goes on. " * 20):
        audio_format, samples = await speak(service, VOICES[report["service"]], text)
        assert samples == tones.pcm(text, audio_format.sample_rate)
        await all_closed(simulator)


async def test_text_that_is_being_written(report: dict[str, Any], service: SpeechClient) -> None:
    """It is spoken as it comes."""

    async def written() -> AsyncGenerator[str]:
        for word in TEXT.split(" "):
            yield f"{word} "
            await asyncio.sleep(0.01)

    parts = [
        part
        async for part in parts_of(service, TextSegments(TextStream(written())), VOICES[report["service"]])
    ]
    samples = b"".join(part for part in parts if isinstance(part, bytes))
    rate = next(part.sample_rate for part in parts if not isinstance(part, bytes))
    assert samples == tones.pcm(TEXT, rate)


async def test_sentence_pause(report: dict[str, Any], service: SpeechClient) -> None:
    """Sentences that are requests of their own."""
    settings = replace(VOICES[report["service"]], sentence_pause=100)
    audio_format, samples = await speak(service, settings, "One. Two is more!")
    spoken = [tones.pcm(sentence, audio_format.sample_rate) for sentence in ("One.", "Two is more!")]
    assert samples == audio_format.silence(100).join(spoken)


async def test_somebody_leaves(report: dict[str, Any], service: SpeechClient, simulator: Simulator) -> None:
    """The sockets are closed at once."""
    audio = parts_of(service, TextSegments(TextStream.of(TEXT * 50)), VOICES[report["service"]])
    await anext(audio)
    await anext(audio)
    await audio.aclose()
    await all_closed(simulator)


async def test_probe(report: dict[str, Any], server: TestServer, simulator: Simulator) -> None:
    """A probe finds out the same."""
    again = await report_of(report["service"], server, token=simulator.habits.token)
    found = again.as_dict()["found"]
    if report["found"].get("long_text", {}).get("stop") == "too fast to tell":
        # Whether that is so depends on the machine as well.
        found["long_text"]["stop"] = "too fast to tell"
    assert found == report["found"]
