"""Home Assistant's own Marketplace installs the integration from its repository, and updates it."""

import asyncio
import json
from pathlib import Path
import sys
from typing import Any

from harness import marketplace
from harness.demo import DOMAIN, SERVICES, TOKEN
from harness.github import OWNER_AND_NAME, GitHub, Repository, connected_account, github
from harness.home_assistant import WAV_HEADER_SIZE, HomeAssistant, home_assistant
from harness.simulator_process import simulator
from simulator import tones

ROOT = Path(__file__).parents[2]
MANIFEST = json.loads((ROOT / "custom_components" / DOMAIN / "manifest.json").read_text("utf-8"))
MARKETPLACE = "01JDMARKETPLACE00000000000"
BEFORE = "0.9.0"
TEXT = "I want a coffee."


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


async def test_install_and_update(tmp_path: Path) -> None:
    """It is added by its link, installed, set up, and speaks; an update keeps entries and entities."""
    (tmp_path / ".storage").mkdir()
    (tmp_path / ".storage" / "core.config_entries").write_text(
        json.dumps(connected_account(MARKETPLACE)), "utf-8"
    )
    repository = Repository.create(tmp_path / "repository")
    repository.release(BEFORE)
    async with (
        github(repository) as server,
        simulator(tmp_path / "simulator.log", "--tones", "--token", TOKEN) as port,
    ):
        program = [sys.executable, str(Path(marketplace.__path__[0]) / "__main__.py"), server.url]
        async with home_assistant(tmp_path, ours=[], program=program) as home:
            await home.onboard()
            await until_running(home)
            await home.command(type="marketplace/warning/accept")
            link = MANIFEST["documentation"]
            found = await home.command(type="marketplace/repositories/detect", repository=link)
            assert found == {"categories": ["integration"]}
            await home.command(type="marketplace/repositories/add", repository=link, category="integration")
            offered = await shown(home)
            assert offered["name"] == "WebSocket TTS"
            assert offered["can_install"]
            assert offered["available_version"] == BEFORE
            assert offered["additional_info"] == (ROOT / "README.md").read_text("utf-8")
            await home.command(type="marketplace/repository/install", repository=offered["id"])
            assert (await shown(home))["installed_version"] == BEFORE
            await home.wait_until_started()
        async with home_assistant(tmp_path, program=program, before=home) as home:
            await until_running(home)
            entries = [await home.add_entry(DOMAIN, *service.answers(port)) for service in SERVICES]
            entities = [await home.entity_of(entry) for entry in entries]
            for entity_id in entities:
                await check_speech(home, entity_id)
            repository.release(MANIFEST["version"])
            await home.command(type="marketplace/repository/refresh", repository=offered["id"])
            update = (await shown(home))["update_entity_id"]
            state = await home.call("GET", f"/api/states/{update}")
            assert state["state"] == "on"
            assert state["attributes"]["latest_version"] == MANIFEST["version"]
            await home.call("POST", "/api/services/update/install", {"entity_id": update})
            assert (await shown(home))["installed_version"] == MANIFEST["version"]
            issues = (await home.command(type="repairs/list_issues"))["issues"]
            assert "restart_required" in {issue["translation_key"] for issue in issues}
            await home.wait_until_started()
        async with home_assistant(tmp_path, program=program, before=home) as home:
            for entry, entity_id in zip(entries, entities, strict=True):
                await home.wait_until_loaded(entry["entry_id"])
                assert await home.entity_of(entry) == entity_id
                await check_speech(home, entity_id)
            manifest = await home.command(type="manifest/get", integration=DOMAIN)
            assert manifest["version"] == MANIFEST["version"]
        assert server.refused == []
        assert complaints(tmp_path, server) == []
    installed = {file.name for file in (tmp_path / "custom_components" / DOMAIN).iterdir()}
    assert installed >= {"manifest.json", "translations", "brand", "speech"}
