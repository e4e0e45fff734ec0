"""Timeouts and size limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a client; times in seconds, sizes in bytes."""

    connect: float = 10.0
    """Time to establish a connection."""
    first_audio: float = 15.0
    """Time from a text to its first audio, or from an HTTP request to its response."""
    between_audio: float = 10.0
    """Time between two parts of the audio."""
    close: float = 0.5
    """Time for the closing handshake of a WebSocket."""
    stop: float = 0.2
    """Time to notify a service that the listener is gone."""
    ping: float = 1.0
    """Time in which a connection that was kept ready must prove that it is still alive."""
    retry_pause: float = 0.3
    """Pause before a retry, doubled each time: by then, a proxy that restarts is back."""
    resume: float = 15.0
    """Time for which an interrupted utterance is asked for again and again without any progress."""
    doubt: float = 5.0
    """Time to the first audio of a text that is asked for once more because its end looked wrong."""
    busy: float = 20.0
    """Longest wait of an utterance for a free channel."""
    min_quiet: float = 2.0
    max_quiet: float = 5.0
    """Bounds of the silence on a socket that ends the audio if the service does not announce the end."""
    worthwhile: float = 20.0
    """Shortest life of an unused connection after which it is renewed when the service closes it."""
    stall: float = 30.0
    """Longest pause of an incomplete text, after which it counts as abandoned, and longest silence."""
    fill_after: float = 2.0
    """Time without audio after which silence is sent; some players hang after 5."""
    frame: int = 64 * 1024 * 1024
    """Largest WebSocket message: a service may send a whole utterance in a single one."""
    held: int = 64 * 1024
    """Audio received ahead of the listener, beyond which receiving pauses."""
    audio: float = 60.0
    audio_per_character: float = 2.0
    """Longest audio of a text, in seconds, plus an allowance per character; endless audio is cut off."""
