"""The automation of the README, run by Home Assistant."""

import asyncio
from pathlib import Path
import re
from typing import Any

from homeassistant.util.yaml import parse_yaml
import pytest
import pytest_asyncio

from harness.home_assistant import HomeAssistant
from harness.mpd import mpd

from .conftest import Speakers

pytestmark = pytest.mark.asyncio(loop_scope="session")

README = Path(__file__).parents[2] / "README.md"
MACHINE = "binary_sensor.washing_machine"
PLAYER = "media_player.music_player_daemon"
VOICES = [("enu,evan,embedded-pro", "en-US"), ("ged,anna-ml,embedded-pro", "de-DE")]


@pytest_asyncio.fixture(loop_scope="session")
async def automation(home: HomeAssistant, speakers: Speakers) -> None:
    """Have the automation that speaks two languages, for our entities."""
    blocks = re.findall(r"```yaml\n(alias: .*?)```", README.read_text("utf-8"), re.DOTALL)
    text = re.sub(r"(?<=entity_id: )tts\.\w+", speakers["vivoka", "mp3"].entity_id, blocks[0])
    text = re.sub(r"media_player\.\w+", PLAYER, text).replace("delay: 5", "delay: 1")
    automation: Any = parse_yaml(text)
    await home.call("POST", "/api/config/automation/config/readme", automation)


@pytest.mark.usefixtures("automation")
async def test_two_languages(home: HomeAssistant, speakers: Speakers, tmp_path: Path) -> None:
    """The announcement is made twice, each with a voice of its language."""
    speaker = speakers["vivoka", "mp3"]
    async with mpd(tmp_path) as player:
        entry = await home.add_entry("mpd", {"host": "127.0.0.1", "port": player.port})
        for state in ("on", "off"):
            await home.call("POST", f"/api/states/{MACHINE}", {"state": state})
        spoken: list[tuple[str, str]] = []
        async with asyncio.timeout(30):
            while spoken[-2:] != VOICES:
                await asyncio.sleep(0.2)
                path = f"/api/diagnostics/config_entry/{speaker.entry_id}"
                found = (await home.call("GET", path))["data"]["utterances"]
                spoken = [(utterance["voice"], utterance["language"]) for utterance in found]
        await player.recorded()
        await home.call("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")
