"""Who speaks in the world of scripts/soak --chaos: everything that people do."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from random import Random
import re
from typing import Any, Protocol, override

from homeassistant.components.media_player import MediaPlayerEntity, MediaPlayerEntityFeature
from homeassistant.components.media_source import async_resolve_media

from .heard import Hearing

WORDS = (
    *("gherkin", "bassoon", "ocelot", "walrus", "pumpkin", "saffron", "lobster", "cactus", "marmalade"),
    *("zeppelin", "trombone", "quagga", "raspberry", "pelican", "tambourine", "chestnut"),
)
"""Words of all texts, which are in nothing else: where one is told, a text is."""
FIRST = "Quagga"
"""The first word of each text."""
GREEK = ("καλαμάρι", "σπανάκι", "πελεκάνος")
SILENT = "ᚠᚢᚦᚨᚱᚲ."
"""A sentence that no engine speaks."""
PRONOUNCED = {"HVACX": "aitchvac", "WLRS": "walrus"}


class AgentFailedError(Exception):
    """A language model fails in the middle of its reply."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the chunks in which it is written, with the pauses of the writer, and what is said of it."""

    chunks: tuple[str | float, ...]
    words: str
    fails: bool = False
    """Whether the writer fails at the end."""

    @property
    def whole(self) -> str:
        """Return it in one piece."""
        return "".join(chunk for chunk in self.chunks if isinstance(chunk, str))

    async def written(self) -> AsyncGenerator[str]:
        """Yield it as it is written."""
        for chunk in self.chunks:
            if isinstance(chunk, str):
                yield chunk
                await asyncio.sleep(0.01)
            else:
                await asyncio.sleep(chunk)
        if self.fails:
            raise AgentFailedError


class Writer:
    """Makes up texts."""

    def __init__(self, random: Random, number: int, *, pronounces: bool, is_silent: bool) -> None:
        """Initialize for a scene, where some words may be pronounced otherwise, and some not at all."""
        self._random = random
        self._number = number
        self._pronounces = pronounces
        self._is_silent = is_silent
        self._texts = 0

    def sentence(self, words: tuple[str, ...] = WORDS) -> str:
        """Return a sentence."""
        chosen = self._random.choices(words, k=self._random.randint(4, 9))
        return " ".join(chosen).capitalize() + "."

    def text(self) -> Text:
        """Return a text of some sentences, in one piece."""
        self._texts += 1
        begin = f"{FIRST} number {self._number} of {self._texts}."
        sentences = [begin, *(self.sentence() for _ in range(self._random.randint(1, 4)))]
        said = list(sentences)
        if self._pronounces:
            written, spoken = self._random.choice(list(PRONOUNCED.items()))
            sentences.append(f"Pelican {written} chestnut.")
            said.append(f"Pelican {spoken} chestnut.")
        if self._is_silent:
            sentences.insert(1, SILENT)
        if self._random.random() < 0.2:
            passage = self.sentence()
            sentences.append(f'<lang xml:lang="de-DE">{passage}</lang>')
            said.append(passage)
        return Text((" ".join(sentences),), " ".join(said))

    def reply(self, *, fails: bool = False) -> Text:
        """Return a text as a language model writes it."""
        text = self.text()
        chunks: list[str | float] = []
        if self._random.random() < 0.4:
            chunks.append(f"<think>The {self._random.choice(WORDS)}? {self.sentence()}</think>")
        for word in re.findall(r"\S+\s*", text.whole):
            chunks.append(word)
            if word.endswith(". ") and self._random.random() < 0.4:
                # A tool is called, or the writer just stops for a moment.
                chunks.append(self._random.choice((0.4, 1.0, 3.0, 5.0)))
        words = text.words
        if self._random.random() < 0.3:
            chunks += [" ", greek := self.sentence(GREEK)]
            words += greek
        return Text(tuple(chunks), words, fails)


class Player(MediaPlayerEntity):
    """A media player, which plays one announcement after the other."""

    _attr_supported_features = MediaPlayerEntityFeature.PLAY_MEDIA
    _attr_should_poll = False

    def __init__(self, name: str, fetch: Callable[[str, Hearing], Awaitable[None]]) -> None:
        """Initialize with what fetches from Home Assistant."""
        self._attr_name = name
        self._attr_unique_id = name
        self._fetch = fetch
        self._playing: asyncio.Task[None] | None = None
        self.next: list[Hearing] = []
        """What it will hear next."""

    @override
    async def async_play_media(self, media_type: str, media_id: str, **kwargs: Any) -> None:
        """Play it after what is being played."""
        before, hearing = self._playing, self.next.pop(0)

        async def play() -> None:
            if before:
                await asyncio.wait([before])
            # Home Assistant does not keep what is resolved for long here.
            media = await async_resolve_media(self.hass, media_id, self.entity_id)
            await self._fetch(media.url, hearing)

        self._playing = self.hass.async_create_background_task(play(), "player")

    async def done(self) -> None:
        """Wait until all has been played."""
        while playing := self._playing:
            await asyncio.wait([playing])
            if playing is self._playing:
                self._playing = None


type Act = Callable[[Stage], Awaitable[None]]


class Stage(Protocol):
    """Where announcements are made; each is asked for, and listened to."""

    random: Random
    writer: Writer

    async def speak(self, text: Text, players: int = 1) -> None:
        """Have it spoken with the action tts.speak."""

    async def listen(self, text: Text, leaves_after: float | None = None) -> None:
        """Have it spoken as it is written, for a listener who may leave."""

    async def open(self, text: Text, entity: int = 0) -> None:
        """Open the URL of a media source."""


async def _speak(stage: Stage) -> None:
    await stage.speak(stage.writer.text())


async def _several_players(stage: Stage) -> None:
    await stage.speak(stage.writer.text(), players=3)


async def _one_after_the_other(stage: Stage) -> None:
    await asyncio.gather(*(stage.speak(stage.writer.text()) for _ in range(2)))


async def _url(stage: Stage) -> None:
    await stage.open(stage.writer.text())


async def _assist(stage: Stage) -> None:
    await stage.listen(stage.writer.reply())


async def _interrupted(stage: Stage) -> None:
    fails = stage.random.random() < 0.5
    leaves_after = None if fails else stage.random.uniform(0, 2)
    await stage.listen(stage.writer.reply(fails=fails), leaves_after=leaves_after)


async def _four(stage: Stage) -> None:
    await asyncio.gather(*(stage.open(stage.writer.text()) for _ in range(4)))


async def _two_entries(stage: Stage) -> None:
    await asyncio.gather(*(stage.open(stage.writer.text(), entity) for entity in range(2)))


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who has something announced."""

    name: str
    act: Act
    channels: int | None = None
    """For how many at once the service is licensed."""
    pauses: bool = False
    """Whether the silence in it may be that of the writer, or of those who speak before."""


ACTORS = (
    Actor("tts.speak", _speak),
    Actor("several players", _several_players),
    Actor("one after the other", _one_after_the_other),
    Actor("a media URL", _url),
    Actor("Assist", _assist, pauses=True),
    Actor("Assist, interrupted", _interrupted, pauses=True),
    Actor("four on a licence of two", _four, channels=2, pauses=True),
    Actor("two entries on a licence of one", _two_entries, channels=1, pauses=True),
)
