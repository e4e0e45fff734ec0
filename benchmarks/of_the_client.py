"""CPU time of the client library for one announcement, compared with aiohttp alone."""

import asyncio
from base64 import b64decode
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import median
from threading import Thread
from time import thread_time

import aiohttp
import orjson
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES, ConnectionConfig, VoiceSettings
from simulator import Simulator

from .installation import TEXT, Figures
from .reference import VIVOKA_VOICE, VOICES, first_message
from .services import SAMPLE_RATE, serve, simulator_habits

_UTTERANCES = 25
"""Announcements per round."""

type _Speak = Callable[[str], Awaitable[None]]


async def client_cpu(rounds: int) -> Figures:
    """Return the CPU milliseconds per announcement of the client and of aiohttp alone, and their ratio."""
    samples: dict[str, list[float]] = defaultdict(list)
    async with _served() as port, aiohttp.ClientSession() as session:
        bare = {"vivoka": _bare_vivoka, "knovvu": _bare_knovvu}
        for _ in range(rounds):
            for service in SERVICES:
                ours = await _cpu(_our(session, service, port))
                alone = await _cpu(bare[service](session, port))
                samples[f"client_cpu_ms.{service}"].append(ours)
                samples[f"client_cpu_ms.{service}.aiohttp"].append(alone)
                samples[f"client_cpu_over_aiohttp.{service}"].append(ours / alone)
    return {name: median(values) for name, values in samples.items()}


@asynccontextmanager
async def _served() -> AsyncGenerator[int]:
    """Run the services in another thread, whose CPU time does not count; return their port."""
    habits = simulator_habits()
    habits.first_audio_latency = 0
    here, ended = asyncio.get_running_loop(), asyncio.Event()
    port: asyncio.Future[int] = here.create_future()
    there = asyncio.new_event_loop()

    async def run() -> None:
        async with serve(Simulator(habits, tones=True)) as bound:
            here.call_soon_threadsafe(port.set_result, bound)
            await ended.wait()

    thread = Thread(target=there.run_until_complete, args=(run(),))
    thread.start()
    try:
        yield await port
    finally:
        there.call_soon_threadsafe(ended.set)
        await asyncio.to_thread(thread.join)
        there.close()


async def _cpu(speak: _Speak) -> float:
    await speak(TEXT.format(0))
    begun = thread_time()
    for number in range(_UTTERANCES):
        await speak(TEXT.format(number))
    return (thread_time() - begun) / _UTTERANCES * 1000


def _our(session: aiohttp.ClientSession, service: str, port: int) -> _Speak:
    client = SERVICES[service](session, ConnectionConfig(URL(f"http://127.0.0.1:{port}")))
    settings = VoiceSettings(VOICES[service], sample_rate=SAMPLE_RATE)

    async def whole(text: str) -> AsyncGenerator[str]:
        yield text

    async def speak(text: str) -> None:
        segments = client.segments(whole(text), settings, language="en", clean=True)
        async with client.speak(segments, settings) as buffer:
            while await buffer.next():
                pass

    return speak


def _bare_vivoka(session: aiohttp.ClientSession, port: int) -> _Speak:
    base = f"127.0.0.1:{port}/v1"

    async def speak(text: str) -> None:
        body = {"text": text, "voice_id": VIVOKA_VOICE}
        async with session.post(f"http://{base}/voice-synthesis/synthesize", json=body) as response:
            token = (await response.json())["token"]
        async with session.ws_connect(f"ws://{base}/ws/{token}") as socket:
            async for message in socket:
                b64decode(orjson.loads(message.data).get("data", "").partition(",")[2])

    return speak


def _bare_knovvu(session: aiohttp.ClientSession, port: int) -> _Speak:
    async def speak(text: str) -> None:
        async with session.ws_connect(f"ws://127.0.0.1:{port}/synthesizer") as socket:
            await socket.send_json(first_message())
            await socket.send_json({"message-name": "add-tts-text", "text": text, "flush": "true"})
            await socket.send_json({"message-name": "finalize-synthesis"})
            async for _ in socket:
                pass

    return speak
