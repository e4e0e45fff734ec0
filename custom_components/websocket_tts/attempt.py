"""Trying something out for a form: errors of the service become errors on the form."""

import logging
from types import TracebackType
from typing import Self

from .const import CONF_VOICE
from .speech import (
    CannotConnectError,
    InvalidAuthError,
    NoAudioError,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
    VoiceNotFoundError,
)

_LOGGER = logging.getLogger(__name__)

_ERRORS: dict[type[SpeechError], tuple[str, str]] = {
    CannotConnectError: ("base", "cannot_connect"),
    SpeechTimeoutError: ("base", "timeout"),
    InvalidAuthError: ("base", "invalid_auth"),
    VoiceNotFoundError: (CONF_VOICE, "voice_not_found"),
    SynthesisError: ("base", "synthesis_failed"),
    ProtocolError: ("base", "cannot_connect"),
    NoAudioError: ("base", "no_audio"),
}


class Attempt:
    """Errors of a form, by field, and what their texts mention. What fails in its async with block is one."""

    def __init__(self) -> None:
        """Start without an error."""
        self.errors: dict[str, str] = {}
        self.placeholders = {"error": ""}

    @property
    def failed(self) -> bool:
        """Return whether there is an error."""
        return bool(self.errors)

    def fail(self, error: str, field: str = "base") -> None:
        """Add an error by its translation key."""
        self.errors[field] = error

    async def __aenter__(self) -> Self:
        """Try."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Turn an error into one of the form; only what is no error at all goes on."""
        if isinstance(err, SpeechError):
            field, key = next(_ERRORS[kind] for kind in type(err).__mro__ if kind in _ERRORS)
            self.fail(key, field)
            self.placeholders["error"] = str(err)
            return True
        if isinstance(err, Exception):
            _LOGGER.error("Unexpected error", exc_info=err)
            self.fail("unknown")
            return True
        return False
