"""Changing how to speak: the flow of a voice profile."""

from http import HTTPStatus
from typing import Any
from unittest.mock import AsyncMock

from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import InvalidData
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.websocket_tts.const import CONF_VOICE, SECTION_ADVANCED
from custom_components.websocket_tts.flow.preview import async_previews
from custom_components.websocket_tts.speech.knovvu.client import KnovvuClient
from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.speech.preview import preview_text
from simulator import Cut, Simulator

from .flows import add_voice_form, answer_voice, change_voice, check_changed, no_setup, suggested
from .in_home_assistant import VOICE, MakeEntry, change_profile, stored_profile
from .services import KINDS, SERVICES

__all__ = ["no_setup"]


@pytest.mark.parametrize("kind", KINDS)
async def test_change(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """What is set shows, what is changed is kept, a voice that is not there is told."""
    other = SERVICES[kind].voices["de-DE"]
    entry = await make_entry(kind, lead_in=100)
    result = await change_voice(hass, entry)
    assert result["step_id"] == "reconfigure"
    user_input = {
        CONF_VOICE: "nobody",
        SECTION_ADVANCED: {"lead_out": 50, "audio_format": "wav"},
    }
    result = await answer_voice(hass, result["flow_id"], user_input)
    assert result["errors"] == {CONF_VOICE: "voice_not_found"}
    result = await answer_voice(hass, result["flow_id"], {**user_input, CONF_VOICE: other})
    check_changed(result)
    assert stored_profile(entry).data[CONF_VOICE] == other
    assert stored_profile(entry).data["lead_out"] == 50
    assert stored_profile(entry).data["audio_format"] == "wav"


async def test_own_voice(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A voice that is not listed is tried, and kept if it speaks."""
    entry = await make_entry("knovvu")
    listed = AsyncMock(return_value=[Voice(VOICE["knovvu"], "Emily")])
    monkeypatch.setattr(KnovvuClient, "voices", listed)
    result = await change_voice(hass, entry)
    user_input = {CONF_VOICE: "Sestek Rae 24k", SECTION_ADVANCED: {}}
    result = await answer_voice(hass, result["flow_id"], user_input)
    assert result["step_id"] == "language"
    assert suggested(result) == {CONF_LANGUAGE: "en"}
    result = await answer_voice(hass, result["flow_id"], {CONF_LANGUAGE: "en-GB"})
    check_changed(result)
    assert stored_profile(entry).data[CONF_VOICE] == "Sestek Rae 24k"
    assert stored_profile(entry).data[CONF_LANGUAGE] == "en-GB"
    assert simulator.requests[-1].texts == [preview_text("en")]


@pytest.mark.parametrize("kind", KINDS)
async def test_service_is_away(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The other settings can be changed all the same."""
    entry = await make_entry(kind)
    simulator.habits.statuses["voices"] = 503
    result = await change_voice(hass, entry)
    user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: {"lead_in": 100}}
    result = await answer_voice(hass, result["flow_id"], user_input)
    # The list, which would tell whether it matters, is away as well.
    assert result["step_id"] == "language"
    result = await answer_voice(hass, result["flow_id"], {CONF_LANGUAGE: "tr"})
    check_changed(result)
    assert stored_profile(entry).data[CONF_LANGUAGE] == "tr"
    assert stored_profile(entry).data["lead_in"] == 100


@pytest.mark.parametrize("kind", KINDS)
async def test_language_that_decides_nothing(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Where the service tells it, it is neither asked for nor forgotten, also while the service is away."""
    entry = await make_entry(kind)
    assert stored_profile(entry).data[CONF_LANGUAGE] == "en"
    user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: {"lead_in": 100}}
    for language in ("en", None):
        result = await change_voice(hass, entry)
        result = await answer_voice(hass, result["flow_id"], user_input)
        check_changed(result)
        assert stored_profile(entry).data.get(CONF_LANGUAGE) == language
        options = {key: value for key, value in stored_profile(entry).data.items() if key != CONF_LANGUAGE}
        change_profile(hass, entry, options)
        simulator.habits.statuses["voices"] = 500


async def test_voice_that_is_typed_without_a_list(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """It is tried all the same; nobody can tell its language but the user."""
    entry = await make_entry("knovvu")
    simulator.habits.statuses["voices"] = 500
    form = await change_voice(hass, entry)
    assert form["errors"] == {CONF_VOICE: "http_status"}
    user_input = {CONF_VOICE: " Another ", SECTION_ADVANCED: {}}
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["errors"] == {CONF_VOICE: "voice_not_found"}
    user_input[CONF_VOICE] = " Sestek Chloe 24k "
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["step_id"] == "language"
    result = await answer_voice(hass, form["flow_id"], {CONF_LANGUAGE: "fr-FR"})
    profile = stored_profile(entry).data
    assert (profile[CONF_VOICE], profile[CONF_LANGUAGE]) == ("Sestek Chloe 24k", "fr-FR")


@pytest.mark.parametrize(
    ("habit", "kind", "error"), [("missing", "knovvu", "no_list"), ("none", "vivoka", "no_voices")]
)
async def test_no_list(
    hass: HomeAssistant, habit: str, kind: str, error: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A form without a list says why there is none."""
    getattr(simulator.habits, kind).voices = habit
    entry = await make_entry(kind)
    assert (await change_voice(hass, entry))["errors"] == {CONF_VOICE: error}
    assert (await add_voice_form(hass, entry))["errors"] == {CONF_VOICE: error}


async def test_name_for_a_voice(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """What is typed is the voice that is called so."""
    entry = await make_entry("knovvu")
    form = await change_voice(hass, entry)
    check_changed(await answer_voice(hass, form["flow_id"], {CONF_VOICE: "hans", SECTION_ADVANCED: {}}))
    assert stored_profile(entry).data[CONF_VOICE] == "Sestek Hans 24k"
    assert stored_profile(entry).title == "Knovvu Hans"


async def test_labels(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """Lists are for people: names, languages in the language of Home Assistant, and what else is told."""
    hass.config.language = "de"
    labels = []
    for kind in ("vivoka", "knovvu"):
        form = await change_voice(hass, await make_entry(kind))
        labels += [option["label"] for option in form["data_schema"].schema[CONF_VOICE].config["options"]]
    assert labels == [
        "Anna, Deutsch (embedded-pro)",
        "Serena, Englisch (Vereinigtes Königreich) (embedded-high)",
        "Evan, Englisch (Vereinigte Staaten) (embedded-pro)",
        "Zoe, Englisch (Vereinigte Staaten) (neural)",
        "Audrey, Französisch (Frankreich) (embedded-compact)",
        "Cem, Türkisch (embedded-pro)",
        "Hans, Deutsch, männlich (24k)",
        "Rae, Englisch (Vereinigtes Königreich), weiblich (24k)",
        "Emily, Englisch (Vereinigte Staaten), weiblich (Premium)",
        "Chloe, Französisch (Frankreich), weiblich (24k)",
        "Gul, Türkisch, weiblich (24k HV Premium)",
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ({"rate": 3.1}, "rate_out_of_range"),
        ({"rate": 0.2}, "rate_out_of_range"),
        ({"volume": 2.5}, "volume_out_of_range"),
        ({"volume": -1}, "volume_out_of_range"),
    ],
)
async def test_factor_out_of_range(
    hass: HomeAssistant, kind: str, setting: dict[str, float], error: str, make_entry: MakeEntry
) -> None:
    """It is told with the limits of the service."""
    if "rate" in setting and not SERVICES[kind].client.has_rate:
        pytest.skip("It has no rate")
    entry = await make_entry(kind)
    form = await change_voice(hass, entry)
    user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: setting}
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["errors"] == {SECTION_ADVANCED: error}
    slowest = "0.5" if kind == "vivoka" else "0.33"
    assert (
        result["description_placeholders"] | {"slowest": slowest, "fastest": "3.0"}
        == (result["description_placeholders"])
    )
    check_changed(await answer_voice(hass, form["flow_id"], {**user_input, SECTION_ADVANCED: {}}))


async def test_voices_of_the_same_name(
    hass: HomeAssistant, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each can be selected: what else would be the same has its ID behind it."""
    voices = [Voice("a1", "Ann", "en-US"), Voice("a2", "Ann", "en-US"), Voice(VOICE["knovvu"], "Emily")]
    monkeypatch.setattr(KnovvuClient, "voices", AsyncMock(return_value=voices))
    form = await change_voice(hass, await make_entry("knovvu"))
    labels = [option["value"] for option in form["data_schema"].schema[CONF_VOICE].config["options"]]
    assert labels == ["Emily", "Ann, American English", "Ann, American English, a2"]


@pytest.mark.parametrize("kind", KINDS)
async def test_shown_again(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """After an error, the form can be submitted as the browser shows it, with all that was entered."""
    assert await async_setup_component(hass, "config", {})
    async_previews(hass)
    entry, client = await make_entry(kind), await hass_client()
    flow = await add_voice_form(hass, entry)
    url = f"/api/config/config_entries/subentries/flow/{flow['flow_id']}"
    german = SERVICES[kind].voices["de-DE"]
    words = [{"written": "HVAC", "spoken": "heating"}]
    simulator.habits.cut = Cut(0, "error")
    shown: dict[str, Any] = {
        "name": "Butler",
        CONF_VOICE: german,
        SECTION_ADVANCED: {"volume": 0.5, "lead_in": 100, "pronunciations": words},
    }
    for _ in range(2):
        form = await (await client.post(url, json=shown)).json()
        assert form["errors"] == {"base": "synthesis_failed"}
        shown = shown_by_browser(form["data_schema"])
    label = {"vivoka": "Anna, German (embedded-pro)", "knovvu": "Hans, German, male (24k)"}.get(kind)
    assert (shown["name"], shown[CONF_VOICE]) == ("Butler", label or "Cleo, German")
    assert shown[SECTION_ADVANCED] | {"volume": 0.5, "pronunciations": words} == shown[SECTION_ADVANCED]
    simulator.habits.cut = None
    step = await (await client.post(url, json=shown)).json()
    if step["type"] == "menu":
        step = await (await client.post(url, json={"next_step_id": "use_voice"})).json()
    assert step["type"] == "create_entry"
    assert list(entry.subentries.values())[-1].title == "Butler"


def shown_by_browser(schema: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the fields of a form have in them, as the browser submits it."""
    shown = {}
    for field in schema:
        if field.get("type") == "expandable":
            shown[field["name"]] = shown_by_browser(field["schema"])
        elif "suggested_value" in (description := field.get("description") or {}):
            shown[field["name"]] = description["suggested_value"]
        elif "default" in field:
            shown[field["name"]] = field["default"]
    return shown


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", ["lead_in", "lead_out", "sentence_pause"])
@pytest.mark.parametrize("value", [-1, 3001, 999999.0])
async def test_silence_out_of_range(
    hass: HomeAssistant, kind: str, key: str, value: float, make_entry: MakeEntry
) -> None:
    """It is told in the language of the user, with the limits, and nothing that was entered is lost."""
    entry = await make_entry(kind)
    form = await change_voice(hass, entry)
    user_input: dict[str, Any] = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: {key: value, "volume": 0.5}}
    result = await answer_voice(hass, form["flow_id"], user_input)
    assert result["errors"] == {SECTION_ADVANCED: "silence_out_of_range"}
    user_input[SECTION_ADVANCED][key] = 3000.0
    check_changed(await answer_voice(hass, form["flow_id"], user_input))
    assert stored_profile(entry).data[key] == 3000
    assert type(stored_profile(entry).data[key]) is int


@pytest.mark.parametrize("kind", KINDS)
async def test_pronunciations(
    hass: HomeAssistant, kind: str, make_entry: MakeEntry, hass_client: ClientSessionGenerator
) -> None:
    """What is entered is kept, shows again, and can be emptied; an entry without a word is refused."""
    words = [
        {"written": "HVAC", "spoken": "h vac"},
        {"written": "Öz", "spoken": "Oez", "language": "de"},
        {"written": "lol"},
    ]
    blank = {"written": " ", "spoken": "x"}
    entry = await make_entry(kind)
    for entered, kept in (({"pronunciations": words}, words), ({}, [])):
        result = await change_voice(hass, entry)
        user_input: dict[str, Any] = {
            CONF_VOICE: VOICE[kind],
            SECTION_ADVANCED: {"pronunciations": [*words, blank]},
        }
        result = await answer_voice(hass, result["flow_id"], user_input)
        assert result["errors"] == {SECTION_ADVANCED: "blank_pronunciation"}
        user_input[SECTION_ADVANCED] = entered
        result = await answer_voice(hass, result["flow_id"], user_input)
        check_changed(result)
        assert stored_profile(entry).data["pronunciations"] == kept
        shown = await shown_advanced(hass, hass_client, entry)
        assert shown["pronunciations"] == kept
    result = await change_voice(hass, entry)
    user_input = {CONF_VOICE: VOICE[kind], SECTION_ADVANCED: {"pronunciations": [{"spoken": "x"}]}}
    with pytest.raises(InvalidData):
        await answer_voice(hass, result["flow_id"], user_input)


async def shown_advanced(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> dict[str, Any]:
    """Return what the form shows in its section, as the browser gets it."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    answer = await client.post(
        "/api/config/config_entries/subentries/flow",
        json={"handler": [entry.entry_id, "voice"], "subentry_id": stored_profile(entry).subentry_id},
    )
    assert answer.status == HTTPStatus.OK
    form = await answer.json()
    (fields,) = [field["schema"] for field in form["data_schema"] if field["name"] == SECTION_ADVANCED]
    return {
        field["name"]: field["description"]["suggested_value"]
        for field in fields
        if "suggested_value" in field.get("description", {})
    }
