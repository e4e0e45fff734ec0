"""What a user does in the browser, from setting a service up to repairing it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field as dataclass_field
import json
from pathlib import Path
import re
from typing import Any
from urllib.parse import quote

from playwright.async_api import Error, Locator, Page
import pytest
import pytest_asyncio

from harness.assist import CONFIGURATION
from harness.browser import browser, field, submit
from harness.demo import DOMAIN, SERVICES, TOKEN
from harness.home_assistant import HomeAssistant, HomeAssistantError, home_assistant
from harness.process import free_port
from harness.simulator_process import simulator
from tests.translation_check import english

pytestmark = pytest.mark.asyncio(loop_scope="session")

VOICE = SERVICES[0].voice
OTHER_VOICE = "enu,zoe-ml,neural"
OTHER_TOKEN = "other-token"
NAMES = {"vivoka": "Vivoka VDK", "knovvu": "Knovvu TTS"}
EVAN, ZOE = "Vivoka Evan", "Vivoka Zoe"
"""What voices are called in every list, as long as nobody has named them."""
BUTLER = "The butler"
LABELS = {
    "Evan": "Evan, American English (embedded-pro)",
    "Zoe": "Zoe, American English (neural)",
    "Anna": "Anna, German (embedded-pro)",
}
VOICE_TEXTS = english("config_subentries", "voice")
SIZES = {"desk": {"width": 1000, "height": 750}, "phone": {"width": 390, "height": 844}}


@dataclass(slots=True)
class Desk:
    """A user at a browser, Home Assistant, and the services, which can be started anew with other habits."""

    home: HomeAssistant
    page: Page
    folder: Path
    port: int = dataclass_field(default_factory=free_port)
    services: AsyncExitStack = dataclass_field(default_factory=AsyncExitStack)

    async def start_services(self, *arguments: str) -> None:
        """Start both services anew."""
        await self.services.aclose()
        self.services = AsyncExitStack()
        log = self.folder / "simulator.log"
        await self.services.enter_async_context(simulator(log, "--tones", *arguments, port=self.port))

    async def entry(self, kind: str) -> dict[str, Any]:
        """Return the entry of a service."""
        entries = await self.home.call("GET", "/api/config/config_entries/entry")
        return next(entry for entry in entries if entry["title"] == NAMES[kind])

    async def reload(self, kind: str) -> None:
        """Have Home Assistant find out at once what has changed."""
        path = f"/api/config/config_entries/entry/{(await self.entry(kind))['entry_id']}/reload"
        await self.home.call("POST", path, {})

    async def diagnostics(self, kind: str) -> Any:
        """Return what Home Assistant knows of a service."""
        path = f"/api/diagnostics/config_entry/{(await self.entry(kind))['entry_id']}"
        return (await self.home.call("GET", path))["data"]

    async def go(self, path: str) -> None:
        """Show a page."""
        # A dialog that closes goes back in the history: from here it cannot, unless it is just about to.
        await self.page.goto("about:blank")
        try:
            await self.page.goto(self.home.url + path)
        except Error:
            await self.page.goto(self.home.url + path)

    async def add(self, kind: str) -> None:
        """Show the form of a new service, whose name is what the user searches for."""
        page, texts = self.page, english("config", "step", "user", "menu_options")
        await self.go("/config/integrations/dashboard")
        await page.get_by_role("button", name="Add integration").click()
        found = page.locator("ha-integration-list-item", has_text="WebSocket TTS")
        await page.locator("ha-integration-list-item").first.wait_for()
        await page.keyboard.type(kind)
        await found.first.click()
        await page.get_by_text(texts["vivoka"]).wait_for()
        await page.get_by_text(texts[kind]).click()

    async def row(self, kind: str) -> Locator:
        """Show the page of the integration; return the row of an entry."""
        await self.go(f"/config/integrations/integration/{DOMAIN}")
        row = self.page.locator("ha-config-entry-row", has_text=NAMES[kind]).first
        await row.wait_for()
        return row

    async def voice_row(self, kind: str, name: str) -> Locator:
        """Show the page of the integration; return the row of a voice profile."""
        row = (await self.row(kind)).locator("ha-config-sub-entry-row", has_text=name).first
        await row.wait_for()
        return row

    async def listen(self) -> None:
        """Listen to the voice to the end, and use it."""
        texts = english("config", "step", "listen")
        await self.page.get_by_text(texts["title"]).wait_for()
        audio = self.page.locator("audio")
        await audio.evaluate(
            "audio => new Promise((end, fail) => {"
            " audio.onended = end; audio.onerror = () => fail(audio.error.message);"
            " audio.play().catch(fail); })"
        )
        assert await audio.evaluate("audio => audio.currentTime") > 0.5
        # Not Infinity: the player shows how long it is.
        assert 0.5 < await audio.evaluate("audio => audio.duration") < 60
        await self.page.get_by_text(texts["menu_options"]["use_voice"], exact=True).click()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Desk]:
    """Run Home Assistant with a browser before it."""
    folder = tmp_path_factory.mktemp("browser")
    more = f"demo:\n{CONFIGURATION.replace('slow_writer:', '')}"
    async with home_assistant(folder, more=more) as home:
        await home.onboard()
        async with browser(home.url) as page:
            desk = Desk(home, page, folder)
            await desk.start_services("--token", TOKEN)
            yield desk
            await desk.services.aclose()


@pytest.mark.parametrize(
    ("kind", "host"), [("vivoka", "127.0.0.1:{}"), ("knovvu", "ws://127.0.0.1:{}/synthesizer")]
)
async def test_add(desk: Desk, kind: str, host: str) -> None:
    """A service is added by hand, with a wrong token at first."""
    page, texts = desk.page, english("config", "step")
    await desk.add(kind)
    await field(page, texts[kind]["data"]["host"]).fill(host.format(desk.port))
    token = field(page, texts[kind]["data"]["token"])
    await token.fill("wrong-token")
    await submit(page)
    await page.get_by_text(english("config", "error", "invalid_auth")).wait_for()
    await token.fill(TOKEN)
    await submit(page)
    await page.get_by_text(texts["voice"]["title"]).wait_for()
    advanced = texts["voice"]["sections"]["advanced"]
    for silence in ("3001", "100"):
        await page.get_by_text(advanced["name"]).click()
        await field(page, advanced["data"]["lead_in"]).fill(silence)
        await submit(page)
        if silence == "3001":
            await page.get_by_text(english("config", "error", "silence_out_of_range")).wait_for()
    await desk.listen()
    if kind == "knovvu":
        # What is typed here is the name of the voice in every list.
        await page.locator("step-flow-create-entry").locator("input").first.fill(BUTLER)
        await page.get_by_role("button", name="Finish").last.click()
        await desk.voice_row(kind, BUTLER)
        await desk.home.wait_until_loaded((await desk.entry(kind))["entry_id"])
        entity_id = await desk.home.entity_of(await desk.entry(kind))
        state = await desk.home.call("GET", f"/api/states/{entity_id}")
        assert state["attributes"]["friendly_name"] == BUTLER
    else:
        await page.get_by_role("button", name="Skip and finish").click()
        await desk.voice_row(kind, EVAN)
    assert (await desk.entry(kind))["state"] == "loaded"


@pytest.mark.parametrize("size", SIZES)
async def test_other_web_server(desk: Desk, size: str) -> None:
    """An address where something else answers is refused at its field, at a desk and on a phone."""
    page = desk.page
    await desk.add("knovvu")
    await page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    await field(page, english("config", "step", "knovvu", "data", "host")).fill(desk.home.url)
    await submit(page)
    await page.get_by_text("There is no /synthesizer at").wait_for()
    await page.set_viewport_size(SIZES["desk"])  # type: ignore[arg-type]


async def test_unencrypted(desk: Desk) -> None:
    """Before credentials go over the internet unencrypted, the user may enter another address."""
    page, texts = desk.page, english("config", "step")
    await desk.add("vivoka")
    await field(page, texts["vivoka"]["data"]["host"]).fill("http://speech.example.com")
    await field(page, texts["vivoka"]["data"]["token"]).fill(TOKEN)
    await submit(page)
    await page.get_by_text(texts["unencrypted"]["title"]).wait_for()
    await page.get_by_text(texts["unencrypted"]["menu_options"]["send_unencrypted"], exact=True).wait_for()
    await page.get_by_text(texts["unencrypted"]["menu_options"]["change_address"], exact=True).click()
    host = field(page, texts["vivoka"]["data"]["host"])
    await host.wait_for()
    assert await host.input_value() == "http://speech.example.com"
    assert await field(page, texts["vivoka"]["data"]["token"]).input_value() == ""


async def test_device_page(desk: Desk) -> None:
    """The device has the speaking entity, diagnostic ones that are disabled, its voice and its host."""
    await desk.row("vivoka")
    await desk.page.get_by_text("WebSocket TTS", exact=True).first.wait_for()
    await desk.page.locator("ha-config-entry-device-row", has_text=EVAN).click()
    await desk.page.locator("ha-device-entities-card").get_by_text(EVAN).first.wait_for()
    await desk.page.get_by_text("+3 disabled entities").wait_for()
    await desk.page.get_by_text(LABELS["Evan"]).first.wait_for()
    link = desk.page.locator(f"a[href='http://127.0.0.1:{desk.port}']")
    await link.first.wait_for()


async def choose_voice(desk: Desk, shown: str, chosen: str) -> None:
    """Choose another voice in a form, listen to it, and use it."""
    page = desk.page
    await page.locator("ha-dialog").get_by_role("button", name=shown).click()
    await page.get_by_text(chosen).last.click()
    await submit(page)
    await desk.listen()
    await page.get_by_role("button", name=re.compile("Finish|Close")).last.click()


async def test_change_voice(desk: Desk) -> None:
    """The form of a voice shows it by its name; another one is chosen, and speaks."""
    row = await desk.voice_row("vivoka", EVAN)
    await row.get_by_role("button", name=VOICE_TEXTS["initiate_flow"]["reconfigure"]).click()
    await choose_voice(desk, LABELS["Evan"], LABELS["Zoe"])
    await desk.home.wait_until_loaded((await desk.entry("vivoka"))["entry_id"])
    entity_id = await desk.home.entity_of(await desk.entry("vivoka"))
    await desk.home.fetch_speech(entity_id, "A change.", {})
    assert (await desk.diagnostics("vivoka"))["utterances"][-1]["voice"] == OTHER_VOICE
    await desk.voice_row("vivoka", ZOE)


@pytest.mark.parametrize("size", SIZES)
async def test_voices(desk: Desk, size: str) -> None:
    """A voice is added, changed and removed, at a desk and on a phone, and is in the lists by its name."""
    page, name = desk.page, f"Children on the {size}"
    await page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    await desk.row("vivoka")
    await page.get_by_role("button", name=VOICE_TEXTS["initiate_flow"]["user"]).click()
    # With several services, one of them is asked for.
    await page.locator("ha-dialog").get_by_text(NAMES["vivoka"]).last.click()
    await field(page, VOICE_TEXTS["step"]["user"]["data"]["name"]).fill(name)
    await choose_voice(desk, LABELS["Evan"], LABELS["Anna"])
    row = await desk.voice_row("vivoka", name)
    entity_id = f"tts.children_on_the_{size}"
    await desk.home.wait_for_state(entity_id)
    await desk.home.fetch_speech(entity_id, "Hello, children.", {})
    assert (await desk.diagnostics("vivoka"))["utterances"][-1]["profile"] == name
    await row.get_by_role("button", name=VOICE_TEXTS["initiate_flow"]["reconfigure"]).click()
    await choose_voice(desk, LABELS["Anna"], LABELS["Evan"])
    row = await desk.voice_row("vivoka", name)
    await row.locator("ha-dropdown ha-icon-button").first.click()
    await page.get_by_role("menuitem", name="Delete").locator("visible=true").first.click()
    await page.get_by_role("button", name="Delete").last.click()
    await page.locator("ha-config-sub-entry-row", has_text=name).wait_for(state="detached")
    states = {state["entity_id"] for state in await desk.home.call("GET", "/api/states")}
    assert entity_id not in states
    await page.set_viewport_size(SIZES["desk"])  # type: ignore[arg-type]


async def test_media(desk: Desk) -> None:
    """Where any text can be spoken, the voice of the entity is the one that is preselected."""
    page = desk.page
    provider = f"media-source://tts/{await desk.home.entity_of(await desk.entry('vivoka'))}"
    places = ("app", "media-source://tts"), ("provider", provider)
    await desk.go("/media-browser/browser/" + "/".join(quote(",".join(place), safe="") for place in places))
    voices = page.locator("ha-tts-voice-picker")
    await voices.wait_for()
    await page.wait_for_function("e => e.value", arg=await voices.element_handle())
    assert await voices.evaluate("e => e.value") == OTHER_VOICE


async def open_settings(desk: Desk, name: str) -> None:
    """Open the form of a voice of Knovvu, and its additional settings."""
    row = await desk.voice_row("knovvu", name)
    await row.get_by_role("button", name=VOICE_TEXTS["initiate_flow"]["reconfigure"]).click()
    await desk.page.get_by_text(VOICE_TEXTS["step"]["reconfigure"]["sections"]["advanced"]["name"]).click()


async def test_chime_file(desk: Desk) -> None:
    """A chime of one's own is chosen in a step of its own; without a file, there is none."""
    page = desk.page
    await open_settings(desk, BUTLER)
    await page.get_by_text(english("selector", "chime", "options", "file")).click()
    await submit(page)
    await page.get_by_text(VOICE_TEXTS["step"]["chime_file"]["title"]).wait_for()
    await submit(page)
    # There is nothing to listen to: it sounds as before.
    await page.get_by_role("button", name=re.compile("Finish|Close")).last.click()
    await desk.home.wait_until_loaded((await desk.entry("knovvu"))["entry_id"])


