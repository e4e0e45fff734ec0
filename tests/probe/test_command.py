"""The probe as a command."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from pathlib import Path
import re
import signal
import sys
import wave

from aiohttp.test_utils import TestServer
import pytest

from harness.process import free_port
from probe import __main__ as command
from simulator import Cut, Simulator
from tests.clock import running
from tests.services import KINDS
from tests.speech.speaking import VOICES, all_closed, set_habits

ROOT = Path(__file__).parents[2]
SECRET = "SECRET-token-5417"

type Run = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command; it returns the exit code and all that was printed."""

    async def run_it(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["probe", *arguments])
        try:
            code = await command.run()
        except SystemExit as err:
            code = int(str(err.code))
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run_it


async def test_a_server_that_works(
    run: Run, simulator: Simulator, server: TestServer, tmp_path: Path
) -> None:
    """The exit code is 0; there are a table, a report without secrets or host, and what was spoken."""
    simulator.habits.token = SECRET
    (tmp_path / "token").write_text(f"{SECRET}\n", encoding="utf-8")
    code, printed = await run(
        f"http://127.0.0.1:{server.port}",
        *("--service", "vivoka", "--token-file", str(tmp_path / "token"), "--output", str(tmp_path / "out")),
    )
    assert code == 0
    assert "bad_token" in printed
    assert "works" in printed
    text = (tmp_path / "out" / "report.json").read_text(encoding="utf-8")
    assert json.loads(text)["works"] is True
    for told in (text, printed):
        assert SECRET not in told
        assert "127.0.0.1" not in told
    with wave.open(str(tmp_path / "out" / "speech.wav")) as speech:
        assert speech.getframerate() == 22050
        assert speech.getnframes() > 22050


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "habits",
    [
        {"first_audio_latency": 600.0},
        {"endless": True, "chunk_size": 64, "speed": 0.01},
        {"cut": Cut(100, "stall")},
        {"cut": Cut(0, "error", error=f"no: {SECRET} of 127.0.0.1")},
        {"statuses": {"voices": 500, "synthesize": 500, "socket": 500}, "bodies": {"voices": [SECRET]}},
    ],
    ids=str,
)
async def test_a_hostile_server(
    run: Run, kind: str, habits: dict[str, object], simulator: Simulator, server: TestServer, tmp_path: Path
) -> None:
    """The exit code says that it does not work, within a minute; nothing private is told."""
    set_habits(simulator, kind, habits, {})
    (tmp_path / "token").write_text(SECRET, encoding="utf-8")
    begun = running().now
    code, printed = await run(
        f"http://127.0.0.1:{server.port}",
        *("--service", kind, "--voice", VOICES[kind].voice, "--token-file", str(tmp_path / "token")),
        *("--output", str(tmp_path / "out")),
    )
    assert running().now - begun < 60
    assert code == 1
    assert "DOES NOT WORK" in printed
    text = (tmp_path / "out" / "report.json").read_text(encoding="utf-8")
    for told in (text, printed):
        assert SECRET not in told
        assert "127.0.0.1" not in told
    await all_closed(simulator)


async def test_interrupted(simulator: Simulator, server: TestServer, tmp_path: Path) -> None:
    """Ctrl-C ends it at once with a line that says so; there is no report, and no connection stays open."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "probe", f"http://127.0.0.1:{server.port}"),
        *("--service", "knovvu", "--output", str(tmp_path / "out")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    simulator.habits.first_audio_latency = 5.0
    async with asyncio.timeout(60):
        while not simulator.requests:
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGINT)
        printed, _ = await process.communicate()
    assert printed.splitlines()[-1] == b"probe: interrupted, nothing was saved"
    assert process.returncode == 130
    await all_closed(simulator)
    assert not (tmp_path / "out").exists()


async def test_nobody_there(run: Run, tmp_path: Path) -> None:
    """The exit code is 1, and there is nothing to be heard."""
    code, printed = await run(
        f"http://127.0.0.1:{free_port()}", "--service", "knovvu", "--output", str(tmp_path)
    )
    assert code == 1
    assert "DOES NOT WORK" in printed
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
async def test_wrong_command_line(run: Run, arguments: tuple[str, ...]) -> None:
    """The exit code is 2, and a line says why."""
    code, printed = await run(*arguments)
    assert code == 2
    assert "probe" in printed


async def test_documentation(run: Run) -> None:
    """Its commands install what continuous integration installs; its options are those that there are."""
    page = (ROOT / "docs" / "probe.md").read_text("utf-8")
    commands = re.findall(r"^(?:py -3\.14|\.venv-probe/bin/python) -m (.+)$", page, re.MULTILINE)
    assert commands == ["pip install aiohttp orjson", "probe 192.168.1.20 --service vivoka"] * 2
    assert f"python -m {commands[0]}\n" in (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")
    code, printed = await run("--help")
    assert code == 0
    described = re.findall(r"--[a-z-]+", "".join(re.findall(r"^\| `--.+?\|", page, re.MULTILINE)))
    assert {*described, "--help", "--service"} == set(re.findall(r"--[a-z-]+", printed))
