"""Parsing of voice lists."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .exceptions import ProtocolError, SpeechError
from .transport.errors import comparable_keys, error_words, has_failed, is_error, service_error

# In the form of comparable_keys().
_LISTS = ("voices", "voicelist")
_WRAPPERS = (*_LISTS, "data", "result", "results", "items", "response")
_MAX_DEPTH = 3
"""Levels of nested objects in which a list is searched for."""
_NAME_KEYS = ("displayname", "name", "voicename")
_LANGUAGE_KEYS = ("language", "languagecode", "lang", "locale", "culture")
_NO_VOICE = {
    *_WRAPPERS,
    *("error", "errors", "errorcode", "errormessage", "message", "msg", "detail", "details", "description"),
    *("code", "status", "statuscode", "success", "title", "type", "reason", "instance", "path", "timestamp"),
    *(
        "traceid",
        "requestid",
        "moreinfo",
        "count",
        "total",
        "page",
        "pages",
        "pagesize",
        "totalpages",
        "next",
    ),
    *("previous", "prev", "links", "meta", "metadata", "version", "event", "token", "last"),
}
"""Keys that a response may have besides the voices, or instead of them."""


@dataclass(frozen=True, slots=True)
class ListedVoice:
    """A voice as the service lists it; name and language are None if it does not state them."""

    id: str
    name: str | None
    language: str | None


def parse_voices(payload: object, id_keys: Sequence[str], *, by_id: bool = False) -> list[ListedVoice]:
    """Return the voices in a list of IDs or objects, which may be nested in an object.

    by_id also allows an object keyed by voice ID. id_keys are the possible keys of an ID, best first, in
    lower case without "-" and "_". Raises the error of service_error() if the service reports an error, and
    ProtocolError if there is no list of voices.
    """
    listed = _find(payload, _MAX_DEPTH, by_id=by_id)
    if isinstance(payload, Mapping):
        fields = comparable_keys(payload)
        if listed is None or has_failed(fields) or (not listed and is_error(fields)):
            raise _refusal(payload)
    voices: dict[str, ListedVoice] = {}
    for voice in _listed(listed or [], id_keys):
        # A voice that is listed twice may state its language only once.
        if voice.id not in voices or not voices[voice.id].language:
            voices[voice.id] = voice
    if listed is None or (listed and not voices):
        raise ProtocolError("the service answered with something that is no list of voices")
    return list(voices.values())


def _find(payload: object, depth: int, *, by_id: bool) -> Mapping[str, object] | list[object] | None:
    """Return the list of voices, or the object with a voice under each key; None if there is none."""
    if isinstance(payload, list):
        return payload
    if not isinstance(payload, Mapping):
        return None
    fields = comparable_keys(payload)
    for wrapper in _WRAPPERS if depth else ():
        found = _find(fields.get(wrapper), depth - 1, by_id=by_id)
        if found is not None:
            return found
    if any(key in fields and fields[key] is None for key in _LISTS) and not is_error(fields):
        return []
    if not by_id:
        return None
    voices = {key: value for key, value in payload.items() if _is_voice(key, value)}
    return voices if voices or not payload else None


def _is_voice(key: str, value: object) -> bool:
    """Return whether a key is a voice ID: "<language>,<name>,<quality>", or no known other key."""
    if "," in key:
        return True
    is_known = not key.strip() or not _NO_VOICE.isdisjoint(comparable_keys({key: None}))
    return not is_known and (value is None or isinstance(value, Mapping | str))


def _refusal(payload: Mapping[str, object]) -> SpeechError:
    if is_error(comparable_keys(payload)) or error_words(payload):
        return service_error(payload)
    return ProtocolError("the service answered with something that is no list of voices")


def _listed(payload: Mapping[str, object] | list[object], id_keys: Sequence[str]) -> Iterator[ListedVoice]:
    if isinstance(payload, Mapping):
        for key, value in payload.items():
            yield _voice(key, _fields(value))
        return
    for item in payload:
        if isinstance(item, str) and item.strip():
            yield ListedVoice(item, None, None)
        elif voice_id := _first(fields := _fields(item), id_keys):
            yield _voice(voice_id, fields)


def _voice(voice_id: str, fields: Mapping[str, str]) -> ListedVoice:
    return ListedVoice(voice_id, _first(fields, _NAME_KEYS), _first(fields, _LANGUAGE_KEYS))


def _fields(value: object) -> dict[str, str]:
    """Return the strings and numbers of an object by comparable key; empty for anything else."""
    if not isinstance(value, Mapping):
        return {}
    return {
        key: str(field)
        for key, field in comparable_keys(value).items()
        if isinstance(field, str | int) and not isinstance(field, bool) and str(field).strip()
    }


def _first(fields: Mapping[str, str], keys: Sequence[str]) -> str | None:
    return next((fields[key] for key in keys if key in fields), None)
