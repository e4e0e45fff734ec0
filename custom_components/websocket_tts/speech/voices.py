"""The voices of a service, from whichever shape it lists them in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .exceptions import ProtocolError

_WRAPPERS = ("voices", "data", "result", "items")
_NAME_KEYS = ("displayname", "name", "voicename")
_LANGUAGE_KEYS = ("language", "languagecode", "lang", "locale", "culture")


@dataclass(frozen=True, slots=True)
class ListedVoice:
    """A voice as the service lists it; name and language where it tells them."""

    id: str
    name: str | None
    language: str | None


def parse_voices(payload: object, id_keys: Sequence[str]) -> list[ListedVoice]:
    """Return the voices of a list (of ids or objects) or an object (keyed by id, or with such a list in it).

    id_keys are the names that an id may have, best first, in lower case without "-" and "_".
    Raises ProtocolError for what is no list of voices.
    """
    if isinstance(payload, Mapping):
        for wrapper in _WRAPPERS:
            if isinstance(payload.get(wrapper), Mapping | list):
                payload = payload[wrapper]
                break
    if not isinstance(payload, Mapping | list):
        raise ProtocolError("the service answered with something that is no list of voices")
    voices = {voice.id: voice for voice in _listed(payload, id_keys)}
    return list(voices.values())


def _listed(payload: Mapping[str, object] | list[object], id_keys: Sequence[str]) -> Iterator[ListedVoice]:
    if isinstance(payload, Mapping):
        for key, value in payload.items():
            if not key:
                continue
            fields = _fields(value)
            yield ListedVoice(key, _first(fields, _NAME_KEYS), _first(fields, _LANGUAGE_KEYS))
        return
    for item in payload:
        if isinstance(item, str) and item:
            yield ListedVoice(item, None, None)
        elif (fields := _fields(item)) and (voice_id := _first(fields, id_keys)):
            yield ListedVoice(voice_id, _first(fields, _NAME_KEYS), _first(fields, _LANGUAGE_KEYS))


def _fields(value: object) -> dict[str, str]:
    """Return the texts and numbers of an object under comparable keys; nothing for anything else."""
    if not isinstance(value, Mapping):
        return {}
    return {
        str(key).lower().replace("-", "").replace("_", ""): str(field)
        for key, field in value.items()
        if isinstance(field, str | int) and field != ""
    }


def _first(fields: Mapping[str, str], keys: Sequence[str]) -> str | None:
    return next((fields[key] for key in keys if key in fields), None)
