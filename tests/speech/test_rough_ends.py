"""Ends that are not as they should be: what has been spoken is no error, and what has not is asked for.

How the world may differ: a server drops the connection when it has spoken everything, closes with a code, or
says an error; it once closes without saying that it has ended, and later thinks for seconds; it closes while
the text pauses, at once, or earlier than it broke off before; it says the end too early.
"""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from .hostile import SENTENCES, TEXT, client_of, samples_of, speak, written
from .hostile_knovvu import KnovvuServer
from .hostile_servers import Meets, Server, in_turn
from .hostile_vivoka import VivokaServer

ROUGH = {
    "reset": Meets(how="abort", share=1.0),
    "going away": Meets(how="close", code=1001, share=1.0),
    "internal error": Meets(how="close", code=1011, share=1.0),
    "error": Meets(how="error", error={"error": "Session closed"}, share=1.0),
}


@pytest.mark.parametrize("name", ROUGH)
async def test_all_was_spoken(name: str, kind: str, hostile: Server) -> None:
    """The connection breaks at the same place again and again: that was all, without 15 s of waiting."""
    hostile.end = "close"
    async with client_of(kind, hostile.address) as client:
        hostile.script = lambda _: ROUGH[name]
        for _ in range(2):
            hostile.attempts.clear()
            heard = await speak(client, kind, SENTENCES[0])
            assert heard.outcome(samples_of(kind, SENTENCES[0])) == "whole"
            assert heard.ended < 4.0
            assert hostile.asked == [SENTENCES[0]] * 3
            # Perhaps there was more.
            assert heard.left_out == 1


async def test_drop_in_mid_speech_that_lasts(kind: str, hostile: Server) -> None:
    """A break at the same place is no end as long as audio is known to be missing."""
    async with client_of(kind, hostile.address) as client:
        hostile.script = in_turn(*[Meets(how="abort", share=0.4)] * 3)
        heard = await speak(client, kind, SENTENCES[0])
    assert heard.outcome(samples_of(kind, SENTENCES[0]), with_silence=True) == "whole"


@pytest.mark.parametrize("shares", [(0.92, 0.95), (0.95, 0.95), (0.95, 0.93)])
async def test_breaks_close_to_each_other(shares: tuple[float, ...], kind: str, hostile: Server) -> None:
    """Two are a coincidence: all of the speech is heard."""
    hostile.end = "close"
    async with client_of(kind, hostile.address) as client:
        hostile.script = in_turn(*(Meets(how="abort", share=share) for share in shares))
        heard = await speak(client, kind, SENTENCES[0])
    assert heard.outcome(samples_of(kind, SENTENCES[0])) == "whole"
    assert heard.left_out == 0


@pytest.mark.parametrize("known", ["varies", "close", "message"])
async def test_the_engine_stalls_late(known: str) -> None:
    """A few seconds without audio are no end for a server that closes or says it."""
    async with (
        KnovvuServer() as server,
        client_of("knovvu", server.address, quirks={"ending": known}) as client,
    ):
        server.end = "message close" if known == "message" else "close"
        server.pauses = 0.8, 3.0
        heard = await speak(client, "knovvu", SENTENCES[0])
    assert heard.outcome(samples_of("knovvu", SENTENCES[0]), with_silence=True) == "whole"
    assert heard.left_out == 0


@pytest.mark.parametrize("known", ["once", "message"])
async def test_a_polite_close_while_the_text_pauses(known: str) -> None:
    """A server that says its end has not done so: the sentence goes on, and then the rest follows."""

    async def text() -> AsyncGenerator[str]:
        async for chunk in written(f"{SENTENCES[0]} {SENTENCES[1]} ", 3.0, SENTENCES[2]):
            yield chunk

    async with (
        KnovvuServer() as server,
        client_of("knovvu", server.address, quirks={"ending": known}) as client,
    ):
        server.end = "message close"
        server.script = in_turn(Meets(how="close", share=0.5, piece=1))
        heard = await speak(client, "knovvu", text())
    assert heard.outcome(samples_of("knovvu", " ".join(SENTENCES)), with_silence=True) == "whole"


