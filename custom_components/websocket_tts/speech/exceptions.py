"""What can go wrong between a text and its speech."""


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


class CannotConnectError(SpeechError):
    """The service cannot be reached, or went away."""


class CertificateError(CannotConnectError):
    """The certificate of the service is not trusted."""


class SpeechTimeoutError(CannotConnectError):
    """The service took too long; the text names the phase."""


class BusyError(SpeechError):
    """The service has no channel free right now: another request may go through in a moment."""

    def __init__(
        self,
        text: str = "",
        *,
        retry_after: float | None = None,
        reason: str | None = None,
        **placeholders: str,
    ) -> None:
        super().__init__(text, reason=reason, **placeholders)
        self.retry_after = retry_after
        """Seconds after which to ask again, where the service says so."""


class StaleConnectionError(CannotConnectError):
    """A connection that stood ready was over when it was used, which says nothing about the service."""


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
