"""How *Add integration* lists the integration, on the oldest and the newest Home Assistant."""

import json
from pathlib import Path

from homeassistant import generated
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import async_get_integration_descriptions
import pytest

from custom_components.websocket_tts.const import DOMAIN

SEARCHED_CHARACTERS = 20
"""The search finds what begins within so many characters of a name (a fifth of Fuse.js's distance of 100)."""
GENERATED = Path(generated.__path__[0])


async def test_listed(hass: HomeAssistant) -> None:
    """It is listed as a service that is set up in the UI; everywhere else, it has its short name."""
    listed = (await async_get_integration_descriptions(hass))["custom"]["integration"][DOMAIN]
    assert listed["config_flow"]
    assert listed["integration_type"] == "service"
    for name in ("vivoka vdk", "sestek", "knovvu"):
        assert 0 <= listed["name"].lower().find(name) <= SEARCHED_CHARACTERS
    # The domain is searched, too.
    assert DOMAIN.replace("_", " ") in listed["name"].lower()
    titles = await async_get_translations(hass, "de", "title", {DOMAIN})
    assert titles[f"component.{DOMAIN}.title"] == "WebSocket TTS"


@pytest.mark.skipif(
    not (GENERATED / "integration_categories.json").exists(),
    reason="Home Assistant has categories from 2026.11",
)
async def test_categories(hass: HomeAssistant) -> None:
    """Its categories, and how it is connected, are ones that Home Assistant knows."""
    listed = (await async_get_integration_descriptions(hass))["custom"]["integration"][DOMAIN]
    categories = json.loads((GENERATED / "integration_categories.json").read_text("utf-8"))
    known = {f"{one['slug']}.{part['slug']}" for one in categories for part in one.get("subcategories", [])}
    assert listed["categories"] == ["ai_voice.speech"]
    assert set(listed["categories"]) <= known
    connectivity = json.loads((GENERATED / "integration_connectivity.json").read_text("utf-8"))
    assert listed["connectivity"] == ["cloud", "network"]
    assert set(listed["connectivity"]) <= {one["slug"] for one in connectivity}
