"""All that can be read of an entry, where no secret may be."""

import json

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.websocket_tts.coordinator import VoicesCoordinator
from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics

# The simulator issues tokens, for sockets and for clients, that begin so as well.
SECRET = "SECRET-"
TOKEN = f"{SECRET}token-5417"
CLIENT_SECRET = f"{SECRET}client-9023"
CREDENTIALS = {
    "token": {CONF_TOKEN: TOKEN},
    "client": {CONF_CLIENT_ID: "client", CONF_CLIENT_SECRET: CLIENT_SECRET},
}


def in_error(error: BaseException | None) -> list[str]:
    """Return all that an error and its causes say."""
    said = []
    while error:
        said += [str(error), repr(error), repr(getattr(error, "translation_placeholders", None))]
        error = error.__cause__ or error.__context__
    return said


async def in_home_assistant(
    hass: HomeAssistant, entry: ConfigEntry[VoicesCoordinator], caplog: pytest.LogCaptureFixture
) -> list[str]:
    """Return logs, diagnostics, states, issues and flows."""
    return [
        *(
            f"{record.getMessage()} {record.exc_text} {record.args}"
            for record in caplog.records
            # The simulator is a server in the same process; the test plugin tells what it does not write.
            if record.name not in ("aiohttp.access", "pytest_homeassistant_custom_component.common")
        ),
        json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str),
        *(repr(state.as_dict()) for state in hass.states.async_all()),
        *(repr(issue) for issue in ir.async_get(hass).issues.values()),
        *(repr(flow) for flow in hass.config_entries.flow.async_progress()),
    ]
