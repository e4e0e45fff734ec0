"""Simulation of the Vivoka VDK Service."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
import json
import secrets
from time import monotonic

from aiohttp import web

from .engine import CutOffError, Engine, Request, encoded, meanwhile

_CHATTER = ('{"event":{"name":"started"}}', '{"result":null}', "no JSON", '{"unknown":{"data":1}}')
_WARNING = '{"error":{"type":"Warning","code":1,"message":"a word is not in the lexicon"}}'


def routes(engine: Engine) -> list[web.RouteDef]:
    """Return the routes of the service."""
    service = Vivoka(engine)
    base = "/v1/voice-synthesis"
    return [
        web.get(f"{base}/voices", engine.route("voices", service.voices)),
        web.post(f"{base}/synthesize", engine.route("synthesize", service.synthesize)),
        web.get("/v1/ws/{token}", engine.route("socket", service.socket)),
    ]


def voice_lists(voices: Iterable[str]) -> dict[str, object]:
    """Return the list of voices in every shape, by habit."""
    # Those of Voxygen have no commas.
    names = {voice: voice.split(",")[1 if "," in voice else 0] for voice in voices}
    return {
        "objects": {voice: {"name": name} for voice, name in names.items()},
        "strings": names,
        "nulls": dict.fromkeys(names),
        "none": {},
        **{key: [{key: voice} for voice in names] for key in ("id", "voice_id", "name")},
    }


class Vivoka:
    """The simulated service; each token is valid for one socket."""

    def __init__(self, engine: Engine) -> None:
        """Initialize the service without tokens."""
        self._engine = engine
        self._granted: dict[str, Request] = {}

    def _check(self, request: web.Request) -> None:
        if not self._engine.is_authorized(request.headers.get("Authorization")):
            raise web.HTTPUnauthorized

    async def voices(self, request: web.Request) -> web.Response:
        """Respond with the voices, in the format that the habits define."""
        self._check(request)
        habits = self._engine.habits.vivoka
        return web.json_response(voice_lists(self._engine.vivoka_voices)[habits.voices])

    async def synthesize(self, request: web.Request) -> web.Response:
        """Respond with a token for the audio of a text."""
        self._check(request)
        try:
            body = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return web.json_response({"error": "the body is no JSON object"}, status=400)
        if not isinstance(body.get("text"), str) or not body["text"].strip():
            return web.json_response({"error": "text is missing"}, status=400)
        if body.get("voice_id") not in self._engine.vivoka_voices:
            return web.json_response({"error": "unknown voice"}, status=404)
        habits = self._engine.habits.vivoka
        await asyncio.sleep(habits.answer_latency)
        speech = Request(
            "vivoka",
            voice=body["voice_id"],
            sample_rate=habits.sample_rate,
            authorization=request.headers.get("Authorization"),
            texts=[body["text"]],
        )
        speech.first_text = speech.started
        by_status = self._engine.habits.busy_as == "status"
        if by_status and not self._engine.take_channel():
            return self._engine.busy()
        self._engine.requests.append(speech)
        token = f"SECRET-{secrets.token_hex(16)}"
        self._granted[token] = speech
        answer: dict[str, object] = {"token": token}
        if habits.rate_as != "missing":
            rate = habits.sample_rate
            answer["sample_rate"] = rate if habits.rate_as == "number" else str(rate)
        return web.json_response(answer)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Send the audio that a token was issued for."""
        self._check(request)
        habits = self._engine.habits.vivoka
        speech = self._granted.pop(request.match_info["token"], None)
        if speech is None:
            raise web.HTTPNotFound
        if habits.expired_tokens:
            habits.expired_tokens -= 1
            self._engine.release_channel()
            raise web.HTTPNotFound

        async def converse(socket: web.WebSocketResponse) -> None:
            speech.connected = monotonic()
            if self._engine.habits.busy_as != "status" and not self._engine.take_channel():
                await self._engine.say_busy(
                    socket, lambda error: socket.send_str(json.dumps({"error": error}))
                )
                return
            try:
                async with meanwhile(self._speak(request, socket, speech)):
                    async for _ in socket:
                        pass
            finally:
                self._engine.release_channel()
                speech.ended = monotonic()

        return await self._engine.socket(request, converse)

    async def _speak(self, request: web.Request, socket: web.WebSocketResponse, speech: Request) -> None:
        habits = self._engine.habits.vivoka
        try:
            await self._send_audio(socket, speech)
        except CutOffError:
            await self._engine.cut_off(
                request, socket, lambda error: socket.send_str(json.dumps({"error": error}))
            )
            return
        except ConnectionError:
            return
        if not habits.stays_open:
            await socket.close()

    async def _send_audio(self, socket: web.WebSocketResponse, speech: Request) -> None:
        habits = self._engine.habits.vivoka
        for name in habits.says:
            await socket.send_str(json.dumps({"event": {"name": name}}))
        async with aclosing(self._engine.chunks(speech, speech.texts[0])) as chunks:
            if habits.one_frame:
                whole = b"".join([chunk async for chunk in chunks])
                await self._send(socket, whole, last=habits.end == "last")
            elif habits.end == "last":
                await self._send_and_mark(socket, chunks)
            else:
                async for chunk in chunks:
                    await self._send(socket, chunk, last=False)
        if habits.end == "empty":
            await self._send(socket, b"", last=True)

    async def _send_and_mark(self, socket: web.WebSocketResponse, chunks: AsyncGenerator[bytes]) -> None:
        """Send chunks; one is held back, since it may be the last one, which is marked."""
        held: bytes | None = None
        try:
            async for chunk in chunks:
                if held is not None:
                    await self._send(socket, held, last=False)
                held = chunk
        except CutOffError:
            if held:
                await self._send(socket, held, last=False)
            raise
        if held is not None:
            await self._send(socket, held, last=True)

    async def _send(self, socket: web.WebSocketResponse, data: bytes, *, last: bool) -> None:
        habits = self._engine.habits.vivoka
        if habits.chatter:
            for text in _CHATTER:
                await socket.send_str(text)
        if habits.warns:
            await socket.send_str(_WARNING)
        audio = habits.prefix + encoded(data, padded=self._engine.habits.padded)
        message: dict[str, object] = {"data": audio, "last": last}
        if habits.end == "close":
            del message["last"]
        if habits.chatter:
            message["unknown"] = [None]
        await socket.send_str(json.dumps(message))
