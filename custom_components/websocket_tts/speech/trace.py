"""Wire trace: time, direction, kind and size of the messages of an utterance, and their documented keys."""

from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal, override

from aiohttp import WSMessage, WSMsgType
import orjson

from .exceptions import SpeechError
from .transport.errors import MAX_DEPTH, comparable

type Kind = Literal["open", "http", "text", "binary", "close", "failure"]

MAX_ENTRIES = 200

_DOCUMENTED: dict[str, list[str]] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
_VALUES = {comparable(key): set(values) for key, values in _DOCUMENTED.items()}
"""Keys and values of the documented messages: all of what is said that is ever shown. How a server spells the
keys is worth knowing."""
_TYPES: dict[type, str] = {str: "<text>", int: "<number>", float: "<number>", list: "<list>"}


@dataclass(slots=True)
class _Entry:
    """A message, or several consecutive ones of the same shape; times in seconds since the start."""

    at: float
    sent: bool
    kind: Kind
    shape: object
    size: int
    until: float
    """Time of the last one."""
    count: int = 1


class WireTrace:
    """The latest messages of one utterance."""

    def __init__(self) -> None:
        """Initialize, and start the time."""
        self._begun = monotonic()
        self._entries: deque[_Entry] = deque(maxlen=MAX_ENTRIES)
        self._left_out = 0

    def received(self, message: WSMessage, said: object) -> None:
        """Record a received WebSocket message; said is its JSON, None if it is not JSON."""
        kind, data = message.type, message.data
        if kind is WSMsgType.BINARY:
            self._note("binary", None, len(data))
        elif kind is WSMsgType.TEXT:
            self._note("text", "<no JSON>" if said is None else _shape(said), len(data))
        else:
            self._note("close", data if kind is WSMsgType.CLOSE else kind.name.lower())

    def sent(self, message: object, size: int) -> None:
        """Record a sent WebSocket message by its JSON, and its characters."""
        self._note("text", _shape(message), size, sent=True)

    def asked(self, what: str, body: object = None) -> None:
        """Record an HTTP request by its purpose, not by its path, which may contain a token."""
        self._note("http", {what: _shape(body)}, sent=True)

    def answered(self, payload: object) -> None:
        """Record the response to it."""
        self._note("http", _shape(payload))

    def opened(self) -> None:
        """Record that a WebSocket was opened."""
        self._note("open", None)

    def failed(self, err: SpeechError) -> None:
        """Record an error by its kind."""
        self._note("failure", err.kind)

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries as JSON, after how many earlier ones were left out, if any."""
        left_out = [{"left_out": self._left_out}] if self._left_out else []
        return left_out + [asdict(entry) for entry in self._entries]

    @override
    def __str__(self) -> str:
        """Return the entries for the log."""
        return str(self.entries())

    def _note(self, kind: Kind, shape: object, size: int = 0, *, sent: bool = False) -> None:
        # Milliseconds; round() takes as long as all the rest.
        now = int((monotonic() - self._begun) * 1000) / 1000
        last = self._entries[-1] if self._entries else None
        if last and last.kind == kind and last.sent is sent and last.shape == shape:
            last.count += 1
            last.size += size
            last.until = now
        else:
            self._left_out += len(self._entries) == MAX_ENTRIES
            self._entries.append(_Entry(now, sent, kind, shape, size, now))


def _shape(value: object, depth: int = MAX_DEPTH) -> object:
    """Return the documented keys of JSON with what their values are; others are only counted."""
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, dict) or not depth:
        return _TYPES.get(type(value), "<object>")
    shape = {
        key: inner if values and str(inner) in values else _TYPES.get(type(inner)) or _shape(inner, depth - 1)
        for key, inner in value.items()
        if (values := _VALUES.get(comparable(key))) is not None
    }
    others = len(value) - len(shape)
    return {**shape, "<other>": others} if others else shape
