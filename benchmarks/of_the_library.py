"""Benchmarks of the client library, without Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator
import json
import time
import tracemalloc

import aiohttp
from aiohttp import WSMessage, WSMsgType
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.models import ConnectionConfig, VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.splitter import SentenceSplitter
from custom_components.websocket_tts.speech.text.stream import TextStream
from custom_components.websocket_tts.speech.trace import WireTrace
from simulator import Simulator
from simulator.serving import served

from .reference import VOICES
from .services import CHUNK_SIZE, SAMPLE_RATE, simulator_habits

type Figures = dict[str, float]


async def text_scaling() -> Figures:
    """Return how the time for a text without a full stop scales, and the longest block of the event loop."""
    spent = {}
    for length in (10_000, 100_000):
        text = "word " * (length // 5)
        times = []
        for _ in range(3):
            splitter = SentenceSplitter()
            begun = time.process_time()
            list(splitter.add(text))
            list(splitter.finish())
            times.append(time.process_time() - begun)
        spent[length] = min(times)
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0)
            longest = max(longest, time.monotonic() - begun)

    watching = asyncio.create_task(watch())
    async with TextStream.of("word " * 20_000) as stream:
        segments = TextSegments(stream)
        while await segments.next():
            pass
    watching.cancel()
    await asyncio.wait([watching])
    return {"text_scaling": spent[100_000] / spent[10_000], "text_scaling.longest_block_ms": longest * 1000}


def trace() -> Figures:
    """Return the microseconds of CPU that the trace of the line takes for a second of audio."""
    frames = {
        "vivoka": WSMessage(
            WSMsgType.TEXT, json.dumps({"data": "A" * (CHUNK_SIZE * 4 // 3), "last": False}), ""
        ),
        "knovvu": WSMessage(WSMsgType.BINARY, bytes(CHUNK_SIZE), ""),
    }
    figures = {}
    for kind, frame in frames.items():
        # As the client does: a text frame is parsed once, for both.
        said = json.loads(frame.data) if frame.type is WSMsgType.TEXT else None
        spent = []
        for _ in range(7):
            traced = WireTrace()
            begun = time.process_time()
            for _ in range(10_000):
                traced.received(frame, said)
            spent.append((time.process_time() - begun) / 10_000)
        figures[f"trace_us_per_audio_second.{kind}"] = min(spent) * 1e6 * SAMPLE_RATE * 2 / CHUNK_SIZE
    return figures


class _SlowSpeaker:
    """A synthesizer whose audio has a second for every character."""

    async def speak(
        self, text: str, voice: str, sample_rate: int, rate: float, volume: float
    ) -> AsyncGenerator[bytes]:
        del voice, rate, volume
        chunk = bytes(range(256)) * (sample_rate // 128)
        for _ in text:
            yield chunk


async def memory() -> Figures:
    """Return the peak memory of our own objects during an hour of audio, in KiB."""
    simulator = Simulator(simulator_habits())
    simulator.synthesizer = _SlowSpeaker()
    most = 0
    async with served(simulator.app()) as port, aiohttp.ClientSession() as session:
        for kind, voice in VOICES.items():
            service = SERVICES[kind](session, ConnectionConfig(URL(f"http://127.0.0.1:{port}")))
            tracemalloc.start()
            ours = tracemalloc.Filter(inclusive=True, filename_pattern="*/websocket_tts/*")
            seconds, last = 0.0, 0.0
            text = TextSegments(TextStream.of("This is a sentence that takes its time. " * 120))
            async with service.speak(text, VoiceSettings(voice)) as buffer:
                audio_format = await buffer.format()
                assert audio_format
                while part := await buffer.next():
                    seconds += audio_format.seconds(len(part))
                    if seconds - last > 60:
                        last = seconds
                        statistics = tracemalloc.take_snapshot().filter_traces([ours]).statistics("filename")
                        most = max(most, sum(statistic.size for statistic in statistics))
                    if seconds > 3600:
                        break
            tracemalloc.stop()
    return {"memory_per_stream_kib": most / 1024}
