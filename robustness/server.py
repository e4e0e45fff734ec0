"""The server of a scenario: a real one, on loopback."""

import asyncio
from collections import Counter
from contextlib import suppress

from aiohttp import web

from .scenario import IMPATIENT, Abort, Answer, Close, Hear, HearUntil, Pause, Route, Scenario, Send, Step


class ScenarioServer:
    """The server: a real one, on loopback."""

    def __init__(self) -> None:
        self.scenario: Scenario | None = None
        self.open_sockets = 0
        self.calls: Counter[Route] = Counter()
        self.total: Counter[Route] = Counter()

    def begin(self, scenario: Scenario) -> None:
        """Be this server from now on."""
        self.total += self.calls
        self.scenario, self.calls = scenario, Counter()

    def app(self) -> web.Application:
        """Return the server; every address below it is answered."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        assert self.scenario
        route = _route(request.path)
        answers, turn = self.scenario.answers[route], self.calls[route]
        self.calls[route] += 1
        if answers:
            return await self._answer(request, answers[turn % len(answers)])
        if "Upgrade" not in request.headers:
            return web.Response(status=400)
        return await self._converse(request, self.scenario.sockets[turn % len(self.scenario.sockets)])

    async def _answer(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        await asyncio.sleep(answer.after)
        if answer.raw and request.transport:
            request.transport.write(answer.body)
            request.transport.close()
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    async def _converse(self, request: web.Request, steps: list[Step]) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=IMPATIENT, max_msg_size=0)
        self.open_sockets += 1
        try:
            await socket.prepare(request)
            with suppress(ConnectionError):
                for step in steps:
                    await _take(step, request, socket)
            async for _ in socket:
                pass
        finally:
            self.open_sockets -= 1
        return socket


def _route(path: str) -> Route:
    if path.rstrip("/").endswith("/voices"):
        return "voices"
    if path.endswith("/voice-synthesis/synthesize"):
        return "synthesize"
    return "token" if path == "/connect/token" else "socket"


async def _take(step: Step, request: web.Request, socket: web.WebSocketResponse) -> None:
    match step:
        case Send(str(text)):
            await socket.send_str(text)
        case Send(bytes(data), raw=False):
            await socket.send_bytes(data)
        case Send(bytes(data)) if request.transport:
            request.transport.write(data)
        case Close(code):
            await socket.close(code=code)
        case Abort() if request.transport:
            request.transport.abort()
        case Hear() | HearUntil():
            await _hear(step, socket)
        case Pause(seconds):
            await asyncio.sleep(seconds)
        case _:
            # The connection has gone already.
            raise ConnectionError


async def _hear(step: Hear | HearUntil, socket: web.WebSocketResponse) -> None:
    if isinstance(step, Hear):
        with suppress(TimeoutError):
            await socket.receive(IMPATIENT)
        return
    async for message in socket:
        if step.words in str(message.data):
            return
