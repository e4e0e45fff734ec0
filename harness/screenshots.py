"""Makes the pictures of the documentation from a real Home Assistant: scripts/screenshots."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field as dataclass_field
import json
from pathlib import Path
import re
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import FloatRect, Locator, Page, ViewportSize

from .browser import browser, field, submit
from .demo import DOMAIN
from .home_assistant import OURS, HomeAssistant, HomeAssistantError, home_assistant
from .process import running
from .simulator_process import simulator

ENTRIES = "/api/config/config_entries/entry"
IMAGES = Path(__file__).parents[1] / "docs" / "images"
HOST = "192.168.1.20"
"""What the pictures show; the simulator is on the loopback address."""
TITLE = "Vivoka Evan"
VOICE = "enu,evan,embedded-pro"
MESSAGE = "The washing machine is done. Please empty it before the cat moves in."
_SCHEMES = {"light": "", "dark": "_dark"}
"""The color schemes, and how the names of their files end."""
_SIZE = ViewportSize(width=800, height=640)
_TALL = ViewportSize(width=800, height=1200)
"""So high that nothing has to be scrolled."""
_FADE = 0.5
"""Seconds in which the page takes a new color scheme, and a dialog opens."""
_SURROUNDINGS = """
home-assistant-main { opacity: 0; }
dialog::backdrop { background: none !important; backdrop-filter: none !important; }
html, body { background: none !important; }
"""
"""Style that hides what is behind a dialog, which has round corners."""


class ScreenshotError(Exception):
    """A picture could not be made."""


@dataclass(slots=True)
class Camera:
    """Takes pictures of a page, in both color schemes."""

    page: Page
    folder: Path
    frames: list[tuple[str, float]] = dataclass_field(default_factory=list)
    """The frames of the film, and how long each of them shows, in seconds."""

    async def dialog(self, name: str) -> None:
        """Take a picture of the open dialog alone."""
        await self._picture(name, self.page.locator("dialog.open").last, style=_SURROUNDINGS)

    async def part(self, name: str, part: Locator) -> None:
        """Take a picture of a part of the page."""
        await self._picture(name, part)

    async def frame(self, seconds: float) -> None:
        """Add what shows to the film."""
        name = f"frame{len(self.frames):02}"
        async for ending in self._schemes():
            await self.page.screenshot(path=self.folder / f"{name}{ending}.png")
        self.frames.append((name, seconds))

    async def _picture(self, name: str, part: Locator, style: str | None = None) -> None:
        async for ending in self._schemes():
            box = await part.bounding_box()
            if box is None:
                raise ScreenshotError(f"nothing of {name} is visible")
            clip = FloatRect(x=box["x"], y=box["y"], width=box["width"], height=box["height"])
            path = IMAGES / f"{name}{ending}.png"
            await self.page.screenshot(path=path, clip=clip, style=style, omit_background=style is not None)

    async def _schemes(self) -> AsyncGenerator[str]:
        # Neither a blinking cursor nor the pointer over something.
        await self.page.mouse.move(0, 0)
        for scheme, ending in _SCHEMES.items():
            await self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await asyncio.sleep(_FADE)
            yield ending

    async def film(self, name: str) -> None:
        """Make an animation of the frames."""
        for ending in _SCHEMES.values():
            lines = [f"file '{frame}{ending}.png'\nduration {seconds}" for frame, seconds in self.frames]
            # The last one shows for as long as is said only if another one follows.
            lines.append(f"file '{self.frames[-1][0]}{ending}.png'")
            script = self.folder / f"film{ending}.txt"
            script.write_text("\n".join(lines), encoding="utf-8")
            source = ["-f", "concat", "-safe", "0", "-i", str(script)]
            target = ["-plays", "0", "-f", "apng", "-pred", "mixed", str(IMAGES / f"{name}{ending}.png")]
            log = self.folder / "ffmpeg.log"
            command = ["ffmpeg", "-y", *source, "-fps_mode", "passthrough", *target]
            async with running(command, log, self.folder) as process:
                if await process.wait():
                    raise ScreenshotError(log.read_text(encoding="utf-8"))


def texts(*path: str) -> Any:  # noqa: ANN401 (JSON)
    """Return English texts."""
    found = json.loads((OURS / "translations" / "en.json").read_text("utf-8"))
    for key in path:
        found = found[key]
    return found


async def set_up(camera: Camera, url: str, port: int) -> None:
    """Set Vivoka up, as a user does."""
    page = camera.page
    await page.goto(f"{url}/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    items = page.locator("ha-integration-list-item")
    await items.nth(3).wait_for()
    for part in ("viv", "oka"):
        await page.keyboard.type(part)
        await camera.frame(0.8)
    await items.first.click()
    await page.get_by_text(texts("config", "step", "user", "menu_options", "vivoka")).wait_for()
    await camera.frame(1.5)
    await page.get_by_text(texts("config", "step", "user", "menu_options", "vivoka")).click()
    host = field(page, texts("config", "step", "vivoka", "data", "host"))
    await host.fill(HOST)
    await host.blur()
    await camera.frame(1.5)
    await camera.dialog("form")
    await host.fill(f"127.0.0.1:{port}")
    await submit(page)
    await page.get_by_text(texts("config", "step", "voice", "title")).wait_for()
    await camera.frame(1.5)
    await camera.dialog("voice")
    await submit(page)
    use_voice = page.get_by_text(texts("config", "step", "listen", "menu_options", "use_voice"))
    await use_voice.wait_for()
    await camera.frame(1.5)
    await camera.dialog("listen")
    await use_voice.click()
    finish = page.get_by_role("button", name="Skip and finish")
    await finish.wait_for()
    await camera.frame(1.5)
    await finish.click()


async def speak(camera: Camera, url: str) -> None:
    """Speak from the media browser, as a user does."""
    page = camera.page
    await page.goto(f"{url}/media-browser/browser")
    await page.locator("ha-card", has_text="Text-to-speech").click()
    await page.locator("ha-card", has_text="Vivoka").click()
    message = page.locator("textarea").first
    for text in (MESSAGE[:12], MESSAGE):
        await message.fill(text)
        await camera.frame(0.8)
    await message.blur()
    await page.get_by_role("button", name="Say").click()
    await page.get_by_role("button", name="Pause").wait_for()
    for _ in range(3):
        await camera.frame(1)


async def show_repair(camera: Camera, hass: HomeAssistant) -> None:
    """Show the repair of a voice that is gone."""
    (entry,) = [one for one in await hass.call("GET", ENTRIES) if one["domain"] == DOMAIN]
    await hass.call("POST", f"{ENTRIES}/{entry['entry_id']}/reload", {})
    await hass.wait_until_loaded(entry["entry_id"])
    # A list without the voice is doubted for a minute, but not if the service refuses the voice.
    with suppress(HomeAssistantError):
        await hass.fetch_speech(await hass.entity_of(entry), "Not in the cache.", {})
    await camera.page.goto(f"{hass.url}/config/repairs")
    await camera.page.get_by_text(texts("issues", "voice_gone", "title").partition("{")[0]).first.click()
    await camera.page.get_by_text("no longer has the voice").wait_for()
    await camera.dialog("repair")


async def show_device(camera: Camera, hass: HomeAssistant) -> None:
    """Show the device, with its diagnostic sensors enabled."""
    (entry,) = [one for one in await hass.call("GET", ENTRIES) if one["domain"] == DOMAIN]
    for entity in await hass.command(type="config/entity_registry/list"):
        if entity["config_entry_id"] == entry["entry_id"] and entity["disabled_by"]:
            await hass.command(
                type="config/entity_registry/update", entity_id=entity["entity_id"], disabled_by=None
            )
    await hass.call("POST", f"{ENTRIES}/{entry['entry_id']}/reload", {})
    await hass.wait_until_loaded(entry["entry_id"])
    await hass.fetch_speech(await hass.entity_of(entry), MESSAGE, {})
    devices = await hass.command(type="config/device_registry/list")
    (device,) = [one for one in devices if one["name"] == TITLE]
    await camera.page.goto(f"{hass.url}/config/devices/device/{device['id']}")
    await camera.page.get_by_text("Time to first audio").wait_for()
    await camera.part("device", camera.page.locator("ha-config-device-page .container"))


async def add_voice(camera: Camera, hass: HomeAssistant) -> None:
    """Add a second voice, and show both."""
    page = camera.page
    await page.goto(f"{hass.url}/config/integrations/integration/{DOMAIN}")
    await page.get_by_role(
        "button", name=texts("config_subentries", "voice", "initiate_flow", "user")
    ).click()
    name = field(page, texts("config_subentries", "voice", "step", "user", "data", "name"))
    await name.fill("Night")
    await name.blur()
    await submit(page)
    await page.get_by_text(
        texts("config_subentries", "voice", "step", "listen", "menu_options", "use_voice")
    ).click()
    await page.get_by_role("button", name=re.compile("Skip and finish|Finish|Close")).last.click()
    row = page.locator("ha-config-entry-row", has_text="Vivoka VDK").first
    await row.get_by_text("Night").first.wait_for()
    await camera.part("voices", row)


async def show_assistant(camera: Camera, hass: HomeAssistant) -> None:
    """Show the voices of an assistant."""
    page = camera.page
    await page.goto(f"{hass.url}/config/voice-assistants/assistants")
    await page.get_by_role("button", name="Add assistant").click()
    dialog = page.locator("dialog-voice-assistant-pipeline-detail")
    picker = dialog.locator("ha-tts-picker")
    await picker.scroll_into_view_if_needed()
    await picker.click()
    await page.get_by_text(TITLE, exact=True).last.click()
    await dialog.get_by_text("American English").first.wait_for()
    await camera.part("assistant", dialog.locator("assist-pipeline-detail-tts"))


async def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="websocket-tts-") as name:
        folder = Path(name)
        async with _new_home_assistant(folder) as hass, browser(hass.url) as page:
            await page.set_viewport_size(_SIZE)
            camera = Camera(page, folder)
            async with simulator(folder / "simulator.log") as port:
                await set_up(camera, hass.url, port)
                await speak(camera, hass.url)
                await camera.film("film")
                await page.set_viewport_size(_TALL)
                await add_voice(camera, hass)
                await show_device(camera, hass)
                await show_assistant(camera, hass)
            async with simulator(folder / "simulator.log", "--without", VOICE, port=port):
                await show_repair(camera, hass)


@asynccontextmanager
async def _new_home_assistant(folder: Path) -> AsyncGenerator[HomeAssistant]:
    """Run Home Assistant, with a user logged in."""
    async with home_assistant(folder) as hass:
        await hass.onboard()
        await hass.wait_until_started()
        yield hass


if __name__ == "__main__":
    asyncio.run(main())
