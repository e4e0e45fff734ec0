"""Benchmarks of a media player with a real Home Assistant, alternating between ours and Wyoming."""

import asyncio
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any

import orjson

from harness.assist import CONFIGURATION, INTEGRATION
from harness.home_assistant import HomeAssistant, home_assistant
from simulator import Simulator, tones

from . import reference
from .answers import ENGINE_SPEED, answers, tool_calls
from .services import (
    CHUNK_SIZE,
    FIRST_AUDIO_LATENCY,
    SAMPLE_RATE,
    serve,
    simulator_habits,
    slow_line,
    wyoming,
)

TEXT = "I want a coffee in cup {:06}."
LONG_TEXT = "This is text {:06}. " + "This is one of many sentences. " * 300
ROUND_TRIPS = {"rtt0": 0.0, "rtt40": 0.04}
FORMATS: dict[str, dict[str, Any]] = {"wav": {"preferred_format": "wav"}, "mp3": {"preferred_format": "mp3"}}
SERVICES = ("vivoka", "knovvu")
AT_ONCE = 100
_REFERENCES = {"vivoka": reference.vivoka, "knovvu": reference.knovvu}

type Figures = dict[str, float]
type Say = Callable[[str], None]


class Measurement:
    """The running programs, and the measured values."""

    def __init__(self, stack: AsyncExitStack) -> None:
        """Initialize; start() starts everything on this stack."""
        self._stack = stack
        self._simulator = Simulator(simulator_habits(), tones=True)
        self._wyoming_times: list[float] = []
        self._ports: dict[str, int] = {}
        self._entities: dict[str, str] = {}
        self._hass: HomeAssistant
        self._numbers = count()
        self.samples: dict[str, list[float]] = defaultdict(list)

    async def start(self, say: Say) -> None:
        """Start the services and Home Assistant, and set up all entries."""
        enter = self._stack.enter_async_context
        port = await enter(serve(self._simulator))
        for name, round_trip in ROUND_TRIPS.items():
            self._ports[name] = await enter(slow_line(port, round_trip))
        say("starting Home Assistant")
        folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="websocket-tts-benchmark-")))
        self._hass = await enter(home_assistant(folder, more=CONFIGURATION, integrations=[INTEGRATION]))
        await self._hass.onboard()
        for service, voice in (("vivoka", reference.VIVOKA_VOICE), ("knovvu", reference.KNOVVU_VOICE)):
            for name, line in self._ports.items():
                entry = await self._hass.add_entry(
                    "websocket_tts",
                    {"next_step_id": service},
                    {"host": f"http://127.0.0.1:{line}", "verify_ssl": True},
                    {"voice": voice, "advanced": {"audio_format": "wav"}},
                )
                self._entities[f"{service}.{name}"] = await self._hass.entity_of(entry)
        standing = await self._hass.add_entry(
            "websocket_tts",
            {"next_step_id": "knovvu"},
            {"host": f"http://localhost:{self._ports['rtt40']}", "verify_ssl": True},
            {"voice": reference.KNOVVU_VOICE, "advanced": {"stand_by": True}},
        )
        self._entities["knovvu.rtt40.standing"] = await self._hass.entity_of(standing)
        wyoming_port = await enter(wyoming(self._wyoming_times))
        entry = await self._hass.add_entry("wyoming", {"host": "127.0.0.1", "port": wyoming_port})
        self._entities["wyoming"] = await self._hass.entity_of(entry)

    async def _fetch(self, entity: str, audio_format: str, text: str = TEXT) -> tuple[float, float]:
        """Return the seconds to the first audio, from the request and from when the service sent it."""
        # Home Assistant caches speech: no text is used twice.
        message = text.format(next(self._numbers))
        fetched = await self._hass.fetch_speech(self._entities[entity], message, FORMATS[audio_format])
        if entity == "wyoming":
            sent = self._wyoming_times[-1]
        else:
            sent = next(r.first_audio for r in reversed(self._simulator.requests) if r.first_audio) or 0.0
        return fetched.first_audio_at - fetched.asked_at, fetched.first_audio_at - sent

    async def round(self) -> None:
        """Measure everything once."""
        for name, port in self._ports.items():
            for service in SERVICES:
                bare = await _REFERENCES[service](port, TEXT.format(0))
                for audio_format in FORMATS:
                    asked, sent = await self._fetch(f"{service}.{name}", audio_format)
                    self.samples[f"ttfa_over_reference.{service}.{name}.{audio_format}"].append(asked / bare)
                    self.samples[f"ttfa_ms.{service}.{name}.{audio_format}"].append(asked * 1000)
                    if name == "rtt0":
                        self.samples[f"overhead_ms.{service}.{audio_format}"].append(sent * 1000)
                self.samples[f"ttfa_ms.{service}.{name}.reference"].append(bare * 1000)
                if (service, name) == ("knovvu", "rtt40"):
                    asked, _ = await self._fetch(f"{service}.{name}.standing", "wav")
                    self.samples[f"ttfa_over_reference.{service}.{name}.wav.standing"].append(asked / bare)
        for audio_format in FORMATS:
            asked, sent = await self._fetch("wyoming", audio_format)
            self.samples[f"ttfa_ms.wyoming.rtt0.{audio_format}"].append(asked * 1000)
            self.samples[f"overhead_ms.wyoming.{audio_format}"].append(sent * 1000)

    async def cpu(self, rounds: int) -> Figures:
        """Return CPU milliseconds per second of audio: ours, Wyoming's, and those of a bare loop."""
        spent: dict[str, list[float]] = defaultdict(list)
        # With latency for every sentence, other work of Home Assistant during the wait would be included.
        self._simulator.habits.first_audio_latency = 0
        for _ in range(rounds):
            for entity in ("vivoka.rtt0", "knovvu.rtt0", "wyoming"):
                before = self._hass.cpu_seconds()
                text = LONG_TEXT.format(next(self._numbers))
                fetched = await self._hass.fetch_speech(self._entities[entity], text, FORMATS["wav"])
                seconds = len(fetched.data) / SAMPLE_RATE / 2
                spent[entity].append((self._hass.cpu_seconds() - before) / seconds * 1000)
            spent["floor"].append(_decode_only(LONG_TEXT.format(0)) / seconds * 1000)
        self._simulator.habits.first_audio_latency = FIRST_AUDIO_LATENCY
        figures = {entity.removesuffix(".rtt0"): median(values) for entity, values in spent.items()}
        figures["ours"] = max(figures[service] for service in SERVICES)
        return {f"cpu_per_audio_second.{name}": value for name, value in figures.items()}

    async def concurrency(self, rounds: int) -> Figures:
        """Return how much longer the first audio takes with many concurrent announcements.

        For ours and Wyoming, with the CPU milliseconds in Home Assistant for each announcement.
        """
        figures: Figures = {}
        ours = [f"{service}.rtt0" for service in SERVICES]
        for name, entities in (("", ours), ("wyoming.", ["wyoming"])):
            alone, p95s, spent = [], [], []
            for _ in range(rounds):
                alone += [(await self._fetch(entity, "wav"))[0] for entity in entities * 4]
                before = self._hass.cpu_seconds()
                together = await asyncio.gather(
                    *(self._fetch(entities[number % len(entities)], "wav") for number in range(AT_ONCE))
                )
                spent.append((self._hass.cpu_seconds() - before) / AT_ONCE * 1000)
                p95s.append(quantiles([asked for asked, _ in together], n=20)[-1])
            figures |= {
                f"concurrency.{name}p95_ratio": median(p95s) / median(alone),
                f"concurrency.{name}p95_ms": median(p95s) * 1000,
                f"concurrency.{name}cpu_ms": median(spent),
            }
        return figures

    async def assist(self, rounds: int) -> Figures:
        """Return the metrics of answers through Assist."""
        entities = {service: self._entities[f"{service}.rtt0"] for service in SERVICES}
        self._simulator.habits.speed = ENGINE_SPEED
        figures = await answers(self._hass, entities, rounds)
        self._simulator.habits.speed = 0
        return figures | await tool_calls(
            self._hass, entities | {"wyoming": self._entities["wyoming"]}, rounds
        )


