"""The client library, also where Home Assistant is not installed."""

from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.test_utils import TestServer
import pytest

import probe  # noqa: F401 (so that the library can be imported)

if TYPE_CHECKING:
    from custom_components.websocket_tts.speech.client import SpeechClient
    from custom_components.websocket_tts.speech.limits import Limits
    from custom_components.websocket_tts.speech.tasks import CreateTask

    from .speaking import MakeService


@pytest.fixture
async def make_service(server: TestServer) -> AsyncGenerator[MakeService]:
    """Return what makes a client of a running service."""
    from custom_components.websocket_tts.speech import SERVICES  # noqa: PLC0415
    from custom_components.websocket_tts.speech.models import ConnectionConfig  # noqa: PLC0415
    from custom_components.websocket_tts.speech.tasks import create_own_task  # noqa: PLC0415
    from custom_components.websocket_tts.speech.transport.address import parse_address  # noqa: PLC0415

    async with aiohttp.ClientSession() as session:

        def make(
            kind: str,
            *,
            quirks: Mapping[str, object] | None = None,
            limits: Limits | None = None,
            create_task: CreateTask | None = None,
            **credentials: Any,
        ) -> SpeechClient:
            service = SERVICES[kind]
            address = parse_address(f"http://127.0.0.1:{server.port}", service)
            connection = ConnectionConfig(address, **credentials)
            return service(
                session, connection, quirks, limits=limits, create_task=create_task or create_own_task
            )

        yield make
