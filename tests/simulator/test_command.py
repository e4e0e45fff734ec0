"""The simulator as a command."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import re
import signal
import sys

import aiohttp
import pytest

from simulator import tones

from .clients import Knovvu, Vivoka, synthesize

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(*arguments: str) -> AsyncGenerator[Process]:
    """Run the command; it is killed if it is still there at the end."""
    command = [sys.executable, "-m", "simulator", *arguments]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def port_of(process: Process) -> int:
    """Return the port that the command says it listens at."""
    assert process.stdout
    line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
    found = re.fullmatch(
        r"Vivoka VDK at 127\.0\.0\.1:(\d+), Knovvu TTS at ws://127\.0\.0\.1:\1/synthesizer\n", line
    )
    assert found
    return int(found[1])


async def ended(process: Process) -> tuple[int | None, bytes]:
    """Return exit code and what was said on standard error, within some seconds."""
    _, error = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, error


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
async def test_speaks_and_ends_cleanly(signal_number: signal.Signals) -> None:
    """Both services speak in tones until a signal comes, with which an open socket ends, too."""
    async with running("--port", "0", "--tones", "--token", "right") as process:
        base = f"http://127.0.0.1:{await port_of(process)}/"
        headers = {"Authorization": "Bearer right"}
        async with aiohttp.ClientSession(base, headers=headers) as session:
            assert await Vivoka(session).speak("Coffee") == tones.pcm("Coffee", 22050)
            knovvu = Knovvu(session)
            assert await knovvu.speak("Coffee", Authorization="right") == tones.pcm("Coffee", 24000)
            async with knovvu.connect() as socket:
                await socket.send_json(synthesize(Authorization="right"))
                process.send_signal(signal_number)
                assert await ended(process) == (0, b"")


async def test_port_that_is_taken() -> None:
    """It says why it cannot listen."""
    async with running("--port", "0", "--tones") as first:
        async with running("--port", str(await port_of(first)), "--tones") as second:
            code, error = await ended(second)
        assert code == 1
        assert error.startswith(b"simulator: ")
        assert b"Traceback" not in error


async def test_like_a_report(tmp_path: Path) -> None:
    """The server does as one that was probed, and says what it cannot imitate."""
    report = json.loads((ROOT / "tests" / "servers" / "sample-knovvu.json").read_text(encoding="utf-8"))
    report["found"]["separate_flush"] = {"answer": "no audio, quiet"}
    file = tmp_path / "report"
    file.write_text(json.dumps(report), encoding="utf-8")
    async with (
        running("--port", "0", "--tones", "--like", str(file)) as process,
        aiohttp.ClientSession() as session,
    ):
        url = f"http://127.0.0.1:{await port_of(process)}/v1/speech/synthesis/voices/"
        async with session.get(url) as answer:
            assert answer.status == 401
        async with session.get(url, headers={"Authorization": "Bearer token"}) as answer:
            assert (await answer.json())["Count"] == 5
        process.terminate()
        assert await ended(process) == (0, b"simulator: not as in the report: separate_flush\n")


async def test_like_no_report(tmp_path: Path) -> None:
    """A file that is no report is refused with a line that says so."""
    file = tmp_path / "report"
    file.write_text("{", encoding="utf-8")
    async with running("--port", "0", "--like", str(file)) as process:
        code, error = await ended(process)
    assert code == 1
    assert error.startswith(b"simulator: ")
    assert b"Traceback" not in error
