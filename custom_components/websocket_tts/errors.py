"""Translate errors of the client library."""

from collections.abc import Sequence
from difflib import get_close_matches

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .speech.exceptions import (
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
    VoiceNotFoundError,
)
from .speech.models import Voice

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
_MOST = 10
"""Voices that an error names."""


def error_key(err: Exception) -> str:
    """Return the key of an error's class, or of its closest base class that has one."""
    return next((_KEYS[kind] for kind in type(err).__mro__ if kind in _KEYS), UNEXPECTED)


def message_key(err: SpeechError) -> str:
    """Return the translation key of an error's message; a reason is one."""
    # The text of cannot_connect needs a place, which only an error with a reason has.
    return err.reason or ("communication_error" if isinstance(err, CannotConnectError) else error_key(err))


def placeholders(err: SpeechError) -> dict[str, str]:
    """Return the placeholders of an error's message; the one named error is its English text."""
    return {"error": str(err), **err.placeholders}


def translated[T: HomeAssistantError](kind: type[T], err: SpeechError) -> T:
    """Return the exception of Home Assistant for an error of the client library."""
    return kind(
        translation_domain=DOMAIN,
        translation_key=message_key(err),
        translation_placeholders=placeholders(err),
    )


def voice_not_found(asked: str, voices: Sequence[Voice]) -> ServiceValidationError:
    """Return the error that there is no such voice, and which voices there are."""
    # A voice that was refused may still be in the list.
    closest = closest_voices(asked, [voice for voice in voices if voice.id != asked])
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="voice_not_found" if closest else "voice_unknown",
        translation_placeholders={"voice": asked, "voices": ", ".join(closest)},
    )


def closest_voices(asked: str, voices: Sequence[Voice]) -> list[str]:
    """Return the IDs of the ten voices whose ID or name is closest, best match first."""
    ids = {text.casefold(): voice.id for voice in voices for text in (voice.name, voice.id)}
    close = get_close_matches(asked.casefold(), ids, n=2 * _MOST, cutoff=0)
    return list(dict.fromkeys(ids[text] for text in close))[:_MOST]
