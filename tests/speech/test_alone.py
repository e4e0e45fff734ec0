"""The client library stands alone."""

from pathlib import Path
import subprocess
import sys

from tests.services import KINDS

LIBRARY = Path(__file__).parents[2] / "custom_components" / "websocket_tts"

_IMPORT_ALL = """
import importlib, pkgutil, sys
for name in ("homeassistant", "voluptuous", "probatio"):
    sys.modules[name] = None  # importing it fails
import speech
from speech import *
for module in pkgutil.walk_packages(speech.__path__, "speech."):
    importlib.import_module(module.name)
print(len(speech.SERVICES))
"""


def test_no_home_assistant() -> None:
    """Every module of the library can be imported where there is no Home Assistant."""
    done = subprocess.run(  # noqa: S603 (our own text)
        [sys.executable, "-c", _IMPORT_ALL], cwd=LIBRARY, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout == f"{len(KINDS)}\n"
