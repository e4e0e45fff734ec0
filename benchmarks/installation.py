"""What runs while it is measured: a real Home Assistant, both services, and what we are compared with."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
import struct
from tempfile import TemporaryDirectory
from typing import Any

from harness import assist
from harness.home_assistant import WAV_HEADER_SIZE, Fetched, HomeAssistant, home_assistant
from simulator import Simulator
from simulator.serving import served

from .reference import VOICES
from .services import SPEED, simulator_habits, slow_line, wyoming

TEXT = "I want a coffee in cup {:06}."
LONG_TEXT = "This is text {:06}. " + "This is one of many sentences. " * 300
WAV = {"preferred_format": "wav"}
MP3 = {"preferred_format": "mp3"}
SERVICES = ("vivoka", "knovvu")
BARE = tuple(f"aiohttp.{service}" for service in SERVICES)
"""The entities that do no more than aiohttp must."""
TOGETHER = {"one": 1, "four": 4}
"""Announcements at once, with an engine in real time."""
_ROUND_TRIP = 0.04
"""Seconds, on the line rtt40."""
MORE_INTEGRATIONS = (
    assist.INTEGRATION,
    *(Path(__file__).parent / name for name in ("from_memory", "with_aiohttp", "sampler")),
)
CONFIGURATION = f"{assist.CONFIGURATION}from_memory:\nsampler:\nwith_aiohttp:\n  port: {{port}}\n" + "".join(
    f"  {service}: {voice}\n" for service, voice in VOICES.items()
)

type Figures = dict[str, float]
type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a media player got, in seconds: from asking on, and from when the service had sent it on."""

    first_audio: float
    overhead: float
    audio: Fetched


class Installation:
    """A Home Assistant whose entities speak with us, with Wyoming, and from memory."""

    def __init__(self) -> None:
        """Start everything with start()."""
        self.simulator = Simulator(simulator_habits(), tones=True)
        self.simulator.habits.speed = SPEED
        self._wyoming_times: list[float] = []
        self.ports: dict[str, int] = {}
        self.entities: dict[str, str] = {"memory": "tts.from_memory"} | {
            f"aiohttp.{service}": f"tts.with_aiohttp_{service}" for service in SERVICES
        }
        self.entries: dict[str, str] = {}
        self._hass: HomeAssistant | None = None
        self._folder = Path()
        self._wyoming_port = 0
        self._numbers = count()

    async def start(self, stack: AsyncExitStack) -> None:
        """Start the services and Home Assistant on this stack, and set up all entries."""
        await self.start_services(stack)
        await stack.enter_async_context(self.home_assistant())
        await self.set_up()

    async def start_services(self, stack: AsyncExitStack) -> None:
        """Start what Home Assistant is going to talk to."""
        enter = stack.enter_async_context
        port = await enter(served(self.simulator.app()))
        # Directly, as Wyoming: a proxy without latency takes time, too.
        self.ports["rtt0"] = port
        self.ports["rtt40"] = await enter(slow_line(port, _ROUND_TRIP))
        self._wyoming_port = await enter(wyoming(self.simulator.habits, self._wyoming_times))
        self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="websocket-tts-benchmark-")))

    @asynccontextmanager
    async def home_assistant(self) -> AsyncGenerator[None]:
        """Run Home Assistant; the second time with everything that was set up the first time."""
        async with home_assistant(
            self._folder,
            more=CONFIGURATION.format(port=self.ports["rtt0"]),
            integrations=MORE_INTEGRATIONS,
            before=self._hass,
        ) as self._hass:
            yield

    async def set_up(self) -> None:
        """Make a user, and an entry for each service and line."""
        await self.hass.onboard()
        for service in SERVICES:
            for name, line in self.ports.items():
                await self._add(f"{service}.{name}", service, f"http://127.0.0.1:{line}")
        host = f"http://localhost:{self.ports['rtt40']}"
        await self._add("knovvu.rtt40.standing", "knovvu", host, stand_by=True)
        await self._add_wyoming()

    async def set_up_one_of_each(self) -> None:
        """Make a user, an entry of ours, and one of wyoming."""
        await self.hass.onboard()
        await self._add("vivoka.rtt0", "vivoka", f"http://127.0.0.1:{self.ports['rtt0']}")
        await self._add_wyoming()

    async def _add_wyoming(self) -> None:
        entry = await self.hass.add_entry("wyoming", {"host": "127.0.0.1", "port": self._wyoming_port})
        self.entities["wyoming"] = await self.hass.entity_of(entry)

    async def _add(self, name: str, service: str, host: str, **connection: object) -> None:
        entry = await self.hass.add_entry(
            "websocket_tts",
            {"next_step_id": service},
            {"host": host, "verify_ssl": True, **connection},
            {"voice": VOICES[service], "advanced": {"audio_format": "wav"}},
        )
        self.entries[name] = entry["entry_id"]
        self.entities[name] = await self.hass.entity_of(entry)

    @property
    def hass(self) -> HomeAssistant:
        """Return the Home Assistant that runs."""
        assert self._hass
        return self._hass

    @property
    def log(self) -> Path:
        """Return where the output of programs goes."""
        return self._folder / "output.log"

    def next_text(self, text: str) -> str:
        """Return the text with a number in it: Home Assistant remembers what it has spoken."""
        return text.format(next(self._numbers))

    async def hear(self, entity: str, options: dict[str, Any], text: str = TEXT) -> Heard:
        """Have a text spoken and fetch the audio, as a media player does."""
        audio = await self.hass.fetch_speech(self.entities[entity], self.next_text(text), options)
        sent = self._sent_at(entity, audio.data)
        return Heard(audio.first_audio_at - audio.asked_at, audio.first_audio_at - sent, audio)

    def _sent_at(self, entity: str, data: bytes) -> float:
        """Return when the first audio of the latest speech was sent."""
        if entity == "wyoming":
            return self._wyoming_times[-1]
        if entity == "memory":
            sent: float = struct.unpack_from("<d", data, WAV_HEADER_SIZE)[0]
            return sent
        return next(r.first_audio for r in reversed(self.simulator.requests) if r.first_audio)

    async def reload(self, entity: str) -> None:
        """Load the entry of an entity anew: nothing is left of what it has spoken."""
        entry_id = self.entries[entity]
        await self.hass.call("POST", f"/api/config/config_entries/entry/{entry_id}/reload")
        await self.hass.wait_until_loaded(entry_id)
        await asyncio.sleep(0.1)
