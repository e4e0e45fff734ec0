"""A scene: somebody has something announced, and something happens."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from homeassistant.components import tts
from homeassistant.components.media_source import async_resolve_media
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.components.tts.media_source import generate_media_source_id
from homeassistant.config_entries import ConfigEntry, ConfigEntryState

from custom_components.websocket_tts.announcement.record import UtteranceRecord
from custom_components.websocket_tts.diagnostics import async_get_config_entry_diagnostics
from simulator import Habits

from .actors import ACTORS, PRONOUNCED, SILENT, Actor, Player, Text, Writer
from .happenings import HAPPENINGS, Happening, When
from .heard import Hearing, Meant
from .place import Place
from .world import RATE, VOICES, World

_LONGEST = 120.0
"""Seconds after which a scene has hung."""
_RELOADED = 10.0
"""Seconds until an entry has been reloaded."""
_CREDENTIALS: dict[str, dict[str, str]] = {
    "none": {},
    "token": {"token": "SECRET-given"},
    "client": {"client_id": "client", "client_secret": "SECRET-client"},
}
_CHIME = "doorbell"
_VOLUME = 0.5


@dataclass(frozen=True, slots=True)
class Drawn:
    """All that chance decides of a scene before it begins."""

    number: int
    random: Random
    actor: Actor
    happening: Happening
    when: When
    kind: str
    credentials: str
    stands_by: bool
    has_fallback: bool
    is_rich: bool
    """Whether the voice has a chime, pauses, a volume, and pronunciations."""
    is_warm: bool
    """Whether there was an announcement before."""
    is_followed: bool
    """Whether there is another one afterward."""

    @classmethod
    def draw(cls, seed: int, number: int, *, with_fallback: bool) -> Drawn:
        """Draw a scene by its number."""
        random = Random(f"{seed} {number}")  # noqa: S311 (repeatable, not a secret)
        # One after the other, so that all have their turn; together with everybody.
        happenings = [each for each in HAPPENINGS if with_fallback or each.borne]
        happening = happenings[number % len(happenings)]
        whens = (
            happening.when if with_fallback else [each for each in happening.when if each in happening.borne]
        )
        actors = [each for each in ACTORS if each.name not in happening.not_for]
        has_credentials = [happening.needs] if happening.needs else list(_CREDENTIALS)
        kind = random.choice(happening.kinds)
        if kind == "vivoka":
            has_credentials = [each for each in has_credentials if each != "client"]
        return cls(
            number,
            random,
            random.choice(actors),
            happening,
            random.choice(whens),
            kind,
            random.choice(has_credentials),
            kind == "knovvu" and random.random() < 0.3,
            with_fallback,
            random.random() < 0.5 and not happening.is_converted,
            random.random() < 0.7 or happening.is_told,
            random.random() < 0.3,
        )

    def __str__(self) -> str:
        """Return it in one line."""
        more = [
            each
            for each, is_so in (
                ("stands by", self.stands_by),
                ("rich", self.is_rich),
                ("warm", self.is_warm),
                (self.credentials, self.credentials != "none"),
            )
            if is_so
        ]
        return f"{self.kind} ({', '.join(more)}), {self.actor.name}, {self.when}: {self.happening.name}"


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one scene after the other is played."""

    number: int
    players: list[Player]


