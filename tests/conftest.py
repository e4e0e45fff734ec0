"""What all tests share: real sockets on loopback, and both services behind them."""

from asyncio import AbstractEventLoop, get_event_loop, new_event_loop, set_event_loop
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from functools import partial
import importlib.util
from typing import get_args

from aiohttp.test_utils import TestServer
import pytest

from simulator import Simulator

from .clock import Clock
from .speech.hostile_kinds import KINDS
from .speech.hostile_servers import Server

if importlib.util.find_spec("homeassistant"):
    # The tests of the client library run without Home Assistant, too.
    from .in_home_assistant import *  # noqa: F403

_UPTIME = 86400.0
"""Seconds that a machine has been running for when the tests begin."""


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Let waiting take no time in the tests."""
    return {"clock": partial(Clock, _UPTIME)}


@pytest.fixture(scope="session")
def spare_loop() -> Generator[AbstractEventLoop]:
    """Make an event loop in which nothing runs."""
    loop = new_event_loop()
    yield loop
    loop.close()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> None:
    """Let the oldest test plugin of Home Assistant find an event loop also in tests that have none."""
    if fixturedef.argname == "enable_event_loop_debug":
        try:
            get_event_loop()
        except RuntimeError:
            set_event_loop(request.getfixturevalue("spare_loop"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip a test for those services that cannot do what it needs."""
    marked = [item for item in items if item.get_closest_marker("needs")]
    if not marked:
        return
    # The library may need a bare package around it before.
    from .services import SERVICES, Ability  # noqa: PLC0415

    for item in marked:
        assert isinstance(item, pytest.Function)
        service = SERVICES[str(item.callspec.params["kind"])]
        needed = {ability for mark in item.iter_markers("needs") for ability in mark.args}
        assert needed <= set(get_args(Ability.__value__)), item.nodeid
        if missing := service.cannot & needed:
            item.add_marker(pytest.mark.skip(reason=f"{service.name}: no {', '.join(sorted(missing))}"))


@pytest.fixture(autouse=True)
def real_sockets(request: pytest.FixtureRequest) -> None:
    """Open what the test plugin of Home Assistant closes; it leaves the loopback address alone."""
    if request.config.pluginmanager.has_plugin("homeassistant"):
        request.getfixturevalue("socket_enabled")


@pytest.fixture
def simulator() -> Simulator:
    """Return both services, with ordinary habits, speaking in tones."""
    return Simulator(tones=True)


@pytest.fixture
async def server(simulator: Simulator) -> AsyncGenerator[TestServer]:
    """Run both services."""
    server = TestServer(simulator.app(), host="127.0.0.1")
    async with server:
        yield server


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Return a service."""
    return str(request.param)


@pytest.fixture
async def hostile(kind: str) -> AsyncGenerator[Server]:
    """Run a server of a service, which is not as it should be."""
    async with KINDS[kind]() as server:
        yield server
