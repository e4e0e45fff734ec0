"""Every block of YAML and every command in the documentation works as it stands; every link leads somewhere.

How the world differs: a user pastes a block as it is; a player finishes late; an announcement is longer than
anybody thought.
"""

import asyncio
import json
from pathlib import Path
import re
import shlex
from typing import Any, override
from urllib.parse import parse_qs, quote, urlencode

import audioop
from homeassistant.components.assist_pipeline import (
    PipelineEvent,
    async_get_pipeline,
    async_update_pipeline,
)
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
)
from homeassistant.components.assist_satellite.const import DOMAIN as ASSIST_SATELLITE
from homeassistant.components.media_player import (
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    MediaPlayerState,
    MediaType,
)
from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER
from homeassistant.components.media_source import async_resolve_media
from homeassistant.core import HomeAssistant, callback
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_component import EntityComponent
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from simulator import Simulator, tones
from simulator.voices import ALL

from .in_home_assistant import ENTITY, MakeEntry
from .test_chime import recording
from .test_tts import RATE

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"])
OURS = {"vivoka": "tts.vivoka_evan", "knovvu": "tts.knovvu_emily"}
"""The entity IDs after the first setup of each service."""
PLAYERS = ("kitchen", "bedroom")


ACTIONS = ("tts.speak", "media_player.play_media", "assist_satellite.announce")
"""The actions of the blocks that are run here."""
ELSEWHERE = ("music_assistant.play_announcement", "ntfy.publish", "smtp.send_message")
"""The actions that need a server, and packages: tests/e2e/test_examples.py runs them."""


