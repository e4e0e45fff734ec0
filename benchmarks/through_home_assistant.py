"""What a media player gets from a real Home Assistant, with us and with others, in turns."""

import asyncio
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import mean, median, quantiles
import sys
from time import thread_time

import orjson

from harness.process import running
from simulator import tones

from . import first_announcements, reference
from .answers import ENGINE_SPEED, answers, tool_calls
from .installation import BARE, LONG_TEXT, MP3, SERVICES, TEXT, TOGETHER, WAV, Figures, Installation, Say
from .of_the_client import clients
from .services import CHUNK_SIZE, FIRST_AUDIO_LATENCY, SAMPLE_RATE, SPEED

SHORT_TEXT = "This is text {:06}. " + "This is one of many sentences. " * 5
AT_ONCE = 100
SLOW_ENGINE_SPEED = 2.0
"""Times real time, for a slow machine."""
REAL_TIME_SPEED = 1.5
"""Times real time, as engines are on the computers of most homes."""
REAL_TIME_TEXT = "This is text {:06}. " + "This is one of many sentences. " * 8
_REFERENCES = {"vivoka": reference.vivoka, "knovvu": reference.knovvu}
_OTHERS = ("wyoming", "memory")
_OURS = tuple(f"{service}.rtt0" for service in SERVICES)
_PAUSE = 0.3
"""Seconds between two utterances of a conversation."""


class Measurement:
    """What is measured with an installation."""

    def __init__(self, installation: Installation) -> None:
        """Measure with an installation that runs."""
        self._installation = installation
        self._hass = installation.hass
        self._hear = installation.hear
        self.samples: dict[str, list[float]] = defaultdict(list)

    async def round(self) -> None:
        """Measure everything once."""
        for name, port in self._installation.ports.items():
            for service in SERVICES:
                bare = await _REFERENCES[service](port, TEXT.format(0))
                self.samples[f"ttfa_ms.{service}.{name}.reference"].append(bare * 1000)
                await self._services(service, name, bare)
                if (service, name) == ("knovvu", "rtt40"):
                    await self._conversation(f"{service}.{name}", bare)
        await self._overheads(_OTHERS)

    async def _services(self, service: str, line: str, bare: float) -> None:
        entity = f"{service}.{line}"
        for audio_format, options in (("wav", WAV), ("mp3", MP3)):
            heard = await self._hear(entity, options)
            name = f"{entity}.{audio_format}"
            self.samples[f"ttfa_ms.{name}"].append(heard.first_audio * 1000)
            self.samples[f"ttfa_over_reference.{name}"].append(heard.first_audio / bare)
            if line == "rtt0":
                self.samples[f"overhead_ms.{service}.{audio_format}"].append(heard.overhead * 1000)

    async def _conversation(self, entity: str, bare: float) -> None:
        """Measure the first utterance of a conversation, the second, and one on a connection kept ready."""
        await self._installation.reload(entity)
        for name in ("first", "second"):
            heard = await self._hear(entity, WAV)
            self.samples[f"ttfa_over_reference.{entity}.wav.{name}"].append(heard.first_audio / bare)
            await asyncio.sleep(_PAUSE)
        heard = await self._hear(f"{entity}.standing", WAV)
        self.samples[f"ttfa_over_reference.{entity}.wav.standing"].append(heard.first_audio / bare)

    async def _overheads(self, entities: tuple[str, ...]) -> None:
        for entity in entities:
            name = entity.removesuffix(".rtt0")
            heard = await self._hear(entity, WAV)
            self.samples[f"ttfa_ms.{name}.rtt0.wav"].append(heard.first_audio * 1000)
            self.samples[f"overhead_ms.{name}.wav"].append(heard.overhead * 1000)

    async def cpu(self) -> None:
        """Measure the CPU milliseconds per second of audio, and those of a bare loop."""
        # An engine that thinks about every sentence would add what Home Assistant does meanwhile.
        habits = self._installation.simulator.habits
        habits.first_audio_latency = habits.speed = 0
        for entity in (*_OURS, *BARE, *_OTHERS):
            before = self._hass.cpu_seconds()
            heard = await self._hear(entity, WAV, LONG_TEXT)
            seconds = len(heard.audio.data) / SAMPLE_RATE / 2
            spent = (self._hass.cpu_seconds() - before) / seconds * 1000
            self.samples[f"cpu_per_audio_second.{entity.removesuffix('.rtt0')}"].append(spent)
        floor = _decode_only(LONG_TEXT.format(0)) / seconds * 1000
        self.samples["cpu_per_audio_second.floor"].append(floor)
        habits.first_audio_latency, habits.speed = FIRST_AUDIO_LATENCY, SPEED

    async def concurrency(self) -> None:
        """Measure how much longer the first audio takes when many are asked for at once, and their CPU."""
        whose = (("", _OURS), ("aiohttp.", BARE), *((f"{other}.", (other,)) for other in _OTHERS))
        for name, entities in whose:
            alone = [(await self._hear(entity, WAV)).first_audio for entity in entities * 4]
            before = self._hass.cpu_seconds()
            together = await asyncio.gather(
                *(self._hear(entities[number % len(entities)], WAV) for number in range(AT_ONCE))
            )
            spent = (self._hass.cpu_seconds() - before) / AT_ONCE
            p95 = quantiles([heard.first_audio for heard in together], n=20)[-1]
            self.samples[f"concurrency.{name}p95_ratio"].append(p95 / median(alone))
            self.samples[f"concurrency.{name}p95_ms"].append(p95 * 1000)
            self.samples[f"concurrency.{name}cpu_ms"].append(spent * 1000)

    def least(self, client: Figures) -> None:
        """Compare the latest measurements with the least: aiohttp alone, and the delivery from memory."""
        for name, value in client.items():
            self.samples[name].append(value)
        latest = {name: values[-1] for name, values in self.samples.items()}
        for service in SERVICES:
            alone = client[f"client_cpu_per_audio_second.{service}.aiohttp"]
            least = alone + latest["cpu_per_audio_second.memory"]
            for name, whose in (("", service), (".limit", f"aiohttp.{service}"), (".wyoming", "wyoming")):
                spent = latest[f"cpu_per_audio_second.{whose}"]
                self.samples[f"cpu_over_least.{service}{name}"].append(spent / least)
        alone = mean(client[f"client_cpu_ms.{service}.aiohttp"] for service in SERVICES)
        least = alone + latest["concurrency.memory.cpu_ms"]
        for name, whose in (("", ""), (".limit", "aiohttp."), (".wyoming", "wyoming.")):
            ratio = latest[f"concurrency.{whose}cpu_ms"] / least
            self.samples[f"concurrency.cpu_over_least{name}"].append(ratio)
        p95 = latest["concurrency.p95_ms"] / latest["concurrency.aiohttp.p95_ms"]
        self.samples["concurrency.p95_over_least"].append(p95)

    async def real_time(self) -> None:
        """Measure gaps and CPU with an engine in real time where Home Assistant has a quarter of one core."""
        habits = self._installation.simulator.habits
        async with _quarter_of_a_core(self._hass.pid, self._installation.log):
            habits.speed = REAL_TIME_SPEED
            for together, count in TOGETHER.items():
                for service in SERVICES:
                    spent = []
                    for entity in (f"{service}.rtt0", f"aiohttp.{service}"):
                        before = self._hass.cpu_seconds()
                        heard = await asyncio.gather(
                            *(self._hear(entity, WAV, REAL_TIME_TEXT) for _ in range(count))
                        )
                        seconds = sum(len(each.audio.data) for each in heard) / SAMPLE_RATE / 2
                        spent.append((self._hass.cpu_seconds() - before) / seconds * 1000)
                        gaps = max(each.audio.ran_dry(SAMPLE_RATE) for each in heard)
                        name = entity.removesuffix(".rtt0")
                        self.samples[f"gaps.{name}.{together}"].append(gaps)
                        self.samples[f"cpu_per_audio_second.{name}.{together}"].append(spent[-1])
                    self.samples[f"cpu_over_aiohttp.{service}.{together}"].append(spent[0] / spent[1])
            habits.speed = SPEED

    async def slow_machine(self) -> None:
        """Measure overheads, CPU and gaps where Home Assistant has a quarter of one core."""
        async with _quarter_of_a_core(self._hass.pid, self._installation.log):
            await self._overheads((*_OURS, *_OTHERS))
            self._installation.simulator.habits.speed = SLOW_ENGINE_SPEED
            for entity in _OURS:
                heard = await self._hear(entity, WAV, SHORT_TEXT)
                gaps = heard.audio.ran_dry(SAMPLE_RATE)
                self.samples[f"gaps.{entity.removesuffix('.rtt0')}"].append(gaps)
            self._installation.simulator.habits.speed = SPEED

    def figures(self) -> Figures:
        """Return the medians, and of the times to first audio also how long the slowest took."""
        medians = {name: median(values) for name, values in self.samples.items()}
        return medians | {
            f"{name}.p95": quantiles(values, n=20)[-1]
            for name, values in self.samples.items()
            if name.startswith("ttfa_ms") and len(values) > 1
        }