async def test_fallback_is_removed(desk: Desk) -> None:
    """A fallback that was removed is a repair at once; there, another one or none is chosen."""
    page, home, texts = desk.page, desk.home, english("issues", "fallback_gone")
    entity_id = await home.entity_of(await desk.entry("vivoka"))
    await open_settings(desk, BUTLER)
    fallback = page.locator("ha-selector-entity")
    await fallback.scroll_into_view_if_needed()
    await fallback.click()
    await page.get_by_text(ZOE).last.click()
    await submit(page)
    await page.get_by_role("button", name=re.compile("Finish|Close")).last.click()
    await home.wait_until_loaded((await desk.entry("knovvu"))["entry_id"])
    await home.command(type="config/entity_registry/remove", entity_id=entity_id)
    await desk.go("/config/repairs")
    await page.get_by_text(texts["title"].format(name=BUTLER)).click()
    await page.get_by_text(f"{entity_id} no longer exists").wait_for()
    await submit(page)
    await page.get_by_role("button", name=re.compile("Finish|Close")).last.click()
    await page.get_by_text(texts["title"].format(name=BUTLER)).wait_for(state="detached")
    await home.wait_until_loaded((await desk.entry("knovvu"))["entry_id"])
    (profile,) = (await desk.diagnostics("knovvu"))["entry"]["profiles"].values()
    assert profile["settings"]["fallback"] is None
    await desk.reload("vivoka")
    await home.wait_for_state(entity_id)


