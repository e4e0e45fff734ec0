"""Both simulated services, a Wyoming server with the same voice, and a proxy that adds latency."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import monotonic

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.tts import Synthesize, SynthesizeStop, SynthesizeStopped

from harness.process import free_port
from simulator import Habits, tones

SAMPLE_RATE = 24000
CHUNK_SIZE = 4096
FIRST_AUDIO_LATENCY = 0.1
"""Latency of the engine in seconds, the same for all services."""
SPEED = 20.0
"""Speed of the engine, as a multiple of real time.

A server that has all audio at once would send it before anything else on this machine got to run.
"""
_ATTRIBUTION = Attribution(name="", url="")


def simulator_habits() -> Habits:
    """Return the habits of both services during measurements."""
    habits = Habits(first_audio_latency=FIRST_AUDIO_LATENCY, chunk_size=CHUNK_SIZE)
    habits.vivoka.sample_rate = SAMPLE_RATE
    habits.vivoka.end = "empty"
    return habits


class WyomingHandler(AsyncEventHandler):
    """Speaks the same tones with the same latency and speed as the simulator."""

    def __init__(
        self, habits: Habits, times: list[float], *args: asyncio.StreamReader | asyncio.StreamWriter
    ) -> None:
        """Record in times when the first audio of each utterance was sent."""
        super().__init__(*args)  # type: ignore[arg-type]
        self._habits = habits
        self._times = times
        self._text = ""

    async def handle_event(self, event: Event) -> bool:
        """Handle one event."""
        if Describe.is_type(event.type):
            await self.write_event(_info().event())
        elif Synthesize.is_type(event.type):
            self._text = Synthesize.from_event(event).text
        elif SynthesizeStop.is_type(event.type):
            await self._speak()
            return False
        return True

    async def _speak(self) -> None:
        await asyncio.sleep(self._habits.first_audio_latency)
        audio = tones.pcm(self._text, SAMPLE_RATE)
        form = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}
        await self.write_event(AudioStart(**form).event())
        begun = monotonic()
        self._times.append(begun)
        for start in range(0, len(audio), CHUNK_SIZE):
            await self.write_event(AudioChunk(audio=audio[start : start + CHUNK_SIZE], **form).event())
            if self._habits.speed:
                due = (start + CHUNK_SIZE) / 2 / SAMPLE_RATE / self._habits.speed
                await asyncio.sleep(begun + due - monotonic())
        await self.write_event(AudioStop().event())
        await self.write_event(SynthesizeStopped().event())


def _info() -> Info:
    voice = TtsVoice(
        name="tones",
        attribution=_ATTRIBUTION,
        installed=True,
        description="",
        version="1",
        languages=["en-US"],
    )
    program = TtsProgram(
        name="Tones",
        attribution=_ATTRIBUTION,
        installed=True,
        description="",
        version="1",
        voices=[voice],
        supports_synthesize_streaming=True,
    )
    return Info(tts=[program])


@asynccontextmanager
async def wyoming(habits: Habits, times: list[float]) -> AsyncGenerator[int]:
    """Run the Wyoming server, which thinks and speaks as fast as the simulator; return its port."""
    port = free_port()
    server = AsyncTcpServer("127.0.0.1", port)
    await server.start(partial(WyomingHandler, habits, times))
    try:
        yield port
    finally:
        await server.stop()


@asynccontextmanager
async def slow_line(port: int, round_trip: float) -> AsyncGenerator[int]:
    """Forward connections to a port with a round-trip latency in seconds; return the own port."""
    tasks: set[asyncio.Task[None]] = set()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        # The TCP handshake takes a round trip, too.
        await asyncio.sleep(round_trip)
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):
            async with asyncio.TaskGroup() as group:
                group.create_task(_forward(reader, there_writer, round_trip / 2))
                group.create_task(_forward(there_reader, writer, round_trip / 2))

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Write what is read after a delay in seconds, in order."""
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def write() -> None:
        while True:
            due, data = await waiting.get()
            await asyncio.sleep(due - monotonic())
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    writing = asyncio.create_task(write())
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            waiting.put_nowait((monotonic() + delay, data))
    waiting.put_nowait((monotonic() + delay, b""))
    with suppress(ConnectionError):
        await writing
