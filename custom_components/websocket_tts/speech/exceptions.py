"""What can go wrong between a text and its speech."""


class SpeechError(Exception):
    """Base of every error of this library. Its text is fit for a user and holds no secret."""


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
