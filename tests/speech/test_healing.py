"""What was learned of a server may be wrong by now: it heals, and nothing is cut without an error."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
import json

import aiohttp
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.websocket_tts.speech.exceptions import SpeechError
from custom_components.websocket_tts.speech.knovvu.client import KnovvuClient
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import ConnectionConfig, VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Simulator, tones

from .speaking import VOICES, MakeService, parts_of, speak, wait_for

LIMITS = Limits(first_audio=1.0, between_audio=0.8, min_quiet=0.15, max_quiet=0.4, close=0.1)
RATE = 24000
VOICE = VOICES["knovvu"]
SENTENCES = ("This is the first sentence of two.", "And this is the second one.")


@dataclass
class Conversation:
    """One socket of a server that a test makes up."""

    socket: web.WebSocketResponse
    number: int

    async def heard(self, name: str) -> dict[str, str]:
        """Wait for a message of this name."""
        async for message in self.socket:
            if message.type is WSMsgType.TEXT and (said := json.loads(message.data))["message-name"] == name:
                return said  # type: ignore[no-any-return]
        return {}

    async def speak(self, text: str, *, until: float = 1.0) -> None:
        """Send the audio of a text, or its first part."""
        samples = tones.pcm(text, RATE)
        await self.socket.send_bytes(samples[: int(len(samples) * until) // 2 * 2])

    async def say(self, name: str) -> None:
        """Send a status message."""
        await self.socket.send_json({"message-name": name})


@asynccontextmanager
async def server_of(
    converse: Callable[[Conversation], Awaitable[None]], quirks: dict[str, object] | None = None
) -> AsyncGenerator[KnovvuClient]:
    """Run a server that holds such conversations, and make a client for it."""
    numbers = count()

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await converse(Conversation(socket, next(numbers)))
        await socket.close()
        return socket

    app = web.Application()
    app.add_routes([web.get("/synthesizer", handle)])
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        connection = ConnectionConfig(URL(f"http://127.0.0.1:{server.port}"))
        client = KnovvuClient(session, connection, quirks, limits=LIMITS)
        yield client
        await client.aclose()


async def written() -> AsyncGenerator[str]:
    """Write both sentences, each by itself."""
    for sentence in SENTENCES:
        yield f"{sentence} "
        await asyncio.sleep(0.05)


async def samples_of(client: KnovvuClient, settings: VoiceSettings = VOICE) -> bytes:
    """Return what is heard of both sentences."""
    audio = parts_of(client, TextSegments(TextStream(written())), settings)
    return b"".join([part async for part in audio if isinstance(part, bytes)])


BOTH = tones.pcm(" ".join(SENTENCES), RATE)


@pytest.mark.parametrize("known", [{}, {"ending": "message"}, {"ending": "flush"}])
async def test_the_last_of_two_flushes_is_late(known: dict[str, object]) -> None:
    """The message about the first flush is not the end of all; the second one may take its time."""

    async def converse(conversation: Conversation) -> None:
        for number in range(2):
            text = (await conversation.heard("add-tts-text"))["text"]
            await asyncio.sleep(0.6 * number)
            await conversation.speak(text)
            await conversation.say("synthesis-completed")
        await conversation.heard("never")

    async with server_of(converse, known) as client:
        for _ in range(2):
            assert await samples_of(client) == BOTH
        assert client.quirks["ending"] == "flush"


async def test_a_message_for_all_flushes() -> None:
    """A service that says it once for all of the text is found out; then its speech ends soon."""

    async def converse(conversation: Conversation) -> None:
        for _ in range(2):
            await conversation.speak((await conversation.heard("add-tts-text"))["text"])
        await conversation.heard("finalize-synthesis")
        await conversation.say("synthesis-completed")
        await conversation.heard("never")

    async with server_of(converse) as client:
        assert await samples_of(client) == BOTH
        assert client.quirks["ending"] == "once"
        begun = asyncio.get_running_loop().time()
        assert await samples_of(client) == BOTH
        assert asyncio.get_running_loop().time() - begun < LIMITS.between_audio


async def test_completed_before_the_last_audio() -> None:
    """What comes right behind the message is part of the speech."""

    async def converse(conversation: Conversation) -> None:
        text = (await conversation.heard("add-tts-text"))["text"]
        samples = tones.pcm(text, RATE)
        await conversation.socket.send_bytes(samples[:-960])
        await conversation.say("synthesis-completed")
        await asyncio.sleep(0.03)
        await conversation.socket.send_bytes(samples[-960:])
        await conversation.heard("never")

    async with server_of(converse) as client:
        assert (await speak(client, VOICE, SENTENCES[0]))[1] == tones.pcm(SENTENCES[0], RATE)


@pytest.mark.parametrize("end", ["close", ""])
async def test_a_text_that_sounds_longer_than_it_is_written(
    end: str, simulator: Simulator, make_service: MakeService
) -> None:
    """Abbreviations and signs teach nothing that makes a plain text look cut off, however the end is told."""
    service = make_service("knovvu", limits=LIMITS)
    simulator.habits.knovvu.end = end
    for text in ("§ " * 100 + "abc" * 15, "abcd" * 20, "efgh" * 20):
        assert (await speak(service, VOICE, text))[1] == tones.pcm(text, RATE)


@pytest.mark.parametrize("rate", [0.5, 2.0])
async def test_a_voice_that_takes_no_rate(rate: float) -> None:
    """It is whole all the same, and what is learned is right for the usual rate."""

    async def converse(conversation: Conversation) -> None:
        for _ in range(2):
            await conversation.speak((await conversation.heard("add-tts-text"))["text"])
        await conversation.heard("finalize-synthesis")

    async with server_of(converse) as client:
        for settings in (VOICE, replace(VOICE, rate=rate), VOICE, replace(VOICE, rate=rate)):
            assert await samples_of(client, settings) == BOTH


async def test_a_server_that_begins_to_drop(simulator: Simulator, make_service: MakeService) -> None:
    """One that takes finalize-synthesis for "close now" since its update is found out again."""
    service = make_service("knovvu", limits=LIMITS, quirks={"finalize_late": False})
    simulator.habits.knovvu.finalize_drops = True
    simulator.habits.first_audio_latency = 0.1
    failures = 0
    for _ in range(3):
        try:
            _, samples = await speak(service, VOICE, SENTENCES[0])
            assert samples == tones.pcm(SENTENCES[0], RATE)
        except SpeechError:
            failures += 1
    assert failures <= 1
    assert service.quirks["finalize_late"] is True


async def test_a_server_that_drops_no_more() -> None:
    """Audio behind a late finalize-synthesis shows that it need not be late; and it is not lost."""

    async def converse(conversation: Conversation) -> None:
        text = (await conversation.heard("add-tts-text"))["text"]
        await conversation.speak(text, until=0.8)
        await conversation.heard("finalize-synthesis")
        samples = tones.pcm(text, RATE)
        await conversation.socket.send_bytes(samples[int(len(samples) * 0.8) // 2 * 2 :])

    async with server_of(converse, {"finalize_late": True}) as client:
        for _ in range(2):
            _, samples = await speak(client, VOICE, SENTENCES[0])
            assert samples == tones.pcm(SENTENCES[0], RATE)
        assert client.quirks["finalize_late"] is False


async def test_one_connection_closed_without_audio() -> None:
    """A hiccup of a server that is known costs nothing."""

    async def converse(conversation: Conversation) -> None:
        text = (await conversation.heard("add-tts-text"))["text"]
        if conversation.number != 1:
            await conversation.speak(text)
            await conversation.heard("finalize-synthesis")

    async with server_of(converse, {"finalize_late": False}) as client:
        for _ in range(3):
            assert (await speak(client, VOICE, SENTENCES[0]))[1] == tones.pcm(SENTENCES[0], RATE)


@pytest.mark.parametrize("known", [{}, {"finalize_late": False}])
async def test_a_standing_connection_that_ends_when_it_is_used(known: dict[str, object]) -> None:
    """The announcement is spoken on another one, and nothing wrong is learned."""

    async def converse(conversation: Conversation) -> None:
        text = (await conversation.heard("add-tts-text")).get("text")
        if text and conversation.number % 2:
            await conversation.speak(text)
            await conversation.heard("finalize-synthesis")

    async with server_of(converse, known) as client:
        client.preconnect()
        await asyncio.sleep(0.1)
        for _ in range(2):
            assert (await speak(client, VOICE, SENTENCES[0]))[1] == tones.pcm(SENTENCES[0], RATE)
            await asyncio.sleep(0.1)
        assert client.quirks.get("finalize_late") is not True


async def test_a_greeting_leaves_a_standing_connection(simulator: Simulator) -> None:
    """What a server says at first is no reason to connect anew."""
    assert not simulator.calls

    async def converse(conversation: Conversation) -> None:
        await conversation.say("welcome")
        await conversation.speak((await conversation.heard("add-tts-text"))["text"])
        await conversation.heard("finalize-synthesis")

    async with server_of(converse) as client:
        client.preconnect()
        await asyncio.sleep(0.1)
        assert (await speak(client, VOICE, SENTENCES[0]))[1] == tones.pcm(SENTENCES[0], RATE)


async def test_two_sample_rates(simulator: Simulator, make_service: MakeService) -> None:
    """That one voice keeps the rate asked for says nothing about another."""
    service = make_service("knovvu", limits=LIMITS)
    other = replace(VOICE, voice="Sestek Rae 24k")
    for _ in range(2):
        simulator.habits.knovvu.wav_header, simulator.habits.knovvu.other_rate = "none", None
        assert (await speak(service, VOICE, SENTENCES[0]))[0].sample_rate == RATE
        simulator.habits.knovvu.wav_header, simulator.habits.knovvu.other_rate = "plain", 16000
        assert (await speak(service, other, SENTENCES[0]))[0].sample_rate == 16000


@pytest.mark.parametrize("how", ["closes", "goes away", "goes away at once"])
async def test_an_idle_connection_is_ended_while_the_text_pauses(how: str) -> None:
    """What was sent has been spoken: the rest of the text is spoken on another connection.

    Where it breaks right behind audio, nobody knows whether that was all: it is asked again.
    """

    async def converse(conversation: Conversation) -> None:
        await conversation.speak((await conversation.heard("add-tts-text"))["text"])
        if how.startswith("goes away") and conversation.number == 0:
            await asyncio.sleep(0 if how.endswith("at once") else 2 * LIMITS.min_quiet)
            await conversation.socket.close(code=1001)
        if conversation.number == 1:
            if how.endswith("at once"):
                await conversation.speak((await conversation.heard("add-tts-text"))["text"])
            await conversation.heard("finalize-synthesis")

    async def text() -> AsyncGenerator[str]:
        yield f"{SENTENCES[0]} "
        await asyncio.sleep(0.9)
        yield SENTENCES[1]

    async with server_of(converse) as client:
        audio = parts_of(client, TextSegments(TextStream(text())), VOICE)
        heard = b"".join([part async for part in audio if isinstance(part, bytes)])
    assert heard == BOTH


async def test_quirks_of_two_at_once(simulator: Simulator, make_service: MakeService) -> None:
    """What one has seen is not taken back by another that began before it; seen both ways, it varies."""
    service = make_service("knovvu", limits=LIMITS)
    simulator.habits.knovvu.end = ""
    silent = asyncio.create_task(speak(service, VOICE, SENTENCES[0]))
    await wait_for(lambda: bool(simulator.requests))
    await asyncio.sleep(0.2)
    simulator.habits.knovvu.end = "close"
    await speak(service, VOICE, SENTENCES[0])
    assert dict(service.quirks)["ending"] == "close"
    assert (await silent)[1] == tones.pcm(SENTENCES[0], RATE)
    assert dict(service.quirks)["ending"] == "varies"


async def test_the_head_of_the_line_has_no_text_yet(simulator: Simulator, make_service: MakeService) -> None:
    """Whose text is still to be written waits for it, and is in nobody's way."""
    simulator.habits.channels = 1
    service = make_service("knovvu", limits=Limits(busy=3.0))
    assert simulator.take_channel()
    first = asyncio.create_task(speak(service, VOICE, SENTENCES[0]))
    await wait_for(lambda: simulator.refused > 0)

    async def slow() -> AsyncGenerator[str]:
        yield "S"
        await asyncio.sleep(2.5)
        yield f"{SENTENCES[1][1:]}"

    second = parts_of(service, TextSegments(TextStream(slow())), VOICE)
    writing = asyncio.create_task(anext(second))
    await asyncio.sleep(0.1)
    third = asyncio.create_task(speak(service, VOICE, "Me, too."))
    await asyncio.sleep(0.1)
    simulator.habits.channels = 3
    simulator.release_channel()
    async with asyncio.timeout(2.0):
        assert (await first)[1] == tones.pcm(SENTENCES[0], RATE)
        assert (await third)[1] == tones.pcm("Me, too.", RATE)
    await writing
    rest = b"".join([part async for part in second if isinstance(part, bytes)])
    assert rest == tones.pcm(f"S{SENTENCES[1][1:]}", RATE)


