"""Exceptions."""

from enum import Enum, auto
from typing import Self


class SpeechError(Exception):
    """Base class of all errors of this library. Its text is English, written for users, and free of secrets.

    Frequent errors also have a reason, by which they can be translated, and placeholders for its text:
    cannot_connect, timeout, certificate, not_https and not_a_service (place); http_status (place, status);
    http_error (place, status, error: the message of the service); redirected (place, target);
    connection_lost; first_audio; next_audio. What the service itself has said is always the placeholder
    error, and its code the placeholder code, so that they can be told from words of ours.
    """

    def __init__(self, text: str = "", *, reason: str | None = None, **placeholders: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.placeholders = placeholders

    @property
    def kind(self) -> str:
        """Return the class, with the HTTP status, if any. The text may contain anything; this does not."""
        status = self.placeholders.get("status")
        return f"{type(self).__name__} {status}" if status else type(self).__name__


class CannotConnectError(SpeechError):
    """The service cannot be reached, or the connection was lost."""


class CertificateError(CannotConnectError):
    """The certificate of the service is not trusted."""


class SpeechTimeoutError(CannotConnectError):
    """The service did not respond in time; the text names the phase."""

    @classmethod
    def of_audio(cls, *, is_first: bool) -> Self:
        """Return the error that the first or the next audio of a text did not come in time."""
        phase = "first" if is_first else "next"
        return cls(f"the {phase} audio did not come in time", reason=f"{phase}_audio")


class BusyError(SpeechError):
    """The service has no free channel right now; a later request may succeed."""

    retry_after: float | None = None
    """Seconds after which to retry, if the service states them."""


class StaleConnectionError(CannotConnectError):
    """A connection that stood ready was over when it was used, which says nothing about the service."""


class InvalidAuthError(SpeechError):
    """The service rejected the credentials."""


class VoiceNotFoundError(SpeechError):
    """The service does not have the voice."""


class SynthesisError(SpeechError):
    """The service reported an error; the text contains its message."""


class ProtocolError(SpeechError):
    """The service sent an unexpected response."""


class NoAudioError(ProtocolError):
    """The service ended without any audio, or with audio for none of the sentences."""


class Doubt(Enum):
    """Why the end of a request looks wrong."""

    NO_AUDIO = auto()
    SHORT = auto()
    """There is far less audio than the text needs."""
    UNANSWERED = auto()
    """There is no audio for the last text."""
    UNSAID = auto()
    """The service usually says that this was all, and did not."""


class DoubtfulEndError(ProtocolError):
    """The service ended the audio in a way that looks wrong; asking once more shows whether that was all."""

    def __init__(self, text: str, doubt: Doubt) -> None:
        super().__init__(text)
        self.doubt = doubt


class EndlessAudioError(ProtocolError):
    """The service sends more audio than any text can have."""


class NotFoundError(ProtocolError):
    """The service responded with status 404: it has no such page."""


class TextStalledError(SpeechError):
    """The text was never completed."""
