"""The rows of the third service, in the tables of library, simulator and tests; and its texts."""

import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigFlowResult

from custom_components.websocket_tts import speech
from custom_components.websocket_tts.config_flow import WebSocketTTSConfigFlow
from simulator import app as simulated
from tests import services as tested

from . import client, server

KIND = "third"
SERVICE = tested.Service(
    client=client.ThirdClient,
    name="Third TTS",
    manufacturer="Third",
    voices={"en-US": "ann", "de-DE": "cleo", "fr-FR": "dora", "tr-TR": "ece"},
    german_name="Cleo",
    sample_rate=server.SAMPLE_RATE,
    speech_route="synthesize",
    pasted_path="third/voices",
    cannot=frozenset({"websocket"}),
)
FORM = {
    "title": "Third TTS",
    "description": "Enter the connection details of the service.",
    "data": {"host": "Host", "token": "Access token", "verify_ssl": "Verify SSL certificate"},
    "data_description": {
        "host": "Host name, IP address or URL of the service. The default port is 5000.",
        "token": "Access token for the service.",
        "verify_ssl": "Turn off only if the service uses a self-signed certificate.",
    },
}


async def async_step_third(
    flow: WebSocketTTSConfigFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Ask for the connection to the service: what would be a step of the config flow."""
    return await flow.async_connect(KIND, user_input)


STEP = f"async_step_{KIND}"
ROWS: list[tuple[dict[str, Any], Any]] = [
    (speech.SERVICES, client.ThirdClient),
    (simulated.SERVICES, server.routes),
    (tested.SERVICES, SERVICE),
]
"""Each table, and what stands in it for this service."""


def write_texts(translations: Path, folder: Path) -> None:
    """Write the English texts of the integration, with those of this service, into a folder."""
    texts: dict[str, Any] = json.loads((translations / "en.json").read_text("utf-8"))
    steps = texts["config"]["step"]
    steps["user"]["menu_options"][KIND] = "Third TTS"
    steps["user"]["menu_option_descriptions"][KIND] = "Answers with WAV"
    steps[KIND] = FORM
    (folder / "en.json").write_text(json.dumps(texts), "utf-8")
