"""Runs both services: scripts/simulator --port PORT [--tones]."""

import argparse
import asyncio
import contextlib
import json
from pathlib import Path
import signal
import sys

from . import Habits, Simulator
from .serving import served


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=39806, help="0 for a free one (default: %(default)s)")
    parser.add_argument(
        "--like",
        type=Path,
        metavar="FILE",
        help='behave like the server in this report of scripts/probe; the token it requires is "token"',
    )
    parser.add_argument("--tones", action="store_true", help="speak in tones, the same for every voice")
    parser.add_argument("--token", help="required access token")
    parser.add_argument("--client-id", default="client", help="client ID for tokens (default: %(default)s)")
    parser.add_argument(
        "--client-secret", default="secret", help="client secret for tokens (default: %(default)s)"
    )
    parser.add_argument(
        "--without", action="append", default=[], metavar="VOICE", help="Vivoka voice to leave out"
    )
    parser.add_argument("--first-audio-latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument(
        "--speed", type=float, default=0.0, metavar="FACTOR", help="multiple of real time; 0 for no limit"
    )
    parser.add_argument("--chunk-size", type=int, default=4096, metavar="BYTES")
    parser.add_argument(
        "--sample-rate", type=int, default=22050, metavar="HZ", help="of Vivoka (default: %(default)s)"
    )
    return parser.parse_args()


def _habits(arguments: argparse.Namespace) -> Habits:
    """Return the habits of the command line. Raises SystemExit for a report that cannot be read."""
    if arguments.like:
        # It needs the integration, which takes some time to load.
        from .like import habits_like  # noqa: PLC0415

        try:
            habits, missing = habits_like(json.loads(arguments.like.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError) as err:
            raise SystemExit(f"simulator: {err}") from None
        for question in missing:
            print(f"simulator: not as in the report: {question}", file=sys.stderr)
        return habits
    habits = Habits(
        first_audio_latency=arguments.first_audio_latency,
        speed=arguments.speed,
        chunk_size=arguments.chunk_size,
        token=arguments.token,
    )
    habits.vivoka.sample_rate = arguments.sample_rate
    return habits


def _simulator(arguments: argparse.Namespace) -> Simulator:
    simulator = Simulator(_habits(arguments), tones=arguments.tones)
    for voice in arguments.without:
        del simulator.vivoka_voices[voice]
    simulator.client = (arguments.client_id, arguments.client_secret)
    return simulator


async def _serve(arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    # On Windows, an interruption cancels this instead.
    with contextlib.suppress(NotImplementedError):
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signal_number, ended.set)
    try:
        async with served(_simulator(arguments).app(), arguments.port) as port:
            address = f"127.0.0.1:{port}"
            print(f"Vivoka VDK at {address}, Knovvu TTS at ws://{address}/synthesizer", flush=True)
            await ended.wait()
    except OSError as err:
        raise SystemExit(f"simulator: {err}") from None


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_arguments()))