class Scene:
    """An announcement, or some together, and what happens meanwhile; see Stage and Victim."""

    def __init__(self, world: World, drawn: Drawn, slot: Slot) -> None:
        """Initialize with what was drawn, and where it is played."""
        self._world = world
        self._hass = world.hass
        self._drawn = drawn
        self._slot = slot
        self._entries: list[ConfigEntry[Any]] = []
        self._entities: list[str] = []
        self._speaks = asyncio.Event()
        self.kind = drawn.kind
        self.random = drawn.random
        self.clock = world.clock
        self.asked = asyncio.Event()
        self.place = Place(world.elsewhere, (self._habits(), self._habits()))
        self.writer = Writer(
            drawn.random, drawn.number, pronounces=drawn.is_rich, is_silent=drawn.happening.is_silent
        )
        self.heard: list[Hearing] = []
        self.records: list[UtteranceRecord] = []
        self.complaints: list[str] = []

    def _habits(self) -> Habits:
        drawn = self._drawn
        habits = Habits(
            speed=drawn.random.choice((2.0, 4.0)),
            first_audio_latency=0.05,
            chunk_size=2048,
            ignores_tags=True,
            channels=drawn.actor.channels,
            busy_as=drawn.random.choice(("error", "close")),
            silent=SILENT,
            token={"none": None, "token": "SECRET-given", "client": "SECRET-other"}[drawn.credentials],
        )
        habits.vivoka.sample_rate = RATE
        habits.vivoka.end = drawn.random.choice(("last", "empty"))
        habits.knovvu.end = "synthesis-completed"
        if not drawn.happening.is_told:
            habits.vivoka.end = drawn.random.choice(("last", "empty", "close"))
            # To find out an end that is not said takes longer than others wait for a channel.
            untold = () if drawn.actor.channels or drawn.happening.is_quiet else ("",)
            habits.knovvu.end = drawn.random.choice(("synthesis-completed", "close", *untold))
        return habits

    async def play(self) -> None:
        """Play it from its beginning to its end."""
        for server in (self.place.first, self.place.second):
            server.client = ("client", "SECRET-client")
        async with self.place.run():
            try:
                for _ in range(2 if self._drawn.actor.channels == 1 else 1):
                    await self._add_entry()
                if self._drawn.is_warm:
                    await self.open(self.writer.text())
                self._speaks = asyncio.Event()
                await self._act()
                if self._drawn.is_followed and self._entries[0].subentries:
                    # By then, nothing happens any more.
                    self.place.habits.cut, self.place.link.broken = None, []
                    await self.open(self.writer.text())
                await self._end()
            finally:
                for entry in self._entries:
                    await self._hass.config_entries.async_remove(entry.entry_id)
        self.complaints += [
            f"{outcome}, {len(hearing.sound)} bytes of {len(hearing.meant.words)} words {hearing.error}"
            for hearing in self.heard
            if (outcome := hearing.outcome) != "whole"
        ]

    async def _act(self) -> None:
        acting = self._drawn.actor.act(self)
        try:
            async with asyncio.timeout(_LONGEST), asyncio.TaskGroup() as tasks:
                happening = tasks.create_task(self._happen())
                if self._drawn.when == "before":
                    # It may have ended before the first word, or last until then.
                    await asyncio.sleep(self.random.uniform(0, 0.3))
                self.asked.set()
                await acting
                # Nobody may have heard anything.
                self._speaks.set()
                await happening
        except TimeoutError:
            self.complaints.append(f"it hangs after {_LONGEST:.0f} s")

    async def _happen(self) -> None:
        delay = self.random.uniform(0, 1)
        if self._drawn.when == "during":
            await self._speaks.wait()
            await asyncio.sleep(delay)
        await self._drawn.happening.happen(self)

    async def _end(self) -> None:
        """Look at what is told of it, and collect the records."""
        await self._hass.async_block_till_done()
        for entry in self._entries:
            told = await async_get_config_entry_diagnostics(self._hass, entry)
            self._world.look_at(f"diagnostics of {self._drawn}", told)
            if entry.state is ConfigEntryState.LOADED:
                for profile in entry.runtime_data.state.profiles.values():
                    self.records += profile.utterances
        self._world.look_at_states()

    async def _add_entry(self) -> None:
        drawn = self._drawn
        voice: dict[str, Any] = {"voice": VOICES[drawn.kind][0], "audio_format": "wav", "sample_rate": RATE}
        if drawn.is_rich:
            voice |= {
                "chime": _CHIME,
                "volume": _VOLUME,
                "lead_in": 150,
                "lead_out": 100,
                "sentence_pause": 200,
                "pronunciations": [{"written": key, "spoken": value} for key, value in PRONOUNCED.items()],
            }
        if drawn.has_fallback:
            voice["fallback"] = self._world.understudy
        host = f"http://127.0.0.1:{self.place.link.port}"
        data = {"service": drawn.kind, "host": host, **_CREDENTIALS[drawn.credentials]}
        if drawn.credentials == "client":
            data["token_url"] = f"{host}/connect/token"
        title = f"Slot {self._slot.number} {len(self._entries)}"
        entry = await self._world.add_entry(title, {**data, "stand_by": drawn.stands_by}, voice)
        self._entries.append(entry)
        self._entities.append(self._world.entity_of(entry))

    # What is announced.

    async def _entity(self, number: int) -> str:
        """Return the ID of an entity; Home Assistant does not know it while its entry is reloaded."""
        async with asyncio.timeout(_RELOADED):
            while not self._hass.data[DATA_COMPONENT].get_entity(self._entities[number]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return self._entities[number]

    def _expect(self, text: Text, *, is_part: bool = False) -> Hearing:
        drawn = self._drawn
        meant = Meant(
            text.words,
            chime=_CHIME if drawn.is_rich else "none",
            volume=_VOLUME if drawn.is_rich else 1.0,
            scales=drawn.kind == "vivoka",
            is_converted=drawn.happening.is_converted,
            is_part=is_part,
        )
        self.heard.append(hearing := Hearing(meant, self._speaks))
        return hearing

    async def speak(self, text: Text, players: int = 1) -> None:
        """Have it spoken with the action tts.speak."""
        chosen = self._slot.players[:players]
        for player in chosen:
            player.next.append(self._expect(text))
        data = {
            "entity_id": await self._entity(0),
            "media_player_entity_id": [player.entity_id for player in chosen],
            "message": text.whole,
            "cache": False,
        }
        await self._hass.services.async_call("tts", "speak", data, blocking=True)
        for player in chosen:
            await player.done()

    async def listen(self, text: Text, leaves_after: float | None = None) -> None:
        """Have it spoken as it is written, for a listener who may leave."""
        hearing = self._expect(text, is_part=text.fails or leaves_after is not None)
        stream = tts.async_create_stream(self._hass, await self._entity(0))
        stream.use_file_cache = False
        stream.async_set_message_stream(text.written())
        with suppress(TimeoutError):
            async with asyncio.timeout(leaves_after):
                await self._world.fetch(stream.url, hearing)

    async def open(self, text: Text, entity: int = 0) -> None:
        """Open the URL of a media source."""
        hearing = self._expect(text)
        engine = await self._entity(entity)
        source = generate_media_source_id(self._hass, text.whole, engine, cache=False)
        media = await async_resolve_media(self._hass, source, None)
        await self._world.fetch(media.url, hearing)

    # What happens.

    async def reload(self) -> None:
        """Reload the entry."""
        assert await self._hass.config_entries.async_reload(self._entries[0].entry_id)

    async def change_voice(self) -> None:
        """Choose another voice in the profile."""
        entry = self._entries[0]
        (profile,) = entry.subentries.values()
        data = {**profile.data, "voice": VOICES[self.kind][1]}
        self._hass.config_entries.async_update_subentry(entry, profile, data=data)

    async def remove_voice(self) -> None:
        """Remove the voice profile."""
        (profile_id,) = self._entries[0].subentries
        self._hass.config_entries.async_remove_subentry(self._entries[0], profile_id)

    async def move(self) -> None:
        """Change the address in the entry to that of the other link."""
        data = {**self._entries[0].data, "host": f"http://127.0.0.1:{self.place.other.port}"}
        await self._world.test(data, VOICES[self.kind][0])
        self._hass.config_entries.async_update_entry(self._entries[0], data=data)

    async def poll(self) -> None:
        """Ask for the list of voices."""
        for entry in self._entries:
            await entry.runtime_data.async_refresh()
