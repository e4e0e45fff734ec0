"""Translate errors of the client library."""

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


def invalid_call(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error of a call that cannot be right."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )
