"""What went over the line during a question: times, shapes and sizes of messages."""

from time import monotonic
from typing import Any

from aiohttp import WSMessage, WSMsgType

from custom_components.websocket_tts.speech.exceptions import SpeechError

from .shape import Shapes


class Trace:
    """The messages of a question. Consecutive ones of the same shape are one entry, with their count."""

    def __init__(self, shapes: Shapes) -> None:
        """Start the time."""
        self.entries: list[dict[str, Any]] = []
        """JSON: "at" and "until" in seconds, "size" in characters or bytes."""
        self._shapes = shapes
        self._begun = monotonic()

    def asked(self, what: str, body: object) -> None:
        """Record an HTTP request by its purpose, not by its path, which may contain a token."""
        self._note("http", {what: self._shapes.of(body)}, sent=True)

    def answered(self, status: int, payload: object) -> None:
        """Record an HTTP response."""
        self._note("http", {str(status): self._shapes.of(payload)})

    def opened(self) -> None:
        """Record that a WebSocket was opened."""
        self._note("open")

    def sent(self, message: object, size: int) -> None:
        """Record a sent WebSocket message by its JSON, and its characters."""
        self._note("text", self._shapes.of(message), size, sent=True)

    def received(self, message: WSMessage) -> None:
        """Record a received WebSocket message."""
        match message.type:
            case WSMsgType.BINARY:
                self._note("binary", None, len(message.data))
            case WSMsgType.TEXT:
                self._note("text", self._shapes.of_text(message.data), len(message.data))
            case WSMsgType.CLOSE:
                self._note("close", message.data)
            case other:
                self._note("close", other.name.lower())

    def failed(self, err: SpeechError) -> None:
        """Record an error by its kind."""
        self._note("failure", err.kind)

    def _note(self, kind: str, shape: object = None, size: int = 0, *, sent: bool = False) -> None:
        now = round(monotonic() - self._begun, 3)
        known = {"sent": sent, "kind": kind} | ({} if shape is None else {"shape": shape})
        last = self.entries[-1] if self.entries else {}
        if {key: last[key] for key in ("sent", "kind", "shape") if key in last} == known:
            last.update(size=last["size"] + size, count=last.get("count", 1) + 1, until=now)
        else:
            self.entries.append({"at": now, **known, "size": size})
