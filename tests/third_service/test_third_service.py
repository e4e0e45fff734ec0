"""A third service is a folder, its rows, a step and its texts: nothing else of the integration knows of it.

How such a service differs: it has no socket; it answers in plain HTTP, in pieces that cut samples in half,
with an error, with what is no WAV; it breaks off in the middle, or takes its time.
"""

import ast
from collections.abc import AsyncGenerator
from pathlib import Path

from aiohttp.test_utils import TestServer
from homeassistant.components import tts
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.websocket_tts import speech
from custom_components.websocket_tts.config_flow import WebSocketTTSConfigFlow
from custom_components.websocket_tts.const import CONF_SERVICE, CONF_VOICE, DOMAIN, SECTION_ADVANCED
from custom_components.websocket_tts.speech.transport.address import parse_address
from simulator import Cut, Habits, Simulator, tones
from tests import translation_check
from tests.flows import answer, start
from tests.in_home_assistant import kind_of
from tests.speech.speaking import TEXT

from .client import ThirdClient
from .row import KIND, ROWS, STEP, async_step_third, write_texts
from .server import SAMPLE_RATE

ENTITY = "tts.third_ann"


@pytest.fixture(autouse=True)
def third_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the service, its step and its texts to those of the integration, as long as the test runs."""
    for table, row in ROWS:
        monkeypatch.setitem(table, KIND, row)
    monkeypatch.setattr(WebSocketTTSConfigFlow, STEP, async_step_third, raising=False)
    write_texts(translation_check.TRANSLATIONS, tmp_path)
    monkeypatch.setattr(translation_check, "TRANSLATIONS", tmp_path)


@pytest.fixture
def host(server: TestServer) -> str:
    """Return the address of the service."""
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture(autouse=True)
async def unloaded(hass: HomeAssistant) -> AsyncGenerator[None]:
    """Unload what a test has set up."""
    yield
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


async def set_up(hass: HomeAssistant, host: str, **credentials: str) -> ConfigEntry:
    """Go through the flow, as a user does, until the service is loaded."""
    await async_setup_component(hass, "tts", {})
    flow_id = await start(hass, KIND)
    result = await answer(hass, flow_id, {CONF_HOST: host, **credentials})
    assert result["step_id"] == "voice"
    result = await answer(hass, flow_id, {CONF_VOICE: "ann", SECTION_ADVANCED: {}})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    entry: ConfigEntry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    return entry


async def fetch(hass: HomeAssistant, text: str = TEXT) -> bytes:
    """Return the samples that a player gets of a text."""
    stream = tts.async_create_stream(hass, ENTITY, options={"preferred_format": "wav"})
    stream.use_file_cache = False
    stream.async_set_message(text)
    return b"".join([chunk async for chunk in stream.async_stream_result()])[44:]


async def test_set_up(hass: HomeAssistant, host: str) -> None:
    """From the menu to a speaking entity: its form, its title, its device and its voices are its own."""
    entry = await set_up(hass, host)
    assert entry.title == "Third TTS"
    assert entry.data == {CONF_SERVICE: KIND, CONF_HOST: host, CONF_VERIFY_SSL: True}
    assert not {"rate", "sample_rate", "stand_by"} & set(entry.options)
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert (device.manufacturer, device.model) == ("Third", "Ann, American English")
    speaker = hass.data[DATA_COMPONENT].get_entity(ENTITY)
    assert speaker
    assert {"de-DE", "en-GB", "en-US", "fr-FR", "tr-TR"} <= set(speaker.supported_languages)
    assert "it-IT" not in speaker.supported_languages


async def test_form(hass: HomeAssistant) -> None:
    """Its form asks for what this service takes: a token, but neither client ID nor secret."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await answer(hass, result["flow_id"], {"next_step_id": KIND})
    assert [str(key) for key in result["data_schema"].schema] == [CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL]


async def test_address(hass: HomeAssistant, host: str) -> None:
    """An address without a port has the port of this service, and what is pasted loses its path."""
    assert str(parse_address("speech.local", ThirdClient)) == "http://speech.local:5000/"
    result = await answer(hass, await start(hass, KIND), {CONF_HOST: f"{host}/third/voices"})
    assert result["step_id"] == "voice"


