"""A Vivoka VDK Service of which a test says what each attempt meets.

Its speech ends usually with a last frame ("last"), with an empty one that is the last ("empty"), with a last
frame on a socket that stays open ("open"), or by closing the socket ("close").
"""

import asyncio
from base64 import b64encode
from itertools import count
from typing import override

from aiohttp import web

from .hostile_servers import Attempt, Server, beside


class VivokaServer(Server):
    """One POST and one socket for each text."""

    usual_end = "last"

    def __init__(self) -> None:
        """Begin without tokens."""
        super().__init__()
        self._numbers = count()
        self._granted: dict[str, Attempt] = {}

    @property
    @override
    def taken(self) -> int:
        return len(self.open) + len(self._granted)

    @override
    def _routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/voice-synthesis/voices", self._voices),
            web.post("/v1/voice-synthesis/synthesize", self._synthesize),
            web.get("/v1/ws/{token}", self._speak),
        ]

    async def _voices(self, request: web.Request) -> web.Response:
        if not self._is_authorized(request.headers.get("Authorization")):
            raise web.HTTPUnauthorized
        return web.json_response({"enu,evan,embedded-pro": {}})

    async def _synthesize(self, request: web.Request) -> web.Response:
        if not self._is_authorized(request.headers.get("Authorization")):
            raise web.HTTPUnauthorized
        if refusal := self._busy():
            return refusal
        text = (await request.json())["text"]
        attempt = self._attempt(request, text)
        attempt.meets = self.fate(text) or attempt.meets
        if attempt.meets.status and not attempt.meets.on_socket:
            return self._refusal(attempt.meets)
        token = f"SECRET-{next(self._numbers)}"
        self._granted[token] = attempt
        return web.json_response({"token": token, "sample_rate": attempt.meets.rate or 22050})

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        attempt = self._granted.pop(request.match_info["token"])
        meets = attempt.meets
        if meets.status:
            return self._refusal(meets)
        async with self._socket(request, attempt) as socket, beside(self._say(socket, attempt)):
            async for _ in socket:
                pass
        return socket

    async def _say(self, socket: web.WebSocketResponse, attempt: Attempt) -> None:
        meets = attempt.meets
        end = meets.end or self.end

        async def send(samples: bytes, is_last: bool) -> None:
            message: dict[str, object] = {"data": "data:audio/pcm;base64," + b64encode(samples).decode()}
            if end != "close":
                message["last"] = is_last and end in ("last", "open")
            await socket.send_json(message)

        for said in meets.says:
            await socket.send_json(said)
        samples = self.speaks(attempt.texts[0], meets.rate or 22050)
        await self._play(attempt, samples, send, meets.share if meets.how else 1.0)
        if meets.how:
            await self._break_off(socket, attempt, send)
            return
        for said in meets.says:
            await socket.send_json(said)
        if end == "empty" or (not samples and end != "close"):
            await socket.send_json({"data": "", "last": True})
        if end == "open":
            await asyncio.Event().wait()
        await socket.close()
