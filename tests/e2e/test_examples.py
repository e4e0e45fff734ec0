"""Examples of the documentation with integrations that need a server, run as they stand there."""

import asyncio
from asyncio.subprocess import PIPE
from email.message import EmailMessage
from pathlib import Path
import re
from typing import Any

from homeassistant.util.yaml import parse_yaml
import pytest
from yarl import URL

from harness.home_assistant import HomeAssistant
from harness.receivers import mail_server, music_assistant, ntfy_server

from . import likeness, samples
from .conftest import Speaker, Speakers

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples.md"
SUBENTRIES = "/api/config/config_entries/subentries/flow"
TIMEOUT = 60.0


def example(action: str) -> str:
    """Return the block with an action."""
    pattern = rf"^```yaml\n(action: {action}\n.*?)^```$"
    (block,) = re.findall(pattern, EXAMPLES.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return str(block)


async def perform(home: HomeAssistant, block: str, speaker: Speaker, target: str) -> dict[str, Any]:
    """Do what a user does with a block: put in the own entities, and perform the action; return its data."""
    action: Any = parse_yaml(block)
    block = re.sub(r"tts\.\w+(?=[?\n])", speaker.entity_id, block)
    mine: Any = parse_yaml(block.replace(action["target"]["entity_id"], target))
    await home.wait_until_started()
    await home.command(type="execute_script", sequence=[mine])
    data: dict[str, Any] = mine["data"]
    return data


async def entity_of(home: HomeAssistant, entry: dict[str, Any], domain: str) -> str:
    """Return the entity of an entry that is reloading."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            for entity in await home.command(type="config/entity_registry/list"):
                entity_id = str(entity["entity_id"])
                if entity["config_entry_id"] == entry["entry_id"] and entity_id.startswith(f"{domain}."):
                    await home.wait_for_state(entity_id)
                    return entity_id
            await asyncio.sleep(0.1)


def text_of(media: dict[str, str]) -> str:
    """Return the text of a media source."""
    found = re.search(r'"(.+)" \| urlencode', media["media_content_id"])
    assert found
    return found[1]


async def check_mp3(audio: bytes, speaker: Speaker, text: str) -> None:
    """Check that audio is what the service speaks."""
    command = ["ffmpeg", "-loglevel", "error", "-f", "mp3", "-i", "pipe:0", "-f", "s16le", "pipe:1"]
    decoder = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    heard, _ = await decoder.communicate(audio)
    assert likeness(samples(heard), samples(speaker.pcm(text))).correlation > 0.99


async def test_mail(home: HomeAssistant, speakers: Speakers) -> None:
    """The mail has the speech as an attachment."""
    speaker = speakers["vivoka", "mp3"]
    async with mail_server() as (port, messages):
        form = {"sender": "home@example.com", "server": "127.0.0.1", "port": port, "encryption": "none"}
        entry = await home.add_entry("smtp", {**form, "verify_ssl": False, "options": {}})
        step = await home.call("POST", SUBENTRIES, {"handler": [entry["entry_id"], "recipient"]})
        await home.call("POST", f"{SUBENTRIES}/{step['flow_id']}", {"recipient": "anna@example.com"})
        notify = await entity_of(home, entry, "notify")
        data = await perform(home, example("smtp.send_message"), speaker, notify)
        async with asyncio.timeout(TIMEOUT):
            message: EmailMessage = await messages.get()
        (attachment,) = message.iter_attachments()
        assert (attachment.get_content_type(), attachment.get_filename()) == ("audio/mpeg", "message.mp3")
        (described,) = data["attachments"]
        await check_mp3(attachment.get_content(), speaker, text_of(described["media_source"]))
        await home.call("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")


async def test_push_notification(home: HomeAssistant, speakers: Speakers) -> None:
    """The notification has the speech as an attachment."""
    speaker = speakers["knovvu", "mp3"]
    async with ntfy_server() as (port, pushed):
        form = {"url": f"http://127.0.0.1:{port}/", "verify_ssl": False, "auth": {}}
        entry = await home.add_entry("ntfy", form)
        step = await home.call("POST", SUBENTRIES, {"handler": [entry["entry_id"], "topic"]})
        flow = f"{SUBENTRIES}/{step['flow_id']}"
        await home.call("POST", flow, {"next_step_id": "add_topic"})
        await home.call("POST", flow, {"topic": "home", "filter": {}})
        notify = await entity_of(home, entry, "notify")
        data = await perform(home, example("ntfy.publish"), speaker, notify)
        async with asyncio.timeout(TIMEOUT):
            notification = await pushed.get()
        assert (notification.topic, notification.headers["X-Filename"]) == ("home", "message.mp3")
        await check_mp3(notification.attachment, speaker, text_of(data["attach_file"]))
        await home.call("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")


async def test_music_assistant(home: HomeAssistant, speakers: Speakers) -> None:
    """Music Assistant gets a URL that plays the speech."""
    speaker = speakers["vivoka", "mp3"]
    async with music_assistant() as server:
        entry = await home.add_entry("music_assistant", {"url": f"http://127.0.0.1:{server.port}"})
        player = await entity_of(home, entry, "media_player")
        data = await perform(home, example("music_assistant.play_announcement"), speaker, player)
        async with asyncio.timeout(TIMEOUT):
            announced = await server.announced.get()
        assert announced["player_id"] == "kitchen"
        assert (announced["pre_announce"], announced["volume_level"]) == (False, data["announce_volume"])
        url = URL(announced["url"])
        assert str(url.origin()) == home.url
        audio = await home.fetch_audio(url.path, 0.0)
        await check_mp3(audio.data, speaker, data["message"])
        await home.call("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")
