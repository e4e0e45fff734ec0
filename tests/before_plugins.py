"""Lets the test plugin of Home Assistant work with a newer Home Assistant than the one it was made for.

Loaded before all other plugins (pytest -p tests.before_plugins).
"""

import importlib

homeassistant = importlib.import_module("homeassistant.const")  # before anybody imports httpx
logger = importlib.import_module("homeassistant.components.logger")
helpers = importlib.import_module("homeassistant.components.logger.helpers")
if not hasattr(logger, "_clear_logger_overwrites"):
    # It moved from the package into this module.
    logger._clear_logger_overwrites = helpers._clear_logger_overwrites  # type: ignore[attr-defined] # noqa: SLF001
