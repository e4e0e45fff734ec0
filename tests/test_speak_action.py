"""Performing tts.speak with what cannot be spoken: whoever performs it sees that.

How the world differs: a call names nothing, or everything; the voice is newer than the list; the service is
away; there is a fallback; Home Assistant itself refuses a language or an option before we see it.
"""

import asyncio
from typing import Any

from homeassistant.components.tts import TextToSpeechEntity
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
from yarl import URL

from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.tts import SpeechEntity
from simulator import Simulator

from .in_home_assistant import ENTITY, VOICE, MakeEntry, entity
from .speech.speaking import TEXT

KINDS = list(ENTITY)


@pytest.fixture
async def plays(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what players are asked to play."""
    await async_setup_component(hass, "media_source", {})
    calls: list[ServiceCall] = async_mock_service(hass, "media_player", "play_media")
    return calls


async def speak(hass: HomeAssistant, kind: str, message: str = TEXT, **data: Any) -> None:
    """Perform the action, as an automation does."""
    await hass.services.async_call(
        "tts",
        "speak",
        {
            "entity_id": ENTITY[kind],
            "media_player_entity_id": "media_player.any",
            "message": message,
            **data,
        },
        blocking=True,
    )


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("knovvu", {"options": {"rate": 9}}, "invalid_option"),
    ("knovvu", {"options": {"rate": "fast"}}, "invalid_option"),
    ("knovvu", {"options": {"volume": -1}}, "invalid_option"),
    ("vivoka", {"options": {"volume": 2.5}}, "invalid_option"),
    ("vivoka", {"options": {"voice": "nobody"}}, "voice_unknown"),
    ("vivoka", {"options": {"voice": "evn"}}, "voice_not_found"),
    ("knovvu", {"options": {"voice": "Emilly"}}, "voice_not_found"),
    ("vivoka", {"options": {"voice": "enu,zoe-ml,neural", "rate": 2}}, "rate_and_volume_not_supported"),
    ("vivoka", {"options": {"rate": 9, "preferred_format": "wav"}}, "invalid_option"),
    ("vivoka", {"options": {"rate": 0.49}}, "invalid_option"),
    ("vivoka", {"options": {"rate": "0.33"}}, "invalid_option"),
    ("vivoka", {"options": {"rate": 3.1}}, "invalid_option"),
    ("knovvu", {"options": {"rate": 0.32}}, "invalid_option"),
    ("knovvu", {"options": {"rate": 3.1}}, "invalid_option"),
    ("vivoka", {"message": "***"}, "no_text"),
    ("knovvu", {"message": " "}, "no_text"),
    ("vivoka", {"language": "it-IT"}, "language_not_supported"),
    ("vivoka", {"options": {"pitch": 1}}, "unsupported_options"),
]


@pytest.mark.parametrize(("kind", "data", "key"), BAD, ids=str)
async def test_bad_call(
    hass: HomeAssistant,
    kind: str,
    data: dict[str, Any],
    key: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    plays: list[ServiceCall],
) -> None:
    """The action fails, and no player is asked to play."""
    await make_entry(kind, fallback="tts.piper")
    with pytest.raises(HomeAssistantError) as raised:
        await speak(hass, kind, **data)
    # Older releases have no keys for what they refuse.
    assert raised.value.translation_key in (key, None)
    if raised.value.translation_key:
        assert isinstance(raised.value, ServiceValidationError)
    assert plays == []
    assert simulator.requests == []


@pytest.mark.parametrize("kind", KINDS)
async def test_good_call(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry, plays: list[ServiceCall]
) -> None:
    """What can be spoken is; nothing is asked of the service for that."""
    await make_entry(kind)
    simulator.calls.clear()
    await speak(hass, kind)
    await speak(hass, kind, language="de", cache=False, options={"rate": "1.5", "volume": 2, "voice": " "})
    await speak(hass, kind, options={"voice": VOICE[kind], "preferred_format": "wav"})
    assert len(plays) == 3
    assert simulator.calls == []


@pytest.mark.parametrize(("kind", "minimum"), [("vivoka", 0.5), ("knovvu", 0.33)])
async def test_limits_of_the_rate(
    hass: HomeAssistant, kind: str, minimum: float, make_entry: MakeEntry, plays: list[ServiceCall]
) -> None:
    """They are those of the service, and an error names them."""
    await make_entry(kind)
    for rate in (minimum, 3):
        await speak(hass, kind, options={"rate": rate})
    assert len(plays) == 2
    with pytest.raises(ServiceValidationError) as raised:
        await speak(hass, kind, options={"rate": 0.1})
    assert raised.value.translation_placeholders == {
        "option": "rate",
        "value": "0.1",
        "minimum": str(minimum),
        "maximum": "3.0",
    }


@pytest.mark.parametrize("kind", ["vivoka", "knovvu"])
@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("en_US", "en-US"),
        ("en-us", "en-US"),
        ("EN", "en"),
        ("eng-USA", "en-US"),
        ("De_dE", "de-DE"),
        ("de-Latn-DE", "de-DE"),
        # As Home Assistant has it: nothing to change.
        ("tr-TR", "tr-TR"),
        ("de-AT", "de-AT"),
        (None, None),
    ],
)
async def test_language_in_any_spelling(
    hass: HomeAssistant,
    kind: str,
    asked: str | None,
    language: str | None,
    make_entry: MakeEntry,
    plays: list[ServiceCall],
) -> None:
    """What people write is the language that they mean."""
    await make_entry(kind)
    await speak(hass, kind, **({"language": asked} if asked else {}))
    assert URL(plays[0].data["media_content_id"]).query.get("language") == language


@pytest.mark.parametrize("language", ["it_IT", "english", "xx"])
async def test_language_that_nobody_speaks(
    hass: HomeAssistant, language: str, make_entry: MakeEntry, plays: list[ServiceCall]
) -> None:
    """Home Assistant says so."""
    await make_entry("knovvu")
    with pytest.raises(HomeAssistantError):
        await speak(hass, "knovvu", language=language)
    assert plays == []


async def test_voice_that_is_newer_than_the_list(
    hass: HomeAssistant, make_entry: MakeEntry, plays: list[ServiceCall]
) -> None:
    """The list is read again before a voice is refused."""
    entry = await make_entry("vivoka")
    entry.runtime_data.data = [Voice("enu,evan,embedded-pro", "Evan", "en-US")]
    await speak(hass, "vivoka", options={"voice": "trt,cem-ml,embedded-pro"})
    assert len(plays) == 1


async def test_voice_that_only_the_service_knows(
    hass: HomeAssistant, make_entry: MakeEntry, plays: list[ServiceCall]
) -> None:
    """Knovvu may have voices that it does not list: that is for the service to say."""
    await make_entry("knovvu")
    await speak(hass, "knovvu", options={"voice": "nobody"})
    assert len(plays) == 1


async def test_service_is_away(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, plays: list[ServiceCall]
) -> None:
    """The call is right: whether it is heard shows when it is played."""
    await make_entry("vivoka", data={CONF_TOKEN: "secret"})
    simulator.habits.statuses = {"voices": 500, "synthesize": 500}
    async with asyncio.timeout(5):
        await speak(hass, "vivoka")
    assert len(plays) == 1


async def test_keywords_of_a_later_home_assistant(
    hass: HomeAssistant, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it may add to a call is passed on."""
    passed: dict[str, Any] = {}

    async def speak_later(*_: Any, **kwargs: Any) -> None:
        passed.update(kwargs)

    monkeypatch.setattr(TextToSpeechEntity, "async_speak", speak_later)
    await make_entry("vivoka")
    speech = entity(hass, "vivoka")
    assert isinstance(speech, SpeechEntity)
    await speech.async_speak(["media_player.any"], TEXT, cache=False, announce=True)
    assert passed == {"announce": True}
