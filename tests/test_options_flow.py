"""Changing how to speak."""

from unittest.mock import AsyncMock

from homeassistant.const import (
    CONF_LANGUAGE,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest

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
