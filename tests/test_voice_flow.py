"""Changing how to speak."""

from http import HTTPStatus
from typing import Any
from unittest.mock import AsyncMock

from homeassistant.const import (
    CONF_LANGUAGE,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.websocket_tts.const import (
    CONF_VOICE,
    SECTION_ADVANCED,
)
from custom_components.websocket_tts.speech import KnovvuClient, Voice
from simulator import Simulator

from .flows import no_setup, suggested
from .in_home_assistant import VOICE, MakeEntry
from .services import KINDS, SERVICES

__all__ = ["no_setup"]


@pytest.mark.parametrize("kind", KINDS)
async def test_options(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """What is set shows, what is changed is kept, a voice that is not there is told."""
    other = SERVICES[kind].voices["de-DE"]
    entry = await make_entry(kind, lead_in=100)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["step_id"] == "init"
    user_input = {
        CONF_VOICE: "nobody",
        SECTION_ADVANCED: {"lead_out": 50, "audio_format": "wav"},
    }
    if SERVICES[kind].client.lists_all_voices:
        # All of its voices are on the list: no other can be entered.
        with pytest.raises(InvalidData):
            await hass.config_entries.options.async_configure(result["flow_id"], user_input)
    else:
        result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
        assert result["errors"] == {CONF_VOICE: "voice_not_found"}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {**user_input, CONF_VOICE: other}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_VOICE] == other
    assert entry.options["lead_out"] == 50
    assert entry.options["audio_format"] == "wav"


async def test_own_voice_in_options(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A voice that is not listed is tried, and kept if it speaks."""
    entry = await make_entry("knovvu")
    listed = AsyncMock(return_value=[Voice(VOICE["knovvu"], "Emily")])
    monkeypatch.setattr(KnovvuClient, "voices", listed)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    user_input = {CONF_VOICE: "Sestek Rae 24k", SECTION_ADVANCED: {}}
    result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
    assert result["step_id"] == "language"
    assert suggested(result) == {CONF_LANGUAGE: "en"}
    result = await hass.config_entries.options.async_configure(result["flow_id"], {CONF_LANGUAGE: "en-GB"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_VOICE] == "Sestek Rae 24k"
    assert entry.options[CONF_LANGUAGE] == "en-GB"
    assert simulator.requests[-1].texts == ["Home Assistant"]


@pytest.mark.parametrize("kind", KINDS)
async def test_options_while_the_service_is_away(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The other settings can be changed all the same."""
    entry = await make_entry(kind)
    simulator.habits.statuses["voices"] = 503
    result = await hass.config_entries.options.async_init(entry.entry_id)
    user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: {"lead_in": 100}}
    result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
    # The list, which would tell whether it matters, is away as well.
    assert result["step_id"] == "language"
    result = await hass.config_entries.options.async_configure(result["flow_id"], {CONF_LANGUAGE: "tr"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_LANGUAGE] == "tr"
    assert entry.options["lead_in"] == 100


@pytest.mark.parametrize("kind", KINDS)
async def test_language_that_decides_nothing(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Where the service tells it, it is neither asked for nor forgotten, also while the service is away."""
    entry = await make_entry(kind)
    assert entry.options[CONF_LANGUAGE] == "en"
    user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: {"lead_in": 100}}
    for language in ("en", None):
        result = await hass.config_entries.options.async_init(entry.entry_id)
        result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert entry.options.get(CONF_LANGUAGE) == language
        options = {key: value for key, value in entry.options.items() if key != CONF_LANGUAGE}
        hass.config_entries.async_update_entry(entry, options=options)
        simulator.habits.statuses["voices"] = 500


async def test_voice_that_is_typed_while_the_service_is_away(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Nobody can try it, or tell its language, but the user."""
    entry = await make_entry("knovvu")
    simulator.habits.statuses["voices"] = 500
    result = await hass.config_entries.options.async_init(entry.entry_id)
    user_input = {CONF_VOICE: " Another ", SECTION_ADVANCED: {}}
    result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
    assert result["step_id"] == "language"
    result = await hass.config_entries.options.async_configure(result["flow_id"], {CONF_LANGUAGE: "fr-FR"})
    assert (entry.options[CONF_VOICE], entry.options[CONF_LANGUAGE]) == ("Another", "fr-FR")


@pytest.mark.parametrize("kind", KINDS)
async def test_pronunciations(
    hass: HomeAssistant, kind: str, make_entry: MakeEntry, hass_client: ClientSessionGenerator
) -> None:
    """What is entered is kept without what is blank, shows again, and can be emptied."""
    words = [
        {"written": "HVAC", "spoken": "h vac"},
        {"written": "Öz", "spoken": "Oez", "language": "de"},
        {"written": "lol"},
    ]
    blank = {"written": " ", "spoken": "x"}
    entry = await make_entry(kind)
    for entered, kept in (({"pronunciations": [*words, blank]}, words), ({}, [])):
        result = await hass.config_entries.options.async_init(entry.entry_id)
        user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: entered}
        result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert entry.options["pronunciations"] == kept
        shown = await shown_advanced(hass, hass_client, entry)
        assert shown["pronunciations"] == kept
    result = await hass.config_entries.options.async_init(entry.entry_id)
    user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: {"pronunciations": [{"spoken": "x"}]}}
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(result["flow_id"], user_input)


@pytest.mark.parametrize("kind", KINDS)
async def test_chime_file(
    hass: HomeAssistant, kind: str, make_entry: MakeEntry, hass_client: ClientSessionGenerator
) -> None:
    """A file is kept, shows again, and can be taken away."""
    file = {"media_content_id": "media-source://media_source/local/a.mp3", "media_content_type": "audio/mpeg"}
    entry = await make_entry(kind)
    assert "chime_file" not in await shown_advanced(hass, hass_client, entry)
    for entered in ({"chime": "bell", "chime_file": file}, {"chime": "ding_dong"}):
        result = await hass.config_entries.options.async_init(entry.entry_id)
        user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: entered}
        result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert entry.options["chime"] == entered["chime"]
        assert entry.options["chime_file"] == entered.get("chime_file")
        shown = await shown_advanced(hass, hass_client, entry)
        assert shown.get("chime_file") == entered.get("chime_file")


async def shown_advanced(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> dict[str, Any]:
    """Return what the form shows in its section, as the browser gets it."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    answer = await client.post("/api/config/config_entries/options/flow", json={"handler": entry.entry_id})
    assert answer.status == HTTPStatus.OK
    form = await answer.json()
    (fields,) = [field["schema"] for field in form["data_schema"] if field["name"] == SECTION_ADVANCED]
    return {
        field["name"]: field["description"]["suggested_value"]
        for field in fields
        if "suggested_value" in field.get("description", {})
    }
