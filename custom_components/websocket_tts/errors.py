"""Errors of the library -> translation keys."""

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
}
ERROR_KEYS = tuple(_KEYS.values())


def error_key(err: SpeechError) -> str:
    """Return the translation key of an error: its own, or that of the error it is a kind of."""
    return next(_KEYS[kind] for kind in type(err).__mro__ if kind in _KEYS)
