"""Where a client meets made-up servers, and is held to what must hold for any of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
import gc
from time import monotonic
from typing import Self

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.audio.pcm import SAMPLE_WIDTH
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.exceptions import SpeechError
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.models import ConnectionConfig
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream

from .proper import Proper
from .scenario import Scenario
from .server import ScenarioServer

_CLEANED_UP = 1.0
"""Seconds after which nothing may be open any more."""


class Arena:
    """Where a client meets hostile servers, one after the other."""

    def __init__(self, kind: str, limits: Limits) -> None:
        self._kind = kind
        self._limits = limits
        self._hostile = ScenarioServer()
        self._server = TestServer(self._hostile.app(), host="127.0.0.1")
        self._stack = AsyncExitStack()
        self._unhandled: list[Mapping[str, object]] = []
        self._heard = bytearray()
        self._said = ""
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._server)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._unhandled.append(context))
        # Debugging is on since aiohttp then tells of what was left for it to close; who is slow is no matter.
        loop.slow_callback_duration = _CLEANED_UP
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def requests(self) -> int:
        """Return how many requests there were, sockets among them."""
        return sum((self._hostile.total + self._hostile.calls).values())

    @property
    def sockets(self) -> int:
        """Return how many WebSockets were asked for."""
        return (self._hostile.total + self._hostile.calls)["socket"]

    async def play(self, scenario: Scenario) -> None:
        """Hold the client to what must hold for any server."""
        begun = monotonic()
        self._hostile.begin(scenario)
        async with ClientSession() as session:
            service = self._service(session, scenario)
            if scenario.stand_by:
                service.preconnect()
            try:
                await self._note("voices", self._list(service))
                await self._note("speech", self._speak(service, scenario))
            finally:
                await service.aclose()
            await _soon(lambda: not self._hostile.open_sockets, "a socket stays open")
            await _soon(lambda: not _tasks(), "a task is left")
        await _soon(lambda: not self._connections, "a connection stays open")
        self.slowest = max(self.slowest, monotonic() - begun)
        self._check_unhandled()

    async def compare(self, server: Proper) -> None:
        """Hold the client to the samples as well."""
        await self.play(server.scenario)
        sockets = self._hostile.calls["socket"] if self._kind == "vivoka" else 1
        sent = b"".join(server.samples[turn % len(server.samples)] for turn in range(sockets))
        assert self._heard == sent, f"{len(self._heard)} bytes instead of {len(sent)}: {self._said}"

    def check_rest(self) -> None:
        """Raise AssertionError for what nobody took or closed, and shows only when it is thrown away."""
        gc.collect()
        self._check_unhandled()

    def _check_unhandled(self) -> None:
        unhandled, self._unhandled = self._unhandled, []
        assert not unhandled, unhandled

    @property
    def _connections(self) -> int:
        runner = self._server.runner
        assert runner
        assert runner.server
        return len(runner.server.connections)

    def _service(self, session: ClientSession, scenario: Scenario) -> SpeechClient:
        address = URL(f"http://127.0.0.1:{self._server.port}")
        connection = ConnectionConfig(address)
        if scenario.credentials == "token":
            connection = ConnectionConfig(address, token="Bearer given")  # noqa: S106 (of nobody)
        if scenario.credentials == "client":
            token_url = str(address / "connect" / "token")
            connection = ConnectionConfig(address, client_id="a", client_secret="b", token_url=token_url)  # noqa: S106
        return SERVICES[self._kind](session, connection, scenario.quirks, limits=self._limits)

    async def _note(self, what: str, work: AsyncGenerator[str]) -> None:
        """Count how something ended; only SpeechErrors that say something are an end."""
        words = self._said = "."
        try:
            async with aclosing(work) as outcomes:
                async for outcome in outcomes:
                    self.outcomes[f"{what}: {outcome}"] += 1
        except SpeechError as err:
            words = self._said = str(err)
            self.outcomes[f"{what}: {type(err).__name__}"] += 1
        assert words, "an error without words"

    async def _list(self, service: SpeechClient) -> AsyncGenerator[str]:
        voices = await service.voices()
        assert all(voice.id and voice.name for voice in voices)
        yield "listed" if voices else "none"

    async def _speak(self, service: SpeechClient, scenario: Scenario) -> AsyncGenerator[str]:
        parts = 0
        self._heard.clear()
        async with service.speak(
            TextSegments(TextStream(_written(scenario.text))), scenario.settings
        ) as buffer:
            audio_format = await buffer.format()
            assert audio_format is None or audio_format.sample_rate > 0
            while part := await buffer.next():
                assert audio_format is not None, "the format comes first"
                assert len(part) % SAMPLE_WIDTH == 0, "half a sample"
                self._heard += part
                parts += 1
                if parts == scenario.leave_after:
                    yield "left"
                    return
        yield "spoken" if parts else "nothing to say"


async def _written(text: list[str]) -> AsyncGenerator[str]:
    for chunk in text:
        yield chunk
        await asyncio.sleep(0.001)


def _tasks() -> set[asyncio.Task[object]]:
    """Return what runs beside us, without the server's own tasks: one for each connection."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    return {task for task in tasks if getattr(task.get_coro(), "__qualname__", "") != "RequestHandler.start"}


async def _soon(condition: Callable[[], bool], complaint: str) -> None:
    try:
        async with asyncio.timeout(_CLEANED_UP):
            while not condition():  # noqa: ASYNC110 (nothing tells when it is so)
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"{complaint}: {_tasks()}") from None
