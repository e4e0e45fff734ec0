"""A Wyoming voice satellite, with a speech-to-text service that returns a predefined text."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any

from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info, Satellite
from wyoming.ping import Ping, Pong
from wyoming.pipeline import PipelineStage, RunPipeline
from wyoming.satellite import RunSatellite
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.snd import Played

from .process import free_port

_NOBODY = Attribution(name="", url="")
_FORM = {"rate": 16000, "width": 2, "channels": 1}


@dataclass(slots=True)
class Conversation:
    """A conversation with the satellite."""

    said: str
    """The text that speech-to-text returns."""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when Home Assistant is connected."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    ask: asyncio.Event = field(default_factory=asyncio.Event)
    """Set this to start."""
    sample_rate: int = 0
    heard: bytearray = field(default_factory=bytearray)
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    """Times at which audio arrived, in seconds of the monotonic clock, with the total bytes by then."""


class _Handler(AsyncEventHandler):
    """A connection of Home Assistant to the satellite or to its speech-to-text."""

    def __init__(
        self, talk: Conversation, info: Info, *args: asyncio.StreamReader | asyncio.StreamWriter
    ) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._info = info
        self._talk = talk
        self._asking: asyncio.Task[None] | None = None
        self._transcribes = bool(info.asr)

    async def handle_event(self, event: Event) -> bool:
        """Handle one event."""
        talk = self._talk
        if Describe.is_type(event.type):
            await self.write_event(self._info.event())
        elif Ping.is_type(event.type):
            await self.write_event(Pong(text=Ping.from_event(event).text).event())
        elif RunSatellite.is_type(event.type):
            talk.ready.set()
            self._asking = asyncio.create_task(self._ask())
        elif AudioStart.is_type(event.type) and not self._transcribes:
            talk.sample_rate = AudioStart.from_event(event).rate
        elif AudioChunk.is_type(event.type) and not self._transcribes:
            talk.heard += AudioChunk.from_event(event).audio
            talk.arrivals.append((monotonic(), len(talk.heard)))
        elif AudioStop.is_type(event.type):
            if self._transcribes:
                await self.write_event(Transcript(text=talk.said).event())
                return False
            await self.write_event(Played().event())
            talk.ended.set()
        return True

    async def _ask(self) -> None:
        """Send speech to Home Assistant once the conversation is started."""
        await self._talk.ask.wait()
        self._talk.ask.clear()
        run = RunPipeline(start_stage=PipelineStage.ASR, end_stage=PipelineStage.TTS)
        await self.write_event(run.event())
        await self.write_event(AudioChunk(audio=bytes(3200), **_FORM).event())
        await self.write_event(AudioStop().event())

    async def disconnect(self) -> None:
        """Stop sending when Home Assistant disconnects."""
        if self._asking:
            self._asking.cancel()


_ABOUT: Any = {"attribution": _NOBODY, "installed": True, "description": "", "version": "1"}
_EARS = Info(
    asr=[AsrProgram(name="Told", models=[AsrModel(name="told", languages=["en"], **_ABOUT)], **_ABOUT)]
)
_SATELLITE = Info(satellite=Satellite(name="Satellite", area="", **_ABOUT))


@asynccontextmanager
async def _serve(talk: Conversation, info: Info) -> AsyncGenerator[int]:
    port = free_port()
    server = AsyncTcpServer("127.0.0.1", port)
    await server.start(partial(_Handler, talk, info))
    try:
        yield port
    finally:
        await server.stop()


@asynccontextmanager
async def satellite(talk: Conversation) -> AsyncGenerator[tuple[int, int]]:
    """Run the satellite and its speech-to-text; return their ports."""
    async with _serve(talk, _SATELLITE) as port, _serve(talk, _EARS) as ears:
        yield port, ears