async def test_speak(hass: HomeAssistant, host: str, simulator: Simulator) -> None:
    """tts.speak gives a player what the service said."""
    await set_up(hass, host)
    plays = async_mock_service(hass, "media_player", "play_media")
    await hass.services.async_call(
        "tts",
        "speak",
        {"entity_id": ENTITY, "media_player_entity_id": "media_player.any", "message": TEXT, "cache": False},
        blocking=True,
    )
    extension, data = await tts.async_get_media_source_audio(hass, plays[0].data["media_content_id"])
    assert (extension, simulator.requests[-1].voice) == ("mp3", "ann")
    assert len(data) > 5000


@pytest.mark.parametrize("chunk_size", [1001, 4096])
async def test_stream(hass: HomeAssistant, host: str, simulator: Simulator, chunk_size: int) -> None:
    """What is streamed is exact, also where samples are cut in half: a request for each segment."""
    await set_up(hass, host)
    simulator.requests.clear()
    simulator.habits.chunk_size = chunk_size
    assert await fetch(hass) == tones.pcm(TEXT, SAMPLE_RATE)
    assert " ".join(text for request in simulator.requests for text in request.texts) == TEXT
    assert len(simulator.requests) > 1


async def test_audio_comes_while_it_is_made(hass: HomeAssistant, host: str, simulator: Simulator) -> None:
    """Audio is handed on before the service has made all of it."""
    await set_up(hass, host)
    simulator.habits.pause_after, simulator.habits.pause = 9000, 30.0
    stream = tts.async_create_stream(hass, ENTITY, options={"preferred_format": "wav"})
    stream.use_file_cache = False
    stream.async_set_message(TEXT)
    heard = b""
    async for chunk in stream.async_stream_result():
        heard += chunk
        if len(heard) > 8000:
            break
    assert tones.pcm(TEXT, SAMPLE_RATE).startswith(heard[44:])


@pytest.mark.parametrize(
    ("habits", "error"),
    [
        ({"statuses": {"synthesize": 500}}, "cannot_connect"),
        ({"statuses": {"synthesize": 200}}, "protocol_error"),
        ({"statuses": {"synthesize": 401}}, "invalid_auth"),
        ({"cut": Cut(4000, "abort")}, "cannot_connect"),
        ({"no_audio": True}, "no_audio"),
    ],
)
async def test_errors(
    hass: HomeAssistant, host: str, habits: dict[str, object], error: str, simulator: Simulator
) -> None:
    """What goes wrong is told in the same words as for every service, and the next announcement is whole."""
    await set_up(hass, host)
    for name, value in habits.items():
        setattr(simulator.habits, name, value)
    with pytest.raises(HomeAssistantError) as raised:
        await fetch(hass)
    assert kind_of(raised.value) == error
    simulator.habits = Habits()
    assert await fetch(hass) == tones.pcm(TEXT, SAMPLE_RATE)


async def test_a_try_that_fails_is_made_again(hass: HomeAssistant, host: str, simulator: Simulator) -> None:
    """Recovery is the same for every service: before the first audio a request is made once more."""
    await set_up(hass, host)
    simulator.habits.failures, simulator.habits.cut = 1, Cut(0, "abort")
    assert await fetch(hass) == tones.pcm(TEXT, SAMPLE_RATE)


async def test_new_token(hass: HomeAssistant, host: str, simulator: Simulator) -> None:
    """A token that is refused is asked for anew, and the entry is reconfigured with its own fields."""
    simulator.habits.token = "old"
    entry = await set_up(hass, host, **{CONF_TOKEN: "old"})
    simulator.habits.token = "new"
    with pytest.raises(HomeAssistantError):
        await fetch(hass)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    result = await answer(hass, flow["flow_id"], {CONF_TOKEN: "new"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert await fetch(hass) == tones.pcm(TEXT, SAMPLE_RATE)
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    result = await answer(hass, result["flow_id"], {CONF_HOST: host, CONF_VERIFY_SSL: False})
    assert result["reason"] == "reconfigure_successful"
    assert (entry.data[CONF_TOKEN], entry.data[CONF_VERIFY_SSL]) == ("new", False)
    await hass.async_block_till_done()


def test_no_service_is_named_elsewhere() -> None:
    """Outside of its folder, a service stands in one table and has one step: nothing asks which one it is."""
    package = Path(speech.__file__).parents[1]
    naming = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in speech.SERVICES
    }
    assert naming == {"speech/__init__.py", "config_flow.py"}
