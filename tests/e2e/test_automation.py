"""The automation of the README, run by Home Assistant as it stands there."""

import asyncio
from pathlib import Path
import re
from typing import Any

from homeassistant.util.yaml import parse_yaml
import pytest

from harness.home_assistant import HomeAssistant
from harness.mpd import mpd

from . import likeness, samples
from .conftest import Speakers

pytestmark = pytest.mark.asyncio(loop_scope="session")

README = Path(__file__).parents[2] / "README.md"


async def test_washing_machine(home: HomeAssistant, speakers: Speakers, tmp_path: Path) -> None:
    """When the machine is done, the player plays the announcement."""
    (block,) = re.findall(r"```yaml\n(alias: .*?binary_sensor.*?)```", README.read_text("utf-8"), re.DOTALL)
    automation: Any = parse_yaml(block)
    (action,), (trigger,) = automation["actions"], automation["triggers"]
    speaker = speakers["vivoka", "mp3"]
    # Automations are triggered only then.
    await home.wait_until_started()
    assert action["target"]["entity_id"] == speaker.entity_id
    async with mpd(tmp_path) as player:
        entry = await home.add_entry("mpd", {"host": "127.0.0.1", "port": player.port})
        await home.command(
            type="config/entity_registry/update",
            entity_id=await home.entity_of(entry, "media_player"),
            new_entity_id=action["data"]["media_player_entity_id"],
        )
        await home.wait_for_state(action["data"]["media_player_entity_id"])
        await home.call("POST", "/api/config/automation/config/readme", automation)
        await home.wait_for_state("automation.the_washing_machine_is_done")
        for state in (trigger["from"], trigger["to"]):
            await home.call("POST", f"/api/states/{trigger['entity_id']}", {"state": state})
        async with asyncio.timeout(30):
            recording = await player.recorded()
        heard = samples(recording.data, recording.bits)
        assert likeness(heard, samples(speaker.pcm(action["data"]["message"]))).correlation > 0.99
        await home.call("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")