async def test_a_slow_engine_and_free_channels(simulator: Simulator, make_service: MakeService) -> None:
    """Who was taken leaves the line, not only when there is audio."""
    simulator.habits.channels = 0
    simulator.habits.first_audio_latency = 1.2
    service = make_service("knovvu")
    speaking = [asyncio.create_task(speak(service, VOICE, f"Number {number}.")) for number in range(4)]
    await wait_for(lambda: simulator.refused > 0)
    simulator.habits.channels = 9
    begun = asyncio.get_running_loop().time()
    await asyncio.gather(*speaking)
    assert asyncio.get_running_loop().time() - begun < 4 * 1.2


@pytest.mark.parametrize("closes", [True, False])
async def test_a_text_that_breaks(closes: bool) -> None:
    """What was sent before is heard, and then there is the error of the text."""

    async def converse(conversation: Conversation) -> None:
        text = (await conversation.heard("add-tts-text"))["text"]
        await asyncio.sleep(0.3)
        await conversation.speak(text)
        if not closes:
            await conversation.heard("never")

    async def broken() -> AsyncGenerator[str]:
        yield f"{SENTENCES[0]} And"
        await asyncio.sleep(0.05)
        raise RuntimeError("the model is gone")

    async with server_of(converse) as client:
        heard = bytearray()

        async def listen() -> None:
            async for part in parts_of(client, TextSegments(TextStream(broken())), VOICE):
                heard.extend(part if isinstance(part, bytes) else b"")

        with pytest.raises(RuntimeError, match="the model is gone"):
            await listen()
    assert heard == tones.pcm(SENTENCES[0], RATE)
