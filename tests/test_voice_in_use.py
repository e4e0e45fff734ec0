"""What was chosen in the form of a voice is what is heard: its rate, its chime, its pronunciations."""

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.websocket_tts.const import CONF_VOICE, SECTION_ADVANCED
from simulator import Simulator

from .flows import answer, answer_voice, change_voice, check_changed, suggested
from .in_home_assistant import VOICE, MakeEntry, entity, fetch, stored_profile
from .services import KINDS
from .test_chime import DING, ding, file_of, recording, write

__all__ = ["ding"]


async def test_rate_of_vivoka(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """Embedded voices have a rate; with a neural one, it is refused at the voice."""
    entry = await make_entry("vivoka")
    form = await change_voice(hass, entry)
    user_input: dict[str, Any] = {CONF_VOICE: "enu,zoe-ml,neural", SECTION_ADVANCED: {"rate": 0.8}}
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["errors"] == {CONF_VOICE: "rate_not_supported"}
    check_changed(await answer_voice(hass, form["flow_id"], {**user_input, CONF_VOICE: VOICE["vivoka"]}))
    assert 'rate="-20%"' in simulator.requests[-1].texts[0]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await fetch(hass, "vivoka", "This is slow.")
    assert 'rate="-20%"' in simulator.requests[-1].texts[0]
    # Neither the action nor the language asked for a rate.
    await fetch(hass, "vivoka", "This is not.", voice="enu,zoe-ml,neural")
    assert simulator.requests[-1].texts == ["This is not."]


async def choose_chime(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, chime: str, *files: dict[str, Any]
) -> Any:
    """Choose a chime in the form of a voice, and files in the step after it; return the last step."""
    result = await change_voice(hass, entry)
    user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: {"chime": chime}}
    result = await answer_voice(hass, result["flow_id"], user_input)
    for file in files:
        assert result["step_id"] == "chime_file"
        result = await answer_voice(hass, result["flow_id"], file)
    return result


@pytest.mark.parametrize("kind", KINDS)
async def test_chime_file(hass: HomeAssistant, kind: str, ding: Path, make_entry: MakeEntry) -> None:
    """A file is chosen in a step of its own, which shows it again; another chime goes first."""
    write(ding, recording(0.5))
    entry = await make_entry(kind)
    check_changed(await choose_chime(hass, entry, kind, "file", {"chime_file": file_of(DING)}))
    assert stored_profile(entry).data["chime"] == "file"
    assert stored_profile(entry).data["chime_file"] == file_of(DING)
    assert suggested(await choose_chime(hass, entry, kind, "file")) == {"chime_file": file_of(DING)}
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert (entity(hass, kind).default_options or {})["chime"] == DING
    check_changed(await choose_chime(hass, entry, kind, "doorbell"))
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert (entity(hass, kind).default_options or {})["chime"] == "doorbell"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nothing", [{}, {"chime_file": {"media_content_id": "", "media_content_type": ""}}])
async def test_no_chime_file(
    hass: HomeAssistant, kind: str, nothing: dict[str, Any], ding: Path, make_entry: MakeEntry
) -> None:
    """What cannot be played is refused; without a file there is no chime."""
    write(ding, b"no audio")
    entry = await make_entry(kind)
    broken = {"chime_file": file_of(DING)}
    result = await choose_chime(hass, entry, kind, "file", broken)
    assert result["errors"] == {"chime_file": "chime_gone"}
    assert suggested(result) == broken
    missing = {"chime_file": file_of("media-source://media_source/local/missing.mp3")}
    result = await answer_voice(hass, result["flow_id"], missing)
    assert result["errors"] == {"chime_file": "chime_gone"}
    check_changed(await answer_voice(hass, result["flow_id"], nothing))
    assert stored_profile(entry).data["chime"] == "none"
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert (entity(hass, kind).default_options or {})["chime"] == "none"


@pytest.mark.parametrize("kind", KINDS)
async def test_words_for_all_voices(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A word is taught once for all voices of a service; a voice that has an entry for it has its own."""
    own = [{"written": "HVAC", "spoken": "heating"}]
    entry: MockConfigEntry = await make_entry(kind, pronunciations=own)
    common = [{"written": "HVAC", "spoken": "air", "language": "en"}, {"written": "TRV", "spoken": "valve"}]
    form = await entry.start_reconfigure_flow(hass)
    connection = {**suggested(form), "verify_ssl": True}
    blank = {**connection, "pronunciations": [*common, {"written": "  "}]}
    result = await answer(hass, form["flow_id"], blank)
    assert result["errors"] == {"pronunciations": "blank_pronunciation"}
    result = await answer(hass, form["flow_id"], {**connection, "pronunciations": common})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert suggested(await entry.start_reconfigure_flow(hass))["pronunciations"] == common
    await fetch(hass, kind, "The HVAC and the TRV are on.")
    assert simulator.requests[-1].texts == ["The heating and the valve are on."]
    form = await entry.start_reconfigure_flow(hass)
    await answer(hass, form["flow_id"], connection)
    await hass.async_block_till_done()
    await fetch(hass, kind, "The HVAC and the TRV are off.")
    assert simulator.requests[-1].texts == ["The heating and the TRV are off."]
