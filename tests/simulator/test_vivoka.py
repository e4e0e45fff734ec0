"""The Vivoka VDK Service, spoken to as its vendor's sample program does."""

import asyncio
from base64 import b64decode
from contextlib import aclosing
from itertools import pairwise
from time import monotonic
from typing import Any

import aiohttp
import pytest

from simulator import Cut, Simulator, tones

from .clients import PREFIX, VIVOKA_VOICE, Vivoka, all_closed

TEXT = "I want a coffee"
PCM = tones.pcm(TEXT, 22050)


async def test_sample_program(vivoka: Vivoka, simulator: Simulator) -> None:
    """The first voice speaks, and the audio is whole."""
    voice = next(iter(await vivoka.voices()))
    assert (await vivoka.request(TEXT, voice))["sample_rate"] == 22050
    assert await vivoka.speak(TEXT, voice) == PCM
    request = simulator.requests[-1]
    assert (request.service, request.texts, request.voice) == ("vivoka", [TEXT], VIVOKA_VOICE)
    await all_closed(simulator)


async def test_times(vivoka: Vivoka, simulator: Simulator) -> None:
    """What happened when is in the request, in order."""
    simulator.habits.first_audio_latency = 0.05
    await vivoka.speak(TEXT)
    await all_closed(simulator)
    request = simulator.requests[0]
    assert request.connected
    assert request.first_audio
    assert request.ended
    assert request.first_text == request.started
    assert request.started <= request.connected <= request.first_audio - 0.04 <= request.ended


async def test_nothing_is_kept(vivoka: Vivoka, simulator: Simulator) -> None:
    """A connection that the client has torn down in the middle is forgotten like any other."""
    simulator.habits.speed = 1.0
    async with aclosing(vivoka.messages((await vivoka.request(TEXT))["token"])) as messages:
        await anext(messages)
        assert len(simulator.transports) == 1
        await vivoka.session.close()
    await all_closed(simulator)
    assert not simulator.transports


async def test_last_frame_says_so(vivoka: Vivoka) -> None:
    """Exactly the last message with audio is the last."""
    token = (await vivoka.request(TEXT))["token"]
    messages = [message async for message in vivoka.messages(token)]
    assert [message["last"] for message in messages] == [False] * (len(messages) - 1) + [True]
    assert {len(b64decode(message["data"].removeprefix(PREFIX))) for message in messages[:-1]} == {4096}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no JSON", 400),
        (b"[]", 400),
        (b'{"voice_id": "enu,evan,embedded-pro"}', 400),
        (b'{"voice_id": "enu,evan,embedded-pro", "text": " "}', 400),
        (b'{"voice_id": "enu,nobody,embedded-pro", "text": "a"}', 404),
        (b'{"text": "a"}', 404),
    ],
)
async def test_bad_requests(body: bytes, status: int, session: aiohttp.ClientSession) -> None:
    """What is wrong with a request is told."""
    headers = {"Content-Type": "application/json"}
    url = "/v1/voice-synthesis/synthesize"
    async with session.post(url, data=body, headers=headers) as response:
        assert response.status == status


async def test_token_is_good_once(vivoka: Vivoka, simulator: Simulator) -> None:
    """A token that is unknown, used or expired finds nothing."""
    token = (await vivoka.request(TEXT))["token"]
    assert [message async for message in vivoka.messages(token)]
    simulator.habits.vivoka.expired_tokens = 1
    for bad in (token, "unknown", (await vivoka.request(TEXT))["token"]):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
            await anext(vivoka.messages(bad))
    assert simulator.habits.vivoka.expired_tokens == 0
    assert await vivoka.speak(TEXT) == PCM


async def test_access_token(vivoka: Vivoka, simulator: Simulator, session: aiohttp.ClientSession) -> None:
    """A proxy wants its token as a bearer on every route."""
    simulator.habits.token = "right"
    for authorization in (None, "right", "Bearer wrong", "bearer right"):
        headers = {"Authorization": authorization} if authorization else {}
        for url in ("/v1/voice-synthesis/voices", "/v1/ws/token"):
            async with session.get(url, headers=headers) as response:
                assert response.status == 401
    session.headers["Authorization"] = "Bearer right"
    assert await vivoka.voices()
    assert await vivoka.speak(TEXT) == PCM
    assert simulator.requests[-1].authorization == "Bearer right"


@pytest.mark.parametrize("route", ["voices", "synthesize", "socket"])
@pytest.mark.parametrize("status", [200, 403, 503])
async def test_statuses(
    route: Any, status: int, session: aiohttp.ClientSession, simulator: Simulator
) -> None:
    """A route answers as it is told to, as often as it is told to."""
    simulator.habits.statuses[route] = status
    simulator.habits.failures = 2
    method, url = {
        "voices": ("GET", "/v1/voice-synthesis/voices"),
        "synthesize": ("POST", "/v1/voice-synthesis/synthesize"),
        "socket": ("GET", "/v1/ws/token"),
    }[route]
    for _ in range(2):
        async with session.request(method, url) as response:
            assert response.status == status
            assert response.content_type == "text/html"
    async with session.request(method, url) as response:
        assert response.content_type != "text/html"
    assert simulator.calls == [route] * 3


@pytest.mark.parametrize("after", [0, 1, 4096, 5000, len(PCM)])
async def test_cut_by_closing(after: int, vivoka: Vivoka, simulator: Simulator) -> None:
    """The socket closes after exactly so much audio; the next speech is whole."""
    simulator.habits.cut = Cut(after, "close")
    simulator.habits.failures = 1
    assert await vivoka.speak(TEXT) == PCM[:after]
    assert await vivoka.speak(TEXT) == PCM


async def test_cut_before_audio_sends_none(vivoka: Vivoka, simulator: Simulator) -> None:
    """An error before the first audio is the only message."""
    simulator.habits.cut = Cut(0, "error", error={"message": "out of coffee"})
    token = (await vivoka.request(TEXT))["token"]
    async with aclosing(vivoka.messages(token)) as messages:
        assert await anext(messages) == {"error": {"message": "out of coffee"}}
    assert simulator.requests[0].first_audio is None


async def test_pause(vivoka: Vivoka, simulator: Simulator) -> None:
    """The engine pauses once in a speech, at the place it is told to, and nothing is lost."""
    simulator.habits.pause, simulator.habits.pause_after = 0.2, 8192
    token = (await vivoka.request(TEXT))["token"]
    arrived = [monotonic() async for _ in vivoka.messages(token)]
    gaps = [later - earlier for earlier, later in pairwise(arrived)]
    assert [gap > 0.15 for gap in gaps].count(True) == 1
    assert await vivoka.speak(TEXT) == PCM


async def test_speed_and_parallel_sockets(vivoka: Vivoka, simulator: Simulator) -> None:
    """Audio comes at the speed of the engine, on each socket by itself."""
    simulator.habits.speed = 3.0
    begun = monotonic()
    assert await asyncio.gather(*[vivoka.speak(TEXT) for _ in range(3)]) == [PCM] * 3
    # 13 characters of 50 ms.
    assert 0.18 < monotonic() - begun < 0.5


async def test_endless_until_the_client_goes(vivoka: Vivoka, simulator: Simulator) -> None:
    """An endless speech ends with the client, and nothing stays open."""
    simulator.habits.endless = True
    messages = vivoka.messages((await vivoka.request(TEXT))["token"])
    for _ in range(30):
        assert "data" in await anext(messages)
    assert simulator.open_sockets == 1
    await messages.aclose()
    await all_closed(simulator)
    assert simulator.requests[0].ended
