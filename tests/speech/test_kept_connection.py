"""Knovvu: a connection that is kept ready is used only if it is alive, and is in nobody's way.

How the world may differ: what a server says on an old connection is about that connection; it died without a
word (Wi-Fi, NAT, power); a server never answers pings; two entries share a licence for one channel.
"""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.exceptions import SpeechError, VoiceNotFoundError

from .hostile import PLAIN, client_of, keep_ready, samples_of, shared_channels, speak
from .hostile_knovvu import KnovvuServer
from .hostile_servers import Meets, in_turn
from .speaking import wait_for

KIND = "knovvu"
WHOLE = samples_of(KIND, PLAIN)
KEPT = [pytest.param(None, id="always"), pytest.param(60.0, id="for a minute")]
ANSWERS: dict[str, dict[str, object]] = {
    "age": {"message-name": "error", "message": "session exceeded its maximum duration"},
    "idle": {"error-code": "408", "error-message": "Session idle timeout"},
    "401": {"error": {"code": 401, "message": "Unauthorized"}},
    "403": {"error-code": "403", "error-message": "Forbidden"},
    "404": {"error": {"code": 404, "message": "voice not found"}},
    "busy": {"error": "too many requests"},
    "500": {"error": {"code": 500, "message": "internal error"}},
}
ENDS = {name: Meets(how="error", piece=-1, error=answer) for name, answer in ANSWERS.items()} | {
    "1000": Meets(how="close", piece=-1),
    "no code": Meets(how="bare close", piece=-1),
    "1008": Meets(how="close", piece=-1, code=1008),
    "1013": Meets(how="close", piece=-1, code=1013),
    "reset": Meets(how="abort", piece=-1),
    "after the text": Meets(how="error", error=ANSWERS["age"]),
}


@pytest.fixture
async def server() -> AsyncGenerator[KnovvuServer]:
    """Run a server."""
    async with KnovvuServer() as server:
        yield server


async def kept(server: KnovvuServer, client: SpeechClient, seconds: float | None) -> None:
    """Have a connection kept ready, and let some time pass."""
    opened = server.opened
    keep_ready(client, seconds)
    await wait_for(lambda: server.opened > opened)
    await asyncio.sleep(20.0)
    assert len(server.open) == 1


@pytest.mark.parametrize("seconds", KEPT)
@pytest.mark.parametrize("name", ENDS)
async def test_what_a_kept_connection_says(name: str, seconds: float | None, server: KnovvuServer) -> None:
    """Before the first audio it counts only once a fresh one has said it, too."""
    async with client_of(KIND, server.address, token="token") as client:
        await speak(client, KIND)
        server.script = in_turn(ENDS[name])
        await kept(server, client, seconds)
        server.attempts.clear()
        heard = await speak(client, KIND)
        assert heard.outcome(WHOLE) == "whole"
        assert heard.first < 2.0
        heard = await speak(client, KIND)
        assert heard.outcome(WHOLE) == "whole"
        assert heard.first < 1.0


async def test_what_a_fresh_one_says_as_well(server: KnovvuServer) -> None:
    """Then it is so."""
    server.script = in_turn(then=ENDS["404"])
    async with client_of(KIND, server.address) as client:
        await kept(server, client, None)
        heard = await speak(client, KIND)
    assert isinstance(heard.error, VoiceNotFoundError)
    assert heard.ended < 2.0


@pytest.mark.parametrize("seconds", KEPT)
async def test_it_died_without_a_word(seconds: float | None, server: KnovvuServer) -> None:
    """Bytes are taken, nothing is answered, not even pings: a second later a fresh one speaks."""
    async with client_of(KIND, server.address) as client:
        await kept(server, client, seconds)
        server.freeze()
        for _ in range(2):
            await asyncio.sleep(10.0)
            heard = await speak(client, KIND)
            assert heard.outcome(WHOLE) == "whole"
            assert heard.first < 1.6
            # What is kept ready by now dies as well.
            server.freeze()


@pytest.mark.parametrize("seconds", KEPT)
@pytest.mark.parametrize("idle", [0.3, 30.0])
async def test_it_is_alive(idle: float, seconds: float | None, server: KnovvuServer) -> None:
    """Then it is used, at once, and nothing else is opened before."""
    async with client_of(KIND, server.address) as client:
        keep_ready(client, seconds)
        await wait_for(lambda: server.opened == 1)
        await asyncio.sleep(idle)
        server.script = lambda _: Meets(delay=1.0)
        heard = await speak(client, KIND)
        assert heard.outcome(WHOLE) == "whole"
        assert heard.first < 0.1
        assert server.attempts[0].texts == [PLAIN]


@pytest.mark.parametrize("seconds", KEPT)
async def test_a_server_that_answers_no_pings(seconds: float | None, server: KnovvuServer) -> None:
    """It is spoken to as usual, a second late at first; then no connection is kept ready any more."""
    server.pongs = False
    async with client_of(KIND, server.address) as client:
        times = []
        for _ in range(4):
            keep_ready(client, seconds)
            await asyncio.sleep(20.0)
            heard = await speak(client, KIND)
            assert heard.outcome(WHOLE) == "whole"
            times.append(heard.first)
        assert max(times) < 1.6
        assert max(times[2:]) < 0.5
        keep_ready(client, seconds)
        await asyncio.sleep(20.0)
        assert not server.open


@pytest.mark.parametrize("seconds", KEPT)
async def test_two_entries_and_one_channel(seconds: float | None, server: KnovvuServer) -> None:
    """The connection that one keeps ready makes room for the other, whoever waits."""
    server.channels = 1
    channels = shared_channels()
    async with (
        client_of(KIND, server.address, channels=channels) as one,
        client_of(KIND, server.address, channels=channels) as other,
    ):
        for client in (one, other, one, one, other):
            heard = await speak(client, KIND)
            assert heard.outcome(WHOLE) == "whole"
            assert heard.first < 5.0
            keep_ready(client, seconds)
            await asyncio.sleep(2.0)


async def test_two_entries_speak_at_once(server: KnovvuServer) -> None:
    """One waits for the other, in one queue."""
    server.channels = 1
    server.speed = 4.0
    channels = shared_channels()
    async with (
        client_of(KIND, server.address, channels=channels) as one,
        client_of(KIND, server.address, channels=channels) as other,
    ):
        texts = [f"This is announcement number {number}." for number in range(6)]
        speaking = []
        for number, text in enumerate(texts):
            speaking.append(asyncio.create_task(speak((one, other)[number % 2], KIND, text)))
            await asyncio.sleep(0.01)
        for text, task in zip(texts, speaking, strict=True):
            heard = await task
            assert heard.outcome(samples_of(KIND, text)) == "whole"
            assert not isinstance(heard.error, SpeechError)
    assert server.asked == texts
