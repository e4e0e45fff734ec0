"""Servers that take everything, and ends that are none."""

import asyncio
from base64 import b64encode
import struct

from aiohttp import WSMessage, WSMsgType, web
from aiohttp.test_utils import TestServer
import pytest

from probe.conversation import Heard
from probe.knovvu import read
from probe.shape import Shapes
from simulator import Simulator
from simulator.like import habits_like

from .probing import flood, report_of, serving


def lenient_vivoka() -> web.Application:
    """Return a server that takes any voice, text and token, as often as one likes; on two sockets at once."""
    taken = 0

    async def voices(_: web.Request) -> web.Response:
        return web.json_response({"voices": ["enu,ann,neural"]})

    async def synthesize(_: web.Request) -> web.Response:
        return web.json_response({"token": "always-the-same", "sample_rate": 16000})

    async def socket(request: web.Request) -> web.StreamResponse:
        nonlocal taken
        if taken == 2:
            return web.json_response({"error": "all channels are in use"}, status=503)
        taken += 1
        socket = web.WebSocketResponse()
        try:
            await socket.prepare(request)
            for last in (False, True):
                audio = b64encode(b"\1\2" * 16000).decode()
                await socket.send_json({"data": audio, "last": last})
                await asyncio.sleep(0.05)
            await socket.receive()
        finally:
            taken -= 1
        return socket

    app = web.Application()
    app.router.add_get("/v1/voice-synthesis/voices", voices)
    app.router.add_post("/v1/voice-synthesis/synthesize", synthesize)
    app.router.add_get("/v1/ws/{token}", socket)
    return app


async def test_a_lenient_server() -> None:
    """That nothing is refused is told; the simulator names what it does not do."""
    async with serving(lenient_vivoka()) as server:
        report = await report_of("vivoka", server, token="any-token")
    assert report.works
    assert report.found("voices") == {"shape": "list of strings in voices"}
    for question in ("unknown_voice", "token_again", "empty_text", "late_socket", "long_text", "bad_token"):
        assert report.found(question) == {"answer": "audio"}, question
    assert report.found("at_once") == {"channels": "2", "refusal": "BusyError 503"}
    habits, missing = habits_like(report.as_dict())
    assert sorted(missing) == ["empty_text", "token_again", "unknown_voice", "voices"]
    assert habits.token is None
    assert (habits.channels, habits.busy_status) == (2, 503)


async def test_audio_without_end(
    simulator: Simulator, server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more is taken than speech needs."""
    monkeypatch.setattr("probe.conversation._MAX_MESSAGES", 50)
    simulator.habits.endless = True
    report = await report_of("knovvu", server, voice="Emily_Premium")
    assert report.found("speech")["end"] == "endless"


async def test_an_answer_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of it is read than a list of voices may be, neither by the client nor by the probe."""
    monkeypatch.setattr("custom_components.websocket_tts.speech.transport.http.MAX_BODY", 100_000)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", flood)
    async with serving(app) as server:
        report = await report_of("vivoka", server, voice="Emily_Premium")
    for question in ("client", "voices", "speech"):
        assert report.found(question) == {"error": "ProtocolError"}


@pytest.mark.parametrize(("channels", "rate"), [(1, 16000), (2, None)])
def test_wav_headers(channels: int, rate: int | None) -> None:
    """The rate of a header is told, unless it is of audio that the client does not take."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, 16000, 32000, 2, 16)
    heard = Heard(read, Shapes())
    heard.take(WSMessage(WSMsgType.BINARY, b"RIFF\0\0\0\0WAVE" + form + b"data\xff\xff\xff\xff\0\0", ""))
    assert heard.header_rate == rate


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ('{"audio": "AAAA"}', {}),
        ('{"event": {"name": "began"}}', {"began": 1}),
        ('{"event": {"text": "private"}}', {"event": 1}),
        ('{"a b": 1}', {"?": 1}),
        ("{}", {"empty": 1}),
        ("[]", {"no JSON object": 1}),
        ("no JSON", {"no JSON object": 1}),
        ('{"sound": "' + "A" * 40 + '"}', {"sound": 1}),
    ],
)
def test_names_of_messages(message: str, names: dict[str, int]) -> None:
    """What is no audio is counted by what it calls itself, as far as that is a name."""
    heard = Heard(read, Shapes())
    heard.take(WSMessage(WSMsgType.TEXT, message, ""))
    assert heard.names == names
    assert bool(heard.size) is (not names)
