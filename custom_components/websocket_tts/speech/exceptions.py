"""What can go wrong between a text and its speech."""

from collections.abc import Iterable
from copy import copy
from typing import Self


class SpeechError(Exception):
    """Base of every error of this library. Its text is fit for a user, in English, and holds no secret.

    A frequent error has a reason as well, to be told in any language, with placeholders for its text:
    no_connection, no_answer, certificate, not_https and not_a_service (place); http_status (place, status);
    http_error (place, status, error: the words of the service); redirected (place, target); connection_lost;
    first_audio; next_audio.
    """

    def __init__(self, text: str = "", *, reason: str | None = None, **placeholders: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.placeholders = placeholders

    def without(self, secrets: Iterable[str]) -> Self:
        """Return the same error, with asterisks instead of secrets."""

        def cleaned(text: str) -> str:
            for secret in secrets:
                text = text.replace(secret, "***")
            return text

        clean = copy(self)
        clean.args = (cleaned(str(self)),)
        clean.placeholders = {key: cleaned(text) for key, text in self.placeholders.items()}
        return clean


class CannotConnectError(SpeechError):
    """The service cannot be reached, or went away."""


class CertificateError(CannotConnectError):
    """The certificate of the service is not trusted."""


class SpeechTimeoutError(CannotConnectError):
    """The service took too long; the text names the phase."""


class BusyError(SpeechError):
    """The service has no channel free right now: another request may go through in a moment."""

    retry_after: float | None = None
    """Seconds, where the service says when."""


class InvalidAuthError(SpeechError):
    """The service refused the credentials."""


class VoiceNotFoundError(SpeechError):
    """The service does not know the voice."""


class SynthesisError(SpeechError):
    """The service said no; the text has its words."""


class ProtocolError(SpeechError):
    """What came back makes no sense."""


class NoAudioError(ProtocolError):
    """The service ended the request without one sample."""


class TruncatedError(ProtocolError):
    """The service ended the request with part of the audio; the next request is made in another way."""


class NotFoundError(ProtocolError):
    """The service answered with status 404."""


class TextStalledError(SpeechError):
    """The text that was being written was never finished."""
