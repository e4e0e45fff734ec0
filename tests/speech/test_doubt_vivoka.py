"""Vivoka: an end that looks wrong is doubted once, and then believed.

How the world may differ: a server that shuts down closes its sockets properly and takes new ones for a
moment; an update of the engine stops marking the last frame; two servers with different ways stand behind one
address.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest

from custom_components.websocket_tts.speech.client import SpeechClient

from .hostile import PLAIN, SENTENCES, TEXT, client_of, samples_of, settings_of, speak, start, written
from .hostile_servers import Meets, in_turn
from .hostile_vivoka import VivokaServer

KIND = "vivoka"


@dataclass(frozen=True, slots=True)
class World:
    """A server, and a client that has known it for a while."""

    server: VivokaServer
    client: SpeechClient

    def forget(self) -> None:
        """Count from here on."""
        self.server.attempts.clear()


@pytest.fixture
async def world() -> AsyncGenerator[World]:
    """Run a server that marks the last frame, and let a client find that out."""
    async with VivokaServer() as server, client_of(KIND, server.address) as client:
        world = World(server, client)
        for _ in range(2):
            assert (await speak(client, KIND)).samples == samples_of(KIND, PLAIN)
        assert server.asked == [PLAIN, PLAIN]
        world.forget()
        yield world


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("how", ["close", "bare close"])
async def test_a_close_instead_of_the_last_frame(how: str, share: float, world: World) -> None:
    """It is never the end where the last frame is usually marked: what is missing is asked for, each time."""
    for _ in range(3):
        world.forget()
        world.server.script = in_turn(Meets(how=how, share=share))  # type: ignore[arg-type]
        heard = await speak(world.client, KIND)
        assert heard.outcome(samples_of(KIND, PLAIN)) == "whole"
        assert world.server.asked == [PLAIN, PLAIN]


async def test_cut_again_later(world: World) -> None:
    """What is asked for because of the doubt is cut, too, but later: it is asked for until it is whole."""
    world.server.script = in_turn(*(Meets(how="close", share=share) for share in (0.3, 0.6, 0.9)))
    heard = await speak(world.client, KIND)
    assert heard.outcome(samples_of(KIND, PLAIN)) == "whole"
    assert world.server.asked == [PLAIN] * 4


@pytest.mark.parametrize("how", ["close", "bare close"])
async def test_a_server_that_drains(how: str, world: World) -> None:
    """It closes all sockets, and 0.25 s later those that it took meanwhile: both announcements are whole."""
    world.server.speed = 1.5
    first = start(world.client, KIND)
    await asyncio.sleep(0.3)
    await world.server.close_all(how)
    await asyncio.sleep(0.05)
    second = start(world.client, KIND, SENTENCES[1])
    await asyncio.sleep(0.2)
    await world.server.close_all(how)
    for announcement, text in ((await first, PLAIN), (await second, SENTENCES[1])):
        assert announcement.outcome(samples_of(KIND, text)) == "whole"


async def test_a_server_that_drains_and_restarts(world: World) -> None:
    """It closes its sockets properly, is away for a second, and the announcement is whole."""
    speaking = start(world.client, KIND)
    await asyncio.sleep(0.1)
    await world.server.close_all("close")
    await world.server.down()
    await asyncio.sleep(1.0)
    await world.server.up()
    heard = await speaking
    assert heard.outcome(samples_of(KIND, PLAIN), with_silence=True) == "whole"


@pytest.mark.parametrize("pause", [0, 200])
async def test_a_server_that_stops_marking(pause: int, world: World) -> None:
    """After an update: one sentence is asked for once more, then it is known, for this and all later ones."""
    world.server.end = "close"
    settings = settings_of(KIND, sentence_pause=pause)
    for number in range(3):
        world.forget()
        heard = await speak(world.client, KIND, TEXT, settings=settings)
        assert heard.outcome(samples_of(KIND, TEXT), with_silence=True) == "whole"
        again = len(world.server.asked) - len(set(world.server.asked))
        assert again == (1 if number == 0 else 0)


async def test_two_ways_behind_one_address() -> None:
    """Seen both ways, only the length counts: all is whole, and hardly anything is asked for twice."""
    async with VivokaServer() as server, client_of(KIND, server.address) as client:
        server.script = lambda attempt: Meets(
            end=("last", "close", "close", "close", "close")[attempt.number % 5]
        )
        for _ in range(8):
            heard = await speak(client, KIND, TEXT)
            assert heard.outcome(samples_of(KIND, TEXT), with_silence=True) == "whole"
        texts = len(set(server.asked))
        server.attempts.clear()
        for _ in range(4):
            heard = await speak(client, KIND, TEXT)
            assert heard.outcome(samples_of(KIND, TEXT), with_silence=True) == "whole"
        assert len(server.asked) <= 4 * texts
        assert all(server.asked.count(text) <= 4 for text in server.asked)


async def test_far_too_short_is_doubted_whatever_is_known(world: World) -> None:
    """Also where the end has been seen both ways, and where it is marked."""
    for end in ("close", "last", "close"):
        world.server.end = end
        await speak(world.client, KIND)
    for end, meets in (("close", Meets(how="close", share=0.1)), ("last", Meets(how="close", share=0.1))):
        world.forget()
        world.server.end = end
        world.server.script = in_turn(meets)
        heard = await speak(world.client, KIND)
        assert heard.outcome(samples_of(KIND, PLAIN)) == "whole"
        assert world.server.asked == [PLAIN, PLAIN]


async def test_far_too_short_with_a_last_frame(world: World) -> None:
    """The mark is no proof where there is a tenth of what the text needs: it is asked for once more."""
    speaks = world.server.speaks
    short = iter([True])
    world.server.speaks = lambda text, rate: (
        speaks(text, rate)[: len(speaks(text, rate)) // 20 * 2] if next(short, False) else speaks(text, rate)
    )
    heard = await speak(world.client, KIND)
    assert heard.outcome(samples_of(KIND, PLAIN)) == "whole"
    assert world.server.asked == [PLAIN, PLAIN]


async def test_it_really_is_that_short(world: World) -> None:
    """A voice that says little, both times: that was all, and no error."""
    world.server.speaks = lambda text, rate: samples_of(KIND, text, rate)[:4000]
    for _ in range(2):
        world.forget()
        heard = await speak(world.client, KIND)
        assert heard.outcome(samples_of(KIND, PLAIN)[:4000]) == "whole"
        assert len(world.server.asked) <= 2


@pytest.mark.parametrize("answer", ["hangs", "429", "500", "404", "empty"])
async def test_a_doubt_that_is_not_answered(answer: str, world: World) -> None:
    """It has 5 s to its first audio, and waits for no channel: what was heard was complete."""
    doubt = {
        "hangs": Meets(how="stall"),
        "429": Meets(status=429),
        "500": Meets(status=500),
        "404": Meets(status=404),
        "empty": Meets(how="close"),
    }[answer]
    world.server.end = "close"
    world.server.script = in_turn(Meets(), then=doubt)
    heard = await speak(world.client, KIND)
    assert heard.outcome(samples_of(KIND, PLAIN), with_silence=True) == "whole"
    assert heard.ended - heard.last < 7.0


async def test_a_doubt_does_not_wait_for_a_channel(world: World) -> None:
    """The only channel is taken by somebody else: the end is believed."""
    world.server.end = "close"
    world.server.channels = 1
    world.server.script = in_turn(Meets())
    speaking = start(world.client, KIND)
    async with asyncio.timeout(10):
        while not (world.server.attempts and world.server.attempts[0].sent):
            await asyncio.sleep(0.01)
        world.server.channels = 0
        heard = await speaking
    assert heard.outcome(samples_of(KIND, PLAIN)) == "whole"
    assert heard.ended - heard.last < 7.0
    assert len(world.server.refused) <= 1


@pytest.mark.parametrize("end", ["last", "empty", "open", "close"])
@pytest.mark.parametrize("pause", [0, 200])
async def test_an_ordinary_announcement(end: str, pause: int) -> None:
    """It costs no second request, whichever way it ends, and from the first one on."""
    async with VivokaServer() as server, client_of(KIND, server.address) as client:
        server.end = end
        for _ in range(3):
            server.attempts.clear()
            heard = await speak(
                client, KIND, written(*TEXT), settings=settings_of(KIND, sentence_pause=pause)
            )
            assert heard.outcome(samples_of(KIND, TEXT), with_silence=True) == "whole"
            assert "".join(server.asked).replace(" ", "") == TEXT.replace(" ", "")
            assert heard.left_out in (0, -1)


@pytest.mark.parametrize("after", ["last", "empty", "open", "close"])
@pytest.mark.parametrize("before", ["last", "empty", "open", "close"])
async def test_nothing_complete_is_an_error(before: str, after: str) -> None:
    """Whatever was usual, and whatever comes then: all is heard, each time."""
    async with VivokaServer() as server, client_of(KIND, server.address) as client:
        for end in (before, before, after, before, after, after):
            server.end = end
            heard = await speak(client, KIND, TEXT)
            assert heard.outcome(samples_of(KIND, TEXT), with_silence=True) == "whole"
            assert heard.ended - heard.last < 7.0
