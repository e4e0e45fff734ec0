"""A Knovvu TTS service of which a test says what each attempt meets.

Its speech ends usually by closing ("close", without a code: "bare close"), with a message for all of the text
("message", and then a close: "message close"), with one for each flush ("each"), or with nothing ("quiet").
"""

import asyncio
from dataclasses import replace
from itertools import count
import json
import struct
from typing import Any, override

from aiohttp import WSMsgType, web

from .hostile_servers import Attempt, Meets, Server, beside

COMPLETED = {"message-name": "synthesis-completed"}


class KnovvuServer(Server):
    """One socket for several texts; it issues tokens, too."""

    usual_end = "close"

    def __init__(self) -> None:
        """Answer pings, and issue tokens for an hour."""
        super().__init__()
        self.pongs = True
        """Whether pings are answered."""
        self.fetched = 0
        """Number of requests for a token."""
        self.token_status = 200
        """Status of those."""
        self.expires_in: float = 3600
        self.says_end_early = False
        """Whether the end is said before a pause of the audio."""
        self.opened = 0
        """Number of connections."""

    @property
    def token_url(self) -> str:
        """Return where tokens are issued."""
        return f"{self.address}/connect/token"

    @override
    def _routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/speech/synthesis/voices/", self._voices),
            web.post("/connect/token", self._token),
            web.get("/synthesizer", self._converse),
        ]

    async def _voices(self, request: web.Request) -> web.Response:
        if not self._is_authorized(request.headers.get("Authorization")):
            raise web.HTTPUnauthorized
        return web.json_response([{"name": "Emily_Premium", "language": "en-US"}])

    async def _token(self, _: web.Request) -> web.Response:
        self.fetched += 1
        if self.token_status != 200:
            return web.Response(status=self.token_status)
        token = f"SECRET-{self.fetched}"
        if self.tokens is not None:
            self.tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": self.expires_in})

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        if not self._is_authorized(request.headers.get("Authorization")):
            raise web.HTTPUnauthorized
        if refusal := self._busy():
            return refusal
        attempt = self._attempt(request)
        if attempt.meets.status:
            return self._refusal(attempt.meets)
        texts = asyncio.Queue[str | None]()
        async with self._socket(request, attempt) as socket:
            socket._autoping = self.pongs  # noqa: SLF001 (it can be said only to the constructor)
            self.opened += 1
            async with beside(self._speak(request, socket, attempt, texts)):
                async for message in socket:
                    if message.type is WSMsgType.TEXT and not self._take(
                        json.loads(message.data), attempt, texts
                    ):
                        break
            await socket.close()
        return socket

    def _take(self, said: dict[str, str], attempt: Attempt, texts: asyncio.Queue[str | None]) -> bool:
        """Do what a message says; return whether the conversation goes on."""
        attempt.messages.append(said["message-name"])
        match said["message-name"]:
            case "synthesize":
                self.authorizations.add(said.get("Authorization", "").removeprefix("Bearer "))
                texts.put_nowait("synthesize")
            case "add-tts-text":
                attempt.texts.append(said["text"])
                texts.put_nowait(said["text"])
            case "finalize-synthesis":
                texts.put_nowait(None)
            case "stop":
                return False
        return True

    async def _speak(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        attempt: Attempt,
        texts: asyncio.Queue[str | None],
    ) -> None:
        meets = attempt.meets
        rate = meets.rate or 24000

        async def send(samples: bytes, _: bool) -> None:
            if meets.rate and not attempt.sent:
                samples = _wav_header(meets.rate) + samples
            await socket.send_bytes(samples)

        if not await self._next(texts, meets) or (meets.how and meets.piece < 0):
            await self._break_off(socket, attempt, send)
            return
        end = meets.end or self.end
        for piece in count():
            text = await self._next(texts, meets)
            if text is None:
                break
            if text and (fate := self.fate(text)):
                meets = attempt.meets = replace(fate, piece=piece)
            is_cut = bool(meets.how) and meets.piece == piece and meets.idle is None
            if text:
                await self._play(attempt, self.speaks(text, rate), send, meets.share if is_cut else 1.0)
            if is_cut or not text:
                await self._break_off(socket, attempt, send)
                return
            if end == "each":
                await socket.send_json(COMPLETED)
        await self._finish(request, socket, end)

    @override
    async def _pause(self, attempt: Attempt) -> None:
        if self.says_end_early and attempt.socket:
            await attempt.socket.send_json(COMPLETED)

    async def _next(self, texts: asyncio.Queue[str | None], meets: Meets) -> str | None:
        """Wait for a text; "" if it takes too long, None at the end."""
        try:
            async with asyncio.timeout(meets.idle):
                return await texts.get()
        except TimeoutError:
            return ""

    async def _finish(self, request: web.Request, socket: web.WebSocketResponse, end: str) -> None:
        """End a complete speech."""
        if end.startswith("message"):
            await socket.send_json(COMPLETED)
        if end.endswith("bare close"):
            transport: Any = request.transport
            transport.write(b"\x88\x00")
        elif end.endswith("close"):
            await socket.close()


def _wav_header(rate: int) -> bytes:
    return (
        b"RIFF\xff\xff\xff\xffWAVE"
        + struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
        + b"data\xff\xff\xff\xff"
    )
