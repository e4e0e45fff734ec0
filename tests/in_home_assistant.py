"""Fixtures of the tests in Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
import logging
from pathlib import Path
import time
from types import MappingProxyType
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.components import tts
from homeassistant.components.tts import TextToSpeechEntity
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.config_entries import ConfigEntry, ConfigSubentry, ConfigSubentryData
from homeassistant.const import CONF_HOST, CONF_LANGUAGE, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

# The plugin has a package of this name as well: ours must be there first.
import custom_components
from custom_components.websocket_tts.const import (
    CONF_SERVICE,
    CONF_STAND_BY,
    CONF_VOICE,
    DOMAIN,
    SUBENTRY_VOICE,
)
from custom_components.websocket_tts.errors import error_key
from custom_components.websocket_tts.speech.exceptions import SpeechError
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import IssuedToken
from custom_components.websocket_tts.state import ProfileState, ServerState, async_entry_state, server_key

from .services import SERVICES
from .translation_check import check_translations

__all__ = [
    "MakeEntry",
    "SetLimits",
    "check_translations",
    "clock_of_home_assistant",
    "custom_integrations",
    "hass_config_dir",
    "make_entry",
    "nothing_deprecated",
    "set_limits",
]

assert custom_components.__path__

type SetLimits = Callable[[Limits], None]
type MakeEntry = Callable[..., Awaitable[MockConfigEntry]]

VOICE = {kind: service.voice for kind, service in SERVICES.items()}
ENTITY = {kind: f"tts.{kind}" for kind in SERVICES}


def profile_data(kind: str, title: str, **settings: Any) -> ConfigSubentryData:
    """Return a voice profile as entries are made with it."""
    return ConfigSubentryData(
        data={CONF_VOICE: VOICE[kind], CONF_LANGUAGE: "en", **settings},
        subentry_type=SUBENTRY_VOICE,
        title=title,
        unique_id=None,
    )


def new_profile(kind: str, title: str, **settings: Any) -> ConfigSubentry:
    """Return a voice profile as entries get it later."""
    profile = profile_data(kind, title, **settings)
    return ConfigSubentry(
        data=MappingProxyType(profile["data"]), subentry_type=SUBENTRY_VOICE, title=title, unique_id=None
    )


def stored_profile(entry: ConfigEntry) -> ConfigSubentry:
    """Return the only voice profile of an entry, as it is stored."""
    (profile,) = entry.subentries.values()
    return profile


def change_profile(hass: HomeAssistant, entry: ConfigEntry, data: dict[str, Any]) -> None:
    """Replace what is stored of the only voice profile of an entry."""
    hass.config_entries.async_update_subentry(entry, stored_profile(entry), data=data)


def profile(entry: ConfigEntry) -> ProfileState:
    """Return the state of the only voice profile of a loaded entry."""
    (state,) = entry.runtime_data.state.profiles.values()
    assert isinstance(state, ProfileState)
    return state


async def restart(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Have nothing of an entry but what is stored, as after a restart of Home Assistant."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.data.pop(DOMAIN)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


def kind_of(error: HomeAssistantError) -> str:
    """Return the key of the kind of an error, of which there may be several texts; else its own."""
    cause = error.__cause__
    return error_key(cause) if isinstance(cause, SpeechError) else str(error.translation_key)


async def fetch(
    hass: HomeAssistant,
    kind: str,
    text: str | AsyncGenerator[str],
    language: str | None = None,
    **options: Any,
) -> bytes:
    """Return what a media player that wants WAV gets of a text, from a service or an entity ID."""
    stream = tts.async_create_stream(
        hass, ENTITY.get(kind, kind), language=language, options={"preferred_format": "wav", **options}
    )
    stream.use_file_cache = False
    if isinstance(text, str):
        stream.async_set_message(text)
    else:
        stream.async_set_message_stream(text)
    return b"".join([chunk async for chunk in stream.async_stream_result()])


def entity(hass: HomeAssistant, kind: str) -> TextToSpeechEntity:
    """Return the entity of a service."""
    found = hass.data[DATA_COMPONENT].get_entity(ENTITY[kind])
    assert found
    return found


async def error_of(hass: HomeAssistant, kind: str, text: str, **options: Any) -> HomeAssistantError:
    """Return how a call fails."""
    with pytest.raises(HomeAssistantError) as raised:
        await fetch(hass, kind, text, **options)
    assert raised.value.translation_domain == DOMAIN
    return raised.value


@pytest.fixture(autouse=True)
def custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find the integration, in the tests that have a Home Assistant."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture(autouse=True)
async def clock_of_home_assistant(request: pytest.FixtureRequest) -> None:
    """Have the event loop held by freezer as well; the oldest Home Assistant leaves that to its policy."""
    if "freezer" in request.fixturenames:
        request.getfixturevalue("freezer")
        asyncio.get_running_loop().time = time.monotonic  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def nothing_deprecated(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Fail where Home Assistant has something to say against how the integration uses it."""
    yield
    said = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    reports = [text for text in said if "Detected that" in text or "deprecated" in text]
    assert not [text for text in reports if DOMAIN in text]


@pytest.fixture
def set_limits(monkeypatch: pytest.MonkeyPatch) -> SetLimits:
    """Return what sets the limits of the clients that are made from then on."""

    def set_them(limits: Limits) -> None:
        monkeypatch.setattr("custom_components.websocket_tts.client.LIMITS", limits)

    return set_them


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Return a configuration directory of the test's own, so that no audio is cached from another."""
    return str(tmp_path)


@pytest.fixture
async def make_entry(hass: HomeAssistant, server: TestServer) -> AsyncGenerator[MakeEntry]:
    """Return what sets up an entry for a running service."""

    async def make(
        kind: str,
        *,
        setup: bool = True,
        data: dict[str, Any] | None = None,
        quirks: dict[str, Any] | None = None,
        issued: IssuedToken | None = None,
        **settings: Any,
    ) -> MockConfigEntry:
        await async_setup_component(hass, "tts", {})
        connection = {CONF_STAND_BY: settings.pop(CONF_STAND_BY)} if CONF_STAND_BY in settings else {}
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=kind.title(),
            data={
                CONF_SERVICE: kind,
                CONF_HOST: f"http://127.0.0.1:{server.port}",
                CONF_VERIFY_SSL: True,
                **connection,
                **(data or {}),
            },
            subentries_data=[profile_data(kind, kind.title(), **settings)],
        )
        entry.add_to_hass(hass)
        if quirks or issued:
            # As an earlier run of Home Assistant has left them.
            state = await async_entry_state(hass, entry.entry_id)
            state.async_keep_server(ServerState(server_key(entry.data), quirks or {}, issued))
        if setup:
            assert await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done()
        return entry

    yield make
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)
