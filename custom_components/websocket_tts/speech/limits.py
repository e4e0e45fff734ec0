"""Timeouts and size limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a client; times in seconds, sizes in bytes."""

    connect: float = 10.0
    """Until a connection is established."""
    first_audio: float = 15.0
    """From a text to its first audio, or from an HTTP request to its response."""
    between_audio: float = 10.0
    """Between two parts of the audio."""
    close: float = 0.5
    """For the closing handshake of a WebSocket."""
    stop: float = 0.2
    """For telling a service that the listener is gone."""
    retry_pause: float = 0.3
    """Before a retry: by then, a proxy that restarts is back."""
    longest_retry_pause: float = 5.0
    """Before a retry for which the service states the time: an announcement is waiting."""
    busy: float = 20.0
    """For which an utterance waits for a free channel."""
    min_quiet: float = 2.0
    max_quiet: float = 5.0
    """Bounds of the silence on a socket that ends the audio if the service does not announce the end."""
    worthwhile: float = 20.0
    """For which an unused connection must have been open to be renewed when the service closes it."""
    stall: float = 30.0
    """Without more text before an incomplete text counts as abandoned."""
    fill_after: float = 2.0
    """Without audio for the listener before silence is sent while the text pauses; some hang after 5."""
    frame: int = 64 * 1024 * 1024
    """Of one WebSocket message: a service may send a whole utterance in a single message."""
    held: int = 64 * 1024
    """Of audio received ahead of the listener; beyond that, receiving pauses."""
    audio: float = 60.0
    audio_per_character: float = 2.0
    """Longest audio of a text, in seconds, plus an allowance per character; endless audio is cut off."""
