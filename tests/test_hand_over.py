"""What the test of a form finds out is handed over to the entry, and stored nowhere in its data.

How the world differs: the form is that of a new service, of its credentials, of its connection, of a voice
that is added or changed, or of a repair; the service may not answer, so that nothing is found out.
"""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.websocket_tts.const import CONF_VOICE, SECTION_ADVANCED
from custom_components.websocket_tts.issues import Issue
from custom_components.websocket_tts.repairs import ProfileFlow, async_create_fix_flow
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.models import Voice
from simulator import Simulator

from .flows import (
    add_voice_form,
    answer,
    answer_voice,
    change_voice,
    finish,
    host,
    no_setup,
    start,
)
from .in_home_assistant import MakeEntry, stored_profile
from .services import KINDS, SERVICES

__all__ = ["host", "no_setup"]

type Given = list[tuple[dict[str, Any], SpeechClient, list[Voice]]]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """Return what has been handed over."""
    kept: Given = []

    def keep(
        _hass: HomeAssistant, data: Mapping[str, Any], service: SpeechClient, voices: list[Voice]
    ) -> None:
        kept.append((dict(data), service, voices))

    for module in ("config_flow", "flow.voice", "repairs"):
        monkeypatch.setattr(f"custom_components.websocket_tts.{module}.async_hand_over", keep)
    return kept


def check(given: Given, data: Mapping[str, Any], voice: str | None) -> None:
    """Assert that the client that spoke with a voice was handed over once, with all voices."""
    ((of, service, voices),) = given
    assert of == data
    assert voice is None or voice in str(service.quirks)
    assert len(voices) > 3
    given.clear()


@pytest.mark.parametrize("kind", KINDS)
async def test_new_service(hass: HomeAssistant, kind: str, host: str, given: Given) -> None:
    """A new service, with the voice of its first profile."""
    entry = await finish(hass, kind, await start(hass, kind), host)
    check(given, entry.data, SERVICES[kind].voice)


@pytest.mark.parametrize("kind", KINDS)
async def test_changed_connection(
    hass: HomeAssistant, kind: str, host: str, given: Given, make_entry: MakeEntry, simulator: Simulator
) -> None:
    """New credentials, and another way to connect."""
    entry = await make_entry(kind, setup=False)
    voice = SERVICES[kind].voice
    simulator.habits.token = "new"
    result = await entry.start_reauth_flow(hass)
    await answer(hass, result["flow_id"], {CONF_TOKEN: "new"})
    assert entry.data[CONF_TOKEN] == "new"
    check(given, entry.data, voice)
    await hass.async_block_till_done()
    result = await entry.start_reconfigure_flow(hass)
    await answer(hass, result["flow_id"], {CONF_HOST: host, "verify_ssl": False})
    assert not entry.data["verify_ssl"]
    check(given, entry.data, voice)


@pytest.mark.parametrize("kind", KINDS)
async def test_voices(
    hass: HomeAssistant, kind: str, given: Given, make_entry: MakeEntry, simulator: Simulator
) -> None:
    """A voice that is changed, also without being tested, or added; nothing while the service is away."""
    entry = await make_entry(kind, setup=False)
    before = dict(entry.data)
    voices = SERVICES[kind].voices
    for voice, heard in ((voices["en-US"], None), (voices["fr-FR"], voices["fr-FR"])):
        form = await change_voice(hass, entry)
        await answer_voice(hass, form["flow_id"], {CONF_VOICE: voice, SECTION_ADVANCED: {}})
        check(given, before, heard)
    form = await add_voice_form(hass, entry)
    await answer_voice(hass, form["flow_id"], {CONF_VOICE: voices["de-DE"], SECTION_ADVANCED: {}})
    check(given, before, voices["de-DE"])
    simulator.habits.statuses["voices"] = 503
    form = await change_voice(hass, entry, next(iter(entry.subentries)))
    user_input = {CONF_VOICE: voices["fr-FR"], SECTION_ADVANCED: {}}
    await answer_voice(hass, form["flow_id"], user_input)
    assert given == []
    assert entry.data == before


@pytest.mark.parametrize("kind", KINDS)
async def test_repair(hass: HomeAssistant, kind: str, given: Given, make_entry: MakeEntry) -> None:
    """The voice that replaces one that is gone."""
    entry = await make_entry(kind, setup=False)
    said = {"entry_id": entry.entry_id, "subentry_id": stored_profile(entry).subentry_id}
    flow = await async_create_fix_flow(hass, "", said | {"issue": Issue.VOICE_GONE, "voice": "Gone"})
    assert isinstance(flow, ProfileFlow)
    flow.hass = hass
    await flow.async_step_init()
    voice = SERVICES[kind].voices["de-DE"]
    step = await flow.async_step_voice({"voice": voice})
    if step["type"] is FlowResultType.MENU:
        await flow.async_step_use_voice()
    flow.async_remove()
    check(given, entry.data, voice)
    assert stored_profile(entry).data["voice"] == voice
