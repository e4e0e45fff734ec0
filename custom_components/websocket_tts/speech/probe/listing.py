"""The shape of a voice list."""

from collections.abc import Mapping
from typing import Any

from ..privacy import Privacy

_MAX_DEPTH = 3


def list_shape(payload: object, privacy: Privacy) -> str:
    """Return a description of a voice list: "list of objects (Gender Language Name) in Voices"."""
    path: list[str] = []
    inner = payload
    while isinstance(inner, Mapping) and len(path) < _MAX_DEPTH:
        key = next((key for key, value in inner.items() if _may_hold(key, value)), None)
        if key is None:
            break
        path.append(privacy.name(key) or "another key")
        inner = inner[key]
    where = f" in {' in '.join(reversed(path))}" if path else ""
    return f"{_shape(inner, privacy)}{where}"


def _may_hold(key: str, value: object) -> bool:
    """Return whether a field holds the list rather than being a voice of it."""
    return isinstance(value, list) or (isinstance(value, Mapping) and "," not in key and _has_list(value))


def _has_list(value: Mapping[str, Any]) -> bool:
    return any(isinstance(item, list) for item in value.values())


def _shape(value: object, privacy: Privacy) -> str:
    if isinstance(value, list):
        return f"list of {_item(value[0], privacy)}" if value else "empty list"
    if isinstance(value, Mapping):
        ids = [key for key in value if "," in key]
        return f"object by id of {_item(value[ids[0]], privacy)}" if ids else _item(value, privacy)
    return _item(value, privacy)


def _item(value: object, privacy: Privacy) -> str:
    match value:
        case str():
            return "strings"
        case None:
            return "null"
        case Mapping():
            return f"objects ({' '.join(sorted(privacy.name(key) or '?' for key in list(value)[:20]))})"
        case _:
            return type(value).__name__