async def test_developer_tools(desk: Desk) -> None:
    """tts.speak is performed as an action."""
    entity_id = await desk.home.entity_of(await desk.entry("vivoka"))
    page = desk.page
    await desk.go("/config/tools/action")
    await page.get_by_text("YAML mode").click()
    await page.locator(".cm-content").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(
        f"action: tts.speak\ntarget:\n  entity_id: {entity_id}\ndata:\n"
        "  media_player_entity_id: media_player.living_room\n  message: From the tools."
    )
    await page.get_by_role("button", name="Perform action").click()
    async with asyncio.timeout(20):
        while True:
            state = await desk.home.call("GET", "/api/states/media_player.living_room")
            if f"{entity_id}?message=From+the+tools." in state["attributes"].get("media_content_id", ""):
                break
            await asyncio.sleep(0.1)


async def test_voice_assistant(desk: Desk) -> None:
    """The dialog of a voice assistant offers the service, its languages and its voices by their names."""
    page = desk.page
    await desk.go("/config/voice-assistants/assistants")
    await page.get_by_role("button", name="Add assistant").click()
    dialog = page.locator("dialog-voice-assistant-pipeline-detail")
    await dialog.locator("ha-form").first.locator("input:not([type=checkbox])").first.fill("Kitchen")
    picker = dialog.locator("ha-tts-picker")
    await picker.scroll_into_view_if_needed()
    await picker.click()
    await page.get_by_text(ZOE, exact=True).last.click()
    await dialog.get_by_text("American English").first.wait_for()
    # The voice of the entity is preselected.
    voices = dialog.locator("ha-tts-voice-picker")
    await page.wait_for_function("e => e.value", arg=await voices.element_handle())
    assert await voices.evaluate("e => e.value") == OTHER_VOICE
    await page.get_by_role("button", name="Create").click()
    await dialog.get_by_text("Add assistant").wait_for(state="hidden")
    made = await desk.home.command(type="assist_pipeline/pipeline/list")
    kitchen = next(one for one in made["pipelines"] if one["name"] == "Kitchen")
    assert (kitchen["tts_language"], kitchen["tts_voice"]) == ("en-US", OTHER_VOICE)


