"""Servers that get speech from Home Assistant, as far as its integrations need them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiohttp import web

from simulator.serving import served


@asynccontextmanager
async def mail_server() -> AsyncGenerator[tuple[int, asyncio.Queue[EmailMessage]]]:
    """Run a mail server without TLS; yield its port, and the messages that it gets."""
    messages: asyncio.Queue[EmailMessage] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com\r\n")
        while line := await reader.readline():
            command = line.split()[0].upper()
            if command == b"DATA":
                writer.write(b"354 Go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                parser = BytesParser(EmailMessage, policy=policy.default)
                messages.put_nowait(parser.parsebytes(data.replace(b"\r\n..", b"\r\n.")))
            writer.write(b"221 Bye\r\n" if command == b"QUIT" else b"250 OK\r\n")
            if command == b"QUIT":
                break
        writer.close()

    # Without a limit on the length of an attachment.
    server = await asyncio.start_server(serve, "127.0.0.1", limit=2**26)
    async with server:
        yield server.sockets[0].getsockname()[1], messages


@dataclass(slots=True)
class Pushed:
    """A notification with an attachment."""

    topic: str
    headers: dict[str, str]
    attachment: bytes


@asynccontextmanager
async def ntfy_server() -> AsyncGenerator[tuple[int, asyncio.Queue[Pushed]]]:
    """Run a server of ntfy; yield its port, and what it is to push."""
    pushed: asyncio.Queue[Pushed] = asyncio.Queue()

    async def account(_: web.Request) -> web.Response:
        return web.json_response({"username": "*", "stats": dict.fromkeys(_NTFY_STATS, 0)})

    async def missing(_: web.Request) -> web.Response:
        return web.json_response({"code": 40401, "http": 404, "error": "page not found"}, status=404)

    async def publish(request: web.Request) -> web.Response:
        topic = request.match_info["topic"]
        pushed.put_nowait(Pushed(topic, dict(request.headers), await request.read()))
        return web.json_response({"id": "1", "time": 1, "event": "message", "topic": topic})

    routes = [
        web.get("/v1/account", account),
        web.put("/{topic}", publish),
        web.get("/{others:.*}", missing),
    ]
    async with _http_server(routes) as port:
        yield port, pushed


_NTFY_STATS = (
    "messages",
    "messages_remaining",
    "emails",
    "emails_remaining",
    "calls",
    "calls_remaining",
    "reservations",
    "reservations_remaining",
    "attachment_total_size",
    "attachment_total_size_remaining",
)


@dataclass(slots=True)
class MusicAssistant:
    """A server of Music Assistant with one player."""

    port: int = 0
    announced: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    """The arguments of the announcements."""

    async def info(self, _: web.Request) -> web.Response:
        """Introduce the server."""
        return web.json_response(_MUSIC_ASSISTANT)

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        """Respond to commands."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json(_MUSIC_ASSISTANT)
        async for message in socket:
            command = message.json()
            result: list[Any] | None = [_PLAYER] if command["command"] == "players/all" else []
            if command["command"] == "players/cmd/play_announcement":
                self.announced.put_nowait(command["args"])
                result = None
            await socket.send_json({"message_id": command["message_id"], "result": result, "partial": False})
        return socket


_MUSIC_ASSISTANT = {
    "server_id": "server",
    "server_version": "2.7.0",
    # The last one that requires no account.
    "schema_version": 27,
    "min_supported_schema_version": 24,
    "base_url": "http://127.0.0.1",
    "sdk_version": "2.7.0",
}
_PLAYER = {
    "player_id": "kitchen",
    "provider": "player",
    "type": "player",
    "name": "Kitchen",
    "available": True,
    "device_info": {},
    "supported_features": ["play_announcement"],
}


@asynccontextmanager
async def music_assistant() -> AsyncGenerator[MusicAssistant]:
    """Run a server of Music Assistant."""
    server = MusicAssistant()
    routes = [web.get("/info", server.info), web.get("/ws", server.talk)]
    async with _http_server(routes) as server.port:
        yield server


@asynccontextmanager
async def _http_server(routes: list[web.RouteDef]) -> AsyncGenerator[int]:
    app = web.Application(client_max_size=2**26)
    app.add_routes(routes)
    async with served(app) as port:
        yield port
