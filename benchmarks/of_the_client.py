"""CPU time of the client library, compared with aiohttp alone."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from time import thread_time

import aiohttp
import orjson
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.models import ConnectionConfig, VoiceSettings
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Simulator, tones
from simulator.serving import served

from .installation import LONG_TEXT, TEXT, Figures
from .reference import VIVOKA_VOICE, VOICES, first_message
from .services import SAMPLE_RATE, simulator_habits

_UTTERANCES = 25
"""Announcements per round."""

type _Speak = Callable[[str], Awaitable[None]]
type _HandOn = Callable[[bytes], object]
type _Bare = Callable[[aiohttp.ClientSession, int, _HandOn], _Speak]


@asynccontextmanager
async def clients() -> AsyncGenerator[Callable[[], Awaitable[Figures]]]:
    """Yield what measures the CPU milliseconds of the client and of aiohttp alone, and their ratio.

    For a short announcement, and for each second of audio of a long one.
    """
    with _served() as port:
        async with aiohttp.ClientSession() as session:

            async def measured() -> Figures:
                figures: Figures = {}
                for service in SERVICES:
                    figures |= await _measured(service, session, port)
                return figures

            yield measured


async def _measured(service: str, session: aiohttp.ClientSession, port: int) -> Figures:
    bare = {"vivoka": _bare_vivoka, "knovvu": _bare_knovvu}[service]
    speakers = {
        "": _our(session, service, port),
        ".aiohttp": bare(session, port, len),
        ".streamed": _streamed(bare, session, port),
    }
    figures: Figures = {}
    for who, speak in speakers.items():
        figures[f"client_cpu_ms.{service}{who}"] = await _cpu(speak)
        figures[f"client_cpu_per_audio_second.{service}{who}"] = await _cpu_per_second(speak)
    alone = figures[f"client_cpu_ms.{service}.aiohttp"]
    for name, who in (("", ""), (".limit", ".streamed")):
        ratio = figures[f"client_cpu_ms.{service}{who}"] / alone
        figures[f"client_cpu_over_aiohttp.{service}{name}"] = ratio
    return figures


@contextmanager
def _served() -> Generator[int]:
    """Run the services in a process of their own; return their port."""
    ours, theirs = Pipe(duplex=False)
    process = get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(port: Connection) -> None:
    habits = simulator_habits()
    habits.first_audio_latency = 0

    async def run() -> None:
        async with served(Simulator(habits, tones=True).app()) as bound:
            port.send(bound)
            await asyncio.Event().wait()

    asyncio.run(run())


async def _cpu(speak: _Speak) -> float:
    await speak(TEXT.format(0))
    begun = thread_time()
    for number in range(_UTTERANCES):
        await speak(TEXT.format(number))
    return (thread_time() - begun) / _UTTERANCES * 1000


async def _cpu_per_second(speak: _Speak) -> float:
    text = LONG_TEXT.format(0)
    begun = thread_time()
    await speak(text)
    return (thread_time() - begun) * 1000 / (len(tones.pcm(text, SAMPLE_RATE)) / 2 / SAMPLE_RATE)


def _our(session: aiohttp.ClientSession, service: str, port: int) -> _Speak:
    client = SERVICES[service](session, ConnectionConfig(URL(f"http://127.0.0.1:{port}")))
    settings = VoiceSettings(VOICES[service], sample_rate=SAMPLE_RATE)

    async def speak(text: str) -> None:
        segments = client.segments(TextStream.of(text, language="en"), settings, clean=True)
        async with client.speak(segments, settings) as buffer:
            while await buffer.next():
                pass

    return speak


def _streamed(bare: _Bare, session: aiohttp.ClientSession, port: int) -> _Speak:
    """Return what does in addition what nobody can do without who streams.

    It reads the text in a task of its own, receives in another one, and hands on each part to a listener, who
    waits for it with a timeout.
    """

    async def speak(text: str) -> None:
        texts, parts = asyncio.Queue[str](), asyncio.Queue[bytes]()

        async def write() -> None:
            texts.put_nowait(text)

        async def receive() -> None:
            await bare(session, port, parts.put_nowait)(await texts.get())
            parts.put_nowait(b"")

        async with asyncio.TaskGroup() as group:
            group.create_task(write())
            group.create_task(receive())
            is_over = False
            while not is_over:
                async with asyncio.timeout(60):
                    is_over = not await parts.get()

    return speak


def _bare_vivoka(session: aiohttp.ClientSession, port: int, hand_on: _HandOn) -> _Speak:
    base = f"127.0.0.1:{port}/v1"

    async def speak(text: str) -> None:
        body = {"text": text, "voice_id": VIVOKA_VOICE}
        async with session.post(f"http://{base}/voice-synthesis/synthesize", json=body) as response:
            token = (await response.json())["token"]
        async with session.ws_connect(f"ws://{base}/ws/{token}") as socket:
            async for message in socket:
                hand_on(b64decode(orjson.loads(message.data).get("data", "").partition(",")[2]))

    return speak


def _bare_knovvu(session: aiohttp.ClientSession, port: int, hand_on: _HandOn) -> _Speak:
    async def speak(text: str) -> None:
        async with session.ws_connect(f"ws://127.0.0.1:{port}/synthesizer") as socket:
            await socket.send_json(first_message())
            await socket.send_json({"message-name": "add-tts-text", "text": text, "flush": "true"})
            await socket.send_json({"message-name": "finalize-synthesis"})
            async for message in socket:
                hand_on(message.data)

    return speak
