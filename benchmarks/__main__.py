"""Takes all measurements in one run: scripts/benchmark [--quick] [--json FILE] [--check]."""

import argparse
import asyncio
import json
from pathlib import Path
import sys

from .goals import derived, table
from .installation import Figures
from .of_sound import volume_and_pronunciations
from .of_the_library import memory, text_scaling, trace
from .starts import starts
from .through_home_assistant import measure


def _say(text: str) -> None:
    print(f"benchmark: {text}", file=sys.stderr, flush=True)


async def _figures(rounds: int) -> Figures:
    _say("text and memory")
    figures = await text_scaling() | await memory() | trace()
    figures |= volume_and_pronunciations()
    figures |= await measure(rounds, _say)
    _say("imports and set-ups")
    figures |= await starts(max(3, rounds // 6))
    return figures | derived(figures)


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="8 rounds instead of 30")
    parser.add_argument("--rounds", type=int, default=30, help="30, unless there is no time for them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--check", action="store_true", help="fail if a goal is not reached")
    arguments = parser.parse_args()
    figures = asyncio.run(_figures(8 if arguments.quick else arguments.rounds))
    text, missed = table(figures)
    print(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return min(missed, 1) if arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
