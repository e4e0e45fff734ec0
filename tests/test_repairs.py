"""What only the user can repair: shown, mended, and gone by itself."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.tts import TTSAudioRequest, async_create_stream
from homeassistant.const import CONF_HOST, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.websocket_tts.const import DOMAIN
from custom_components.websocket_tts.flow.preview import async_previews
from custom_components.websocket_tts.speech.preview import preview_text
from simulator import Cut, Simulator

from .certificate import tls_server
from .clock import running
from .in_home_assistant import ENTITY, MakeEntry, change_profile, entity, profile_data, stored_profile
from .services import KINDS, SERVICES
from .speech.speaking import TEXT
from .test_chime import DING, ding, file_of, recording, write

__all__ = ["ding"]


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the issues that are shown, by what they are about."""
    return {
        str(issue.translation_key): issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
    }


async def poll(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the next poll come."""
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def speak(hass: HomeAssistant, kind: str, text: str = TEXT) -> None:
    """Speak with the configured voice."""
    stream = async_create_stream(hass, ENTITY[kind], options={"preferred_format": "wav"})
    stream.async_set_message(text)
    async for _ in stream.async_stream_result():
        pass


async def mend(
    hass: HomeAssistant, client: ClientSessionGenerator, issue: ir.IssueEntry, answer: dict[str, str]
) -> dict[str, Any]:
    """Go through the flow of an issue; return its last step."""
    assert await async_setup_component(hass, "repairs", {})
    # Only the web server of a real Home Assistant takes addresses after it has been started.
    async_previews(hass)
    http = await client()
    begin = {"handler": DOMAIN, "issue_id": issue.issue_id}
    response = await http.post("/api/repairs/issues/fix", json=begin)
    assert response.status == HTTPStatus.OK
    step: dict[str, Any] = await response.json()
    return await go_on(hass, client, step, answer) if step["type"] == "form" else step


async def go_on(
    hass: HomeAssistant, client: ClientSessionGenerator, step: dict[str, Any], answer: dict[str, str]
) -> dict[str, Any]:
    """Submit a form of a repair, and take the voice where it can be listened to; return the next step."""
    http = await client()
    url = f"/api/repairs/issues/fix/{step['flow_id']}"
    step = await (await http.post(url, json=answer)).json()
    if step.get("step_id") == "listen":
        step = await (await http.post(url, json={"next_step_id": "use_voice"})).json()
    await hass.async_block_till_done(wait_background_tasks=True)
    return step


async def test_voice_gone(
    hass: HomeAssistant,
    make_entry: MakeEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """A voice that the service does not list any more is replaced in a flow."""
    entry = await make_entry("vivoka", voice="enu,gone,embedded-pro")
    issue = issues(hass)["voice_gone"]
    assert issue.translation_placeholders == {"name": "Vivoka", "voice": "enu,gone,embedded-pro"}
    step = await mend(hass, hass_client, issue, {"voice": "eng,serena,embedded-high"})
    assert step["type"] == "create_entry"
    assert stored_profile(entry).data["voice"] == "eng,serena,embedded-high"
    assert issues(hass) == {}
    await speak(hass, "vivoka")


@pytest.mark.parametrize("language", [None, "de"])
async def test_voice_that_nobody_lists(
    hass: HomeAssistant,
    language: str | None,
    simulator: Simulator,
    make_entry: MakeEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """Another voice may be one whose language the service does not tell: then it is asked for."""
    simulator.habits.knovvu.voices = "unstated"
    entry = await make_entry("knovvu", voice="Gone")
    if not language:
        options = {key: value for key, value in stored_profile(entry).data.items() if key != "language"}
        change_profile(hass, entry, options)
    with pytest.raises(HomeAssistantError):
        await speak(hass, "knovvu")
    step = await mend(hass, hass_client, issues(hass)["voice_gone"], {"voice": " Emily_Premium "})
    assert (step["step_id"], step["description_placeholders"]["voice"]) == ("language", "Emily_Premium")
    step = await go_on(hass, hass_client, step, {"language": "en-US"})
    assert step["type"] == "create_entry"
    assert (stored_profile(entry).data["voice"], stored_profile(entry).data["language"]) == (
        "Emily_Premium",
        "en-US",
    )
    await speak(hass, "knovvu")
    assert issues(hass) == {}


async def test_profile_gone_during_its_repair(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, hass_client: ClientSessionGenerator
) -> None:
    """Then there is nothing to mend any more."""
    simulator.habits.knovvu.voices = "unstated"
    entry = await make_entry("knovvu", voice="Gone")
    with pytest.raises(HomeAssistantError):
        await speak(hass, "knovvu")
    step = await mend(hass, hass_client, issues(hass)["voice_gone"], {"voice": "Emily_Premium"})
    assert step["step_id"] == "language"
    hass.config_entries.async_remove_subentry(entry, stored_profile(entry).subentry_id)
    await hass.async_block_till_done()
    assert issues(hass) == {}
    step = await go_on(hass, hass_client, step, {"language": "en-US"})
    assert step["type"] == "create_entry"
    assert not entry.subentries


@pytest.mark.parametrize("kind", KINDS)
async def test_other_voice_that_fails(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """The other voice is tried with the settings of the profile: what fails is told, and nothing changes."""
    entry = await make_entry(kind, voice="Gone", volume=0.5)
    if not SERVICES[kind].client.lists_all_voices:
        with pytest.raises(HomeAssistantError):
            await speak(hass, kind)
    before = dict(stored_profile(entry).data)
    simulator.habits.cut = Cut(0, "error", error="Broken")
    german = {"voice": SERVICES[kind].voices["de-DE"]}
    step = await mend(hass, hass_client, issues(hass)["voice_gone"], german)
    assert (step["step_id"], step["errors"]) == ("voice", {"voice": "synthesis_failed"})
    assert stored_profile(entry).data == before
    assert set(issues(hass)) == {"voice_gone"}
    simulator.habits.cut = None
    step = await go_on(hass, hass_client, step, german)
    assert step["type"] == "create_entry"
    assert simulator.requests[-1].texts == [preview_text("de")]
    # It was that of the voice that is gone.
    del before["language"]
    assert stored_profile(entry).data == before | german
    assert issues(hass) == {}


async def test_voice_gone_with_a_chime_file(
    hass: HomeAssistant, ding: Path, make_entry: MakeEntry, hass_client: ClientSessionGenerator
) -> None:
    """Only what is gone is asked for; the rest of the profile stays, even a fallback that is gone as well."""
    write(ding, recording(0.5))
    settings = {"chime": "file", "chime_file": file_of(DING), "fallback": "tts.gone", "rate": 1.5}
    entry = await make_entry("vivoka", voice="enu,gone,embedded-pro", **settings)
    step = await mend(hass, hass_client, issues(hass)["voice_gone"], {"voice": "enu,zoe-ml,neural"})
    assert step["errors"] == {"voice": "rate_not_supported"}
    with running().beside():
        step = await go_on(hass, hass_client, step, {"voice": "eng,serena,embedded-high"})
    assert step["type"] == "create_entry"
    assert settings.items() <= stored_profile(entry).data.items()
    # It was made by us: it follows the voice.
    assert stored_profile(entry).title == "Vivoka Serena"


async def test_voice_gone_while_the_service_is_away(
    hass: HomeAssistant, make_entry: MakeEntry, simulator: Simulator, hass_client: ClientSessionGenerator
) -> None:
    """Without a list of voices there is nothing to choose from."""
    await make_entry("vivoka", voice="enu,gone,embedded-pro")
    simulator.habits.statuses["voices"] = 503
    step = await mend(hass, hass_client, issues(hass)["voice_gone"], {})
    assert (step["type"], step["reason"]) == ("abort", "cannot_connect")


async def test_voice_comes_back(
    hass: HomeAssistant, make_entry: MakeEntry, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The issue is gone by itself when the voice is installed again."""
    voice = "enu,evan,embedded-pro"
    kept = simulator.vivoka_voices.pop(voice)
    await make_entry("vivoka", voice=voice)
    assert set(issues(hass)) == {"voice_gone"}
    simulator.vivoka_voices[voice] = kept
    await poll(hass, freezer)
    assert issues(hass) == {}


async def test_voice_that_was_never_listed(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """Knovvu may have voices that it does not list: only speaking tells that one is gone, or back."""
    entry = await make_entry("knovvu", voice="Gone")
    assert issues(hass) == {}
    with pytest.raises(HomeAssistantError):
        await speak(hass, "knovvu")
    assert set(issues(hass)) == {"voice_gone"}
    change_profile(hass, entry, {**stored_profile(entry).data, "voice": "Emily_Premium"})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await speak(hass, "knovvu")
    assert issues(hass) == {}


@pytest.mark.parametrize("kind", ENTITY)
async def test_voice_refused_once(
    hass: HomeAssistant, kind: str, make_entry: MakeEntry, simulator: Simulator
) -> None:
    """A proxy's page, or a slip: the list says that the voice is there."""
    await make_entry(kind)
    await refuse_voice(hass, kind, simulator)
    assert issues(hass) == {}
    await speak(hass, kind)
    await refuse_voice(hass, kind, simulator)
    assert issues(hass) == {}


async def test_voice_refused_twice(hass: HomeAssistant, make_entry: MakeEntry, simulator: Simulator) -> None:
    """A list that need not be complete may be old, too: who is refused twice in a row is gone."""
    await make_entry("knovvu")
    await refuse_voice(hass, "knovvu", simulator)
    await refuse_voice(hass, "knovvu", simulator)
    assert set(issues(hass)) == {"voice_gone"}
    await speak(hass, "knovvu")
    assert issues(hass) == {}


async def test_voice_refused_without_a_list(
    hass: HomeAssistant, make_entry: MakeEntry, simulator: Simulator
) -> None:
    """Where nothing is listed, nothing confirms the first refusal."""
    simulator.habits.knovvu.voices = "missing"
    await make_entry("knovvu")
    await refuse_voice(hass, "knovvu", simulator)
    assert issues(hass) == {}
    await refuse_voice(hass, "knovvu", simulator)
    assert set(issues(hass)) == {"voice_gone"}


async def test_voice_gone_meanwhile(hass: HomeAssistant, make_entry: MakeEntry, simulator: Simulator) -> None:
    """Where the list is complete, it is read again at the first refusal, and decides."""
    await make_entry("vivoka")
    del simulator.vivoka_voices["enu,evan,embedded-pro"]
    with pytest.raises(HomeAssistantError):
        await speak(hass, "vivoka")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(issues(hass)) == {"voice_gone"}


@pytest.mark.parametrize("kind", ENTITY)
async def test_voice_refused_at_the_end(
    hass: HomeAssistant, kind: str, make_entry: MakeEntry, simulator: Simulator
) -> None:
    """An entry that was unloaded meanwhile asks for no list any more, and shows nothing."""
    entry = await make_entry(kind)
    speech = entity(hass, kind)

    async def text() -> AsyncGenerator[str]:
        yield TEXT

    request = TTSAudioRequest("en-US", dict(speech.default_options or {}), text())
    audio = (await speech.async_stream_tts_audio(request)).data_gen
    assert await hass.config_entries.async_unload(entry.entry_id)
    simulator.habits.statuses["synthesize"] = 404
    simulator.habits.cut = Cut(0, "error", error="Voice not found")
    simulator.calls.clear()
    with pytest.raises(HomeAssistantError) as raised:
        await anext(audio)
    assert raised.value.translation_key == "voice_unknown"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "voices" not in simulator.calls
    assert issues(hass) == {}


async def refuse_voice(hass: HomeAssistant, kind: str, simulator: Simulator) -> None:
    """Have an attempt to speak end in: there is no such voice."""
    simulator.habits.statuses["synthesize"] = 404
    simulator.habits.cut = Cut(0, "error", error="Voice not found")
    with pytest.raises(HomeAssistantError) as raised:
        await speak(hass, kind, "This has not been spoken before.")
    assert raised.value.translation_key in ("voice_not_found", "voice_unknown")
    simulator.habits.statuses.clear()
    simulator.habits.cut = None
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_no_voices(
    hass: HomeAssistant, make_entry: MakeEntry, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """A service without any voice needs one to be installed."""
    kept = dict(simulator.vivoka_voices)
    simulator.vivoka_voices.clear()
    await make_entry("vivoka")
    assert set(issues(hass)) == {"no_voices"}
    simulator.vivoka_voices.update(kept)
    await poll(hass, freezer)
    assert issues(hass) == {}


@pytest.mark.parametrize("kind", KINDS)
async def test_certificate(
    hass: HomeAssistant, kind: str, simulator: Simulator, hass_client: ClientSessionGenerator
) -> None:
    """A certificate that is not trusted can be done without, if the user wants that."""
    with tls_server(simulator) as port:
        entry = await _entry_for(hass, kind, port)
        issue = issues(hass)["certificate"]
        assert (issue.translation_placeholders or {})["place"] == f"127.0.0.1:{port}"
        simulator.calls.clear()
        step = await mend(hass, hass_client, issue, {})
        assert step["type"] == "create_entry"
        assert entry.data[CONF_VERIFY_SSL] is False
        # Set up once.
        assert simulator.calls.count("voices") == 1
        assert issues(hass) == {}
        await speak(hass, kind)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_entry_is_removed(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """Nothing is left of an entry that is removed."""
    entry = await make_entry("vivoka", voice="enu,gone,embedded-pro")
    assert set(issues(hass)) == {"voice_gone"}
    await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == {}


async def _entry_for(hass: HomeAssistant, kind: str, port: int) -> MockConfigEntry:
    await async_setup_component(hass, "tts", {})
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=kind.title(),
        data={"service": kind, CONF_HOST: f"https://127.0.0.1:{port}", CONF_VERIFY_SSL: True},
        subentries_data=[profile_data(kind, kind.title())],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry
