"""Samples which lines of the event loop take CPU time: one action starts it, another writes a file."""

from collections import Counter
from pathlib import Path
import signal
from types import FrameType

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType
import orjson

DOMAIN = "sampler"
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)
_EVERY = 0.0005
"""Seconds of CPU time between two samples; the kernel may make it more."""


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Add the actions."""
    stacks: Counter[tuple[str, ...]] = Counter()

    def sample(_signal: int, frame: FrameType | None) -> None:
        lines = []
        while frame:
            lines.append(f"{frame.f_code.co_filename}:{frame.f_lineno}:{frame.f_code.co_name}")
            frame = frame.f_back
        stacks[tuple(lines)] += 1

    @callback
    def start(_call: ServiceCall) -> None:
        stacks.clear()
        signal.signal(signal.SIGPROF, sample)
        signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)

    @callback
    def stop(call: ServiceCall) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(call.data["file"]).write_bytes(
            orjson.dumps([[*stack, count] for stack, count in stacks.items()])
        )

    hass.services.async_register(DOMAIN, "start", start)
    hass.services.async_register(DOMAIN, "stop", stop)
    return True
