"""Suggestions for a voice that was not found."""

from collections.abc import Sequence
from difflib import get_close_matches

from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .speech import Voice

_MOST = 10


def closest_voices(asked: str, voices: Sequence[Voice]) -> list[str]:
    """Return the IDs of all voices, or of the ten whose ID or name is closest, best match first."""
    if len(voices) <= _MOST:
        return sorted(voice.id for voice in voices)
    ids: dict[str, str] = {}
    for voice in voices:
        ids.setdefault(voice.id.casefold(), voice.id)
        ids.setdefault(voice.name.casefold(), voice.id)
    close = get_close_matches(asked.casefold(), ids, n=2 * _MOST, cutoff=0)
    return list(dict.fromkeys(ids[text] for text in close))[:_MOST]


def voice_not_found(asked: str, voices: Sequence[Voice]) -> ServiceValidationError:
    """Return the error that there is no such voice, and which voices there are."""
    closest = closest_voices(asked, voices)
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="voice_not_found" if closest else "voice_unknown",
        translation_placeholders={"voice": asked, "voices": ", ".join(closest)},
    )
