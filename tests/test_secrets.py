"""Secrets stay where they are: nothing that can be read has them in it, whatever goes wrong.

tests/faults looks for them after each fault; here is what needs more than that: a service that repeats or
refuses them, how objects show themselves, and forms.
"""

import gc
import logging
from pathlib import Path
import re
from types import ModuleType
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.const import CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.websocket_tts.const import CONF_TOKEN_URL, DOMAIN
from simulator import Cut, Simulator

from . import visible
from .faults.test_faults import listen, little_patience, speaking_entity
from .in_home_assistant import MakeEntry
from .services import KINDS, SERVICES
from .speech.speaking import TEXT, all_closed, set_habits
from .visible import CLIENT_SECRET, CREDENTIALS, SECRET, TOKEN

__all__ = ["little_patience"]

ROOT = Path(__file__).parents[1]


def faults(secret: str) -> list[dict[str, Any]]:
    """Return the habits of services that fail, and some that repeat the secret."""
    return [
        {},
        {"statuses": {"synthesize": 401, "socket": 401}},
        {"cut": Cut(0, "error", error=f"{secret} is bad")},
        {"cut": Cut(3000, "error", error={"message": f"{secret} is bad"})},
        {"cut": Cut(3000, "abort")},
        {"token": "another"},
    ]


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
async def test_no_secret_shows(
    hass: HomeAssistant,
    kind: str,
    credentials: str,
    simulator: Simulator,
    server: TestServer,
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither in logs at DEBUG, errors, objects, diagnostics, states, issues nor on forms."""
    caplog.set_level(logging.DEBUG)
    simulator.client = ("client", CLIENT_SECRET)
    simulator.habits.token = TOKEN
    token_url = str(server.make_url("/connect/token"))
    entry = await make_entry(kind, data={**CREDENTIALS[credentials], CONF_TOKEN_URL: token_url})
    said: list[str] = []
    for habits in faults(next(value for value in CREDENTIALS[credentials].values() if SECRET in value)):
        set_habits(simulator, kind, {"token": TOKEN, **habits}, {})
        simulator.issued.clear()
        try:
            await listen(speaking_entity(hass, kind), TEXT, bytearray())
        except HomeAssistantError as err:
            said += visible.in_error(err)
        await hass.async_block_till_done(wait_background_tasks=True)
        await all_closed(simulator)
    assert said
    said += objects_of_ours()
    said += await visible.in_home_assistant(hass, entry, caplog)
    result = await entry.start_reconfigure_flow(hass)
    said += [repr(key.description) for key in result["data_schema"].schema]
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_HOST: entry.data[CONF_HOST], CONF_TOKEN: f"{SECRET}other"}
    )
    said += [repr({**result, "data_schema": None, "context": None})]
    assert not [text for text in said if SECRET in text]


async def test_previous_token_does_not_show(
    hass: HomeAssistant,
    simulator: Simulator,
    server: TestServer,
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A token that was renewed within the utterance is still a secret when the service names it."""
    caplog.set_level(logging.DEBUG)
    simulator.client = ("client", CLIENT_SECRET)
    simulator.habits.token = "none yet"
    token_url = str(server.make_url("/connect/token"))
    entry = await make_entry("knovvu", data={**CREDENTIALS["client"], CONF_TOKEN_URL: token_url})
    (previous,) = simulator.issued
    assert previous.startswith(SECRET)
    simulator.issued.clear()
    simulator.habits.cut = Cut(0, "error", error=f"{previous} is no more")
    with pytest.raises(HomeAssistantError) as raised:
        await listen(speaking_entity(hass, "knovvu"), TEXT, bytearray())
    assert simulator.calls.count("token") == 2
    await hass.async_block_till_done(wait_background_tasks=True)
    said = visible.in_error(raised.value) + objects_of_ours()
    said += await visible.in_home_assistant(hass, entry, caplog)
    assert not [text for text in said if SECRET in text]


def test_template_of_server_reports() -> None:
    """It asks for the report and what was heard, not for an address, a token or a log."""
    template = load_yaml_dict(str(ROOT / ".github" / "ISSUE_TEMPLATE" / "server_report.yml"))
    fields = {field["id"]: field["attributes"] for field in template["body"] if "id" in field}
    assert fields.keys() == {"service", "version", "report", "heard"}
    introduction = template["body"][0]["attributes"]["value"]
    assert "no credentials, hosts, text or audio" in " ".join(introduction.split())
    asked = " ".join(f"{field['label']} {field.get('description', '')}" for field in fields.values())
    assert not re.search(r"\b(host|address|url|token|secret|password|log)\b", asked, re.IGNORECASE)
