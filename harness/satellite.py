"""A voice satellite that speaks Wyoming, with its speech-to-text, which understands what it is told to."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info, Satellite
from wyoming.pipeline import PipelineStage, RunPipeline
from wyoming.satellite import RunSatellite
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.snd import Played

from .process import free_port

_NOBODY = Attribution(name="", url="")
_FORM = {"rate": 16000, "width": 2, "channels": 1}


@dataclass(slots=True)
class Conversation:
    """What is said to the satellite, and what came back."""

    said: str
    """What its speech-to-text understands."""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Home Assistant is there."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    ask: asyncio.Event = field(default_factory=asyncio.Event)
    """Set this to begin."""
    sample_rate: int = 0
    heard: bytearray = field(default_factory=bytearray)
    arrivals: list[float] = field(default_factory=list)
    """When audio came, in seconds of the monotonic clock."""


class _Handler(AsyncEventHandler):
    """One connection of Home Assistant, for the satellite or for its speech-to-text."""

    def __init__(self, talk: Conversation, *args: asyncio.StreamReader | asyncio.StreamWriter) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._talk = talk
        self._asking: asyncio.Task[None] | None = None
        self._transcribes = False

    async def handle_event(self, event: Event) -> bool:
        """Answer one event."""
        talk = self._talk
        if Describe.is_type(event.type):
            await self.write_event(_info().event())
        elif RunSatellite.is_type(event.type):
            talk.ready.set()
            self._asking = asyncio.create_task(self._ask())
        elif Transcribe.is_type(event.type):
            self._transcribes = True
        elif AudioStart.is_type(event.type):
            talk.sample_rate = AudioStart.from_event(event).rate
        elif AudioChunk.is_type(event.type) and not self._transcribes:
            talk.heard += AudioChunk.from_event(event).audio
            talk.arrivals.append(monotonic())
        elif AudioStop.is_type(event.type):
            if self._transcribes:
                await self.write_event(Transcript(text=talk.said).event())
                return False
            await self.write_event(Played().event())
            talk.ended.set()
        return True

    async def _ask(self) -> None:
        """Say something, when it is time to."""
        await self._talk.ask.wait()
        stages = {"start_stage": PipelineStage.ASR, "end_stage": PipelineStage.TTS}
        await self.write_event(RunPipeline(**stages).event())
        await self.write_event(AudioChunk(audio=bytes(3200), **_FORM).event())
        await self.write_event(AudioStop().event())

    async def disconnect(self) -> None:
        """Ask nothing any more."""
        if self._asking:
            self._asking.cancel()


def _info() -> Info:
    about = {"attribution": _NOBODY, "installed": True, "description": "", "version": "1"}
    model = AsrModel(name="told", languages=["en"], **about)
    return Info(
        asr=[AsrProgram(name="Told", models=[model], **about)],
        satellite=Satellite(name="Satellite", area="", **about),
    )


@asynccontextmanager
async def satellite(talk: Conversation) -> AsyncGenerator[int]:
    """Run the satellite; return its port."""
    port = free_port()
    server = AsyncTcpServer("127.0.0.1", port)
    await server.start(partial(_Handler, talk))
    try:
        yield port
    finally:
        await server.stop()
