"""How long a service may take, and how much it may send."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client puts up with; times in seconds, sizes in bytes."""

    connect: float = 10.0
    """Until a connection stands."""
    first_audio: float = 15.0
    """From a text to its first audio, or to the answer of a request."""
    between_audio: float = 10.0
    """From audio that is not the last to the next."""
    close: float = 0.5
    """That a service has to say goodbye."""
    stop: float = 0.2
    """To tell a service that nobody listens any more."""
    retry_pause: float = 0.3
    """Before asking once more: a proxy that restarts is back by then."""
    resumes: int = 3
    """Times that a speech which breaks off is asked for again, to say the rest."""
    longest_retry_pause: float = 5.0
    """The same where a service says when: an announcement waits."""
    busy: float = 20.0
    """That an utterance waits for a service that has no channel free."""
    min_quiet: float = 2.0
    max_quiet: float = 5.0
    """Of a socket, between which a service that does not say when a speech is over has ended it."""
    worthwhile: float = 20.0
    """That an unused connection must have stood to be made anew when the service ends it."""
    stall: float = 30.0
    """Without more of a text that is not complete: somebody has given up writing it."""
    fill_after: float = 2.0
    """Without a byte for the listener until silence begins, while the text pauses; some hang after 5."""
    frame: int = 64 * 1024 * 1024
    """Of one WebSocket message: a service may send a whole utterance in one."""
    held: int = 64 * 1024
    """Of audio received ahead of the listener; then the service has to wait."""
    audio: float = 60.0
    audio_per_character: float = 2.0
    """Seconds that a text may sound, and more for each of its characters; an endless service is cut off."""
