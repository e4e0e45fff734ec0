"""Parsing of voice lists."""

from collections.abc import Mapping, Sequence

from .exceptions import ProtocolError
from .models import Voice
from .transport.errors import Reading


def parse_voices(payload: object, id_keys: Sequence[str], *, by_id: bool = False) -> list[Voice]:
    """Return the voices in a list of IDs or objects, which may be the "voices" of an object, by ID.

    Names and languages are as the service states them, if it does. by_id also allows an object keyed by voice
    ID. id_keys are the possible keys of an ID, best first, in lower case without "-" and "_". Raises the
    error that the service reports, or ProtocolError.
    """
    reading = Reading(payload if isinstance(payload, Mapping) else {})
    fields = reading.objects[0]
    listed = (fields["voices"] or []) if "voices" in fields else payload
    found: list[Voice] | None = None
    if isinstance(listed, list):
        found = [_voice(item, id_keys, item if isinstance(item, str) else "") for item in listed]
    elif by_id and isinstance(payload, Mapping) and "voices" not in fields and not reading.is_error:
        found = [
            _voice(value, id_keys, key)
            for key, value in payload.items()
            if "," in key or value is None or isinstance(value, Mapping)
        ]
    voices = {voice.id: voice for voice in found or () if voice.id.strip()}
    if reading.has_failed or (not voices and reading.error_words):
        raise reading.error()
    if found is None or (listed and not voices):
        raise ProtocolError("the service answered with something that is no list of voices")
    return [voices[voice_id] for voice_id in sorted(voices)]


def _voice(item: object, id_keys: Sequence[str], voice_id: str) -> Voice:
    fields = Reading(item).objects[0]
    texts = {key: value for key, value in fields.items() if isinstance(value, str) and value.strip()}
    voice_id = voice_id or next((texts[key] for key in id_keys if key in texts), "")
    gender = {"f": "female", "m": "male"}.get(texts.get("gender", "").strip()[:1].lower(), "")
    return Voice(voice_id, texts.get("name", ""), texts.get("language"), gender)
