"""Raw connections to a service, and observations on what is received."""

from base64 import b64decode
import binascii
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from time import monotonic
from typing import Any

from aiohttp import (
    ClientSession,
    ClientWebSocketResponse,
    WSMessage,
    WSMsgType,
)
import orjson
from yarl import URL

from ..audio.wav import split_header
from ..exceptions import CannotConnectError, ProtocolError, SpeechError
from ..limits import Limits
from ..privacy import Privacy
from ..trace import WireTrace
from ..transport.errors import comparable_keys, is_error, service_error
from ..transport.http import Answer, fetch_json, status_error
from ..transport.websocket import Deadline, open_socket
from .questions import Patience, SkippedError
from .report import Report

LIMITS = Limits(
    connect=5.0, first_audio=8.0, between_audio=4.0, close=0.3, busy=2.0, frame=16 * 1024 * 1024, audio=30.0
)
"""Limits of waiting and size are strict, since the server may be anything."""
_MAX_AUDIO = 4 * 1024 * 1024
"""Most bytes of audio that are received: more than a minute."""
_MAX_MESSAGES = 20000
_MAX_NAMES = 20
_LEAST_AUDIO = 16
"""Fewest characters of base64 that may be audio."""
_AUDIO_KEYS = ("audio", "data", "audiodata")
_MOST_PATIENT = 2.5


@dataclass(slots=True)
class Heard:
    """What was received on one socket."""

    privacy: Privacy = field(repr=False)
    begun: float = field(default_factory=monotonic)
    size: int = 0
    """Bytes of audio."""
    frames: list[int] = field(default_factory=list)
    """Bytes of audio in each message that contains any."""
    first_audio: float | None = None
    last_audio: float = 0.0
    audio_in: set[str] = field(default_factory=set)
    """Where the audio is: "binary", or a JSON key."""
    prefix: str = ""
    """"data" if the base64 is a data URL."""
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
    """How the conversation ended: "closed 1000", "broken off", "quiet", "endless"."""

    def take(self, message: WSMessage) -> None:
        """Record a message."""
        if message.type is WSMsgType.BINARY:
            self._take_audio(message.data, "binary")
            return
        try:
            fields = orjson.loads(message.data)
        except orjson.JSONDecodeError:
            fields = None
        if not isinstance(fields, dict):
            self._count("no JSON object")
            return
        self.last = self.last or fields.get("last") is True
        known = comparable_keys(fields)
        name = str(known.get("messagename", ""))
        if is_error(known) or "error" in name.casefold():
            self.error = self.error or type(service_error(fields, name)).__name__
            self.error_keys = sorted(self.privacy.name(key) or "?" for key in list(fields)[:5])
            return
        if not self._take_audio_in(fields):
            self._count(self._name_of(fields, name))

    def _take_audio_in(self, fields: Mapping[str, object]) -> bool:
        for key, value in fields.items():
            is_audio = comparable_keys({key: None}).keys() & set(_AUDIO_KEYS)
            if isinstance(value, str) and (is_audio or len(value) >= _LEAST_AUDIO):
                prefix, comma, data = value.rpartition(",")
                try:
                    audio = b64decode(data, validate=True)
                except binascii.Error, ValueError:
                    continue
                self.prefix = "data" if comma and prefix.startswith("data:") else self.prefix
                self._take_audio(audio, self.privacy.name(key) or "another key")
                return True
        return False

    def _take_audio(self, audio: bytes, where: str) -> None:
        self.audio_in.add(where)
        if not audio:
            self.empty_audio = True
            return
        if self.first_audio is None:
            self.first_audio = monotonic()
        self.last_audio = monotonic()
        self.size += len(audio)
        self.frames.append(len(audio))
        if len(self.head) < 4096:
            self.head += audio[:4096]

    def _name_of(self, fields: Mapping[str, Any], name: str) -> str:
        for value in (name, *fields.values()):
            inner = value.get("name") if isinstance(value, Mapping) else value
            if isinstance(inner, str) and inner and (shown := self.privacy.name(inner)):
                return shown
        return " ".join(self.privacy.name(key) or "?" for key in list(fields)[:5]) or "empty"

    def _count(self, name: str) -> None:
        if name not in self.names and len(self.names) >= _MAX_NAMES:
            name = "other names"
        self.names[name] = self.names.get(name, 0) + 1

    def note_end(self, message: WSMessage) -> None:
        """Record how the service ended the connection."""
        code = message.data if message.type is WSMsgType.CLOSE else None
        self.end = "broken off" if code is None else f"closed {code or 1000}"

    @property
    def header_rate(self) -> int | None:
        """Return the sample rate in the WAV header, in Hz; None without a header."""
        try:
            found = split_header(self.head)
        except ProtocolError:
            return None
        return found[0].sample_rate if found and found[0] else None

    @property
    def outcome(self) -> str:
        """Return the outcome in a few words."""
        if self.error:
            return self.error
        return "audio" if self.size else f"no audio, {self.end}"

    def seconds(self, sample_rate: int) -> float:
        """Return the length of the audio in seconds."""
        return self.size / 2 / (self.header_rate or sample_rate)

    @property
    def times_real_time(self) -> float:
        """Return the speed of the audio as a multiple of real time; 24 kHz if no header states a rate."""
        return self.seconds(24000) / max(self.last_audio - (self.first_audio or 0), 0.001)

    def measured(self, sample_rate: int) -> dict[str, Any]:
        """Return the measurements."""
        if self.first_audio is None:
            return {}
        took = max(self.last_audio - self.first_audio, 0.001)
        seconds = self.seconds(sample_rate)
        return {
            "first_audio": round(self.first_audio - self.begun, 3),
            "audio_seconds": round(seconds, 2),
            "times_real_time": round(seconds / took, 1),
            "frame_bytes": int(median(self.frames)),
            "frames": len(self.frames),
        }


