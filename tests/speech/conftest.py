"""Lets the client library be imported where Home Assistant is not installed."""

import importlib.util
from pathlib import Path
import sys
from types import ModuleType

if importlib.util.find_spec("homeassistant") is None:
    # The package around the library needs Home Assistant: a bare one with the same path stands in for it.
    package = ModuleType("custom_components.websocket_tts")
    package.__path__ = [str(Path(__file__).parents[2] / "custom_components" / "websocket_tts")]
    sys.modules[package.__name__] = package
