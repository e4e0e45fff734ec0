"""Clients that do what the vendors' sample programs do, and no more."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
import json
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from simulator import Simulator

VIVOKA_VOICE = "enu,evan,embedded-pro"
PREFIX = "data:audio/pcm;base64,"


@dataclass(frozen=True, slots=True)
class Vivoka:
    """Asks for a token and reads its socket until that closes."""

    session: ClientSession

    async def voices(self) -> Any:
        """Return what the service answers to the question for its voices."""
        async with self.session.get("/v1/voice-synthesis/voices", raise_for_status=True) as response:
            return await response.json()

    async def request(self, text: str, voice: str = VIVOKA_VOICE) -> dict[str, Any]:
        """Return the answer with the token."""
        body = {"text": text, "voice_id": voice}
        async with self.session.post("/v1/voice-synthesis/synthesize", json=body) as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer

    async def messages(self, token: str) -> AsyncGenerator[dict[str, Any]]:
        """Yield the messages until the socket closes."""
        async with self.session.ws_connect(f"/v1/ws/{token}", max_msg_size=0) as socket:
            async for message in socket:
                yield json.loads(message.data)

    async def speak(self, text: str, voice: str = VIVOKA_VOICE) -> bytes:
        """Return the samples of a text."""
        samples = b""
        async with aclosing(self.messages((await self.request(text, voice))["token"])) as messages:
            async for message in messages:
                if "data" in message:
                    assert message["data"].startswith(PREFIX)
                    samples += b64decode(message["data"].removeprefix(PREFIX))
        return samples


@dataclass(frozen=True, slots=True)
class Knovvu:
    """Sends the messages of the documentation and reads until the socket closes."""

    session: ClientSession

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[ClientWebSocketResponse]:
        """Open a socket."""
        async with self.session.ws_connect("/synthesizer", max_msg_size=0) as socket:
            yield socket

    async def speak(self, *texts: str, **settings: str) -> bytes:
        """Return the samples of some pieces, each with a flush of its own."""
        async with self.connect() as socket:
            await socket.send_json(synthesize(**settings))
            for text in texts:
                await socket.send_json({"message-name": "add-tts-text", "text": text})
                await socket.send_json({"message-name": "flush"})
            await socket.send_json({"message-name": "finalize-synthesis"})
            return b"".join([message.data async for message in socket if message.type is WSMsgType.BINARY])

    async def error(self, *messages: object) -> dict[str, Any]:
        """Return what the service answers to messages that it does not take: an error and its leave."""
        async with self.connect() as socket:
            for message in messages:
                await socket.send_str(message if isinstance(message, str) else json.dumps(message))
            answers = [json.loads(answer.data) async for answer in socket]
        assert len(answers) == 1
        error: dict[str, Any] = answers[0]
        return error


async def all_closed(simulator: Simulator) -> None:
    """Wait until the server, too, is done with every socket."""
    async with asyncio.timeout(1):
        while simulator.open_sockets:
            await asyncio.sleep(0.005)


def synthesize(**settings: str) -> dict[str, str]:
    """Return the first message; settings have "_" where the message has "-"."""
    message = {
        "message-name": "synthesize",
        "audio-format": "pcm",
        "voice-name": "Emily_Premium",
        "sample-rate": "24000",
        "volume": "1.0",
        "rate": "1.0",
        "Authorization": "token",
    }
    return message | {key.replace("_", "-"): value for key, value in settings.items()}
