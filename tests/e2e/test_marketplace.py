"""Home Assistant's own Marketplace installs the integration from its repository, and updates it."""

import asyncio
import json
from pathlib import Path
import re
import sys
from typing import Any

from harness import marketplace
from harness.browser import browser
from harness.demo import DOMAIN, SERVICES, TOKEN
from harness.github import OWNER_AND_NAME, GitHub, Repository, connected_account, github
from harness.home_assistant import WAV_HEADER_SIZE, HomeAssistant, home_assistant
from harness.simulator_process import simulator
from simulator import tones
from tests.translation_check import english

ROOT = Path(__file__).parents[2]
MANIFEST = json.loads((ROOT / "custom_components" / DOMAIN / "manifest.json").read_text("utf-8"))
MARKETPLACE = "01JDMARKETPLACE00000000000"
README = (ROOT / "README.md").read_text("utf-8")
BEFORE = "0.9.0"
TEXT = "I want a coffee."


type Entries = list[tuple[dict[str, Any], str]]
"""Entries with their entity IDs."""


def button(name: str) -> str:
    """Return where a button of the README leads to in Home Assistant."""
    (query,) = re.findall(rf"https://my\.home-assistant\.io/redirect/{name}/(\?[^)]+)\)", README)
    return f"/_my_redirect/{name}{query}"


async def until_running(home: HomeAssistant) -> None:
    """Wait until the Marketplace has read its catalog."""
    await home.wait_until_loaded(MARKETPLACE)
    async with asyncio.timeout(60):
        while (await home.command(type="marketplace/info"))["stage"] != "running":
            await asyncio.sleep(0.1)


async def shown(home: HomeAssistant) -> dict[str, Any]:
    """Return what the Marketplace shows of the repository."""
    (repository,) = await home.command(type="marketplace/repositories/list")
    details: dict[str, Any] = await home.command(
        type="marketplace/repository/info", repository_id=repository["id"]
    )
    return details


async def check_speech(home: HomeAssistant, entity_id: str) -> None:
    """Check that an entity speaks."""
    wav = (await home.fetch_speech(entity_id, TEXT, {"preferred_format": "wav"})).data
    assert wav[WAV_HEADER_SIZE:] == tones.pcm(TEXT, int.from_bytes(wav[24:28], "little"))


def complaints(folder: Path, server: GitHub) -> list[str]:
    """Return what Home Assistant warns of, except that it is a custom integration.

    The Marketplace itself writes a hacs.json with nulls when it looks for categories, and then warns of them.
    """
    lines = (folder / "output.log").read_text("utf-8").splitlines()
    return [
        line
        for line in lines
        if (" WARNING " in line or " ERROR " in line)
        and any(name in line for name in ("marketplace", DOMAIN, OWNER_AND_NAME, server.url))
        and "We found a custom integration" not in line
        and "in hacs.json, None is not valid" not in line
    ]


async def install(home: HomeAssistant) -> None:
    """Select the first button of the README, and install the integration."""
    await until_running(home)
    await home.command(type="marketplace/warning/accept")
    found = await home.command(type="marketplace/repositories/detect", repository=MANIFEST["documentation"])
    assert found == {"categories": ["integration"]}
    async with browser(home.url) as page:
        await page.goto(home.url + button("hacs_repository"))
        await page.get_by_role("button", name="Add", exact=True).click()
        installs = page.get_by_role("button", name="Install", exact=True)
        await installs.click()
        # The dialog tells that it is not reviewed by Home Assistant.
        await page.get_by_text(f"version {BEFORE}").last.wait_for()
        offered = await shown(home)
        assert (offered["name"], offered["can_install"]) == ("WebSocket TTS", True)
        assert offered["additional_info"] == README
        await installs.last.click()
        async with asyncio.timeout(60):
            while (await shown(home))["installed_version"] != BEFORE:
                await asyncio.sleep(0.1)


async def set_up(home: HomeAssistant, port: int) -> Entries:
    """Select the second button of the README, and set up both services."""
    async with browser(home.url) as page:
        await page.goto(home.url + button("config_flow_start"))
        await page.get_by_role("button", name="OK").click()
        await page.get_by_text(english("config", "step", "user", "title")).wait_for()
    entries = [await home.add_entry(DOMAIN, *service.answers(port)) for service in SERVICES]
    return [(entry, await home.entity_of(entry)) for entry in entries]


async def update(home: HomeAssistant) -> None:
    """Install the newest release, as the update in the settings does."""
    repository = await shown(home)
    await home.command(type="marketplace/repository/refresh", repository=repository["id"])
    entity_id = repository["update_entity_id"]
    state = await home.call("GET", f"/api/states/{entity_id}")
    assert (state["state"], state["attributes"]["latest_version"]) == ("on", MANIFEST["version"])
    await home.call("POST", "/api/services/update/install", {"entity_id": entity_id})
    assert (await shown(home))["installed_version"] == MANIFEST["version"]
    issues = (await home.command(type="repairs/list_issues"))["issues"]
    assert "restart_required" in {issue["translation_key"] for issue in issues}


async def test_install_and_update(tmp_path: Path) -> None:
    """It is added by its link, installed, set up, and speaks; an update keeps entries and entities."""
    (tmp_path / ".storage").mkdir()
    stored = json.dumps(connected_account(MARKETPLACE))
    (tmp_path / ".storage" / "core.config_entries").write_text(stored, "utf-8")
    repository = Repository.create(tmp_path / "repository")
    repository.release(BEFORE)
    async with (
        github(repository) as server,
        simulator(tmp_path / "simulator.log", "--tones", "--token", TOKEN) as port,
    ):
        program = [sys.executable, str(Path(marketplace.__path__[0]) / "__main__.py"), server.url]
        async with home_assistant(tmp_path, ours=[], program=program, more="my:\n") as home:
            await home.onboard()
            await install(home)
            await home.wait_until_started()
        async with home_assistant(tmp_path, program=program, before=home) as home:
            await until_running(home)
            (vivoka, knovvu) = await set_up(home, port)
            for _, entity_id in (vivoka, knovvu):
                await check_speech(home, entity_id)
            repository.release(MANIFEST["version"])
            await update(home)
            await home.wait_until_started()
        async with home_assistant(tmp_path, program=program, before=home) as home:
            for entry, entity_id in (vivoka, knovvu):
                await home.wait_until_loaded(entry["entry_id"])
                assert await home.entity_of(entry) == entity_id
                await check_speech(home, entity_id)
            manifest = await home.command(type="manifest/get", integration=DOMAIN)
            assert manifest["version"] == MANIFEST["version"]
        assert server.refused == []
        assert complaints(tmp_path, server) == []
    installed = {file.name for file in (tmp_path / "custom_components" / DOMAIN).iterdir()}
    assert installed >= {"manifest.json", "translations", "brand", "speech"}
