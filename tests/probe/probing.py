"""Probing a server, and servers to probe."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.models import ConnectionConfig
from custom_components.websocket_tts.speech.transport.address import parse_address
from probe.probing import probe
from probe.questions import Patience
from probe.report import Report
from tests.clock import running

PATIENCE = Patience(
    total=30, question=4, least=0.05, first=1.0, quiet=0.3, after_end=0.2, idle=0.5, late=0.05, between=0.05
)


async def report_of(
    kind: str, server: TestServer | int, patience: Patience = PATIENCE, voice: str = "", **credentials: Any
) -> Report:
    """Probe a server, or a port."""
    port = server if isinstance(server, int) else server.port
    connection = ConnectionConfig(parse_address(f"http://127.0.0.1:{port}", SERVICES[kind]), **credentials)
    async with aiohttp.ClientSession() as session:
        return await probe(kind, session, connection, voice, patience)


@asynccontextmanager
async def serving(app: web.Application) -> AsyncGenerator[TestServer]:
    """Run a server."""
    server = TestServer(app, host="127.0.0.1")
    async with server:
        yield server


async def flood(request: web.Request) -> web.StreamResponse:
    """Send a response without end, as fast as it is taken."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        running().block(0.001)
        await response.write(b"[" * 65536)
