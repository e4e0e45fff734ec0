"""scripts/demo --serve, as somebody sees it who has just cloned the repository."""

import asyncio
from pathlib import Path
import re
from typing import Any

from playwright.async_api import Page
import pytest

from harness.browser import browser
from harness.demo import DOMAIN
from harness.process import running

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).parents[2]
START_TIMEOUT = 300.0
SPEECH = "From the browser, word by word."


async def served(process: asyncio.subprocess.Process, log: Path) -> str:
    """Wait until the demo has spoken; return what it said."""
    async with asyncio.timeout(START_TIMEOUT):
        while True:
            said = await asyncio.to_thread(log.read_text, "utf-8")
            if "Ctrl-C" in said:
                return said
            assert process.returncode is None, said
            await asyncio.sleep(0.5)


def told(said: str, service: str) -> dict[str, str]:
    """Return what the demo says to enter for a service."""
    _, _, after = said.partition(f"\n{service}\n")
    lines = after.partition("\n\n")[0].splitlines()
    return dict(re.split(r"  +", line.strip(), maxsplit=1) for line in lines if line.startswith("  "))


async def api(page: Page, method: str, path: str, data: object = None) -> Any:
    """Return the answer of Home Assistant to the user of the browser."""
    call = (
        "([method, path, data]) => document.querySelector('home-assistant').hass.callApi(method, path, data)"
    )
    return await page.evaluate(call, [method, path, data])


async def media_browser(page: Page) -> None:
    """Hear a text from the media browser."""
    await page.locator("ha-sidebar").get_by_text("Media").click()
    await page.locator("ha-card", has_text="Text-to-speech").click()
    await page.locator("ha-card", has_text="Vivoka").click()
    await page.locator("textarea").first.fill("From the media browser.")
    async with page.expect_response(lambda response: "/api/tts_proxy/" in response.url) as speech:
        await page.get_by_role("button", name="Say").click()
    response = await speech.value
    assert response.ok
    assert len(await response.body()) > 1000


async def kitchen(page: Page, entity_id: str) -> None:
    """Hear an action in the browser, to its end."""
    await page.evaluate("""() => {
        window.heard = new Promise((done, failed) => {
            const play = Audio.prototype.play;
            Audio.prototype.play = function () {
                this.addEventListener("ended", () => done([this.src, this.currentTime]));
                const playing = play.call(this);
                playing.catch(failed);
                return playing;
            };
        });
    }""")
    data = {
        "entity_id": entity_id,
        "media_player_entity_id": "media_player.kitchen",
        "message": SPEECH,
    }
    await api(page, "POST", "services/tts/speak", data)
    source, seconds = await page.evaluate("window.heard")
    assert source.startswith(page.url[: page.url.index("/", 8)])
    assert 0.02 * len(SPEECH) < seconds < 0.3 * len(SPEECH)
    async with asyncio.timeout(10):
        while (await api(page, "GET", "states/media_player.kitchen"))["state"] != "idle":
            await asyncio.sleep(0.1)


async def set_up_by_hand(page: Page, kind: str, form: dict[str, object]) -> None:
    """Enter what the demo told, as far as the voices that this leads to."""
    path = "config/config_entries/flow"
    step = await api(page, "POST", path, {"handler": DOMAIN})
    step = await api(page, "POST", f"{path}/{step['flow_id']}", {"next_step_id": kind})
    step = await api(page, "POST", f"{path}/{step['flow_id']}", {"verify_ssl": True, **form})
    assert (step["step_id"], step["errors"] or {}) == ("voice", {})
    await api(page, "DELETE", f"{path}/{step['flow_id']}")


async def add_integration(page: Page) -> None:
    """Find the integration by the names of the services, and of who makes them."""
    await page.goto(f"{page.url[: page.url.index('/', 8)]}/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    search = page.locator("dialog-add-integration input").first
    for words in ("Vivoka", "VDK", "SESTEK", "Knovvu", "WebSocket TTS", "sestek knovvu"):
        await search.fill("nothing of this name")
        found = page.locator("ha-integration-list-item", has_text="WebSocket TTS")
        await found.wait_for(state="detached")
        await search.fill(words)
        await found.wait_for()


async def test_serve(tmp_path: Path) -> None:
    """There is nothing to repair, speech is heard in the browser, and what it tells to enter is right."""
    log = tmp_path / "demo.log"
    # What its own scripts do not set up is not there.
    bare = {"CPATH": "", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    command = [str(ROOT / "scripts" / "demo"), "Hello there", "--serve"]
    async with running(command, log, ROOT, bare) as process:
        said = await served(process, log)
        address = re.search(r"^Home Assistant +(\S+)$", said, re.MULTILINE)
        entity = re.search(r"^Speaking with (tts\.vivoka\w+) ", said, re.MULTILINE)
        assert address
        assert entity
        async with browser(address[1]) as page:
            await page.get_by_text("Welcome Demo").wait_for()
            issues = await page.evaluate(
                "() => document.querySelector('home-assistant').hass.callWS({type: 'repairs/list_issues'})"
            )
            assert [issue for issue in issues["issues"] if not issue["ignored"]] == []
            entries = await api(page, "GET", "config/config_entries/entry")
            assert {entry["domain"] for entry in entries if entry["state"] != "loaded"} == set()
            await media_browser(page)
            await kitchen(page, entity[1])
            vivoka = told(said, "Vivoka VDK Service")
            await set_up_by_hand(page, "vivoka", {"host": vivoka["Host"], "token": vivoka["Access token"]})
            knovvu = told(said, "Knovvu TTS")
            host = {"host": knovvu["Host"], "stand_by": False}
            await set_up_by_hand(page, "knovvu", {**host, "token": knovvu["Access token"]})
            client = {"client_id": knovvu["Client ID"], "client_secret": knovvu["Client secret"]}
            await set_up_by_hand(page, "knovvu", {**host, **client, "token_url": knovvu["Token URL"]})
            await add_integration(page)
    assert process.returncode == 0
