"""A Vivoka VDK Service that changes its sample rate in the middle of a text."""

import asyncio
from base64 import b64encode

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.websocket_tts.speech import ConnectionConfig, ProtocolError, VivokaClient

from ..speaking import VOICES, speak


async def test_nothing_goes_on_after_another_sample_rate() -> None:
    """The request that was made ahead ends with the speech, though it has more than the listener may hold."""
    rates = iter((8000, 16000))
    second_open = asyncio.Event()
    open_sockets = 0

    async def synthesize(_: web.Request) -> web.Response:
        rate = next(rates)
        return web.json_response({"token": f"of-{rate}", "sample_rate": rate})

    async def audio(request: web.Request) -> web.WebSocketResponse:
        nonlocal open_sockets
        is_first = request.match_info["token"] == "of-8000"
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        open_sockets += 1
        frame = {"data": b64encode(bytes(16000)).decode(), "last": False}
        for _ in range(1 if is_first else 40):
            await socket.send_json(frame)
        if is_first:
            await second_open.wait()
            await socket.send_json({"data": "", "last": True})
        second_open.set()
        await socket.receive()
        open_sockets -= 1
        return socket

    app = web.Application()
    app.router.add_post("/v1/voice-synthesis/synthesize", synthesize)
    app.router.add_get("/v1/ws/{token}", audio)
    async with TestServer(app, host="127.0.0.1") as server, ClientSession() as session:
        service = VivokaClient(session, ConnectionConfig(URL(f"http://127.0.0.1:{server.port}")))
        with pytest.raises(ProtocolError, match="16000 Hz"):
            await speak(service, VOICES["vivoka"], "This is one sentence. This is the next one.")
        async with asyncio.timeout(2):
            while open_sockets:
                await asyncio.sleep(0.01)
