"""Two speech servers behind a real reverse proxy: TLS of an own authority, a path, cookies, and restarts."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
import ssl

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.audio.buffer import AudioBuffer
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.exceptions import SpeechError
from custom_components.websocket_tts.speech.metrics import SynthesisMetrics
from custom_components.websocket_tts.speech.models import ConnectionConfig, VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from harness.demo import DOMAIN, KINDS, SERVICES as DEMO, TOKEN
from harness.home_assistant import WAV_HEADER_SIZE, home_assistant
from harness.nginx import PREFIX, nginx
from harness.process import free_port
from harness.simulator_process import simulator
from simulator import tones
from tests.certificate import write_certificates

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "I want a coffee, please."
LONG = "This is a text that takes its time to be spoken, because it is long. " * 4
AT_ONCE = 6
ROUNDS = 12


@dataclass(slots=True)
class Farm:
    """nginx and two servers behind it, each of which can be restarted."""

    folder: Path
    port: int
    backends: tuple[int, int]
    authority: Path
    certificate: Path
    stacks: dict[str, AsyncExitStack]

    async def start(self, part: str) -> None:
        """Start nginx, or the backend "0" or "1"."""
        stack = self.stacks[part] = AsyncExitStack()
        if part == "nginx":
            await stack.enter_async_context(nginx(self.folder, self.certificate, self.backends, self.port))
        else:
            log = self.folder / f"{part}.log"
            port = self.backends[int(part)]
            # Slow enough that a restart cuts some of them.
            arguments = ("--tones", "--token", TOKEN, "--speed", "20")
            await stack.enter_async_context(simulator(log, *arguments, port=port))

    async def stop(self, part: str) -> None:
        """Stop nginx or a backend."""
        await self.stacks.pop(part).aclose()

    async def restart(self, part: str) -> None:
        """Stop and start nginx or a backend."""
        await self.stop(part)
        await self.start(part)

    @property
    def url(self) -> str:
        """Return the address that a user enters."""
        return f"https://127.0.0.1:{self.port}{PREFIX}/"


@pytest_asyncio.fixture(loop_scope="session")
async def farm(tmp_path: Path) -> AsyncGenerator[Farm]:
    """Run nginx and both servers."""
    authority, certificate = write_certificates(tmp_path)
    backends = (free_port(), free_port())
    running = Farm(tmp_path, free_port(), backends, authority, certificate, {})
    for part in ("0", "1", "nginx"):
        await running.start(part)
    yield running
    for part in list(running.stacks):
        await running.stop(part)


async def listen(service: SpeechClient, settings: VoiceSettings, text: str) -> tuple[int, str]:
    """Return how often the speech was resumed, and how it ended: whole, or broken off, or lost."""
    heard, rate, metrics = bytearray(), 0, SynthesisMetrics()
    kept = AudioBuffer(service.limits, metrics=metrics)
    try:
        async with service.speak(TextSegments(TextStream.of(text)), settings, kept) as buffer:
            if audio_format := await buffer.format():
                rate = audio_format.sample_rate
            while part := await buffer.next():
                heard += part
    except SpeechError as err:
        return metrics.resumes, "broken off" if heard else f"lost: {err}"
    return metrics.resumes, "whole" if bytes(heard) == tones.pcm(text, rate) else "wrong"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["nginx", "0"])
async def test_restart_under_load(farm: Farm, kind: str, part: str) -> None:
    """What had not started is spoken all the same, and what had begun goes on: all is whole."""
    context = ssl.create_default_context(cafile=farm.authority)
    voice = VoiceSettings(next(service.voice for service in DEMO if service.kind == kind))
    outcomes: Counter[str] = Counter()
    resumes = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        learned = {"bearer": False, "finalize_late": False} if kind == "knovvu" else {}
        service = SERVICES[kind](session, ConnectionConfig(URL(farm.url), token=TOKEN), learned)

        async def listener(number: int) -> None:
            nonlocal resumes
            for turn in range(ROUNDS):
                resumed, outcome = await listen(service, voice, LONG if (number + turn) % 3 else TEXT)
                outcomes[outcome] += 1
                resumes += resumed

        async with asyncio.TaskGroup() as group:
            for number in range(AT_ONCE):
                group.create_task(listener(number))
            await asyncio.sleep(0.5)
            await farm.restart(part)
            await asyncio.sleep(0.5)
    assert outcomes == {"whole": AT_ONCE * ROUNDS}
    # A backend speaks to its end before it stops; nginx does not wait.
    assert part != "nginx" or resumes


async def test_home_assistant(farm: Farm) -> None:
    """Home Assistant, which knows the authority, sets both services up behind the path and speaks."""
    environment = {"REQUESTS_CA_BUNDLE": str(farm.authority)}
    folder = farm.folder / "home_assistant"
    folder.mkdir()
    async with home_assistant(folder, environment=environment) as home:
        await home.onboard()
        for demo in DEMO:
            menu, connection, voice = demo.answers(farm.port)
            host = farm.url if demo.kind == "vivoka" else f"{farm.url}synthesizer".replace("https", "wss")
            entry = await home.add_entry(DOMAIN, menu, {**connection, "host": host}, voice)
            entity_id = await home.entity_of(entry)
            for number in range(10):
                text = f"This is number {number}."
                fetched = await home.fetch_speech(entity_id, text, {"preferred_format": "wav"})
                rate = int.from_bytes(fetched.data[24:28], "little")
                assert fetched.data[WAV_HEADER_SIZE:] == tones.pcm(text, rate)