async def menu(desk: Desk, kind: str, item: str) -> None:
    """Choose something in the menu of an entry."""
    await (await desk.row(kind)).locator("ha-dropdown ha-icon-button").first.click()
    # Each device has a menu of its own, which is there, but not shown.
    await desk.page.get_by_role("menuitem", name=item).locator("visible=true").first.click()


async def test_diagnostics(desk: Desk) -> None:
    """The diagnostics can be downloaded, and have no secret in them."""
    async with desk.page.expect_download() as download:
        await menu(desk, "vivoka", "Download diagnostics")
    file = await (await download.value).path()
    text = await asyncio.to_thread(file.read_text, "utf-8")
    assert json.loads(text)["data"]["service"] == "Vivoka VDK"
    assert TOKEN not in text


async def test_reconfigure(desk: Desk) -> None:
    """The host is changed; the token, which is not shown, is not sent there by itself."""
    page = desk.page
    await menu(desk, "knovvu", "Reconfigure")
    texts = english("config", "step", "reconfigure", "data")
    assert await field(page, texts["token"]).input_value() == ""
    await field(page, texts["host"]).fill(f"http://localhost:{desk.port}")
    await submit(page)
    await page.get_by_text(english("config", "error", "token_required")).wait_for()
    await field(page, texts["token"]).fill(TOKEN)
    await submit(page)
    await page.get_by_role("button", name="Close").last.click()
    await desk.home.wait_until_loaded((await desk.entry("knovvu"))["entry_id"])
    assert (await desk.diagnostics("knovvu"))["entry"]["data"]["host"] == f"http://localhost:{desk.port}"


