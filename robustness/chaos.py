"""Announcements over unreliable links: scripts/soak --chaos.

A real Home Assistant speaks with both services, each over a link of its own that drops, stalls, resets,
restarts and limits. Several players fetch announcements in sequence. Each announcement must be heard once,
complete, and not swapped with another. With a fallback voice, none may be missing.
"""

from array import array
import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
import sys
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from aiohttp import ClientError

from harness.home_assistant import WAV_HEADER_SIZE, HomeAssistant, HomeAssistantError, home_assistant
from harness.process import free_port
from harness.simulator_process import simulator
from simulator import tones

from .line import ChaosLine, chaos_line

DOMAIN = "websocket_tts"
WITNESS = Path(__file__).parent / "witness"
PLAYERS = 8
_SAMPLE_WIDTH = 2
_SAMPLE_RATE = 24000
"""Hz, of all voices including the fallback, so that their audio is identical, byte for byte."""
_WORDS = ("the", "window", "of", "your", "kitchen", "is", "open", "and", "has", "finished", "its", "work")
_SIMULATOR = (
    "--tones",
    "--speed",
    "8",
    "--first-audio-latency",
    "0.05",
    "--chunk-size",
    "2048",
    "--sample-rate",
    "24000",
)
_SECONDS_EACH = 3.0
"""Average time limit of an announcement; the whole run is aborted after that."""
_SETTLED = 60.0
"""Seconds until everything that ends by itself has ended."""
_PARTS = 4000
"""Bytes at the beginning that identify an announcement."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A config entry, and the answers to its flow."""

    kind: str
    voice: str
    advanced: dict[str, Any] = field(default_factory=dict)
    connection: dict[str, Any] = field(default_factory=dict)

    def answers(self, port: int, fallback: dict[str, str]) -> list[dict[str, Any]]:
        """Return the input of a user."""
        return [
            {"next_step_id": self.kind},
            {"host": f"http://127.0.0.1:{port}", "verify_ssl": True, **self.connection},
            {"voice": self.voice, "advanced": {**self.advanced, **fallback}},
        ]


_KNOVVU = {"sample_rate": str(_SAMPLE_RATE)}
_FALLBACK = Entry("vivoka", "enu,evan,embedded-pro")
ENTRIES = (
    Entry("vivoka", "enu,evan,embedded-pro"),
    Entry("knovvu", "Emily_Premium", _KNOVVU),
    Entry("knovvu", "Emily_Premium", _KNOVVU, {"stand_by": True}),
)

OUTCOMES = ("whole", "lost", "cut", "doubled", "another", "damaged")
ALLOWED = {"memory": 24.0, "tasks": 4, "descriptors": 8, "connections": 4}
"""Growth that is not a leak: caches of Python and of Home Assistant, and connections kept ready."""


def outcome(heard: bytes, meant: bytes, others: set[bytes]) -> str:
    """Return the outcome of an announcement, by its samples."""
    if heard == meant:
        return "whole"
    if not heard:
        return "lost"
    if meant.startswith(heard):
        return "cut"
    if heard.count(meant[:_PARTS]) > meant.count(meant[:_PARTS]):
        return "doubled"
    return "another" if heard in others else "damaged"


class Chaos:
    """A Home Assistant instance with its services and players, and the outcomes."""

    def __init__(self, hass: HomeAssistant, entities: list[str], ports: list[int], seed: int) -> None:
        """Initialize with the entities, and the ports of their services."""
        self._hass = hass
        self._entities = entities
        self._ports = ports
        self._random = Random(seed)  # noqa: S311 (texts, not secrets)
        self._said: set[bytes] = set()
        self._number = 0
        self.counts: Counter[str] = Counter()
        self.complaints: list[str] = []
        self.silence = 0.0
        """Most silence in an announcement, in seconds."""

    async def speak(self, count: int) -> None:
        """Play this number of announcements; each player plays one at a time."""
        shares = [range(player, count, PLAYERS) for player in range(PLAYERS)]
        await asyncio.gather(*(self._play(player, len(share)) for player, share in enumerate(shares)))

    async def _play(self, player: int, count: int) -> None:
        for turn in range(count):
            entity = self._entities[(player + turn) % len(self._entities)]
            text = self._text()
            meant = tones.pcm(text, _SAMPLE_RATE)
            heard, words = await self._hear(entity, text)
            became = outcome(heard, meant, self._said)
            self._said.add(meant)
            self.counts[became] += 1
            self.counts[f"{became}, {entity}"] += 1
            if became != "whole":
                self.complaints.append(f"{entity}: {became}, {len(heard)} of {len(meant)} bytes {words}")

    async def _hear(self, entity: str, text: str) -> tuple[bytes, str]:
        """Return the received samples of an announcement, and a note on the error, if any."""
        try:
            fetched = await self._hass.fetch_speech(entity, text, {"preferred_format": "wav"})
        except (HomeAssistantError, ClientError) as err:
            return b"", f"({err})"
        samples = fetched.data[WAV_HEADER_SIZE:]
        # Tones are never zero: zeros are the silence while the service is waited for.
        speech = array("h", filter(None, array("h", samples))).tobytes()
        self.silence = max(self.silence, (len(samples) - len(speech)) / _SAMPLE_WIDTH / _SAMPLE_RATE)
        return speech, ""

    def _text(self) -> str:
        """Return a new text of several sentences."""
        self._number += 1
        sentences = [f"This is announcement number {self._number}."]
        for _ in range(self._random.randint(0, 3)):
            words = self._random.choices(_WORDS, k=self._random.randint(3, 12))
            sentences.append(" ".join(words).capitalize() + ".")
        return " ".join(sentences)

    async def held(self) -> dict[str, float]:
        """Wait until everything that ends by itself has ended; return the resources in use."""
        ends = monotonic() + _SETTLED
        while (held := await self._hass.call("GET", "/api/witness"))["kept"]:
            if monotonic() > ends:
                break
            await asyncio.sleep(0.5)
        connections = sum(map(self._hass.connections, self._ports))
        return {**held, "connections": connections}


