"""scripts/demo --serve, as somebody sees it who has just cloned the repository."""

import asyncio
from pathlib import Path
import re

import pytest

from harness.browser import browser
from harness.process import running

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).parents[2]
START_TIMEOUT = 300.0


async def served(process: asyncio.subprocess.Process, log: Path) -> str:
    """Wait until the demo has spoken; return where its Home Assistant is."""
    async with asyncio.timeout(START_TIMEOUT):
        while True:
            said = await asyncio.to_thread(log.read_text, "utf-8")
            if found := re.search(r"Home Assistant is at (\S+):", said):
                return found[1]
            assert process.returncode is None, said
            await asyncio.sleep(0.5)


async def test_serve(tmp_path: Path) -> None:
    """Its page shows the overview, and speaks from the media browser."""
    log = tmp_path / "demo.log"
    # What its own scripts do not set up is not there.
    bare = {"CPATH": "", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    command = [str(ROOT / "scripts" / "demo"), "Hello there", "--serve"]
    async with running(command, log, ROOT, bare) as process, browser(await served(process, log)) as page:
        await page.get_by_text("Welcome Demo").wait_for()
        await page.locator("ha-sidebar").get_by_text("Media").click()
        await page.locator("ha-card", has_text="Text-to-speech").click()
        # Google's, which Home Assistant adds by itself, comes first.
        await page.locator("ha-card", has_text="Google").wait_for()
        await page.locator("ha-card").last.click()
        await page.locator("textarea").first.fill("From the media browser.")
        async with page.expect_response(lambda response: "/api/tts_proxy/" in response.url) as speech:
            await page.get_by_role("button", name="Say").click()
        response = await speech.value
        assert response.ok
        assert len(await response.body()) > 1000
    assert process.returncode == 0
