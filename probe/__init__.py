"""Finds out how a speech server behaves, and whether the integration works with it: docs/probe.md.

Importing this package lets the client library be imported with nothing installed but aiohttp and orjson.
"""

from importlib.util import find_spec
from pathlib import Path
import sys
from types import ModuleType

import custom_components

if sys.version_info < (3, 14):  # noqa: UP036 (nobody installs this)
    raise SystemExit("probe: this needs Python 3.14 or newer")
if find_spec("homeassistant") is None:
    # The package around the library needs Home Assistant: a bare one with the same path stands in for it.
    package = ModuleType("custom_components.websocket_tts")
    package.__path__ = [str(Path(__file__).parents[1] / "custom_components" / "websocket_tts")]
    sys.modules[package.__name__] = package
    setattr(custom_components, "websocket_tts", package)  # noqa: B010 (it is not there for the type checker)
if find_spec("audioop") is None:
    # The library scales the volume with it, which the probe leaves as it is.
    sys.modules["audioop"] = ModuleType("audioop")
