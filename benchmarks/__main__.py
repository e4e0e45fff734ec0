"""Takes all measurements in one run: scripts/benchmark [--quick] [--json FILE] [--check]."""

import argparse
import asyncio
import json
from pathlib import Path
import sys

from .goals import derived, table
from .installation import Figures
from .of_sound import volume_and_pronunciations
from .of_the_client import client_cpu
from .of_the_library import memory, text_scaling, trace
from .through_home_assistant import measure


def _say(text: str) -> None:
    print(f"benchmark: {text}", file=sys.stderr, flush=True)


async def _figures(*, quick: bool) -> Figures:
    _say("text and memory")
    figures = await text_scaling() | await memory() | trace()
    figures |= volume_and_pronunciations()
    figures |= await client_cpu(8 if quick else 30)
    figures |= await measure(8 if quick else 30, _say)
    return figures | derived(figures)


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="8 rounds instead of 30")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--check", action="store_true", help="fail if a goal is not reached")
    arguments = parser.parse_args()
    figures = asyncio.run(_figures(quick=arguments.quick))
    text, missed = table(figures)
    print(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return min(missed, 1) if arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