async def test_reauthentication(desk: Desk) -> None:
    """A token that is not accepted any more is replaced."""
    page = desk.page
    await desk.start_services("--token", OTHER_TOKEN)
    await desk.reload("vivoka")
    await desk.row("vivoka")
    await page.get_by_role("button", name="Reconfigure").first.click()
    await field(page, english("config", "step", "reauth_confirm", "data", "token")).fill(OTHER_TOKEN)
    await submit(page)
    await page.get_by_role("button", name="Close").last.click()
    await desk.home.wait_until_loaded((await desk.entry("vivoka"))["entry_id"])


async def test_repair(desk: Desk) -> None:
    """A voice that is gone shows under Repairs, and another one is chosen there."""
    page = desk.page
    await desk.start_services("--token", OTHER_TOKEN, "--without", OTHER_VOICE)
    # A list without it is doubted for a minute, unless the service also refuses to speak with it.
    with pytest.raises(HomeAssistantError):
        await desk.home.fetch_speech(await desk.home.entity_of(await desk.entry("vivoka")), "Who is it?", {})
    await desk.go("/config/repairs")
    await page.get_by_text(english("issues", "voice_gone", "title").format(name=ZOE)).click()
    await page.locator("ha-selector-select").wait_for()
    await page.get_by_text("no longer has the voice").wait_for()
    await page.locator("ha-selector-select").click()
    await page.get_by_text(LABELS["Evan"]).last.click()
    await submit(page)
    await desk.listen()
    await page.get_by_role("button", name=re.compile("Finish|Close")).last.click()
    await desk.home.wait_until_loaded((await desk.entry("vivoka"))["entry_id"])
    entity_id = await desk.home.entity_of(await desk.entry("vivoka"))
    await desk.home.fetch_speech(entity_id, "Mended.", {})
    assert (await desk.diagnostics("vivoka"))["utterances"][-1]["voice"] == VOICE
