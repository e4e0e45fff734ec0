"""The command needs two packages, and nothing that only one operating system has."""

import asyncio
import json
from pathlib import Path
import runpy
import sys

from aiohttp.test_utils import TestServer
import pytest

ROOT = Path(__file__).parents[2]
MISSING = (
    *("homeassistant", "voluptuous", "probatio", "audioop", "numpy", "espeakng_loader"),
    # What Python has on Linux and macOS alone.
    *("fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog"),
)


async def test_nothing_else_is_needed(server: TestServer, tmp_path: Path) -> None:
    """It probes where there is neither Home Assistant nor anything else that the integration needs."""
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nsys.modules.update(dict.fromkeys({MISSING!r}))\n", encoding="utf-8"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "probe", f"http://127.0.0.1:{server.port}"),
        *("--service", "vivoka", "--output", str(tmp_path / "out")),
        cwd=ROOT,
        env={"PYTHONPATH": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, printed.decode()
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["works"]
    assert (tmp_path / "out" / "speech.wav").exists()


def test_older_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which one it needs, before Python complains about syntax that it does not know."""
    monkeypatch.setattr(sys, "version_info", (3, 13))
    with pytest.raises(SystemExit, match=r"Python 3\.14"):
        runpy.run_path(str(ROOT / "probe" / "__init__.py"))