def _decode_only(text: str) -> float:
    """Return the CPU seconds of a bare loop that decodes the frames of a text."""
    audio = tones.pcm(text, SAMPLE_RATE)
    frames = [
        orjson.dumps({"data": f"data:audio/pcm;base64,{b64encode(audio[at : at + CHUNK_SIZE]).decode()}"})
        for at in range(0, len(audio), CHUNK_SIZE)
    ]
    begun = thread_time()
    for frame in frames:
        b64decode(orjson.loads(frame)["data"].partition(",")[2])
    return thread_time() - begun


async def measure(rounds: int, say: Say) -> Figures:
    """Return all metrics that need Home Assistant."""
    async with AsyncExitStack() as stack:
        measurement = Measurement(stack)
        await measurement.start(say)
        await measurement.round()
        measurement.samples.clear()
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            await measurement.round()
        figures = {name: median(values) for name, values in measurement.samples.items()}
        figures |= {
            f"{name}.p95": quantiles(values, n=20)[-1]
            for name, values in measurement.samples.items()
            if name.startswith("ttfa_ms")
        }
        for service in SERVICES:
            for audio_format in FORMATS:
                figures[f"overhead_over_wyoming.{service}.{audio_format}"] = (
                    figures[f"overhead_ms.{service}.{audio_format}"]
                    / figures[f"overhead_ms.wyoming.{audio_format}"]
                )
            figures[f"mp3_over_wav_ms.{service}"] = (
                figures[f"ttfa_ms.{service}.rtt0.mp3"] - figures[f"ttfa_ms.{service}.rtt0.wav"]
            )
        say("CPU")
        figures |= await measurement.cpu(max(3, rounds // 6))
        say(f"{AT_ONCE} at once")
        figures |= await measurement.concurrency(max(3, rounds // 6))
        say("Assist")
        figures |= await measurement.assist(max(1, rounds // 10))
        return figures
