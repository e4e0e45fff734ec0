"""Listening to a voice before choosing it.

How the world differs: the user listens twice, not at all, chooses another voice, or closes the dialog; the
language is asked for in between; the voice is an old one, and only its settings are new.
"""

import asyncio
from http import HTTPStatus
import io
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_LANGUAGE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowManager, FlowResultType, UnknownFlow
from homeassistant.setup import async_setup_component
import mutagen
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.websocket_tts.const import CONF_PRONUNCIATIONS, CONF_VOICE, SECTION_ADVANCED
from custom_components.websocket_tts.flow.preview import async_previews
from custom_components.websocket_tts.speech.preview import preview_text
from simulator import Cut, Simulator, tones

from .flows import VOICE_INPUT, add_voice_form, change_voice, check_changed, host, no_setup, start, take_voice
from .in_home_assistant import MakeEntry, stored_profile
from .services import KINDS, SERVICES

__all__ = ["host", "no_setup"]

ENGLISH, GERMAN = preview_text("en"), preview_text("de")


@pytest.fixture(autouse=True)
async def web_server(hass: HomeAssistant) -> None:
    """Set up what serves the audio, as every Home Assistant has it."""
    assert await async_setup_component(hass, "media_source", {})
    # Only that of a real Home Assistant takes addresses after it has been started.
    async_previews(hass)


def source_of(result: Any) -> str:
    """Return the address that the player of a step has."""
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "listen")
    assert result["menu_options"] == ["use_voice", "choose_another"]
    before, source, after = result["description_placeholders"]["player"].split('"')
    assert (before, after) == ("<audio controls src=", "></audio>")
    return str(source)


async def listen(client: Any, source: str) -> float:
    """Listen to it to the end; return how many seconds that were."""
    response = await client.get(source)
    assert response.status == HTTPStatus.OK
    audio = await response.read()
    assert response.headers["Content-Length"] == str(len(audio))
    played = mutagen.File(io.BytesIO(audio))
    assert played is not None
    return float(played.info.length)


async def at_listening(hass: HomeAssistant, kind: str, host: str) -> Any:
    """Go through a set-up to the player."""
    flow_id = await start(hass, kind)
    flows = hass.config_entries.flow
    await flows.async_configure(flow_id, {CONF_HOST: host})
    return await flows.async_configure(flow_id, VOICE_INPUT[kind])


