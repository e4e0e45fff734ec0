"""What all tests share: real sockets on loopback, and both services behind them."""

from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
import importlib.util

from aiohttp.test_utils import TestServer
import pytest

from simulator import Simulator

from .clock import Clock

if importlib.util.find_spec("homeassistant"):
    # The tests of the client library run without Home Assistant, too.
    from .in_home_assistant import *  # noqa: F403

_UPTIME = 86400.0
"""Seconds that a machine has been running for when the tests begin."""


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Let waiting take no time in the tests."""
    return {"clock": partial(Clock, _UPTIME)}


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
