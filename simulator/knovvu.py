"""Knovvu TTS."""

import asyncio
from base64 import b64encode
from contextlib import aclosing
import json
import secrets
import struct
from time import monotonic
from typing import Any

from aiohttp import WSMsgType, web

from .server import CutOffError, Request, Simulator
from .voices import KNOVVU

_CHATTER = ('{"message-name":"synthesis-started"}', '{"message-name":"marks","audio":null}', "no JSON", "[1]")
_RANGES = {"volume": (0.0, 2.0), "rate": (0.33, 3.0), "sample-rate": (8000.0, 48000.0)}
_TRUE = ("true", "yes", "1")


def routes(simulator: Simulator) -> list[web.RouteDef]:
    """Return the routes of the service, and the one for tokens."""
    service = Knovvu(simulator)
    return [
        web.get("/v1/speech/synthesis/voices/", simulator.route("voices", service.voices)),
        web.get("/synthesizer", simulator.route("socket", service.socket)),
        web.post("/connect/token", simulator.route("token", service.token)),
    ]


class Knovvu:
    """The service; a conversation of its own on each socket."""

    def __init__(self, simulator: Simulator) -> None:
        """Serve as the habits of the simulator say."""
        self._simulator = simulator

    async def token(self, request: web.Request) -> web.Response:
        """Answer with an access token for client id and secret."""
        form = await request.post()
        if (form.get("client_id"), form.get("client_secret")) != self._simulator.client:
            return web.json_response({"error": "invalid_client"}, status=400)
        if self._simulator.habits.knovvu.no_token:
            return web.json_response({"token_type": "Bearer"})
        token = f"issued-{secrets.token_hex(8)}"
        self._simulator.issued.add(token)
        return web.json_response(
            {"access_token": token, "expires_in": self._simulator.expires_in, "token_type": "Bearer"}
        )

    async def voices(self, request: web.Request) -> web.Response:
        """Answer with the voices, in the shape that the habits say."""
        if not self._simulator.is_authorized(request.headers.get("Authorization")):
            raise web.HTTPUnauthorized
        language = request.query.get("language")
        voices = [voice for voice in KNOVVU.values() if language in (None, voice.language)]
        payload: Any
        match self._simulator.habits.knovvu.voices:
            case "missing":
                raise web.HTTPNotFound
            case "strings":
                payload = [voice.id for voice in voices]
            case "objects":
                payload = [{"name": voice.id, "language": voice.language} for voice in voices]
            case "wrapped":
                payload = {
                    "voices": [{"voiceName": voice.id, "languageCode": voice.language} for voice in voices]
                }
        return web.json_response(payload)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Hold one conversation."""

        async def converse(socket: web.WebSocketResponse) -> None:
            await _Conversation(self._simulator, request, socket).run()

        return await self._simulator.socket(request, converse)


class _RefusedError(Exception):
    """A message breaks the rules."""


class _Conversation:
    """The messages that come in, and the speech that goes out meanwhile."""

    def __init__(self, simulator: Simulator, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._simulator = simulator
        self._habits = simulator.habits.knovvu
        self._request = request
        self._socket = socket
        self._speech = Request("knovvu")
        self._unflushed = ""
        self._flushed: asyncio.Queue[str | None] = asyncio.Queue()
        self._headed = False

    async def run(self) -> None:
        """Read until the client goes away, or is sent away."""
        speaking = asyncio.create_task(self._speak())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT and not await self._read(json.loads(message.data)):
                    break
        except _RefusedError as err:
            await self._error(str(err))
        finally:
            speaking.cancel()
            await asyncio.wait([speaking])
            self._speech.ended = self._speech.ended or monotonic()
        await self._socket.close()

    async def _read(self, message: dict[str, object]) -> bool:
        """Do what a message says; return whether the conversation goes on."""
        name = str(message.get("message-name"))
        self._speech.messages.append(name)
        if not all(isinstance(value, str) for value in message.values()):
            raise _RefusedError("all values must be strings")
        if not self._speech.voice and name != "synthesize":
            raise _RefusedError("the first message must be synthesize")
        match name:
            case "synthesize":
                self._begin({key: str(value) for key, value in message.items()})
            case "add-tts-text":
                self._unflushed += str(message.get("text", ""))
                if str(message.get("flush")) in _TRUE:
                    self._flush()
            case "flush":
                self._flush()
            case "finalize-synthesis":
                if self._habits.finalize_drops:
                    return False
                self._flushed.put_nowait(None)
            case "stop":
                return False
            case _:
                raise _RefusedError(f"unknown message {name}")
        return True

    def _begin(self, message: dict[str, str]) -> None:
        speech = self._speech
        speech.authorization = message.get("Authorization")
        if not self._is_authorized(speech.authorization):
            raise _RefusedError("Unauthorized")
        if message.get("voice-name") not in KNOVVU:
            raise _RefusedError("Voice not found")
        if message.get("audio-format") != "pcm":
            raise _RefusedError("unsupported audio format")
        for key, (minimum, maximum) in _RANGES.items():
            if not minimum <= float(message[key]) <= maximum:
                raise _RefusedError(f"{key} is out of range")
        speech.voice = message["voice-name"]
        speech.rate, speech.volume = float(message["rate"]), float(message["volume"])
        speech.sample_rate = self._habits.other_rate or int(message["sample-rate"])
        self._simulator.requests.append(speech)

    def _is_authorized(self, authorization: str | None) -> bool:
        if self._simulator.habits.token is None:
            return True
        has_prefix = (authorization or "").startswith("Bearer ")
        if self._habits.bearer not in (None, has_prefix):
            return False
        return self._simulator.is_token((authorization or "").removeprefix("Bearer "))

    def _flush(self) -> None:
        self._speech.first_text = self._speech.first_text or monotonic()
        self._speech.texts.append(self._unflushed)
        self._flushed.put_nowait(self._unflushed)
        self._unflushed = ""

    async def _speak(self) -> None:
        """Speak what was flushed, in order."""
        try:
            while (text := await self._flushed.get()) is not None:
                await self._speak_text(text)
            if self._simulator.habits.odd_length:
                await self._send(b"\0")
            if self._habits.end == "close":
                await self._socket.close()
            elif self._habits.end and not self._habits.end_each_flush:
                await self._socket.send_str(json.dumps({"message-name": self._habits.end}))
        except CutOffError:
            await self._simulator.cut_off(self._request, self._socket, self._error)
        except ConnectionError:
            return

    async def _speak_text(self, text: str) -> None:
        async with aclosing(self._simulator.chunks(self._speech, text)) as chunks:
            async for chunk in chunks:
                if not self._headed:
                    self._headed = True
                    await self._send_header()
                await self._send(chunk)
        if self._habits.end_each_flush and self._habits.end:
            await self._socket.send_str(json.dumps({"message-name": self._habits.end}))

    async def _send_header(self) -> None:
        if self._habits.wav_header == "none":
            return
        rate = self._speech.sample_rate
        header = b"RIFF\xff\xff\xff\xffWAVE" + struct.pack(
            "<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16
        )
        if self._habits.wav_header == "list":
            header += b"LIST" + struct.pack("<I", 3) + b"abc\0"
        header += b"data\xff\xff\xff\xff"
        size = 1 if self._habits.wav_header == "cut" else len(header)
        for start in range(0, len(header), size):
            await self._send(header[start : start + size])

    async def _send(self, data: bytes) -> None:
        if self._habits.chatter:
            for text in _CHATTER:
                await self._socket.send_str(text)
        if self._habits.audio == "binary":
            await self._socket.send_bytes(data)
        else:
            audio = self._habits.prefix + b64encode(data).decode()
            await self._socket.send_str(json.dumps({"message-name": "audio", self._habits.audio: audio}))

    async def _error(self, error: object) -> None:
        message: dict[str, object]
        match self._habits.error_as:
            case "name":
                message = {"message-name": "synthesis-error", "message": error}
            case "object":
                message = {"message-name": "synthesis", "error": {"message": error, "code": 1}}
            case "error-code":
                message = {"error-code": "1", "error-message": error}
            case key:
                message = {key: error}
        await self._socket.send_str(json.dumps(message))