async def listen(
    socket: ClientWebSocketResponse,
    heard: Heard,
    trace: WireTrace,
    patience: Patience,
    *,
    until_audio: bool = False,
) -> None:
    """Receive messages until the service closes, is quiet, or has sent more than speech can be."""
    with Deadline() as deadline:
        while heard.size < _MAX_AUDIO and sum(heard.names.values()) + len(heard.frames) < _MAX_MESSAGES:
            deadline.move(_next(heard, patience))
            try:
                message = await deadline.receive(socket)
            except TimeoutError:
                heard.end = "quiet"
                return
            trace.received(message)
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                heard.note_end(message)
                return
            heard.take(message)
            if until_audio and heard.size:
                return
    heard.end = "endless"


def _next(heard: Heard, patience: Patience) -> float:
    """Return how long to wait for the next message: an engine that was slow at first may be slow again."""
    if heard.last or heard.error:
        return patience.after_end
    if heard.first_audio is None:
        return patience.first
    return min(max(patience.quiet, 2 * (heard.first_audio - heard.begun)), _MOST_PATIENT)


class Link:
    """Connections to one server, for all questions."""

    def __init__(
        self, session: ClientSession, address: URL, token: str, report: Report, patience: Patience
    ) -> None:
        """Initialize with the session of the caller; the token is without "Bearer"."""
        self.address = address
        self.token = token
        self.privacy = report.privacy
        self.patience = patience
        self._session = session
        self._report = report
        self._traces: dict[str, WireTrace] = {}

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

    def trace(self, question: str) -> WireTrace:
        """Return the trace of a question."""
        return self._traces.setdefault(question, WireTrace())

    def traces(self) -> dict[str, list[dict[str, Any]]]:
        """Return the wire traces by question."""
        return {question: trace.entries() for question, trace in self._traces.items()}

    @asynccontextmanager
    async def socket(
        self, url: URL, headers: Mapping[str, str], trace: WireTrace, heartbeat: float | None = None
    ) -> AsyncGenerator[ClientWebSocketResponse]:
        """Connect a WebSocket. Raises a SpeechError."""
        failure: SpeechError | None = None
        try:
            async with open_socket(self._session, url, headers, LIMITS, heartbeat=heartbeat) as socket:
                trace.opened()
                yield socket
        except SpeechError as err:
            failure = err
            trace.failed(err)
        if failure:
            raise failure

    async def http(
        self, method: str, url: URL, headers: Mapping[str, str], trace: WireTrace, body: object = None
    ) -> tuple[object, dict[str, str]]:
        """Return the JSON of a response, and the cookie header for later requests. Raises a SpeechError."""
        trace.asked(url.parts[-1] or url.parts[-2], body)
        try:
            response, payload = await fetch_json(
                self._session, method, url, LIMITS, headers=headers, json=body
            )
        except CannotConnectError as err:
            trace.failed(err)
            raise
        trace.answered(payload, response.status)
        if not response.ok:
            raise status_error(response.status, url, payload, response.headers)
        return payload, Answer.of(response, payload).cookie_header()
