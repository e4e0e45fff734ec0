"""What fails before the first sample is asked for again, as long as nothing else can speak.

How the world may differ: a service is away for half a second, or for long; it fails, or takes connections and
resets them; it is busy, and says for how long, or for longer than anybody waits.
"""

import asyncio

import pytest

from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    CannotConnectError,
    SpeechTimeoutError,
)

from .hostile import PLAIN, SENTENCES, client_of, samples_of, speak, start
from .hostile_servers import Meets, Server, in_turn

FAILING = {
    "500": Meets(status=500),
    "503": Meets(status=503),
    "a reset": Meets(how="abort"),
    "a close": Meets(how="close", code=1011),
}
NOT_NOW = {
    "404": Meets(status=404),
    "a web page": Meets(status=200),
    "401": Meets(status=401),
    "an unknown voice": Meets(how="error", error={"error": "voice not found"}),
}
"""What a service may say while it restarts."""


@pytest.mark.parametrize("seconds", [0.5, 1.5])
async def test_away_before_the_speech(seconds: float, kind: str, hostile: Server) -> None:
    """Where nothing else can speak, it is asked for 4 s; nothing is heard before."""
    async with client_of(kind, hostile.address) as client:
        await hostile.down()
        speaking = start(client, kind)
        await asyncio.sleep(seconds)
        await hostile.up()
        heard = await speaking
    assert heard.outcome(samples_of(kind, PLAIN)) == "whole"
    assert heard.first < 2 * seconds + 1.5


@pytest.mark.parametrize("name", ["500", "503", "a reset", "a close"])
@pytest.mark.parametrize("times", [2, 3])
async def test_failing_before_the_speech(name: str, times: int, kind: str, hostile: Server) -> None:
    """The same where connections are taken."""
    hostile.script = in_turn(*[FAILING[name]] * times)
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind)
    assert heard.outcome(samples_of(kind, PLAIN)) == "whole"
    assert heard.first < 10.0


@pytest.mark.parametrize("answer", ["404", "a web page", "401", "an unknown voice"])
async def test_a_restart_before_the_speech(answer: str, kind: str, hostile: Server) -> None:
    """Who has just been away is not believed, whatever it says while it restarts."""
    hostile.script = in_turn(FAILING["a reset"], *[NOT_NOW[answer]] * 2)
    async with client_of(kind, hostile.address, token="token") as client:
        heard = await speak(client, kind)
        assert heard.outcome(samples_of(kind, PLAIN)) == "whole"
        hostile.script = in_turn(then=NOT_NOW[answer])
        heard = await speak(client, kind)
        assert heard.error
        assert heard.ended < 1.0


async def test_away_for_long_before_the_speech(kind: str, hostile: Server) -> None:
    """After about 4 s it is an error; at once where a fallback can speak."""
    async with client_of(kind, hostile.address) as client:
        await hostile.down()
        heard = await speak(client, kind)
        assert isinstance(heard.error, CannotConnectError)
        assert 3.0 < heard.ended < 7.0
        heard = await speak(client, kind, patience=0.0)
        assert isinstance(heard.error, CannotConnectError)
        assert heard.ended < 1.5


@pytest.mark.parametrize("status", [429, 503])
async def test_one_refusal_with_a_long_wait(status: int, kind: str, hostile: Server) -> None:
    """A time beyond all patience is not followed: asked again, it is free, also for another announcement."""
    hostile.script = in_turn(Meets(status=status, headers={"Retry-After": "60"}))
    async with client_of(kind, hostile.address) as client:
        first = start(client, kind)
        await asyncio.sleep(0.1)
        second = start(client, kind, SENTENCES[1])
        heard = await first
        assert heard.outcome(samples_of(kind, PLAIN)) == "whole"
        assert heard.first < 5.0
        heard = await second
        assert heard.outcome(samples_of(kind, SENTENCES[1])) == "whole"
        assert heard.first < 5.0
    assert len(hostile.attempts) <= 4


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_that_lies_within_is_followed(status: int, kind: str, hostile: Server) -> None:
    """Not asked before, and asked soon after."""
    hostile.script = in_turn(Meets(status=status, headers={"Retry-After": "6"}))
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind)
    assert heard.outcome(samples_of(kind, PLAIN)) == "whole"
    assert 5.9 < hostile.attempts[1].at - hostile.attempts[0].at < 8.0


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "60"}, {"Retry-After": "2"}])
async def test_busy_for_long(headers: dict[str, str], kind: str, hostile: Server) -> None:
    """It is waited for 20 s in all, and asked more than once meanwhile."""
    hostile.script = in_turn(then=Meets(status=429, headers=headers))
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind)
    assert isinstance(heard.error, BusyError)
    assert 15.0 < heard.ended < 25.0
    assert 4 <= len(hostile.attempts) < 30


async def test_no_answer_is_waited_for_once(kind: str, hostile: Server) -> None:
    """A service that takes everything and says nothing is not waited for twice."""
    hostile.script = in_turn(then=Meets(how="stall"))
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind)
    assert isinstance(heard.error, SpeechTimeoutError)
    assert 14.0 < heard.ended < 17.0
    assert len(hostile.attempts) == 1
