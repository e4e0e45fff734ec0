"""The client library, also where Home Assistant is not installed."""

from collections.abc import AsyncGenerator, Mapping
import importlib.util
from pathlib import Path
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.test_utils import TestServer
import pytest

import custom_components

if TYPE_CHECKING:
    from custom_components.websocket_tts.speech import Limits, SpeechClient

    from .speaking import MakeService

if importlib.util.find_spec("homeassistant") is None:
    # The package around the library needs Home Assistant: a bare one with the same path stands in for it.
    package = ModuleType("custom_components.websocket_tts")
    package.__path__ = [str(Path(__file__).parents[2] / "custom_components" / "websocket_tts")]
    sys.modules[package.__name__] = package
    setattr(custom_components, "websocket_tts", package)  # noqa: B010 (it is not there for the type checker)


@pytest.fixture
async def make_service(server: TestServer) -> AsyncGenerator[MakeService]:
    """Return what makes a client of a running service."""
    from custom_components.websocket_tts.speech import SERVICES, ConnectionConfig, parse_address  # noqa: PLC0415

    async with aiohttp.ClientSession() as session:

        def make(
            kind: str,
            *,
            quirks: Mapping[str, object] | None = None,
            limits: Limits | None = None,
            **credentials: Any,
        ) -> SpeechClient:
            service = SERVICES[kind]
            address = parse_address(f"http://127.0.0.1:{server.port}", service)
            return service(session, ConnectionConfig(address, **credentials), quirks, limits=limits)

        yield make
