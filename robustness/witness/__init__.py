"""Tells what a Home Assistant holds that runs as a process, for scripts/soak --chaos."""

import asyncio
import ctypes
import gc
import os
from pathlib import Path

from aiohttp import web
from homeassistant.components.tts.const import DATA_TTS_MANAGER
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.helpers.typing import ConfigType

DOMAIN = "witness"
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)
_KEPT = 10
"""Seconds, instead of five minutes, that Home Assistant keeps what was said: it would look like a leak."""


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Tell it on demand."""
    manager = hass.data[DATA_TTS_MANAGER]
    manager.memcache_cleanup.maxage = manager.token_to_stream_cleanup.maxage = _KEPT
    hass.http.register_view(WitnessView())
    return True


class WitnessView(HomeAssistantView):
    """What is held right now."""

    url = "/api/witness"
    name = "api:witness"

    async def get(self, request: web.Request) -> web.Response:
        """Answer with memory (MiB), tasks, open file descriptors, and announcements that are kept."""
        hass = request.app[KEY_HASS]
        manager = hass.data[DATA_TTS_MANAGER]
        memory, descriptors = await hass.async_add_executor_job(_held)
        return self.json(
            {
                "memory": memory,
                "tasks": len(asyncio.all_tasks()),
                "descriptors": descriptors,
                "kept": len(manager.mem_cache) + len(manager.token_to_stream),
            }
        )


def _held() -> tuple[float, int]:
    gc.collect()
    # How much is free but not given back depends on the order of things more than on how many there were.
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(list(Path("/proc/self/fd").iterdir()))
