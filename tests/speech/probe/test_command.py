"""The probe as a command."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from pathlib import Path
import wave

from aiohttp.test_utils import TestServer
import pytest

from harness.probe import main
from harness.process import free_port
from simulator import Simulator

SECRET = "SECRET-token-5417"

type Run = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command in a thread; it returns the exit code and all that was printed."""

    async def run_it(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["probe", *arguments])
        try:
            code = await asyncio.to_thread(main)
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
