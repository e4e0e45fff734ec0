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
print(process_time() - begun, sum(name.startswith(f"{package}.") for name in sys.modules))
"""
"""Imports what Home Assistant imports of an integration, when all else has been imported."""
_EMPTY = """
import sys
from importlib import import_module
from time import process_time
package, count = sys.argv[1:]
import_module(package)
begun = process_time()
for number in range(int(count)):
    import_module(f"{package}.module_{number}")
print(process_time() - begun, count)
"""
"""Imports as many modules that have nothing in them."""
_OURS = ("custom_components.websocket_tts", "tts", "sensor")
_WYOMING = ("homeassistant.components.wyoming", "tts")


def _import(program: str, arguments: Sequence[str], compiled: str, folder: Path) -> tuple[float, int]:
    """Return the CPU seconds of an import, and the number of modules."""
    # Compiled once, as by the first start of Home Assistant.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, modules = done.stdout.split()
    return float(seconds), int(modules)


def _imports(rounds: int) -> dict[str, list[float]]:
    """Return the seconds that each import took."""
    tree = Path(__file__).parents[1]
    with TemporaryDirectory() as compiled, TemporaryDirectory() as folder:
        _, count = _import(_IMPORT, _OURS, compiled, tree)
        package = Path(folder, "empty")
        package.mkdir()
        for name in ("__init__", *(f"module_{number}" for number in range(count))):
            (package / f"{name}.py").touch()
        programs = {
            "websocket_tts": (_IMPORT, _OURS, compiled, tree),
            "wyoming": (_IMPORT, _WYOMING, compiled, tree),
            "empty": (_EMPTY, ("empty", str(count)), compiled, Path(folder)),
        }
        # The first round compiles.
        measured = [{name: _import(*how)[0] for name, how in programs.items()} for _ in range(rounds + 1)][1:]
    return {name: [each[name] for each in measured] for name in programs}


async def starts(rounds: int) -> Figures:
    """Return the milliseconds of import and set-up with one entry, and their ratio to those of wyoming."""
    imports = await asyncio.to_thread(_imports, rounds)
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
        sum(figures[f"start.{what}_ms.{who}"] for what in ("import", "set_up")) for who in set_ups
    )
    least = figures["start.import_ms.empty"] + figures["start.set_up_ms.websocket_tts"]
    return figures | {"start.over_wyoming": ours / wyoming, "start.over_wyoming.limit": least / wyoming}


if __name__ == "__main__":
    for name, value in asyncio.run(starts(int(sys.argv[1]))).items():
        print(f"{name}: {value:.4g}")