@asynccontextmanager
async def _chaos(seed: int, *, with_fallback: bool) -> AsyncIterator[tuple[Chaos, list[ChaosLine]]]:
    """Set up everything; the links are reliable at first."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        there = await stack.enter_async_context(simulator(folder / "simulator.log", *_SIMULATOR))
        ports = [free_port() for _ in ENTRIES]
        lines = [
            await stack.enter_async_context(chaos_line(port, there, seed + number))
            for number, port in enumerate(ports)
        ]
        config = folder / "config"
        config.mkdir()
        hass = await stack.enter_async_context(
            home_assistant(config, more="witness:\n", integrations=[WITNESS])
        )
        await hass.onboard()
        fallback: dict[str, str] = {}
        if with_fallback:
            plain = await hass.add_entry(DOMAIN, *_FALLBACK.answers(there, {}))
            fallback["fallback"] = await hass.entity_of(plain)
        entities = []
        for entry, port in zip(ENTRIES, ports, strict=True):
            added = await hass.add_entry(DOMAIN, *entry.answers(port, fallback))
            entities.append(await hass.entity_of(added))
        yield Chaos(hass, entities, ports, seed), lines


def _table(before: dict[str, float], after: dict[str, float]) -> list[str]:
    """Print the resources in use; return those that have grown too much."""
    print(f"{'':<12}{'then':>10}{'at the end':>12}{'growth':>10}{'allowed':>10}")
    grown = []
    for name, allowed in ALLOWED.items():
        growth = after[name] - before[name]
        print(f"{name:<12}{before[name]:>10.1f}{after[name]:>12.1f}{growth:>10.1f}{allowed:>10.1f}")
        if growth > allowed:
            grown.append(f"{name} grew by {growth:.1f}")
    return grown


async def run(utterances: int, seed: int, *, with_fallback: bool) -> int:
    """Run the announcements; return the exit code."""
    begun = monotonic()
    async with (
        asyncio.timeout(300 + _SECONDS_EACH * utterances),
        _chaos(seed, with_fallback=with_fallback) as (chaos, lines),
    ):
        await chaos.speak(utterances // 10)
        before = await chaos.held()
        print(f"soak: the first {utterances // 10}: {monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
        for line in lines:
            line.is_good = False
        await chaos.speak(utterances - utterances // 10)
        for line in lines:
            line.is_good = True
        print(f"soak: {utterances} in all: {monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
        after = await chaos.held()
    print(f"{utterances} announcements to {PLAYERS} players, all but the first tenth in chaos (seed {seed}):")
    for name in OUTCOMES:
        print(f"  {name:<10}{chaos.counts[name]:>7}")
    for what, count in sorted(chaos.counts.items()):
        if "," in what and not what.startswith("whole"):
            print(f"    {what:<40}{count:>7}")
    print(f"Most silence in one of them, while the service was waited for: {chaos.silence:.1f} s")
    faults = sum((line.counts for line in lines), Counter[str]())
    print("Connections:", ", ".join(f"{count} {what}" for what, count in sorted(faults.items())))
    print("Held after the first tenth, and at the end:")
    wrong = _table(before, after) + chaos.complaints[:20]
    for what in wrong:
        print(what)
    return min(len(wrong), 1)
