"""Knovvu: an end that looks wrong is doubted once, and then believed.

How the world may differ: a server that says when it has ended closes its socket properly in mid-speech, with
or without a code; an update makes it close no more, or say no more; two servers with different ways stand
behind one address; a server says its end for each flush, once for all, or never.
"""

import asyncio
from collections.abc import AsyncGenerator
from itertools import permutations

import pytest

from .hostile import PLAIN, SENTENCES, TEXT, client_of, samples_of, settings_of, speak, start, written
from .hostile_knovvu import KnovvuServer
from .hostile_servers import Meets, in_turn

KIND = "knovvu"
ENDS = ["close", "bare close", "message", "message close", "each", "quiet"]
"""All ways in which the speech of a server may end."""
SAYING = ["message", "message close", "each"]
"""Those with a message."""
WHOLE = samples_of(KIND, PLAIN)
LONG = samples_of(KIND, TEXT)
LATE = 19.0
"""Seconds after the last audio in which a doubt is over, where nothing but silence is doubted."""


@pytest.fixture
async def server() -> AsyncGenerator[KnovvuServer]:
    """Run a server."""
    async with KnovvuServer() as server:
        yield server


@pytest.mark.parametrize("end", SAYING)
@pytest.mark.parametrize("how", ["close", "bare close", "stall"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
async def test_no_message_where_there_usually_is_one(
    end: str, how: str, share: float, server: KnovvuServer
) -> None:
    """That is never the end: what is missing is asked for, each time."""
    server.end = end
    async with client_of(KIND, server.address) as client:
        for _ in range(2):
            assert (await speak(client, KIND)).outcome(WHOLE) == "whole"
        for _ in range(3):
            server.attempts.clear()
            server.script = in_turn(Meets(how=how, share=share))  # type: ignore[arg-type]
            heard = await speak(client, KIND)
            assert heard.outcome(WHOLE, with_silence=True) == "whole"
            assert server.asked == [PLAIN, PLAIN]


@pytest.mark.parametrize("piece", [0, 1, 2])
async def test_a_close_in_one_of_three_sentences(piece: int, server: KnovvuServer) -> None:
    """The whole text is asked for again, and heard once."""
    server.end = "message"
    async with client_of(KIND, server.address) as client:
        for _ in range(2):
            assert (await speak(client, KIND, TEXT)).outcome(LONG) == "whole"
        server.script = in_turn(Meets(how="close", share=0.5, piece=piece))
        heard = await speak(client, KIND, TEXT)
        assert heard.outcome(LONG, with_silence=True) == "whole"


@pytest.mark.parametrize("pause", [0, 200])
@pytest.mark.parametrize("usual", ["close", "message", "each"])
async def test_a_server_that_closes_no_more(usual: str, pause: int, server: KnovvuServer) -> None:
    """After an update it says no end any more: one doubt, no error, and then it is known."""
    server.end = usual
    settings = settings_of(KIND, sentence_pause=pause)
    async with client_of(KIND, server.address) as client:
        for _ in range(2):
            await speak(client, KIND, TEXT, settings=settings)
        server.end = "quiet"
        for number in range(3):
            server.attempts.clear()
            heard = await speak(client, KIND, TEXT, settings=settings)
            assert heard.outcome(LONG, with_silence=True) == "whole"
            assert len(server.asked) <= len(SENTENCES) * (2 if number == 0 and not pause else 1) + bool(
                pause and number == 0
            )
            assert heard.ended - heard.last < (LATE if number == 0 else 7.0)


async def test_a_server_that_says_no_more(server: KnovvuServer) -> None:
    """After an update it only closes: one doubt, and then that is known."""
    server.end = "message"
    async with client_of(KIND, server.address) as client:
        for _ in range(2):
            await speak(client, KIND)
        server.end = "close"
        for number in range(3):
            server.attempts.clear()
            heard = await speak(client, KIND)
            assert heard.outcome(WHOLE, with_silence=True) == "whole"
            assert server.asked == [PLAIN] * (2 if number == 0 else 1)


@pytest.mark.parametrize("pause", [0, 200])
@pytest.mark.parametrize(
    "ways", [("close", "quiet", "quiet"), ("message", "close"), ("each", "quiet", "close")]
)
async def test_different_ways_behind_one_address(
    ways: tuple[str, ...], pause: int, server: KnovvuServer
) -> None:
    """Seen both ways, only the length counts: all is whole, and in the end nothing is asked for twice."""
    settings = settings_of(KIND, sentence_pause=pause)
    server.script = lambda attempt: Meets(end=ways[attempt.number % len(ways)])
    async with client_of(KIND, server.address) as client:
        for number in range(10):
            heard = await speak(client, KIND, TEXT, settings=settings)
            assert heard.outcome(LONG, with_silence=True) == "whole"
            if number == 5:
                server.attempts.clear()
    assert len(server.asked) == 4 * len(SENTENCES)


@pytest.mark.parametrize("answer", ["hangs", "429", "500", "401", "empty"])
async def test_a_doubt_that_is_not_answered(answer: str, server: KnovvuServer) -> None:
    """It has 5 s to its first audio, and waits for no channel: what was heard was complete."""
    doubt = {
        "hangs": Meets(how="stall"),
        "429": Meets(status=429),
        "500": Meets(status=500),
        "401": Meets(status=401),
        "empty": Meets(how="close"),
    }[answer]
    server.end = "message"
    async with client_of(KIND, server.address) as client:
        for _ in range(2):
            await speak(client, KIND)
        server.script = in_turn(Meets(end="close"), then=doubt)
        heard = await speak(client, KIND)
    assert heard.outcome(WHOLE, with_silence=True) == "whole"
    assert heard.ended - heard.last < 7.0


async def test_a_doubt_is_not_asked_while_the_service_is_busy(server: KnovvuServer) -> None:
    """Others wait for the only channel: they get it, and the end is believed."""
    server.end = "message close"
    server.channels = 1
    async with client_of(KIND, server.address) as client:
        for _ in range(2):
            await speak(client, KIND)
        server.end = "close"
        server.attempts.clear()
        first = start(client, KIND)
        await asyncio.sleep(0.05)
        second = start(client, KIND, SENTENCES[1])
        assert (await first).outcome(WHOLE) == "whole"
        assert (await second).outcome(samples_of(KIND, SENTENCES[1]), with_silence=True) == "whole"
    assert server.asked[:2] == [PLAIN, SENTENCES[1]]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("pause", [0, 200])
async def test_an_ordinary_announcement(end: str, pause: int, server: KnovvuServer) -> None:
    """It costs no second request, whichever way it ends, and from the first one on."""
    server.end = end
    settings = settings_of(KIND, sentence_pause=pause)
    async with client_of(KIND, server.address) as client:
        for _ in range(3):
            server.attempts.clear()
            heard = await speak(client, KIND, written(*TEXT), settings=settings)
            assert heard.outcome(LONG, with_silence=True) == "whole"
            assert server.asked == list(SENTENCES)
            assert heard.left_out in (0, -1)


@pytest.mark.parametrize(("before", "after"), list(permutations(ENDS, 2)))
async def test_nothing_complete_is_an_error(before: str, after: str, server: KnovvuServer) -> None:
    """Whatever was usual, and whatever comes then: all is heard, each time, and the end is not late."""
    async with client_of(KIND, server.address) as client:
        for end in (before, before, after, before, after, after):
            server.end = end
            heard = await speak(client, KIND, TEXT)
            assert heard.outcome(LONG, with_silence=True) == "whole"
            assert heard.ended - heard.last < LATE


async def test_far_too_short_is_doubted_whatever_is_known(server: KnovvuServer) -> None:
    """Also where the end has been seen both ways; and where it really is that short, that was all."""
    async with client_of(KIND, server.address) as client:
        for end in ("message", "message", "close", "message", "close", "quiet", "close"):
            server.end = end
            await speak(client, KIND)
        server.script = in_turn(Meets(how="close", share=0.1))
        assert (await speak(client, KIND)).outcome(WHOLE, with_silence=True) == "whole"
        server.speaks = lambda text, rate: samples_of(KIND, text, rate)[:4000]
        server.attempts.clear()
        assert (await speak(client, KIND)).outcome(WHOLE[:4000], with_silence=True) == "whole"
        assert len(server.asked) <= 2
