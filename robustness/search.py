"""Searches for bytes that break a frame parser, with atheris."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
import os
import re
import subprocess
import sys

from .frames import TARGETS


def _search(target: str, seconds: int) -> tuple[str, bool]:
    """Search with atheris for bytes that break a parser; return its last output, and whether it found any."""
    done = subprocess.run(  # noqa: S603 (our own module)
        [sys.executable, "-m", "robustness.frames", target, f"-max_total_time={seconds}"],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        return done.stderr[-4000:], False
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    if not runs or not reached:
        return done.stderr[-4000:], False
    return "{} inputs; {} edges, {} features, {} inputs kept".format(runs[1], *reached[-1]), True


def search_all(minutes: float) -> bool:
    """Give each target so many minutes; return whether all parsers held."""
    with ThreadPoolExecutor(os.process_cpu_count()) as pool:
        found = pool.map(partial(_search, seconds=round(minutes * 60)), TARGETS)
        held = True
        for target, (words, well) in zip(TARGETS, found, strict=True):
            print(f"atheris, {target}: {words}", flush=True)
            held = held and well
    return held
