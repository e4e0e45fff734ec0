"""Wire trace: times, shapes and sizes of all messages of an utterance."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
import re
from time import monotonic
from typing import Any, Literal, override

from aiohttp import WSMessage, WSMsgType
import orjson

from .exceptions import SpeechError
from .privacy import Privacy

type Kind = Literal["open", "http", "text", "binary", "close", "failure"]

MAX_ENTRIES = 200
_LONG_VALUE = re.compile(r"[A-Za-z0-9+/=]{64}")
"""Begins a value that is probably audio; many similar messages follow."""
_SHORT_MESSAGE = 512
"""Characters of a message, without audio, up to which it is kept until the trace is shown."""


@dataclass(slots=True)
class _Entry:
    """A message, or several consecutive ones of the same content; times in seconds since the start."""

    at: float
    sent: bool
    kind: Kind
    content: object = field(repr=False)
    """What is shown; of a text message or a body its JSON, whose shape is determined only then."""
    size: int
    """Total size in characters or bytes."""
    until: float
    """Time of the last one."""
    count: int = 1

    def as_dict(self, privacy: Privacy) -> dict[str, Any]:
        """Return the entry as JSON."""
        return {
            "at": round(self.at, 3),
            "sent": self.sent,
            "kind": self.kind,
            "shape": self._shape(privacy),
            "size": self.size,
            "count": self.count,
            "until": round(self.until, 3),
        }

    def _shape(self, privacy: Privacy) -> object:
        match self.kind, self.content:
            case "text", str() as message:
                return privacy.shape_of(message)
            case "http", (str() as what, str() as body):
                return {what: privacy.shape_of(body)}
            case "http", (str() as what, shape):
                return {what: shape}
            case _:
                return self.content


@dataclass(frozen=True, slots=True)
class _Frame:
    """The text before and after the audio in messages."""

    before: str = field(repr=False)
    behind: str = field(repr=False)
    content: object = field(repr=False)


class WireTrace:
    """The messages of one utterance. It costs little until it is shown, which is rarely."""

    def __init__(self, privacy: Privacy | None = None) -> None:
        """Initialize, and start the time."""
        self.privacy = privacy or Privacy()
        self._begun = monotonic()
        self._first: list[_Entry] = []
        self._latest: deque[_Entry] = deque(maxlen=MAX_ENTRIES // 2)
        self._last: _Entry | None = None
        self._frame: _Frame | None = None
        """Frame of the latest text message that contained audio."""
        self._dropped = 0

    def received(self, message: WSMessage) -> None:
        """Record a received WebSocket message."""
        # Nearly all messages are audio like the previous one, which is detected without parsing them.
        kind, data = message.type, message.data
        if kind is WSMsgType.BINARY:
            self._note(False, "binary", None, len(data))  # noqa: FBT003 (it costs less)
        elif kind is not WSMsgType.TEXT:
            code = data if kind is WSMsgType.CLOSE else kind.name.lower()
            self._note(False, "close", code, 0)  # noqa: FBT003
        elif (frame := self._frame) and data.startswith(frame.before) and data.endswith(frame.behind):
            self._note(False, "text", frame.content, len(data))  # noqa: FBT003
        elif frame := _frame(data):
            self._frame = frame
            self._note(False, "text", frame.content, len(data))  # noqa: FBT003
        else:
            self._note(False, "text", self._content(data), len(data))  # noqa: FBT003

    def sent(self, text: str) -> None:
        """Record a sent WebSocket message, which must be JSON."""
        self._note(True, "text", text, len(text))  # noqa: FBT003

    def asked(self, what: str, body: object = None) -> None:
        """Record an HTTP request by its purpose, not by its path, which may contain a token."""
        self._note(True, "http", (what, orjson.dumps(body).decode()), 0)  # noqa: FBT003

    def answered(self, payload: object, status: int = 200) -> None:
        """Record an HTTP response."""
        try:
            content = self._content(orjson.dumps(payload).decode())
        except TypeError:
            # It is nested more deeply than can be written.
            content = self.privacy.shape(payload)
        self._note(False, "http", (str(status), content), 0)  # noqa: FBT003

    def opened(self) -> None:
        """Record that a WebSocket was opened."""
        self._note(False, "open", None, 0)  # noqa: FBT003

    def failed(self, err: SpeechError) -> None:
        """Record an error by its kind."""
        self._note(False, "failure", err.kind, 0)  # noqa: FBT003

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries as JSON: the first and the latest ones, and the number left out in between.

        Consecutive messages of the same shape are one entry, with their count and total size.
        """
        told = self._folded(self._first)
        if self._dropped:
            told.append({"left_out": self._dropped})
        return told + self._folded(self._latest)

    @override
    def __str__(self) -> str:
        """Return the entries for the log."""
        return str(self.entries())

    def _folded(self, entries: Iterable[_Entry]) -> list[dict[str, Any]]:
        folded: list[dict[str, Any]] = []
        for entry in entries:
            told = entry.as_dict(self.privacy)
            if folded and all(folded[-1][key] == told[key] for key in ("kind", "sent", "shape")):
                folded[-1]["count"] += told["count"]
                folded[-1]["size"] += told["size"]
                folded[-1]["until"] = told["until"]
            else:
                folded.append(told)
        return [_without_defaults(told) for told in folded]

    def _content(self, text: str) -> object:
        """Return what is kept of JSON until it is shown: all of it if it is short, otherwise its shape."""
        return text if len(text) <= _SHORT_MESSAGE else self.privacy.shape_of(text)

    def _note(self, sent: bool, kind: Kind, content: object, size: int) -> None:  # noqa: FBT001
        now = monotonic() - self._begun
        last = self._last
        if last and last.kind == kind and last.sent is sent and last.content == content:
            last.count += 1
            last.size += size
            last.until = now
            return
        self._last = entry = _Entry(now, sent, kind, content, size, now)
        if len(self._first) < MAX_ENTRIES // 2:
            self._first.append(entry)
            return
        self._dropped += len(self._latest) == self._latest.maxlen
        self._latest.append(entry)


def _frame(text: str) -> _Frame | None:
    """Return the frame of a message with audio; None if it contains none, or too much else."""
    found = _LONG_VALUE.search(text)
    end = text.find('"', found.end()) if found else -1
    if not found or end < 0:
        return None
    before, behind = text[: found.start()], text[end:]
    return _Frame(before, behind, before + behind) if len(before + behind) <= _SHORT_MESSAGE else None


def _without_defaults(told: dict[str, Any]) -> dict[str, Any]:
    """Return an entry without what says nothing."""
    defaults = {"count": 1, "shape": None} | ({"until": told["until"]} if told["count"] == 1 else {})
    return {key: value for key, value in told.items() if key not in defaults or value != defaults[key]}
