"""What a report shows of messages: their shapes, without secrets, hosts, texts and audio."""

from collections.abc import Iterable, Mapping
import re
from typing import Any

import orjson

_MAX_DEPTH = 4
_MAX_FIELDS = 20
_MAX_NAME = 40
_MAX_DIGITS = 8
_SHORTEST_PIECE = 3
"""Letters of a secret that are hidden by themselves; fewer could occur in any word."""
_SHORTEST_SECRET = 4
_LONG = 64
"""Characters from which a value is probably audio: the number differs from message to message."""
_LEVELS_OF_A_LIST = 3

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


class Shapes:
    """Shows of messages what may be shown; knows the secrets and hosts that may not."""

    def __init__(self) -> None:
        """Hide nothing yet."""
        self._secrets: set[str] = set()

    def hide(self, *secrets: str) -> None:
        """Hide these secrets, and parts of them."""
        self._secrets |= {
            letters for secret in secrets if len(letters := _letters(secret)) >= _SHORTEST_PIECE
        }

    def name(self, value: str) -> str | None:
        """Return a value if it is a short name or number that may be shown, otherwise None."""
        is_name = _NUMBER.fullmatch(value) or _is_name(value)
        return value if is_name and not self._is_hidden(value) else None

    def names(self, values: Iterable[str]) -> list[str]:
        """Return these values, sorted, with a question mark for each that may not be shown."""
        return sorted(self.name(value) or "?" for value in values)

    def scrub(self, value: Any) -> Any:  # noqa: ANN401 (JSON)
        """Return our own JSON, with *** instead of each string that contains a secret."""
        if isinstance(value, dict):
            return {self.scrub(key): self.scrub(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.scrub(inner) for inner in value]
        return "***" if isinstance(value, str) and self._has_secret(_letters(value)) else value

    def of_text(self, text: str) -> object:
        """Return the shape of a message."""
        try:
            return self.of(orjson.loads(text))
        except orjson.JSONDecodeError:
            return "<no JSON>"

    def of(self, value: object, depth: int = _MAX_DEPTH) -> object:
        """Return the shape of JSON: its keys, and values that are names, numbers or codes."""
        match value:
            case None | bool():
                return value
            case int() | float():
                is_shown = len(_letters(str(value))) <= _MAX_DIGITS and not self._is_hidden(str(value))
                return value if is_shown else "<number>"
            case str():
                return self.name(value) or _length(value)
            case list():
                return [
                    *([self.of(value[0], depth - 1)] if value and depth else []),
                    f"<{len(value)} in all>",
                ]
            case Mapping() if depth:
                return self._fields(value, depth - 1)
            case _:
                return "<object>"

    def _fields(self, fields: Mapping[str, object], depth: int) -> dict[str, object]:
        shown: dict[str, object] = {}
        for key, value in list(fields.items())[:_MAX_FIELDS]:
            name = self.name(key) or f"<key {len(shown)}>"
            is_private = _is_value(value) and _PRIVATE_KEY.search(_letters(key))
            shown[name] = _length(str(value)) if is_private else self.of(value, depth)
        if len(fields) > _MAX_FIELDS:
            shown["<more>"] = len(fields) - _MAX_FIELDS
        return shown

    def _is_hidden(self, value: str) -> bool:
        """Return whether a value is part of a secret, or contains one."""
        letters = _letters(value)
        is_part = len(letters) >= _SHORTEST_PIECE and any(letters in secret for secret in self._secrets)
        return is_part or self._has_secret(letters)

    def _has_secret(self, letters: str) -> bool:
        return any(secret in letters for secret in self._secrets if len(secret) >= _SHORTEST_SECRET)

    def of_list(self, payload: object, depth: int = _LEVELS_OF_A_LIST) -> str:
        """Return the shape of a voice list: "list of objects (Gender Language Name) in Voices"."""
        if isinstance(payload, Mapping) and depth:
            for key, value in payload.items():
                if _may_hold(key, value):
                    return f"{self.of_list(value, depth - 1)} in {self.name(key) or 'another key'}"
        match payload:
            case []:
                return "empty list"
            case [first, *_]:
                return f"list of {self._item(first)}"
            case Mapping() if ids := [key for key in payload if "," in key]:
                return f"object by id of {self._item(payload[ids[0]])}"
            case _:
                return self._item(payload)

    def _item(self, value: object) -> str:
        match value:
            case str():
                return "strings"
            case None:
                return "null"
            case Mapping():
                return f"objects ({' '.join(self.names(list(value)[:_MAX_FIELDS]))})"
            case _:
                return type(value).__name__


def _may_hold(key: str, value: object) -> bool:
    """Return whether a field holds the list of voices rather than being a voice of it."""
    if isinstance(value, Mapping) and "," not in key:
        return any(isinstance(inner, list) for inner in value.values())
    return isinstance(value, list)


def _is_name(value: str) -> bool:
    """Return whether a value looks like a word of a protocol, not like encoded data."""
    is_short = len(value) <= _MAX_NAME and _NAME.fullmatch(value) is not None
    return is_short and not _RUN.search(value) and not _NO_WORD.search(value)


def _is_value(value: object) -> bool:
    """Return whether a key can make this private: it is neither an object nor a list of objects."""
    inner = value[0] if isinstance(value, list) and value else value
    return not isinstance(inner, Mapping | bool | None)


def _length(text: str) -> str:
    return f"<{len(text)} characters>" if len(text) < _LONG else "<characters>"


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.casefold())
