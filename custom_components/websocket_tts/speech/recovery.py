"""What may help against an error before a request is made once more."""

from enum import Enum, auto

from .exceptions import BusyError, CannotConnectError, SpeechTimeoutError, TruncatedError


class Recovery(Enum):
    """What to do before a request is made once more; each helps at most once a request."""

    FRESH_CONNECTION = auto()
    OTHER_TOKEN_FORM = auto()
    NEW_TOKEN = auto()
    FINALIZE_LATE = auto()


def is_transient(err: Exception) -> bool:
    """Return whether a fresh connection may do better; after a timeout nobody wants to wait once more."""
    return isinstance(err, CannotConnectError) and not isinstance(err, SpeechTimeoutError)


def is_break(err: Exception) -> bool:
    """Return whether a speech that had begun broke off: the rest of it may be had on a fresh connection."""
    return isinstance(err, CannotConnectError | BusyError | TruncatedError)
