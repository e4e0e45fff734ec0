"""What would be simulator/third.py: the service as a small server, with the habits of all services."""

import asyncio
from contextlib import aclosing

from aiohttp import web

from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from simulator.engine import CutOffError, Engine, Request

SAMPLE_RATE = 16000
VOICES = {
    "ann": ("Ann", "en-US"),
    "bea": ("Bea", "en-GB"),
    "cleo": ("Cleo", "de-DE"),
    "dora": ("Dora", "fr-FR"),
    "ece": ("Ece", "tr-TR"),
}


def routes(simulator: Engine) -> list[web.RouteDef]:
    """Return the routes of the service."""
    service = Third(simulator)
    return [
        web.get("/third/voices", simulator.route("voices", service.voices)),
        web.post("/third/speech", simulator.route("synthesize", service.speech)),
    ]


async def _left(request: web.Request) -> None:
    """Wait until nobody listens any more: aiohttp does not tell."""
    while request.transport and not request.transport.is_closing():
        await asyncio.sleep(0.01)


class Third:
    """The service."""

    def __init__(self, simulator: Engine) -> None:
        """Take the habits from the simulator."""
        self._simulator = simulator

    def _check(self, request: web.Request) -> None:
        if not self._simulator.is_authorized(request.headers.get("Authorization")):
            raise web.HTTPUnauthorized

    async def voices(self, request: web.Request) -> web.Response:
        """Answer with the voices."""
        self._check(request)
        return web.json_response(
            [{"id": voice, "name": name, "language": language} for voice, (name, language) in VOICES.items()]
        )

    async def speech(self, request: web.Request) -> web.StreamResponse:
        """Answer with a WAV of unknown length."""
        self._check(request)
        body = await request.json()
        if body["voice"] not in VOICES:
            return web.json_response({"error": "unknown voice"}, status=404)
        if not self._simulator.take_channel():
            return self._simulator.busy()
        speech = Request(
            "third",
            voice=body["voice"],
            sample_rate=SAMPLE_RATE,
            authorization=request.headers.get("Authorization"),
            texts=[body["text"]],
        )
        speech.first_text = speech.connected = speech.started
        self._simulator.requests.append(speech)
        answer, left = asyncio.create_task(self._answer(request, speech)), asyncio.create_task(_left(request))
        try:
            await asyncio.wait([answer, left], return_when=asyncio.FIRST_COMPLETED)
            return await answer if answer.done() else web.Response()
        finally:
            answer.cancel()
            left.cancel()
            self._simulator.release_channel()

    async def _answer(self, request: web.Request, speech: Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/wav"})
        cut = self._simulator.habits.cut
        try:
            async with aclosing(self._simulator.chunks(speech, speech.texts[0])) as chunks:
                async for chunk in chunks:
                    if not response.prepared:
                        await self._begin(request, response)
                    await response.write(chunk)
        except CutOffError:
            if cut and cut.how == "error" and not response.prepared:
                return web.json_response({"error": cut.error})
            if not response.prepared:
                await self._begin(request, response)
            if cut and cut.how == "stall":
                await asyncio.sleep(3600)
            if request.transport:
                request.transport.close()
        except ConnectionError:
            # Nobody listens any more.
            pass
        return response

    async def _begin(self, request: web.Request, response: web.StreamResponse) -> None:
        await response.prepare(request)
        await response.write(wav.header(PcmFormat(SAMPLE_RATE)))
