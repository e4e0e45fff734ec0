"""Import and set-up time in a Home Assistant that has just been started, compared with wyoming's."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
import os
from pathlib import Path
from statistics import median
import subprocess
import sys
from tempfile import TemporaryDirectory

from .installation import Figures, Installation

_IMPORT = """
import sys
from importlib import import_module
from importlib.util import find_spec
from time import process_time
from homeassistant import bootstrap
from homeassistant.components import assist_pipeline, media_source, repairs, sensor, tts
from homeassistant.loader import BASE_PRELOAD_PLATFORMS
package, *platforms = sys.argv[1:]
begun = process_time()
import_module(package)
for platform in {*platforms, *BASE_PRELOAD_PLATFORMS}:
    if find_spec(f"{package}.{platform}"):
        import_module(f"{package}.{platform}")
print(process_time() - begun)
"""
"""Imports what Home Assistant imports of an integration, when all else has been imported."""
_OURS = ("custom_components.websocket_tts", "tts", "sensor")
_WYOMING = ("homeassistant.components.wyoming", "tts")


def _import_seconds(integration: Sequence[str], compiled: str) -> float:
    command = [sys.executable, "-c", _IMPORT, *integration]
    folder = Path(__file__).parents[1]
    # Compiled once, as by the first start of Home Assistant.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


async def starts(rounds: int) -> Figures:
    """Return the milliseconds of import and set-up with one entry, and their ratio to those of wyoming."""
    imports: dict[str, list[float]] = {"websocket_tts": [], "wyoming": []}
    with TemporaryDirectory() as compiled:
        for number in range(rounds + 1):
            for name, integration in (("websocket_tts", _OURS), ("wyoming", _WYOMING)):
                seconds = await asyncio.to_thread(_import_seconds, integration, compiled)
                imports[name] += [seconds] if number else []
    set_ups: dict[str, list[float]] = {"websocket_tts": [], "wyoming": []}
    async with AsyncExitStack() as stack:
        installation = Installation()
        await installation.start_services(stack)
        async with installation.home_assistant():
            await installation.set_up_one_of_each()
            await installation.hass.wait_until_started()
        for _ in range(rounds):
            async with installation.home_assistant():
                await installation.hass.wait_until_started()
                for info in await installation.hass.command(type="integration/setup_info"):
                    if (name := info["domain"]) in set_ups:
                        set_ups[name].append(info["seconds"])
    figures = {
        f"start.{what}_ms.{name}": median(values) * 1000
        for what, measured in (("import", imports), ("set_up", set_ups))
        for name, values in measured.items()
    }
    ours, wyoming = (
        sum(value for name, value in figures.items() if name.endswith(f".{who}")) for who in imports
    )
    return figures | {"start.over_wyoming": ours / wyoming}


if __name__ == "__main__":
    for name, value in asyncio.run(starts(int(sys.argv[1]))).items():
        print(f"{name}: {value:.4g}")
