"""A Home Assistant in which scenes are played, and what it must not tell."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
import json
import logging
from pathlib import Path
import re
from typing import Any, override
from unittest.mock import patch

from aiohttp import ClientError, ClientSession, TCPConnector, web
from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYERS
from homeassistant.components.tts.const import DATA_TTS_MANAGER
from homeassistant.config_entries import ConfigEntry, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
    restore_state,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components.websocket_tts.client import speech_client
from custom_components.websocket_tts.const import DOMAIN, SUBENTRY_VOICE
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.state import async_hand_over
from simulator import Habits

from .actors import GREEK, PRONOUNCED, SILENT, WORDS, Player
from .happenings import Clock
from .heard import Hearing
from .held import Held
from .home import MockConfigEntry
from .place import Elsewhere, Place

RATE = 24000
"""Hz, of all servers, but for those that differ."""
VOICES = {
    "vivoka": ("enu,evan,embedded-pro", "enu,zoe-ml,neural"),
    "knovvu": ("Emily_Premium", "Sestek Rae 24k"),
}
"""Two of each service."""
_SETTLED = 25.0
"""Seconds until all has been released."""
_NEVER_TOLD = re.compile(f"SECRET-|(?i:{'|'.join((*WORDS, *GREEK, *PRONOUNCED, SILENT))})")
"""What is in no log line, repair, sensor or diagnostics."""
_FORMAT = logging.Formatter("%(levelname)s %(name)s %(message)s")


class _Log(logging.Handler):
    """Looks at what is logged: all that the integration logs, and the warnings of everybody else."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.threadName != Elsewhere.__name__:
            text = _FORMAT.format(record)
            # Home Assistant itself tells the beginning of a text that could not be spoken.
            self._world.look_at("log", re.sub("Error getting audio for .*?…?: ", "", text))
            if record.exc_info and record.levelno >= logging.ERROR and record.name != "aiohttp.server":
                self._world.complaints.append(f"log: {text}")


class World:
    """A Home Assistant, and in it a fallback for all voices."""

    def __init__(self, hass: HomeAssistant, elsewhere: Elsewhere) -> None:
        """Initialize without the fallback."""
        self.hass = hass
        self.elsewhere = elsewhere
        self.clock = Clock()
        self.understudy = ""
        self.complaints: list[str] = []
        self._address = ""
        self._session = ClientSession(connector=TCPConnector(limit=0, force_close=True))

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Have everything there that scenes need."""
        assert await async_setup_component(self.hass, MEDIA_PLAYERS, {})
        assert await async_setup_component(self.hass, "media_source", {})
        habits = Habits(chunk_size=2048, ignores_tags=True, silent=SILENT)
        habits.vivoka.sample_rate = RATE
        place = Place(self.elsewhere, (habits, habits))
        runner = web.AppRunner(self.hass.http.app, access_log=None)
        logger, log = logging.getLogger(), _Log(self)
        async with self._session, place.run():
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self._address = f"http://127.0.0.1:{runner.addresses[0][1]}"
            data = {"service": "vivoka", "host": f"http://127.0.0.1:{place.link.port}"}
            entry = await self.add_entry("Understudy", data, {"voice": VOICES["vivoka"][0]})
            self.understudy = self.entity_of(entry)
            logger.addHandler(log)
            logging.getLogger(f"custom_components.{DOMAIN}").setLevel(logging.DEBUG)
            asyncio.get_running_loop().set_exception_handler(
                lambda _, context: self.complaints.append(f"nobody took {context}")
            )
            with (
                patch("time.time", self.clock.time),
                patch(f"custom_components.{DOMAIN}.speech.knovvu.token.time", self.clock.time),
                patch.object(dt_util, "utcnow", lambda: datetime.fromtimestamp(self.clock.time(), UTC)),
            ):
                try:
                    yield
                finally:
                    logger.removeHandler(log)
                    await self.hass.config_entries.async_unload(entry.entry_id)
                    await runner.cleanup()

    async def add_players(self, *names: str) -> list[Player]:
        """Return new media players."""
        players = [Player(name, self.fetch) for name in names]
        await self.hass.data[MEDIA_PLAYERS].async_add_entities(players)
        return players

    async def add_entry(self, title: str, data: dict[str, Any], voice: dict[str, Any]) -> MockConfigEntry:
        """Set up an entry with one voice."""
        data = {"verify_ssl": True, "stand_by": False, **data}
        await self.test(data, voice["voice"])
        profile = ConfigSubentryData(
            data={"language": "en", **voice}, subentry_type=SUBENTRY_VOICE, title=title, unique_id=None
        )
        entry = MockConfigEntry(domain=DOMAIN, title=title, data=data, subentries_data=[profile])
        entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        return entry

    async def test(self, data: dict[str, Any], voice: str) -> None:
        """Find out what the forms find out, which nobody gets by without."""
        service = speech_client(self.hass, data)
        await service.verify_voice(VoiceSettings(voice, sample_rate=RATE), "en-US")
        async_hand_over(self.hass, data, service, await service.voices())
        await service.aclose()

    def entity_of(self, entry: ConfigEntry[Any]) -> str:
        """Return the ID of the text-to-speech entity of an entry."""
        entities = er.async_entries_for_config_entry(er.async_get(self.hass), entry.entry_id)
        return next(each.entity_id for each in entities if each.domain == "tts")

    async def fetch(self, url: str, hearing: Hearing) -> None:
        """Fetch speech from Home Assistant as a media player does."""
        try:
            async with self._session.get(f"{self._address}{url}") as response:
                if response.ok:
                    async for chunk in response.content.iter_any():
                        hearing.take(chunk)
                else:
                    hearing.error = f"status {response.status}"
        except ClientError as err:
            hearing.error = repr(err)

    def look_at(self, where: str, what: object) -> None:
        """Complain about what tells a secret, or words that were spoken."""
        text = what if isinstance(what, str) else json.dumps(what, default=str, ensure_ascii=False)
        if found := _NEVER_TOLD.search(text):
            self.complaints.append(f"{where} tells {found[0]}: {text[max(0, found.start() - 200) :][:400]}")

    def look_at_states(self) -> None:
        """Look at all sensors and repairs."""
        for state in self.hass.states.async_all(("sensor", "tts")):
            self.look_at(state.entity_id, state.as_dict())
        for issue in ir.async_get(self.hass).issues.values():
            self.look_at(f"repair {issue.issue_id}", issue.translation_placeholders)

    async def held(self) -> Held:
        """Wait until everything that ends by itself has ended; return the resources in use."""
        manager = self.hass.data[DATA_TTS_MANAGER]
        await self.hass.async_block_till_done()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLED):
                while manager.mem_cache or manager.token_to_stream:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        # Home Assistant remembers for weeks what was removed.
        self.clock.offset = 365 * 86400.0
        er.async_get(self.hass).async_purge_expired_orphaned_entities()
        dr.async_get(self.hass).async_purge_expired_orphaned_devices()
        remembered = restore_state.async_get(self.hass)
        remembered.last_states_by_entity_id.clear()
        remembered.last_states_by_entity_registry_id.clear()
        self.clock.offset = 0.0
        self.clock.stood.clear()
        stored = Path(self.hass.config.path(".storage"))
        files = await self.hass.async_add_executor_job(
            lambda: {file.name for file in stored.glob(f"{DOMAIN}*")}
        )
        if len(files) > 1:
            # The first one is of the understudy.
            self.complaints.append(f"files that nobody has removed: {files}")
        return Held.now(0)
