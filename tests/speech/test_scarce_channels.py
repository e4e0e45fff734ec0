"""A licence of one channel, and an announcement in which something goes wrong.

How the world may differ: the channel that a broken request has released is taken by the next request of
the same announcement; a service closes properly after a fraction of the speech while others wait; it refuses
the next sentence, because it has not yet noticed the end of the one before; a connection that stands by is in
the way of the next sentence.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from itertools import product

import pytest

from .hostile import (
    PLAIN,
    SENTENCES,
    client_of,
    keep_ready,
    samples_of,
    settings_of,
    shared_channels,
    speak,
    start,
)
from .hostile_knovvu import KnovvuServer
from .hostile_servers import Meets, Server, in_turn
from .hostile_vivoka import VivokaServer
from .speaking import wait_for

SERVERS: dict[str, Callable[[], Server]] = {"vivoka": VivokaServer, "knovvu": KnovvuServer}
LONG = " and ".join(["what is said in this sentence is long"] * 5)
TEXT = f"{PLAIN} This is more than what is held: {LONG}. {SENTENCES[2]}"
PAUSE = 200
"""Milliseconds: each sentence is a request."""


@pytest.fixture(params=SERVERS)
async def server(request: pytest.FixtureRequest) -> AsyncGenerator[Server]:
    """Run a server with one channel."""
    async with SERVERS[request.param]() as server:
        server.channels = 1
        yield server


def kind_of(server: Server) -> str:
    """Return the service of a server."""
    return next(kind for kind, of_kind in SERVERS.items() if of_kind is type(server))


@pytest.mark.parametrize(
    ("how", "share"), [*product(("error", "abort"), (0.01, 0.3, 0.9)), ("close", 0.01), ("close", 0.3)]
)
async def test_the_next_request_gives_the_channel_back(server: Server, how: str, share: float) -> None:
    """A sentence that breaks off is resumed, although the next one was asked for meanwhile."""
    kind = kind_of(server)
    async with client_of(kind, server.address) as client:
        settings = settings_of(kind, sentence_pause=PAUSE)
        await speak(client, kind, PLAIN, settings=settings)
        server.script = in_turn(Meets(how=how, share=share, error={"error": "broken"}))  # type: ignore[arg-type]
        heard = await speak(client, kind, TEXT, settings=settings)
    sentences = TEXT.replace("! ", "!|").replace(". ", ".|").split("|")
    spoken = b"".join(samples_of(kind, sentence) for sentence in sentences)
    assert heard.outcome(spoken, with_silence=True) == "whole"
    assert heard.ended < 25.0


@pytest.mark.parametrize("share", [0.03, 0.3])
async def test_cut_politely_while_others_wait(server: Server, share: float) -> None:
    """What is far too short is asked for once more, whoever waits."""
    kind = kind_of(server)
    server.script = in_turn(Meets(how="close", share=share, delay=0.3))
    async with client_of(kind, server.address) as client:
        first = start(client, kind, PLAIN)
        await wait_for(lambda: len(server.attempts) == 1)
        others = [start(client, kind, text) for text in SENTENCES[1:]]
        assert (await first).outcome(samples_of(kind, PLAIN), with_silence=True) == "whole"
        for other, text in zip(others, SENTENCES[1:], strict=True):
            assert (await other).outcome(samples_of(kind, text), with_silence=True) == "whole"


async def test_who_has_lost_the_channel_gets_it_back(server: Server) -> None:
    """Somebody with a long text has got it in the meantime: they take turns, and both are heard whole."""
    kind = kind_of(server)
    server.speed = 1.0
    server.script = in_turn(Meets(how="abort", share=0.5))
    long = SENTENCES * 5
    async with client_of(kind, server.address) as client:
        settings = settings_of(kind, sentence_pause=PAUSE)
        first = start(client, kind, PLAIN)
        async with asyncio.timeout(5):
            while not (server.attempts and server.attempts[0].ended):
                await asyncio.sleep(0.01)
        second = start(client, kind, " ".join(long), settings=settings)
        assert (await first).outcome(samples_of(kind, PLAIN), with_silence=True) == "whole"
        whole = b"".join(samples_of(kind, sentence) for sentence in long)
        assert (await second).outcome(whole, with_silence=True) == "whole"


async def test_nothing_to_say_while_others_wait(server: Server) -> None:
    """Whoever has no words waits for no channel."""
    kind = kind_of(server)
    server.channels = 0
    async with client_of(kind, server.address) as client:
        waiting = start(client, kind, PLAIN)
        await asyncio.sleep(1)
        silent = await speak(client, kind, "\u200b")
        assert silent.ended < 0.1
        assert (silent.error, silent.samples) == (None, b"")
        server.channels = 1
        assert (await waiting).outcome(samples_of(kind, PLAIN)) == "whole"


async def test_a_connection_that_stands_by_is_not_in_the_way() -> None:
    """It is made when the announcement has ended, not between its sentences."""
    async with KnovvuServer() as server, client_of("knovvu", server.address) as client:
        server.channels = 1
        keep_ready(client)
        await asyncio.sleep(0.2)
        settings = settings_of("knovvu", sentence_pause=PAUSE)
        server.refused.clear()
        heard = await speak(client, "knovvu", " ".join(SENTENCES), settings=settings)
        whole = b"".join(samples_of("knovvu", sentence) for sentence in SENTENCES)
        assert heard.outcome(whole, with_silence=True) == "whole"
        # The next sentence is asked for ahead, once for each.
        assert len(server.refused) <= len(SENTENCES)


async def test_a_spare_connection_and_retry_after() -> None:
    """Another client with the same licence need not wait as long as the service tells it to."""
    channels = shared_channels()
    async with (
        KnovvuServer() as server,
        client_of("knovvu", server.address, channels=channels) as standing,
        client_of("knovvu", server.address, channels=channels) as client,
    ):
        server.channels, server.retry_after = 1, 10
        keep_ready(standing)
        await wait_for(lambda: server.taken == 1)
        heard = await speak(client, "knovvu", PLAIN)
    assert heard.outcome(samples_of("knovvu", PLAIN)) == "whole"
    assert len(server.refused) == 1
    assert heard.ended < 2.0


async def test_retry_after_while_somebody_speaks(server: Server) -> None:
    """Nothing is in the way that anybody could close: it is followed from the first refusal on."""
    kind = kind_of(server)
    server.speed, server.retry_after = 1.0, 10
    async with client_of(kind, server.address) as client:
        speaking = start(client, kind, SENTENCES[0] * 3)
        await wait_for(lambda: len(server.attempts) == 1)
        waiting = start(client, kind, PLAIN)
        await asyncio.sleep(2)
        assert len(server.refused) == 1
        await speaking
        assert (await waiting).outcome(samples_of(kind, PLAIN)) == "whole"


async def test_a_request_whose_turn_has_come_keeps_its_channel(server: Server) -> None:
    """It was made ahead, and is being heard by now: whoever waits, waits for it."""
    kind = kind_of(server)
    server.channels = None
    server.script = lambda attempt: Meets(delay=6.0 if attempt.number == 1 else 0.0)
    texts = SENTENCES[:2]
    async with client_of(kind, server.address) as client:
        speaking = start(client, kind, " ".join(texts), settings=settings_of(kind, sentence_pause=PAUSE))
        await wait_for(lambda: len(server.attempts) == 2)
        async with asyncio.timeout(30):
            while server.attempts[0].ended is None:
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.2)
        server.channels = 1
        waiting = start(client, kind, PLAIN)
        whole = b"".join(samples_of(kind, text) for text in texts)
        assert (await speaking).outcome(whole, with_silence=True) == "whole"
        assert (await waiting).outcome(samples_of(kind, PLAIN)) == "whole"
    assert server.refused
    assert sum(texts[1] in attempt.texts for attempt in server.attempts) == 1
