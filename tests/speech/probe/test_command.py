"""The probe as a command."""

import asyncio
import json
from pathlib import Path
import subprocess
import sys
import wave

from aiohttp.test_utils import TestServer
import pytest

from harness.process import free_port
from simulator import Simulator

ROOT = Path(__file__).parents[3]
SECRET = "SECRET-token-5417"


async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, while servers go on."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "harness.probe", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


async def test_a_server_that_works(simulator: Simulator, server: TestServer, tmp_path: Path) -> None:
    """The exit code is 0; there are a table, a report without secrets or host, and what was spoken."""
    simulator.habits.token = SECRET
    (tmp_path / "token").write_text(f"{SECRET}\n", encoding="utf-8")
    done = await run(
        f"http://127.0.0.1:{server.port}",
        *("--service", "vivoka", "--token-file", str(tmp_path / "token"), "--output", str(tmp_path / "out")),
    )
    assert done.returncode == 0, done.stderr
    assert "bad_token" in done.stdout
    assert "works" in done.stdout
    text = (tmp_path / "out" / "report.json").read_text(encoding="utf-8")
    assert json.loads(text)["works"] is True
    for told in (text, done.stdout, done.stderr):
        assert SECRET not in told
        assert "127.0.0.1" not in told
    with wave.open(str(tmp_path / "out" / "speech.wav")) as speech:
        assert speech.getframerate() == 22050
        assert speech.getnframes() > 22050


async def test_nobody_there(tmp_path: Path) -> None:
    """The exit code is 1, and there is nothing to be heard."""
    done = await run(f"http://127.0.0.1:{free_port()}", "--service", "knovvu", "--output", str(tmp_path))
    assert done.returncode == 1, done.stderr
    assert "DOES NOT WORK" in done.stdout
    assert (tmp_path / "report.json").exists()
    assert not (tmp_path / "speech.wav").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("a host", "--service", "vivoka"),
        ("host", "--service", "another"),
        ("host",),
        ("host", "--service", "vivoka", "--token-file", "missing"),
    ],
)
async def test_wrong_command_line(arguments: tuple[str, ...]) -> None:
    """The exit code is 2, and a line says why."""
    done = await run(*arguments)
    assert done.returncode == 2
    assert "probe" in done.stderr