@asynccontextmanager
async def _quarter_of_a_core(pid: int, log: Path) -> AsyncGenerator[None]:
    command = [sys.executable, "-m", "benchmarks.slow_machine", str(pid)]
    async with running(command, log, Path(__file__).parents[1]):
        await asyncio.sleep(1)
        yield


async def _assist(installation: Installation, rounds: int) -> Figures:
    """Return what Assist makes of an answer that is being written."""
    entities = {service: installation.entities[f"{service}.rtt0"] for service in SERVICES}
    installation.simulator.habits.speed = ENGINE_SPEED
    figures = await answers(installation.hass, entities, rounds)
    installation.simulator.habits.speed = SPEED
    return figures | await tool_calls(
        installation.hass, entities | {"wyoming": installation.entities["wyoming"]}, rounds
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
    """Return all figures that need Home Assistant."""
    async with AsyncExitStack() as stack:
        say("starting Home Assistant")
        installation = Installation()
        await installation.start(stack)
        measurement = Measurement(installation)
        await measurement.round()
        measurement.samples.clear()
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            await measurement.round()
        client = await stack.enter_async_context(clients())
        few = max(3, rounds // 3)
        for number in range(few):
            say(f"CPU, and {AT_ONCE} at once: {number + 1} of {few}")
            await measurement.cpu()
            await measurement.concurrency()
            measurement.least(await client())
        say("Assist")
        figures = measurement.figures() | await _assist(installation, max(1, rounds // 10))
        say("first announcements")
        figures |= await first_announcements.after_silence(installation, max(1, rounds // 10))
        slow = Measurement(installation)
        for number in range(rounds // 2):
            say(f"a slow machine: {number + 1} of {rounds // 2}")
            await slow.slow_machine()
        figures |= {f"slow.{name}": value for name, value in slow.figures().items()}
        real_time = Measurement(installation)
        for number in range(max(1, rounds // 10)):
            say(f"an engine in real time: {number + 1}")
            await real_time.real_time()
        figures |= {f"real_time.{name}": value for name, value in real_time.figures().items()}
    say("starts of Home Assistant")
    return figures | await first_announcements.after_start(max(1, rounds // 10))
