"""What may be shown of messages: shapes without text, audio or secrets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import re

import orjson

_MAX_DEPTH = 4
_MAX_FIELDS = 20
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


@dataclass(frozen=True, slots=True)
class _Hidden:
    """The letters of what must not be shown."""

    secrets: frozenset[str] = field(repr=False)
    text: str = field(repr=False)
    words: frozenset[str] = field(repr=False)

    @classmethod
    def of(cls, secrets: Iterable[str], texts: Iterable[str]) -> _Hidden:
        """Return the letters of secrets and texts."""
        words = (_letters(word) for text in texts for word in _NO_LETTER.split(text))
        return cls(
            frozenset(letters for secret in secrets if (letters := _letters(secret))),
            "".join(map(_letters, texts)),
            frozenset(words),
        )


class Privacy:
    """Knows what must not be shown: secrets, hosts, and spoken text."""

    def __init__(self) -> None:
        """Hide nothing yet."""
        self._secrets: set[str] = set()
        self._texts: dict[str, None] = {}
        self._known: _Hidden | None = None

    def hide(self, *secrets: str) -> None:
        """Hide these secrets, and parts of them."""
        self._secrets.update(secrets)
        self._known = None

    def hide_text(self, text: str) -> None:
        """Hide the words of this text."""
        self._texts[text] = None
        self._known = None

    @property
    def _hidden(self) -> _Hidden:
        """Return what is hidden, which is prepared only when something is shown."""
        if self._known is None:
            self._known = _Hidden.of(self._secrets, self._texts)
        return self._known

    def is_hidden(self, value: str) -> bool:
        """Return whether a value is part of hidden text or of a secret, or contains a secret."""
        letters, hidden = _letters(value), self._hidden
        if len(letters) < _SHORTEST_PIECE:
            return bool(letters) and (letters in hidden.words or letters in hidden.secrets)
        return any(letters in text for text in (hidden.text, *hidden.secrets)) or self._has_secret(letters)

    def _has_secret(self, letters: str) -> bool:
        return any(secret in letters for secret in self._hidden.secrets if len(secret) >= _SHORTEST_SECRET)

    def name(self, value: str) -> str | None:
        """Return a value if it is a short name or number that may be shown, otherwise None."""
        if not (_is_name(value) or _NUMBER.fullmatch(value)):
            return None
        is_known = _letters(value) in _VOCABULARY
        return value if is_known or not self.is_hidden(value) else None

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