async def test_an_earlier_end_than_before(kind: str, hostile: Server) -> None:
    """A break late in a sentence, then a polite close before it: neither is the end."""
    hostile.end = "close"
    async with client_of(kind, hostile.address) as client:
        hostile.script = in_turn(Meets(how="abort", share=0.9), Meets(how="close", share=0.7))
        heard = await speak(client, kind, SENTENCES[0])
    assert heard.outcome(samples_of(kind, SENTENCES[0])) == "whole"


async def test_polite_and_empty(kind: str, hostile: Server) -> None:
    """A service that restarts may close at once, and be there a moment later."""
    async with client_of(kind, hostile.address) as client:
        hostile.script = in_turn(Meets(how="close"))
        heard = await speak(client, kind, TEXT, patience=4.0)
    assert heard.outcome(samples_of(kind, TEXT)) == "whole"
    assert hostile.attempts[1].at - hostile.attempts[0].at > 0.8


@pytest.mark.parametrize("share", [0.6, 0.9])
async def test_something_to_play_after_a_late_break(share: float, kind: str, hostile: Server) -> None:
    """Who has heard most of a sentence does not wait without a byte for the rest."""
    async with client_of(kind, hostile.address) as client:
        assert (await speak(client, kind, SENTENCES[0])).error is None
        hostile.script = in_turn(Meets(how="abort", share=share), *[Meets(status=502)] * 5)
        heard = await speak(client, kind, SENTENCES[0])
    assert heard.outcome(samples_of(kind, SENTENCES[0]), with_silence=True) == "whole"
    assert heard.gap < 2.6


async def test_the_end_comes_too_early() -> None:
    """An end message for each sentence of an engine, before the audio of the next: in doubt there is time."""
    async with KnovvuServer() as server, client_of("knovvu", server.address) as client:
        server.end = "message"
        server.pauses = 0.4, 1.5
        server.says_end_early = True
        heard = await speak(client, "knovvu", SENTENCES[0])
    assert heard.outcome(samples_of("knovvu", SENTENCES[0]), with_silence=True) == "whole"


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_token_that_expires_again(times: int) -> None:
    """Each time it is renewed, and the speech goes on."""
    async with KnovvuServer() as server:
        server.tokens = set()
        secret: dict[str, Any] = {
            "client_id": "id",
            "client_secret": "SECRET-0",
            "token_url": server.token_url,
        }
        async with client_of("knovvu", server.address, **secret) as client:
            expired = Meets(how="error", error={"error": {"code": 401, "message": "token expired"}})
            server.script = in_turn(*(replace(expired, share=0.9, piece=piece) for piece in range(times)))
            heard = await speak(client, "knovvu", " ".join(SENTENCES))
        assert heard.outcome(samples_of("knovvu", " ".join(SENTENCES)), with_silence=True) == "whole"
        assert server.fetched == times + 1


@pytest.mark.parametrize("bad", [0, 1, 2])
async def test_one_of_several_sentences_is_refused(bad: int) -> None:
    """Sentences that are requested together are requested one by one if the service refuses them."""
    later = [f"This is sentence number {number}." for number in ("two", "three", "four")]
    text = " ".join([SENTENCES[0], *later])
    async with VivokaServer() as server, client_of("vivoka", server.address) as client:
        server.fate = lambda asked: Meets(status=400) if later[bad] in asked else None
        heard = await speak(client, "vivoka", text)
    kept = [SENTENCES[0], *(one for one in later if one != later[bad])]
    expected = b"".join(samples_of("vivoka", one) for one in kept)
    # That of the last one is the error of the announcement.
    assert heard.outcome(expected, with_silence=True) == ("whole, ProtocolError" if bad == 2 else "whole")
    assert heard.left_out == 1
    # From 2 s after all of it was played.
    assert heard.gap < 5.0
