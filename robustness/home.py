"""A real Home Assistant in this process, as scripts/soak runs it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import shutil
from tempfile import TemporaryDirectory
from unittest.mock import patch

from aiohttp import ThreadedResolver
from homeassistant import loader
from homeassistant.components import tts
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from homeassistant.setup import async_setup_component

# The test plugin has a package of this name as well, and is made for an older Home Assistant: these first.
import custom_components
import tests.before_plugins

# isort: split
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

__all__ = ["MockConfigEntry", "home"]

assert custom_components.__path__
assert tests.before_plugins.homeassistant


@asynccontextmanager
async def home(kept: int) -> AsyncGenerator[HomeAssistant]:
    """Run Home Assistant with text-to-speech, with its files in a folder that is removed afterward.

    It keeps audio in memory for so many seconds, instead of five minutes.
    """
    resolver = ThreadedResolver()
    with (
        TemporaryDirectory() as folder,
        # The real resolver searches the network for names.
        patch("homeassistant.helpers.aiohttp_client._async_make_resolver", return_value=resolver),
        patch.object(resolver, "real_close", resolver.close, create=True),
        patch.object(tts, "DEFAULT_TIME_MEMORY", kept),
    ):
        async with async_test_home_assistant(config_dir=folder) as hass:
            frame.async_setup(hass)
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            ffmpeg = {"ffmpeg": {"ffmpeg_bin": shutil.which("ffmpeg") or "ffmpeg"}}
            assert await async_setup_component(hass, "ffmpeg", ffmpeg)
            assert await async_setup_component(hass, "tts", {})
            try:
                yield hass
            finally:
                await hass.async_stop(force=True)
