"""Secrets stay where they are: nothing that can be read has them in it, whatever goes wrong."""

from dataclasses import replace
import gc
import json
import logging
from types import ModuleType
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.components.tts import TTSAudioRequest
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.websocket_tts.const import CONF_TOKEN_URL, DOMAIN
from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics
from custom_components.websocket_tts.tts import SpeechEntity
from simulator import Cut, Simulator

from .faults.table import FAULTS
from .faults.test_faults import little_patience
from .in_home_assistant import ENTITY, MakeEntry
from .services import KINDS, SERVICES
from .speech.probe.test_probe import PATIENCE
from .speech.speaking import TEXT, all_closed
from .speech.test_services import set_habits

__all__ = ["little_patience"]

# The simulator issues tokens, for sockets and for clients, that begin so as well.
SECRET = "SECRET-"
TOKEN = f"{SECRET}token-5417"
CLIENT_SECRET = f"{SECRET}client-9023"
CREDENTIALS = {
    "token": {CONF_TOKEN: TOKEN},
    "client": {CONF_CLIENT_ID: "client", CONF_CLIENT_SECRET: CLIENT_SECRET},
}


async def run_through_all_faults(
    hass: HomeAssistant, kind: str, simulator: Simulator, token: str, echoed: str
) -> list[str]:
    """Speak with every fault; return all that the errors say."""
    entity = hass.data[DATA_COMPONENT].get_entity(ENTITY[kind])
    assert isinstance(entity, SpeechEntity)
    said: list[str] = []
    echoes = [
        replace(FAULTS[0], habits={"cut": Cut(after, "error", error=f"{echoed} is bad")})
        for after in (0, 3000)
    ]
    for fault in (*FAULTS, *echoes):
        if fault.line or not fault.can_happen_to(kind):
            continue
        set_habits(simulator, kind, dict(fault.habits), dict(fault.own))
        simulator.habits.token = token
        simulator.issued.clear()

        async def text() -> Any:
            yield TEXT

        request = TTSAudioRequest("en-US", dict(entity.default_options or {}), text())
        try:
            async for _ in (await entity.async_stream_tts_audio(request)).data_gen:
                pass
        except HomeAssistantError as err:
            error: BaseException | None = err
            while error:
                said += [str(error), repr(error), repr(getattr(error, "translation_placeholders", None))]
                error = error.__cause__ or error.__context__
        await hass.async_block_till_done(wait_background_tasks=True)
        await all_closed(simulator)
    return said


def objects_of_ours() -> list[str]:
    """Return how all objects of the integration that are alive show themselves."""
    gc.collect()
    return [
        repr(thing)
        for thing in gc.get_objects()
        if type(thing).__module__.startswith(f"custom_components.{DOMAIN}")
        and not isinstance(thing, type | ModuleType)
    ]


@pytest.mark.parametrize(
    ("kind", "credentials"),
    [(kind, "token") for kind in KINDS]
    + [(kind, "client") for kind, service in SERVICES.items() if service.client.token_url],
)
@pytest.mark.parametrize("refused", [False, True])
async def test_no_secret_shows(
    hass: HomeAssistant,
    kind: str,
    credentials: str,
    refused: bool,
    simulator: Simulator,
    server: TestServer,
    make_entry: MakeEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither in logs at DEBUG, errors, objects, reports, diagnostics, states, issues nor on forms."""
    caplog.set_level(logging.DEBUG)
    simulator.client = ("client", CLIENT_SECRET)
    token_url = str(server.make_url("/connect/token"))
    secret = [value for value in CREDENTIALS[credentials].values() if SECRET in value]
    simulator.habits.token = TOKEN
    entry = await make_entry(kind, data={**CREDENTIALS[credentials], CONF_TOKEN_URL: token_url})
    said = await run_through_all_faults(hass, kind, simulator, "another" if refused else TOKEN, *secret)
    assert said
    said += objects_of_ours()
    said += [
        f"{record.getMessage()} {record.exc_text} {record.args}"
        for record in caplog.records
        # The simulator is a server in the same process.
        if record.name != "aiohttp.access"
    ]
    monkeypatch.setattr("custom_components.websocket_tts.services.PATIENCE", PATIENCE)
    probed = {"config_entry_id": entry.entry_id}
    report = await hass.services.async_call(DOMAIN, "probe", probed, blocking=True, return_response=True)
    said += [json.dumps(report)]
    said += [json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)]
    said += [repr(state.as_dict()) for state in hass.states.async_all()]
    said += [repr(issue) for issue in ir.async_get(hass).issues.values()]
    said += [repr(flow) for flow in hass.config_entries.flow.async_progress()]
    result = await entry.start_reconfigure_flow(hass)
    said += [repr(key.description) for key in result["data_schema"].schema]
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_HOST: entry.data[CONF_HOST], CONF_TOKEN: f"{SECRET}other"}
    )
    said += [repr({**result, "data_schema": None, "context": None})]
    assert not [text for text in said if SECRET in text]
