"""Translate errors of the client library."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TypedDict

from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .speech import (
    BusyError,
    CannotConnectError,
    CertificateError,
    InvalidAuthError,
    NoAudioError,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
    TextStalledError,
    Voice,
    VoiceNotFoundError,
)

_KEYS: dict[type[SpeechError], str] = {
    CannotConnectError: "cannot_connect",
    CertificateError: "certificate",
    SpeechTimeoutError: "timeout",
    BusyError: "busy",
    InvalidAuthError: "invalid_auth",
    VoiceNotFoundError: "voice_not_found",
    SynthesisError: "synthesis_failed",
    ProtocolError: "protocol_error",
    NoAudioError: "no_audio",
    TextStalledError: "text_stalled",
}
UNEXPECTED = "unexpected"
"""Any other exception."""
ERROR_KEYS = (*_KEYS.values(), UNEXPECTED)
REASON_KEYS = {
    "no_connection": "cannot_connect",
    "no_answer": "timeout",
    "certificate": "certificate",
    "not_https": "not_https",
    "not_a_service": "not_a_service",
    "http_status": "http_status",
    "http_error": "http_error",
    "redirected": "redirected",
    "connection_lost": "connection_lost",
    "first_audio": "first_audio",
    "next_audio": "next_audio",
}
"""Translation keys by SpeechError.reason; their texts use its placeholders (place, status, ...)."""
_WITH_PLACE = ("cannot_connect", "certificate", "timeout")
"""Keys whose text needs a place, which not every error of that kind has."""

_MOST = 10
"""Voices that an error names."""


class Translation(TypedDict):
    """The translation arguments of a HomeAssistantError."""

    translation_domain: str
    translation_key: str
    translation_placeholders: dict[str, str]


def error_key(err: Exception) -> str:
    """Return the key of an error's class, or of its closest base class that has one."""
    return next((_KEYS[kind] for kind in type(err).__mro__ if kind in _KEYS), UNEXPECTED)


def message_key(err: SpeechError) -> str:
    """Return the translation key of an error's message."""
    if err.reason:
        return REASON_KEYS[err.reason]
    key = error_key(err)
    return "communication_error" if key in _WITH_PLACE else key


def placeholders(err: SpeechError) -> dict[str, str]:
    """Return the placeholders of an error's message; the one named error is its English text."""
    return {"error": str(err), **err.placeholders}


def translation(err: SpeechError) -> Translation:
    """Return the arguments of the HomeAssistantError for an error of the client library."""
    return Translation(
        translation_domain=DOMAIN,
        translation_key=message_key(err),
        translation_placeholders=placeholders(err),
    )


def voice_not_found(asked: str, voices: Sequence[Voice]) -> ServiceValidationError:
    """Return the error that there is no such voice, and which voices there are."""
    closest = closest_voices(asked, voices)
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="voice_not_found" if closest else "voice_unknown",
        translation_placeholders={"voice": asked, "voices": ", ".join(closest)},
    )


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
