"""Voices by the names that people write."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
import re
import unicodedata

from homeassistant.exceptions import ServiceValidationError

from ..errors import invalid_call
from ..speech.client import SpeechClient
from ..speech.models import Voice

_ALIKE = 0.7
"""From which similarity on one name may be meant by another: "Evn" is "Evan", "Rae" is not "Gul"."""


def matching_voice(asked: str, voices: Sequence[Voice], labels: Mapping[str, str]) -> str | None:
    """Return the ID of the only voice that has a name; None if none has it, or several.

    Case, accents and punctuation do not matter; what follows the name in an ID or in a label may be left out.
    """
    words = _words(asked)
    exact = [voice.id for voice in voices if _words(voice.id) == words]
    named = exact or [
        voice.id
        for voice in voices
        if _words(voice.name) <= words <= _words(f"{voice.id} {voice.name} {labels.get(voice.id)}")
    ]
    return named[0] if words and len(named) == 1 else None


def closest_voices(asked: str, voices: Sequence[Voice], service: type[SpeechClient]) -> list[str]:
    """Return the IDs of at most three voices whose names are alike, best match first."""
    wanted = _folded(service.voice(Voice(asked)).name)
    names = get_close_matches(wanted, {_folded(voice.name) for voice in voices}, len(voices) or 1, _ALIKE)

    def unlikeness(voice: Voice) -> tuple[int, float]:
        return names.index(_folded(voice.name)), -SequenceMatcher(None, asked, voice.id).ratio()

    # A voice that was refused may still be in the list.
    alike = [voice for voice in voices if voice.id != asked and _folded(voice.name) in names]
    return [voice.id for voice in sorted(alike, key=unlikeness)[:3]]


def voice_not_found(
    asked: str, voices: Sequence[Voice], service: type[SpeechClient]
) -> ServiceValidationError:
    """Return the error that there is no such voice, and which ones are closest."""
    # Quoted, because IDs contain commas.
    closest = ", ".join(f'"{voice}"' for voice in closest_voices(asked, voices, service))
    return invalid_call("voice_not_found" if closest else "voice_unknown", voice=asked, voices=closest)


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))  # noqa: RUF001
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", _folded(text)))
