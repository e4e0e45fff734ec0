"""Connections to a server, and what is heard on them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from statistics import median
from time import monotonic
from typing import Any

from aiohttp import ClientConnectionError, ClientSession, ClientWebSocketResponse, WSMessage, WSMsgType
import orjson
from yarl import URL

from custom_components.websocket_tts.speech.audio.wav import split_header
from custom_components.websocket_tts.speech.exceptions import ProtocolError, SpeechError
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.transport.errors import NAME_KEY, Reading, comparable
from custom_components.websocket_tts.speech.transport.http import Answer, check_status, fetch_json
from custom_components.websocket_tts.speech.transport.websocket import open_socket

from .questions import Patience, SkippedError
from .report import Report
from .shape import Shapes
from .trace import Trace

LIMITS = Limits(
    connect=5.0, first_audio=8.0, between_audio=4.0, close=0.3, busy=2.0, frame=16 * 1024 * 1024, audio=30.0
)
"""Limits of waiting and size are strict, since the server may be anything."""
_MAX_AUDIO = 4 * 1024 * 1024
"""Most bytes of audio that are received: more than a minute."""
_MAX_MESSAGES = 20000
_MAX_NAMES = 20
_MAX_KEYS = 5
_AUDIO_KEYS = {"audio", "data", "audiodata"}
_HEAD = 4096
_MOST_PATIENT = 2.5
_TIME_TO_PONG = 1.5
"""Seconds in which a ping is answered."""

type Reader = Callable[[str], tuple[bytes, bool]]
"""Reads a message as the client does: its audio, and whether it is the last. Raises a SpeechError."""


@dataclass(slots=True)
class Heard:
    """What was received on one socket."""

    read: Reader = field(repr=False)
    shapes: Shapes = field(repr=False)
    begun: float = field(default_factory=monotonic)
    messages: int = 0
    pongs: int = 0
    size: int = 0
    """Bytes of audio."""
    frames: list[int] = field(default_factory=list)
    """Bytes of audio in each message that contains any."""
    first_audio: float | None = None
    last_audio: float = 0.0
    audio_in: set[str] = field(default_factory=set)
    """Where the audio is: "binary", or a JSON key."""
    data_url: bool = False
    empty_audio: bool = False
    names: dict[str, int] = field(default_factory=dict)
    """Number of messages without audio by their names, in the order of their first arrival."""
    head: bytes = b""
    error: str | None = None
    """The kind of error that the client recognizes in a message."""
    error_keys: list[str] = field(default_factory=list)
    """Keys of that message."""
    last: bool = False
    """Whether a frame was marked as the last."""
    end: str = ""
    """How the conversation ended: "closed 1000", "broken off", "quiet", "endless"; empty if it did not."""

    def take(self, message: WSMessage) -> None:
        """Record a message with text or audio."""
        self.messages += 1
        if message.type is WSMsgType.BINARY:
            self._take_audio(message.data, "binary")
            return
        if (fields := _fields(message.data)) is None:
            self._count("no JSON object")
            return
        try:
            audio, is_last = self.read(message.data)
        except SpeechError as err:
            self.error = self.error or type(err).__name__
            self.error_keys = self.shapes.names(list(fields)[:_MAX_KEYS])
            return
        self.last = self.last or is_last
        carrier = next((key for key, value in fields.items() if _may_carry_audio(key, value)), None)
        if carrier is None and not audio:
            self._count(self._name_of(fields))
            return
        self.data_url = self.data_url or (carrier is not None and fields[carrier].startswith("data:"))
        self._take_audio(audio, self.shapes.name(carrier or "") or "another key")

    def _take_audio(self, audio: bytes, where: str) -> None:
        self.audio_in.add(where)
        if not audio:
            self.empty_audio = True
            return
        self.last_audio = monotonic()
        if self.first_audio is None:
            self.first_audio = self.last_audio
        self.size += len(audio)
        self.frames.append(len(audio))
        if len(self.head) < _HEAD:
            self.head += audio[:_HEAD]

    def _name_of(self, fields: Mapping[str, Any]) -> str:
        if not fields:
            return "empty"
        for value in (*Reading(fields).values(NAME_KEY), *fields.values()):
            inner = value.get("name") if isinstance(value, Mapping) else value
            if isinstance(inner, str) and inner and (shown := self.shapes.name(inner)):
                return shown
        return " ".join(self.shapes.names(list(fields)[:_MAX_KEYS]))

    def _count(self, name: str) -> None:
        if name not in self.names and len(self.names) >= _MAX_NAMES:
            name = "other names"
        self.names[name] = self.names.get(name, 0) + 1

    @property
    def header_rate(self) -> int | None:
        """Return the sample rate in the WAV header, in Hz; None without a header."""
        try:
            found = split_header(self.head)
        except ProtocolError:
            return None
        return found[0].audio_format.sample_rate if found and found[0] else None

    @property
    def outcome(self) -> str:
        """Return "audio", the kind of error, or how it ended without either."""
        if self.error:
            return self.error
        return "audio" if self.size else f"no audio, {self.end}"

    def seconds(self, sample_rate: int) -> float:
        """Return the length of the audio in seconds."""
        return self.size / 2 / (self.header_rate or sample_rate)

    def times_real_time(self, sample_rate: int) -> float:
        """Return the speed of the audio as a multiple of real time."""
        return self.seconds(sample_rate) / max(self.last_audio - (self.first_audio or 0), 0.001)

    def measured(self, sample_rate: int) -> dict[str, Any]:
        """Return the measurements."""
        if self.first_audio is None:
            return {}
        return {
            "first_audio": round(self.first_audio - self.begun, 3),
            "audio_seconds": round(self.seconds(sample_rate), 2),
            "times_real_time": round(self.times_real_time(sample_rate), 1),
            "frame_bytes": int(median(self.frames)),
            "frames": len(self.frames),
        }


class Conversation:
    """A socket: what is sent and heard on it goes into the trace."""

    def __init__(
        self, socket: ClientWebSocketResponse, heard: Heard, trace: Trace, patience: Patience
    ) -> None:
        """Initialize; nothing has been heard yet."""
        self.heard = heard
        self._socket = socket
        self._trace = trace
        self._patience = patience

    async def send(self, *messages: Mapping[str, str]) -> None:
        """Send these messages."""
        # A service that has already closed may have stated why.
        with suppress(ClientConnectionError):
            for message in messages:
                text = orjson.dumps(message).decode()
                self._trace.sent(message, len(text))
                await self._socket.send_str(text)

    async def listen(self, *, until_audio: bool = False, wait: float | None = None) -> Heard:
        """Receive until the service closes, is quiet, or has sent more than speech can be.

        wait is the time in seconds after which it is quiet; otherwise it depends on what was heard.
        """
        heard = self.heard
        heard.end = ""
        while heard.size < _MAX_AUDIO and heard.messages < _MAX_MESSAGES:
            try:
                async with asyncio.timeout(wait or self._time_to_wait):
                    message = await self._socket.receive()
            except TimeoutError:
                heard.end = "quiet"
                return heard
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
                continue
            if message.type is WSMsgType.PONG:
                heard.pongs += 1
                continue
            self._trace.received(message)
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                is_close = message.type is WSMsgType.CLOSE
                heard.end = f"closed {message.data or 1000}" if is_close else "broken off"
                return heard
            heard.take(message)
            if until_audio and heard.size:
                return heard
        heard.end = "endless"
        return heard

    async def answers_ping(self) -> bool:
        """Return whether the service answers a ping in time."""
        before = self.heard.pongs
        await self._socket.ping()
        await self.listen(wait=_TIME_TO_PONG)
        return self.heard.pongs > before

    @property
    def _time_to_wait(self) -> float:
        """Return how long to wait for a message: an engine that was slow at first may be slow again."""
        if self.heard.last or self.heard.error:
            return self._patience.after_end
        if self.heard.first_audio is None:
            return self._patience.first
        latency = self.heard.first_audio - self.heard.begun
        return min(max(self._patience.quiet, 2 * latency), _MOST_PATIENT)


class Link:
    """Connections to one server, for all questions."""

    def __init__(
        self, session: ClientSession, address: URL, token: str, report: Report, patience: Patience
    ) -> None:
        """Initialize with the session of the caller; the token is without "Bearer"."""
        self.address = address
        self.token = token
        self.shapes = report.shapes
        self.patience = patience
        self._session = session
        self._report = report

    @property
    def voice(self) -> str:
        """Return the voice to speak with. Raises SkippedError if there is none."""
        if not self._report.voice:
            raise SkippedError("there is no voice to speak with")
        return self._report.voice

    @property
    def works(self) -> bool:
        """Return whether the client has spoken."""
        return self._report.works

    @asynccontextmanager
    async def converse(
        self,
        url: URL,
        headers: Mapping[str, str],
        read: Reader,
        trace: Trace,
    ) -> AsyncGenerator[Conversation]:
        """Open a WebSocket. Raises a SpeechError."""
        failure: SpeechError | None = None
        try:
            async with open_socket(self._session, url, headers, LIMITS) as socket:
                trace.opened()
                yield Conversation(socket, Heard(read, self.shapes), trace, self.patience)
        except SpeechError as err:
            failure = err
            trace.failed(err)
        if failure:
            raise failure

    async def call(
        self, method: str, url: URL, headers: Mapping[str, str], trace: Trace, body: object = None
    ) -> Answer:
        """Return the response to an HTTP request. Raises a SpeechError."""
        trace.asked(url.name or url.parts[-2], body)
        try:
            answer = await fetch_json(self._session, method, url, LIMITS, headers=headers, json=body)
        except SpeechError as err:
            trace.failed(err)
            raise
        trace.answered(answer.response.status, answer.payload)
        check_status(answer.response, url, answer.payload)
        return answer


def _fields(text: str) -> dict[str, Any] | None:
    """Return the fields of a message; None if it is no JSON object."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) else None


def _may_carry_audio(key: str, value: object) -> bool:
    return isinstance(value, str) and comparable(key) in _AUDIO_KEYS