@pytest.mark.parametrize("kind", KINDS)
async def test_set_up(
    hass: HomeAssistant,
    kind: str,
    host: str,
    simulator: Simulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """The test of the voice is what is played, as often as the user likes; then the voice is used."""
    client = await hass_client_no_auth()
    result = await at_listening(hass, kind, host)
    spoken = [request.texts for request in simulator.requests if request.texts]
    assert spoken == [[ENGLISH]]
    rate = simulator.requests[-1].sample_rate
    faster = VOICE_INPUT[kind][SECTION_ADVANCED].get("rate", 1.0)
    length = len(tones.pcm(ENGLISH, rate)) / 2 / rate / faster
    source = source_of(result)
    for _ in range(2):
        heard = await listen(client, source)
        assert heard == pytest.approx(length, abs=0.15)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "use_voice"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert stored_profile(result["result"]).data[CONF_VOICE] == SERVICES[kind].voice
    assert [request.texts for request in simulator.requests if request.texts] == spoken
    await check_gone(client, source)


async def check_gone(client: Any, source: str) -> None:
    """Assert that there is nothing to hear any more."""
    assert (await client.get(source)).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("kind", KINDS)
async def test_another_one(
    hass: HomeAssistant,
    kind: str,
    host: str,
    simulator: Simulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """The form shows again with what was entered; another voice says it in its own language."""
    client = await hass_client_no_auth()
    result = await at_listening(hass, kind, host)
    source = source_of(result)
    await listen(client, source)
    flows = hass.config_entries.flow
    result = await flows.async_configure(result["flow_id"], {"next_step_id": "choose_another"})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "voice")
    assert result["data_schema"]
    shown = {str(key): key.description for key in result["data_schema"].schema}
    name = {"vivoka": "Evan, ", "knovvu": "Emily, "}.get(kind, "Ann")
    assert shown[CONF_VOICE]["suggested_value"].startswith(name)
    await check_gone(client, source)
    german = SERVICES[kind].voices["de-DE"]
    result = await flows.async_configure(result["flow_id"], {**VOICE_INPUT[kind], CONF_VOICE: german})
    assert simulator.requests[-1].texts == [GERMAN]
    await listen(client, source_of(result))
    result = await flows.async_configure(result["flow_id"], {"next_step_id": "use_voice"})
    assert stored_profile(result["result"]).data[CONF_VOICE] == german


async def test_closed_dialog(
    hass: HomeAssistant, host: str, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """A flow that is abandoned takes its audio with it."""
    client = await hass_client_no_auth()
    result = await at_listening(hass, "vivoka", host)
    source = source_of(result)
    await listen(client, source)
    hass.config_entries.flow.async_abort(result["flow_id"])
    await check_gone(client, source)


async def test_language_is_asked_before(hass: HomeAssistant, host: str, simulator: Simulator) -> None:
    """What nobody knows the language of speaks that of Home Assistant; it is heard after the question."""
    simulator.habits.knovvu.voices = "unstated"
    result = await at_listening(hass, "knovvu", host)
    assert result["step_id"] == "language"
    assert simulator.requests[-1].texts == [ENGLISH]
    flows: FlowManager[Any, Any, Any] = hass.config_entries.flow
    result = await flows.async_configure(result["flow_id"], {CONF_LANGUAGE: "de-DE"})
    assert source_of(result)
    result = await flows.async_configure(result["flow_id"], {"next_step_id": "choose_another"})
    result = await flows.async_configure(result["flow_id"], VOICE_INPUT["knovvu"])
    # What was chosen is not chosen again.
    assert result["data_schema"]
    assert result["data_schema"]({}) == {CONF_LANGUAGE: "de-DE"}
    result = await flows.async_configure(result["flow_id"], {CONF_LANGUAGE: "de-DE"})
    result = await take_voice(flows, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("kind", KINDS)
async def test_profiles(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """The same in a new profile, and in one that gets another voice."""
    client = await hass_client_no_auth()
    entry: ConfigEntry = await make_entry(kind, setup=False)
    flows: FlowManager[Any, Any, Any] = hass.config_entries.subentries
    for open_form, step_id, voice in (
        (add_voice_form, "user", SERVICES[kind].voices["de-DE"]),
        (change_voice, "reconfigure", SERVICES[kind].voices["fr-FR"]),
    ):
        simulator.requests.clear()
        form = await open_form(hass, entry)
        user_input = {CONF_VOICE: voice, SECTION_ADVANCED: {"lead_in": 100}}
        result = await flows.async_configure(form["flow_id"], user_input)
        source = source_of(result)
        await listen(client, source)
        result = await flows.async_configure(form["flow_id"], {"next_step_id": "choose_another"})
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, step_id)
        await check_gone(client, source)
        result = await flows.async_configure(form["flow_id"], user_input)
        source = source_of(result)
        await listen(client, source)
        result = await flows.async_configure(form["flow_id"], {"next_step_id": "use_voice"})
        await check_gone(client, source)
        assert len([request for request in simulator.requests if request.texts]) == 2
        if step_id == "user":
            assert result["type"] is FlowResultType.CREATE_ENTRY
            hass.config_entries.async_remove_subentry(entry, list(entry.subentries)[-1])
        else:
            check_changed(result)


@pytest.mark.parametrize("kind", KINDS)
async def test_as_an_announcement(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """With the same voice and other settings, too: all that an announcement would be."""
    client = await hass_client_no_auth()
    words = [{"written": "voice", "spoken": "tune"}, {"written": "message", "spoken": "letter"}]
    service_words = [{"written": "message", "spoken": "note"}, {"written": "home", "spoken": "work"}]
    entry: ConfigEntry = await make_entry(kind, setup=False, data={"pronunciations": service_words})
    settings = {"lead_in": 300, "lead_out": 400, "chime": "bell", "pronunciations": words}
    flows: FlowManager[Any, Any, Any] = hass.config_entries.subentries
    form = await change_voice(hass, entry)
    user_input: dict[str, Any] = {CONF_VOICE: SERVICES[kind].voice, SECTION_ADVANCED: settings}
    result = await flows.async_configure(form["flow_id"], user_input)
    assert result["description_placeholders"]["voice"].startswith(
        {"vivoka": "Evan, ", "knovvu": "Emily, "}.get(kind, "Ann")
    )
    said = "This is what my tune sounds like when I read a letter aloud at work."
    assert [request.texts for request in simulator.requests if request.texts] == [[said]]
    rate = simulator.requests[-1].sample_rate
    speech = len(tones.pcm(said, rate)) / 2 / rate
    bell = 0.8 + 0.15
    heard = await listen(client, source_of(result))
    assert heard == pytest.approx(0.3 + bell + speech + 0.4, abs=0.15)
    check_changed(await take_voice(flows, result))


@pytest.mark.parametrize("kind", KINDS)
async def test_same_sound(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """There is nothing to listen to where nothing sounds different."""
    entry = await make_entry(kind, setup=False)
    user_input: dict[str, Any] = {CONF_VOICE: SERVICES[kind].voice, SECTION_ADVANCED: {}}
    # What was never entered becomes what it is by default.
    result = await configure(hass, await change_voice(hass, entry), user_input)
    check_changed(await take_voice(hass.config_entries.subentries, result))
    simulator.requests.clear()
    for change in ({}, {"name": "Butler"}, {SECTION_ADVANCED: {"audio_format": "wav"}}):
        form = await change_voice(hass, entry)
        check_changed(await configure(hass, form, user_input | change))
    assert simulator.requests == []


@pytest.mark.parametrize("kind", KINDS)
async def test_voice_in_use_that_fails(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Its other settings can be changed while it cannot speak; there is just nothing to listen to."""
    entry = await make_entry(kind, setup=False)
    simulator.habits.cut = Cut(0, "error")
    form = await change_voice(hass, entry)
    user_input = {CONF_VOICE: SERVICES[kind].voice, SECTION_ADVANCED: {"lead_in": 200}}
    check_changed(await configure(hass, form, user_input))
    assert stored_profile(entry).data["lead_in"] == 200


async def configure(hass: HomeAssistant, form: Any, user_input: dict[str, Any]) -> Any:
    """Submit the form of a voice."""
    return await hass.config_entries.subentries.async_configure(form["flow_id"], user_input)


async def test_closed_while_it_is_tested(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Nobody will listen to what the voice says then, and it is not kept."""
    entry = await make_entry("vivoka")
    simulator.habits.first_audio_latency = 1.0
    form = await add_voice_form(hass, entry)
    flows = hass.config_entries.subentries
    testing = asyncio.create_task(flows.async_configure(form["flow_id"], VOICE_INPUT["vivoka"]))
    await asyncio.sleep(0.5)
    flows.async_abort(form["flow_id"])
    with pytest.raises(UnknownFlow):
        await testing
    assert async_previews(hass) == {}


async def test_nothing_left_to_say(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """All words of the sample are to be spoken as nothing: that is said, and no error of ours is logged."""
    entry = await make_entry("vivoka")
    form = await add_voice_form(hass, entry)
    words = [{"written": word, "spoken": ""} for word in re.findall(r"\w+", ENGLISH)]
    user_input = {**VOICE_INPUT["vivoka"], SECTION_ADVANCED: {CONF_PRONUNCIATIONS: words}}
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], user_input)
    assert result["errors"] == {CONF_VOICE: "no_audio"}
