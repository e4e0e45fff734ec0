"""Wire trace: the shapes and sizes of all messages. It never contains text, audio or secrets."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
import re
from time import monotonic
from typing import Any, Literal

from aiohttp import WSMessage, WSMsgType
import orjson

type Kind = Literal["open", "http", "text", "binary", "close", "failure"]

MAX_ENTRIES = 200
_MAX_DEPTH = 4
_MAX_FIELDS = 20
_LONG_VALUE = re.compile(r"[A-Za-z0-9+/=]{64,}")
"""A value that is probably audio; many similar messages follow."""
_SHORT_MESSAGE = 512
_MAX_NAME = 40
_MAX_DIGITS = 8
_SHORTEST_PIECE = 3
"""Letters. Shorter names are compared with whole words only, since any text contains them."""
_SHORTEST_SECRET = 4

_PART = r"(?:[a-z]{1,20}(?:[A-Z][a-z]{1,20}){0,4}|(?:[A-Z][a-z]{1,20}){1,5}|[A-Z]{1,16})[0-9]{0,3}"
_NAME = re.compile(rf"{_PART}(?:[-_/](?:{_PART}|[0-9]{{1,5}}k?))*")
_RUN = re.compile(r"(.)\1\1")
"""Otherwise, silence in base64 would look like a word."""
_NO_WORD = re.compile(r"(?:[A-Z][b-df-hj-np-tv-xz]{2,}|\b(?!pcm|tts|ssml)[b-df-hj-np-tv-xz]{3,})(?![a-z])")
"""Random letters rarely contain enough vowels."""
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")
_NO_LETTER = re.compile(r"[\W_]+")
_PRIVATE_KEY = re.compile(
    r"token|secret|auth|key|pass|pwd|cookie|cred|sign|cert|licen[cs]e|host|server|node|machine|worker|url|uri"
    r"|addr|user|client|account|tenant|customer|text|word|ssml|phon|sentence|viseme|mark|audio|data|content"
    r"|transcript|input|utterance|^ip|(id|ids|uuid)$"
)
"""Matches keys whose values are never shown, in lower case and without punctuation."""
_VOCABULARY = {
    *(
        "messagename",
        "audioformat",
        "voicename",
        "samplerate",
        "volume",
        "rate",
        "authorization",
        "text",
        "flush",
    ),
    *("synthesize", "addttstext", "stop", "finalizesynthesis", "voiceid", "token", "data", "event", "error"),
    *("result", "last", "audio", "audiodata", "errormessage", "errorcode", "code", "message", "name", "type"),
    *(
        "status",
        "pcm",
        "wav",
        "true",
        "false",
        "synthesis",
        "synthesisstarted",
        "synthesiscompleted",
        "success",
    ),
}
"""Words of the protocols: shown even if the text contains them as well."""


@dataclass(slots=True)
class Entry:
    """A message, or several consecutive ones of the same shape; times in seconds since the start."""

    at: float
    sent: bool
    kind: Kind
    shape: object = field(repr=False)
    size: int
    """Total size in characters or bytes."""
    count: int = 1
    until: float = 0.0
    """Time of the last one."""
    is_raw: bool = False
    """Whether shape still contains the message itself."""

    def as_dict(self, privacy: Privacy) -> dict[str, Any]:
        """Return the entry as JSON."""
        told: dict[str, Any] = {
            "at": round(self.at, 3),
            "sent": self.sent,
            "kind": self.kind,
            "size": self.size,
        }
        if self.shape is not None:
            told["shape"] = privacy.shape_of(str(self.shape)) if self.is_raw else self.shape
        if self.count > 1:
            told |= {"count": self.count, "until": round(self.until, 3)}
        return told


@dataclass(slots=True)
class Privacy:
    """Knows what must not be shown: secrets, hosts, and spoken text."""

    _secrets: list[str] = field(default_factory=list, repr=False)
    _pieces: list[str] = field(default_factory=list, repr=False)
    _words: set[str] = field(default_factory=set, repr=False)

    def hide(self, *secrets: str) -> None:
        """Hide these secrets, and parts of them."""
        found = [letters for secret in secrets if (letters := _letters(secret))]
        self._secrets += [letters for letters in found if letters not in self._secrets]

    def hide_text(self, text: str) -> None:
        """Hide the words of this text."""
        if (letters := _letters(text)) in self._pieces:
            return
        self._pieces.append(letters)
        self._words.update(map(_letters, re.split(r"[\W_]+", text)))

    def is_hidden(self, value: str) -> bool:
        """Return whether a value is part of hidden text or of a secret, or contains a secret."""
        letters = _letters(value)
        if len(letters) < _SHORTEST_PIECE:
            return bool(letters) and (letters in self._words or letters in self._secrets)
        return any(letters in text for text in ("".join(self._pieces), *self._secrets)) or any(
            secret in letters for secret in self._secrets if len(secret) >= _SHORTEST_SECRET
        )

    def name(self, value: str) -> str | None:
        """Return a value if it is a short name or number that may be shown, otherwise None."""
        if not (_is_name(value) or _NUMBER.fullmatch(value)):
            return None
        is_known = _letters(value) in _VOCABULARY
        return value if is_known or not self.is_hidden(value) else None

    def scrub(self, value: Any) -> Any:  # noqa: ANN401 (JSON)
        """Return our own JSON, with *** instead of each string that contains a secret."""
        if isinstance(value, dict):
            return {self.scrub(key): self.scrub(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.scrub(inner) for inner in value]
        if not isinstance(value, str):
            return value
        letters = _letters(value)
        has_secret = any(secret in letters for secret in self._secrets if len(secret) >= _SHORTEST_SECRET)
        return "***" if has_secret else value

    def shape_of(self, text: str) -> object:
        """Return the shape of a message: the parts that may be shown."""
        try:
            return self.shape(orjson.loads(text))
        except orjson.JSONDecodeError:
            return "<no JSON>"

    def shape(self, value: object, depth: int = _MAX_DEPTH) -> object:
        """Return the shape of JSON: its keys, and values that are names, numbers or codes."""
        match value:
            case None | bool():
                return value
            case int() | float():
                digits = str(value)
                is_shown = len(_letters(digits)) <= _MAX_DIGITS and not self.is_hidden(digits)
                return value if is_shown else "<number>"
            case str():
                return self.name(value) or f"<{len(value)} characters>"
            case list():
                inner = [self.shape(value[0], depth - 1)] if value and depth else []
                return [*inner, f"<{len(value)} in all>"]
            case Mapping() if depth:
                return self._fields(value, depth - 1)
            case _:
                return "<object>"

    def _fields(self, fields: Mapping[str, object], depth: int) -> dict[str, object]:
        shown: dict[str, object] = {}
        for key, value in list(fields.items())[:_MAX_FIELDS]:
            name = self.name(key) or f"<key {len(shown)}>"
            if _is_value(value) and _PRIVATE_KEY.search(_letters(key)):
                shown[name] = f"<{len(str(value))} characters>"
            else:
                shown[name] = self.shape(value, depth)
        if len(fields) > _MAX_FIELDS:
            shown["<more>"] = len(fields) - _MAX_FIELDS
        return shown


class WireTrace:
    """The messages of one utterance; consecutive messages of the same shape are counted."""

    def __init__(self, privacy: Privacy | None = None) -> None:
        """Initialize, and start the time."""
        self.privacy = privacy or Privacy()
        self._begun = monotonic()
        self._first_most = MAX_ENTRIES // 2
        self._first: list[Entry] = []
        self._latest: deque[Entry] = deque(maxlen=MAX_ENTRIES - self._first_most)
        self._last: Entry | None = None
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
            self._note(False, "text", frame.shape, len(data))  # noqa: FBT003
        else:
            self._note_text(data)

    def sent(self, text: str) -> None:
        """Record a sent WebSocket message, which must be JSON."""
        self._note(True, "text", self.privacy.shape(orjson.loads(text)), len(text))  # noqa: FBT003

    def asked(self, what: str, body: object = None) -> None:
        """Record an HTTP request by its purpose, not by its path, which may contain a token."""
        self._note(True, "http", {what: self.privacy.shape(body)}, 0)  # noqa: FBT003

    def answered(self, payload: object, status: int = 200) -> None:
        """Record an HTTP response."""
        self._note(False, "http", {str(status): self.privacy.shape(payload)}, 0)  # noqa: FBT003

    def opened(self) -> None:
        """Record that a WebSocket was opened."""
        self._note(False, "open", None, 0)  # noqa: FBT003

    def failed(self, kind: str, status: str | None = None) -> None:
        """Record an error by its kind, and by its HTTP status, if any."""
        self._note(False, "failure", f"{kind} {status}" if status else kind, 0)  # noqa: FBT003

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries as JSON: the first and the latest ones, and the number left out in between."""
        told = [entry.as_dict(self.privacy) for entry in self._first]
        if self._dropped:
            told.append({"left_out": self._dropped})
        return told + [entry.as_dict(self.privacy) for entry in self._latest]

    def _note_text(self, text: str) -> None:
        if len(self._first) == self._first_most and len(text) <= _SHORT_MESSAGE:
            # There may be many, of which few are kept: their shapes are determined only when shown.
            self._note(False, "text", text, len(text), is_raw=True)  # noqa: FBT003
            return
        shape = self.privacy.shape_of(text)
        self._note(False, "text", shape, len(text))  # noqa: FBT003
        self._frame = _frame(text, shape) or self._frame

    def _note(self, sent: bool, kind: Kind, shape: object, size: int, *, is_raw: bool = False) -> None:  # noqa: FBT001
        now = monotonic() - self._begun
        last = self._last
        if last and last.kind == kind and last.sent is sent and (last.shape is shape or last.shape == shape):
            last.count += 1
            last.size += size
            last.until = now
            return
        self._last = entry = Entry(now, sent, kind, shape, size, is_raw=is_raw, until=now)
        if len(self._first) < self._first_most:
            self._first.append(entry)
            return
        self._dropped += len(self._latest) == self._latest.maxlen
        self._latest.append(entry)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The text before and after the audio in messages, and their shape."""

    before: str = field(repr=False)
    behind: str = field(repr=False)
    shape: object


def _frame(text: str, shape: object) -> _Frame | None:
    """Return the frame that a message shares with similar ones; None if it contains no audio."""
    found = _LONG_VALUE.search(text)
    if not found or not isinstance(shape, dict):
        return None
    before, behind = text[: found.start()], text[found.end() :]
    return _Frame(before, behind, shape) if len(before) + len(behind) <= _SHORT_MESSAGE else None


def _is_name(value: str) -> bool:
    """Return whether a value looks like a word of a protocol, not like encoded data."""
    is_short = len(value) <= _MAX_NAME and _NAME.fullmatch(value) is not None
    return is_short and not _RUN.search(value) and not _NO_WORD.search(value)


def _is_value(value: object) -> bool:
    """Return whether a key can make this private: it is neither an object nor a list of objects."""
    inner = value[0] if isinstance(value, list) and value else value
    return not isinstance(inner, Mapping | bool | None)


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.casefold())
