"""Parsing of voice lists."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .exceptions import ProtocolError
from .transport.errors import comparable_keys, error_words, has_failed, is_error, service_error


@dataclass(frozen=True, slots=True)
class ListedVoice:
    """A voice as the service lists it; name and language are None if it does not state them."""

    id: str
    name: str | None
    language: str | None


def parse_voices(payload: object, id_keys: Sequence[str], *, by_id: bool = False) -> list[ListedVoice]:
    """Return the voices in a list of IDs or objects, which may be the "voices" of an object.

    by_id also allows an object keyed by voice ID. id_keys are the possible keys of an ID, best first, in
    lower case without "-" and "_". Raises the error of service_error() if the service reports an error, and
    ProtocolError if there is no list of voices.
    """
    listed = _list_in(payload, by_id=by_id)
    voices: dict[str, ListedVoice] = {}
    for voice in _listed(listed, id_keys):
        if voice.id.strip():
            voices.setdefault(voice.id, voice)
    fields = comparable_keys(payload) if isinstance(payload, Mapping) else {}
    if has_failed(fields) or (not voices and error_words(fields)):
        raise service_error(payload)
    if listed is None or (listed and not voices):
        raise ProtocolError("the service answered with something that is no list of voices")
    return list(voices.values())


def _list_in(payload: object, *, by_id: bool) -> list[object] | Mapping[str, object] | None:
    """Return the list of voices, or the object with a voice under each key; None if there is none."""
    if isinstance(payload, list):
        return payload
    fields = comparable_keys(payload) if isinstance(payload, Mapping) else {}
    if "voices" in fields:
        return _list_in(fields["voices"] or [], by_id=False)
    return payload if by_id and isinstance(payload, Mapping) and not is_error(fields) else None


def _listed(
    listed: list[object] | Mapping[str, object] | None, id_keys: Sequence[str]
) -> Iterator[ListedVoice]:
    if isinstance(listed, Mapping):
        for key, value in listed.items():
            if "," in key or value is None or isinstance(value, Mapping):
                yield _voice(key, _texts(value))
        return
    for item in listed or []:
        texts = _texts(item)
        voice_id = (
            item if isinstance(item, str) else next((texts[key] for key in id_keys if key in texts), "")
        )
        yield _voice(voice_id, texts)


def _voice(voice_id: str, texts: Mapping[str, str]) -> ListedVoice:
    return ListedVoice(voice_id, texts.get("name"), texts.get("language"))


def _texts(voice: object) -> dict[str, str]:
    """Return the texts of an object by comparable key; empty for anything else."""
    fields = comparable_keys(voice) if isinstance(voice, Mapping) else {}
    return {key: value for key, value in fields.items() if isinstance(value, str) and value.strip()}