def blocks(language: str, containing: str = "") -> list[Any]:
    """Return all blocks of a language that contain a text, with the name of the page."""
    return [
        pytest.param(block, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, block in enumerate(
            re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        )
        if containing in block
    ]


class Player(MediaPlayerEntity):
    """Fetches what it is to play, and plays it for as long as it lasts."""

    _attr_supported_features = MediaPlayerEntityFeature.PLAY_MEDIA
    _attr_should_poll = False

    def __init__(self, name: str, client: ClientSessionGenerator) -> None:
        """Initialize with a name."""
        self._attr_name = name
        self._attr_state = MediaPlayerState.IDLE
        self._client = client
        self.announced: list[bool | None] = []
        self.played: list[bytes] = []
        self.times: list[tuple[float, float]] = []
        """When each of them began, and ended."""

    @override
    async def async_play_media(
        self, media_type: MediaType | str, media_id: str, announce: bool | None = None, **_: Any
    ) -> None:
        self.announced.append(announce)
        media = await async_resolve_media(self.hass, media_id, self.entity_id)
        self.hass.async_create_background_task(self._play(media.url), "play")

    async def _play(self, url: str) -> None:
        began = self.hass.loop.time()
        self._attr_state = MediaPlayerState.PLAYING
        self.async_write_ha_state()
        wav = await (await (await self._client()).get(url)).read()
        samples = wav[44:]
        await asyncio.sleep(len(samples) / 2 / int.from_bytes(wav[24:28], "little"))
        self.played.append(samples)
        self.times.append((began, self.hass.loop.time()))
        self._attr_state = MediaPlayerState.IDLE
        self.async_write_ha_state()


@pytest.fixture
async def players(
    hass: HomeAssistant, make_entry: MakeEntry, hass_client: ClientSessionGenerator, tmp_path: Path
) -> dict[str, Player]:
    """Set up both services as after a setup by hand, two players, and a media library."""
    await async_setup_component(hass, "http", {})
    await async_process_ha_core_config(hass, {"media_dirs": {"local": str(tmp_path)}})
    (tmp_path / "doorbell.mp3").write_bytes(recording(0.5))
    for kind, entity_id in OURS.items():
        await make_entry(kind, audio_format="wav")
        er.async_get(hass).async_update_entity(ENTITY[kind], new_entity_id=entity_id)
        await hass.async_block_till_done()
    await async_setup_component(hass, MEDIA_PLAYER, {})
    added = {name: Player(name, hass_client) for name in PLAYERS}
    component: EntityComponent[MediaPlayerEntity] = hass.data[MEDIA_PLAYER]
    await component.async_add_entities(added.values())
    assert {player.entity_id for player in added.values()} == {f"media_player.{name}" for name in PLAYERS}
    return added


def spoken(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the actions of a block that speak."""
    actions = content.get("actions") or content.get("sequence") or [content]
    return [action for action in actions if action.get("action") == "tts.speak"]


def passages(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the parts of a message, each with its language."""
    parts = re.findall(r'<lang xml:lang="([\w-]+)">([^<]+)</lang>|([^<]+)', data["message"])
    usual = data.get("language", "en")
    return [(language or usual, (passage or text).strip()) for language, passage, text in parts]


async def perform(hass: HomeAssistant, content: dict[str, Any]) -> None:
    """Do what a user does with a block."""
    if triggers := content.get("triggers"):
        assert await async_setup_component(hass, "automation", {"automation": content})
        await hass.async_block_till_done()
        for state in (triggers[0]["from"], triggers[0]["to"]):
            hass.states.async_set(triggers[0]["entity_id"], state)
            await hass.async_block_till_done()
        return
    sequence = content.get("sequence", [content])
    assert await async_setup_component(hass, "script", {"script": {"readme": {"sequence": sequence}}})
    await hass.services.async_call("script", "readme", blocking=True)


async def until_played(hass: HomeAssistant, player: Player, count: int) -> None:
    """Wait until so many announcements are over."""
    async with asyncio.timeout(120):
        while len(player.played) < count:
            await asyncio.sleep(0.1)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("block", blocks("yaml", "action: tts.speak"))
async def test_speak(
    hass: HomeAssistant, block: str, players: dict[str, Player], simulator: Simulator
) -> None:
    """Each block speaks what it says: with the right service, in its language, on its player."""
    content: Any = parse_yaml(block)
    actions = spoken(content)
    assert actions
    (player,) = {players[action["data"]["media_player_entity_id"].partition(".")[2]] for action in actions}
    await perform(hass, content)
    await until_played(hass, player, len(actions))
    for action, heard in zip(actions, player.played, strict=True):
        (kind,) = (kind for kind, entity_id in OURS.items() if entity_id == action["target"]["entity_id"])
        options = action["data"].get("options", {})
        speech = b""
        for language, text in passages(action["data"]):
            (request,) = (request for request in simulator.requests if text in request.texts)
            assert request.service == kind
            assert (request.rate, request.volume) == (options.get("rate", 1), options.get("volume", 1))
            assert ALL[request.voice].language.partition("-")[0] == language.partition("-")[0]
            speech += tones.pcm(text, RATE[kind])
        if options.get("rate", 1) == options.get("volume", 1) == 1:
            assert heard.endswith(speech)
            assert (heard != speech) is ("chime" in options)
    assert all(end <= begin for (_, end), (begin, _) in zip(player.times, player.times[1:], strict=False))


def check_speech(simulator: Simulator, heard: bytes, media_source_id: str) -> None:
    """Check that audio is what a media source of the documentation speaks, which may be a template."""
    found = re.fullmatch(r"media-source://tts/([\w.]+)\?(.+)", media_source_id)
    assert found
    entity_id, query = found.groups()
    encoded = re.sub(r'\{\{ "(.+)" \| urlencode \}\}', lambda text: quote(text[1], safe=""), query)
    options = parse_qs(encoded, strict_parsing=True)
    (text,) = options.pop("message")
    (request,) = simulator.requests
    assert request.texts == [text]
    assert OURS[request.service] == entity_id
    language = options.pop("language", ["en"])[0]
    assert ALL[request.voice].language.partition("-")[0] == language.partition("-")[0]
    chime = options.pop("chime", None)
    volume = float(options.pop("volume", ["1"])[0])
    assert not options
    speech = audioop.mul(tones.pcm(text, RATE[request.service]), 2, volume)
    assert heard.endswith(speech)
    assert (heard != speech) is bool(chime)


@pytest.mark.parametrize("block", blocks("yaml", "action: media_player.play_media"))
async def test_play_media(
    hass: HomeAssistant, block: str, players: dict[str, Player], simulator: Simulator
) -> None:
    """The media source is played as an announcement."""
    content: Any = parse_yaml(block)
    player = players[content["target"]["entity_id"].partition(".")[2]]
    await perform(hass, content)
    await until_played(hass, player, 1)
    assert player.announced == [True]
    check_speech(simulator, player.played[0], content["data"]["media"]["media_content_id"])


class Satellite(AssistSatelliteEntity):
    """Keeps what it is to announce."""

    entity_id = "assist_satellite.kitchen"
    _attr_name = "Kitchen"
    _attr_supported_features = AssistSatelliteEntityFeature.ANNOUNCE

    def __init__(self) -> None:
        """Initialize without an announcement."""
        self._attr_tts_options = {"preferred_format": "wav"}
        self.announced: list[AssistSatelliteAnnouncement] = []

    @override
    async def async_announce(self, announcement: AssistSatelliteAnnouncement) -> None:
        self.announced.append(announcement)

    @override
    def on_pipeline_event(self, event: PipelineEvent) -> None: ...

    @override
    @callback
    def async_get_configuration(self) -> AssistSatelliteConfiguration:
        return AssistSatelliteConfiguration([], [], 0)

    @override
    async def async_set_configuration(self, config: AssistSatelliteConfiguration) -> None: ...


@pytest.mark.usefixtures("players")
@pytest.mark.parametrize("block", blocks("yaml", "action: assist_satellite.announce"))
async def test_satellite(
    hass: HomeAssistant, block: str, simulator: Simulator, hass_client: ClientSessionGenerator
) -> None:
    """A satellite announces with the voice of its assistant, or with that of a media source."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, ASSIST_SATELLITE, {})
    satellite = Satellite()
    component: EntityComponent[AssistSatelliteEntity] = hass.data[ASSIST_SATELLITE]
    await component.async_add_entities([satellite])
    await async_update_pipeline(
        hass, async_get_pipeline(hass), tts_engine=OURS["vivoka"], tts_language="en-US"
    )
    content: Any = parse_yaml(block)
    data = content["data"]
    await perform(hass, content)
    (announcement,) = satellite.announced
    assert bool(announcement.preannounce_media_id) is data.get("preannounce", True)
    wav = await (await (await hass_client()).get(URL(announcement.media_id).path)).read()
    source = data.get("media_id", {}).get("media_content_id")
    of_assistant = (
        f'media-source://tts/{OURS["vivoka"]}?message={{{{ "{data.get("message")}" | urlencode }}}}'
    )
    check_speech(simulator, wav[44:], source or of_assistant)


@pytest.mark.usefixtures("players")
@pytest.mark.parametrize("media_source_id", blocks("text"))
async def test_media_source(
    hass: HomeAssistant, media_source_id: str, simulator: Simulator, hass_client: ClientSessionGenerator
) -> None:
    """A media source ID plays, with its options."""
    media = await async_resolve_media(hass, media_source_id.strip(), None)
    wav = await (await (await hass_client()).get(media.url)).read()
    check_speech(simulator, wav[44:], media_source_id.strip())


@pytest.mark.usefixtures("players")
@pytest.mark.parametrize("block", blocks("sh", "curl"))
async def test_url(block: str, simulator: Simulator, hass_client: ClientSessionGenerator) -> None:
    """The request returns a URL that plays the text, without a token."""
    program, url, header, authorization, argument, body = shlex.split(block.replace("\\\n", " "))
    assert (program, header, argument) == ("curl", "--header", "--json")
    assert authorization.startswith("Authorization: Bearer ")
    client = await hass_client()
    # The client has a token of its own.
    response = await (await client.post(URL(url).path, json=json.loads(body))).json()
    assert URL(response["url"]).path == response["path"]
    wav = await (await client.get(response["path"], headers={"Authorization": ""})).read()
    request = json.loads(body)
    options = urlencode({"message": request["message"], **request["options"]})
    check_speech(simulator, wav[44:], f"media-source://tts/{request['engine_id']}?{options}")


def test_blocks() -> None:
    """The tests above have found the blocks, and there are none of other languages that nobody runs."""
    languages = {
        language
        for page in PAGES
        for language in re.findall(r"^```(\w+)$", page.read_text("utf-8"), re.MULTILINE)
    }
    # The configuration of nginx is run by harness/nginx.py.
    assert languages == {"yaml", "sh", "nginx", "text"}
    run = [*ACTIONS, *ELSEWHERE]
    for param in blocks("yaml"):
        assert {action for action in run if f"action: {action}\n" in param.values[0]}
    assert len(blocks("yaml", "action: tts.speak")) >= 6
    assert all(blocks("yaml", f"action: {action}") for action in run)
    assert blocks("text")
    assert blocks("sh", "curl")


@pytest.mark.parametrize("block", [block for block in blocks("sh") if block not in blocks("sh", "curl")])
def test_commands(block: str) -> None:
    """Every command is run as it stands, by continuous integration or by a test."""
    run = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    for line in block.splitlines():
        assert line.partition("  #")[0].rstrip() in run


RAW = "https://raw.githubusercontent.com/websocket-tts/websocket-tts/main/"
"""Addresses of files of this repository that are shown elsewhere."""


def anchors(page: Path) -> set[str]:
    """Return what a link to a page can lead to, as GitHub names it."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links(page: Path) -> None:
    """Every link to this repository leads to a file, a folder, or a chapter."""
    text = page.read_text("utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    for address in links:
        link = address.removeprefix(RAW)
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_readme_in_hacs() -> None:
    """HACS only completes addresses of plain Markdown links: not those of HTML, nor the target of a badge."""
    text = (ROOT / "README.md").read_text("utf-8")
    images = re.findall(r'(?:src|srcset)="([^"]+)"', text)
    assert images
    assert [image for image in images if not image.startswith(RAW)] == []
    badges = re.findall(r"^\[!\[.*?\]\(.+?\)\]\((.+?)\)$", text, re.MULTILINE)
    assert badges
    assert [target for target in badges if not target.startswith("https://")] == []


def test_images() -> None:
    """Every image is shown somewhere, in both color schemes, and the film is small."""
    shown = "".join(page.read_text("utf-8") for page in PAGES)
    images = {image.name for image in (ROOT / "docs" / "images").iterdir()}
    assert {name for name in images if f"images/{name}" not in shown} == set()
    assert {name.replace("_dark", "") for name in images} == {name for name in images if "_dark" not in name}
    assert (ROOT / "docs" / "images" / "film.png").stat().st_size < 1_000_000


def test_messages() -> None:
    """Every message that is explained is one that users see."""
    rows = re.findall(r"^\| (\*.+?\*) \|", (ROOT / "docs" / "messages.md").read_text("utf-8"), re.MULTILINE)
    english = (ROOT / "custom_components" / "websocket_tts" / "translations" / "en.json").read_text("utf-8")
    messages = [message for row in rows for message in re.findall(r"\*(.+?)\*", row)]
    assert len(messages) > 10
    for message in messages:
        words = max(message.split("..."), key=len).strip()
        assert words in english, message


def test_latency() -> None:
    """The latency in the README is the measured one."""
    table = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, service in [("vivoka", "with Vivoka"), ("knovvu", "with Knovvu"), ("wyoming", "with the same")]:
        measured = re.search(rf"^\| ttfa_ms\.{name}\.rtt0\.wav +\| +([\d.]+) \|$", table, re.MULTILINE)
        assert measured
        assert f"{float(measured[1]):.0f} ms {service}" in readme


def test_tree() -> None:
    """The tree for contributors has every module of the integration, in its folder, and no other."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    found = re.search(r"^custom_components/websocket_tts/\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found
    folders: list[str] = []
    listed = set()
    for line in found[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.match(r"(?:[a-z_]+(?:\.py|/)(?: {2}|$)?)+", line.strip())
        assert names, line
        if names[0].strip().endswith("/"):
            folders = [*folders[: depth - 1], names[0].strip()]
        else:
            listed |= {"".join([*folders[: depth - 1], name]) for name in names[0].split()}
    integration = ROOT / "custom_components" / "websocket_tts"
    modules = {path.relative_to(integration).as_posix() for path in integration.rglob("*.py")}
    assert listed == {name for name in modules if not name.endswith("/__init__.py")}
