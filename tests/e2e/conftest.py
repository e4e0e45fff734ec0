"""A real Home Assistant for all tests of the whole, with both services simulated."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from harness.assist import CONFIGURATION, INTEGRATION
from harness.demo import DOMAIN, SERVICES, TOKEN
from harness.home_assistant import HomeAssistant, home_assistant
from harness.simulator_process import simulator
from simulator import tones

LEAD_IN = 300
LEAD_OUT = 500
"""Milliseconds."""
VARIANTS: dict[str, dict[str, object]] = {
    "mp3": {},
    "wav": {"audio_format": "wav"},
    "padded": {"audio_format": "wav", "lead_in": LEAD_IN, "lead_out": LEAD_OUT},
}
"""What an entry has in the collapsed section of its form."""
SAMPLE_RATES = {"vivoka": 22050, "knovvu": 24000}


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Let time go by as it does: the parts of the whole are processes."""
    return {"real": asyncio.SelectorEventLoop}


@dataclass(frozen=True, slots=True)
class Speaker:
    """A service that is set up."""

    entry_id: str
    entity_id: str
    sample_rate: int
    port: int
    """Of its simulator."""

    def pcm(self, text: str) -> bytes:
        """Return what the service speaks (s16le mono)."""
        return tones.pcm(text, self.sample_rate)

    def seconds(self, text: str) -> float:
        """Return how long that is."""
        return len(self.pcm(text)) / 2 / self.sample_rate


type Speakers = dict[tuple[str, str], Speaker]
"""By kind of service, and variant."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[HomeAssistant]:
    """Run a Home Assistant, with a user logged in."""
    folder = tmp_path_factory.mktemp("home_assistant")
    (folder / "automations.yaml").write_text("[]", encoding="utf-8")
    more = f"{CONFIGURATION}automation: !include automations.yaml\n"
    async with home_assistant(folder, more=more, integrations=[INTEGRATION]) as hass:
        await hass.onboard()
        yield hass


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def speakers(home: HomeAssistant, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Speakers]:
    """Set up both services in all variants."""
    async with AsyncExitStack() as stack:
        added: Speakers = {}
        for variant, advanced in VARIANTS.items():
            # Each on a port of its own: nobody can add the same service twice.
            log = tmp_path_factory.mktemp("simulator") / "simulator.log"
            port = await stack.enter_async_context(simulator(log, "--tones", "--token", TOKEN))
            for service in SERVICES:
                *connection, voice = service.answers(port)
                entry = await home.add_entry(DOMAIN, *connection, {**voice, "advanced": advanced})
                added[service.kind, variant] = Speaker(
                    entry["entry_id"], await home.entity_of(entry), SAMPLE_RATES[service.kind], port
                )
        yield added
