"""A client that knows nothing but what the vendors' sample programs do."""

from collections.abc import AsyncGenerator

import aiohttp
from aiohttp.test_utils import TestServer
import pytest

from .clients import Knovvu, Vivoka


@pytest.fixture
async def session(server: TestServer) -> AsyncGenerator[aiohttp.ClientSession]:
    """Return a session whose addresses are those of the server."""
    async with aiohttp.ClientSession(server.make_url("/")) as session:
        yield session


@pytest.fixture
def vivoka(session: aiohttp.ClientSession) -> Vivoka:
    """Return a client of the Vivoka VDK Service."""
    return Vivoka(session)


@pytest.fixture
def knovvu(session: aiohttp.ClientSession) -> Knovvu:
    """Return a client of Knovvu TTS."""
    return Knovvu(session)
