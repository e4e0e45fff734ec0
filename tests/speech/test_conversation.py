"""The next connection of a conversation: made after an utterance, kept for a while, and never in the way."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.websocket_tts.speech.exceptions import BusyError
from custom_components.websocket_tts.speech.knovvu.client import KnovvuClient
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import ConnectionConfig
from simulator import Cut, Simulator, tones

from .speaking import TEXT, VOICES, MakeService, all_closed, speak, wait_for

VOICE = VOICES["knovvu"]
LONG = 30.0
SHORT = 0.2
"""Seconds that a connection is kept."""


async def stands(simulator: Simulator) -> None:
    """Wait until one connection stands."""
    await wait_for(lambda: simulator.open_sockets == 1)


async def test_next_utterance(simulator: Simulator, make_service: MakeService) -> None:
    """It is spoken on the connection that stands, which is made anew only if somebody says so."""
    service = make_service("knovvu")
    for number in range(1, 4):
        assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 24000)
        assert simulator.calls.count("socket") == number
        await all_closed(simulator)
        service.preconnect(LONG)
        service.preconnect(LONG)
        await stands(simulator)
        assert simulator.calls.count("socket") == number + 1
    await service.aclose()
    await all_closed(simulator)
    service.preconnect(LONG)
    await asyncio.sleep(0.05)
    assert simulator.open_sockets == 0


async def test_it_does_not_stand_for_ever(simulator: Simulator, make_service: MakeService) -> None:
    """Its time begins anew with each utterance; then it ends, and the next utterance connects by itself."""
    service = make_service("knovvu")
    for _ in range(4):
        service.preconnect(2 * SHORT)
        await asyncio.sleep(SHORT)
        assert simulator.open_sockets == 1
    await all_closed(simulator)
    assert simulator.calls == ["socket"]
    assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 24000)
    await all_closed(simulator)
    service.preconnect(LONG)
    await stands(simulator)
    await service.aclose()
    await all_closed(simulator)


async def test_a_connection_for_good_stays(simulator: Simulator, make_service: MakeService) -> None:
    """Where one is always kept ready, the end of a conversation does not end it."""
    service = make_service("knovvu")
    service.preconnect(SHORT)
    service.preconnect()
    service.preconnect(SHORT)
    await asyncio.sleep(3 * SHORT)
    assert simulator.open_sockets == 1
    await service.aclose()
    await all_closed(simulator)


async def test_expiring_while_it_is_used(simulator: Simulator, make_service: MakeService) -> None:
    """An utterance that has begun on it is spoken to its end."""
    simulator.habits.speed = 8
    service = make_service("knovvu")
    service.preconnect(SHORT)
    await stands(simulator)
    assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 24000)
    assert simulator.calls == ["socket"]
    await service.aclose()


@pytest.mark.parametrize("failure", [Cut(0, "abort"), Cut(0, "close")])
async def test_the_next_failure_is_recovered_from_as_well(
    failure: Cut, simulator: Simulator, make_service: MakeService
) -> None:
    """That a connection was over when it was used does not take the try that any utterance has."""
    service = make_service("knovvu", quirks={"finalize_late": False}, limits=Limits(retry_pause=0.01))
    service.preconnect(LONG)
    await stands(simulator)
    simulator.habits.cut, simulator.habits.failures = failure, 2
    assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 24000)
    assert simulator.calls.count("socket") == 3
    await service.aclose()


@asynccontextmanager
async def line(port: int) -> AsyncGenerator[tuple[int, asyncio.Event]]:
    """Forward connections to a port; those that stand when the event is set are dead, without a word."""
    cut = asyncio.Event()
    tasks: set[asyncio.Task[None]] = set()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        is_old = not cut.is_set()

        async def forward(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                while data := await source.read(65536):
                    if not (is_old and cut.is_set()):
                        target.write(data)
                target.close()

        tasks.update(
            asyncio.create_task(work)
            for work in (forward(reader, there_writer), forward(there_reader, writer))
        )

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], cut
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_connection_that_died_unnoticed(simulator: Simulator, server: TestServer) -> None:
    """A router may forget a connection: no end of it comes, and nothing else does."""
    assert server.port
    async with line(server.port) as (port, cut), aiohttp.ClientSession() as session:
        service = KnovvuClient(
            session,
            ConnectionConfig(URL(f"http://127.0.0.1:{port}"), token="secret"),
            limits=Limits(first_audio=0.5, close=0.1),
        )
        service.preconnect(LONG)
        await stands(simulator)
        cut.set()
        assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 24000)
        await service.aclose()


@pytest.mark.parametrize("how", ["status", "error", "close"])
async def test_a_service_that_counts_connections(
    how: str, simulator: Simulator, make_service: MakeService
) -> None:
    """Where a channel was ever missing, none is kept that nobody asked for; also by the next client."""
    simulator.habits.busy_as = how  # type: ignore[assignment]
    simulator.habits.channels = 0
    service = make_service("knovvu", limits=Limits(busy=0.1))
    with pytest.raises(BusyError):
        await speak(service, VOICE, TEXT)
    simulator.habits.channels = None
    await speak(service, VOICE, TEXT)
    sockets = simulator.calls.count("socket")
    again = make_service("knovvu", quirks=service.quirks)
    for client in (service, again):
        client.preconnect(LONG)
        await asyncio.sleep(0.1)
        assert simulator.calls.count("socket") == sockets
    again.preconnect()
    await stands(simulator)
    await again.aclose()
    await all_closed(simulator)


async def test_one_channel(simulator: Simulator, make_service: MakeService) -> None:
    """An utterance that comes while the connection is being made is not kept from speaking by it."""
    simulator.habits.channels = 1
    service = make_service("knovvu")
    for _ in range(3):
        service.preconnect(LONG)
        assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 24000)
    await service.aclose()
    await all_closed(simulator)


async def test_refused_ahead(simulator: Simulator, make_service: MakeService) -> None:
    """A refusal counts although nobody was waiting for that connection."""
    simulator.habits.statuses["socket"] = 503
    service = make_service("knovvu")
    service.preconnect(LONG)
    await wait_for(lambda: bool(service.quirks.get("was_busy")))
    simulator.habits.statuses.clear()
    service.preconnect(LONG)
    await asyncio.sleep(0.1)
    assert simulator.calls == ["socket"]
    await service.aclose()


async def test_sent_away_while_it_stands(simulator: Simulator, make_service: MakeService) -> None:
    """So does the close code for it; any other end does not."""
    service = make_service("knovvu")
    for code, was_busy in ((1000, None), (1001, None), (1013, True)):
        service.preconnect(LONG)
        await stands(simulator)
        await simulator.close_sockets(code)
        await all_closed(simulator)
        await asyncio.sleep(0.05)
        assert service.quirks.get("was_busy") is was_busy
    await service.aclose()
