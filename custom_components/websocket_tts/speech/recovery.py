"""Recoveries from an error before a request is retried."""

from enum import Enum, auto

from .exceptions import CannotConnectError, SpeechTimeoutError


class Recovery(Enum):
    """What to change before a retry; each is tried at most once per request."""

    FRESH_CONNECTION = auto()
    OTHER_TOKEN_FORM = auto()
    NEW_TOKEN = auto()
    FINALIZE_LATE = auto()


def is_transient(err: Exception) -> bool:
    """Return whether a fresh connection may help; a timeout does not count, to avoid waiting twice."""
    return isinstance(err, CannotConnectError) and not isinstance(err, SpeechTimeoutError)
