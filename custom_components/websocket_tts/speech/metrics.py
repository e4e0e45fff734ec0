"""Metrics of one utterance."""

from dataclasses import dataclass, field
from time import monotonic

from .trace import WireTrace


@dataclass(slots=True)
class SynthesisMetrics:
    """Metrics of one utterance, filled in while it runs. Times are seconds since it began."""

    begun: float = field(default_factory=monotonic)
    connected: float | None = None
    """When the first connection was established; at once if one was kept ready."""
    first_audio: float | None = None
    total: float | None = None
    audio: float = 0.0
    """Seconds of audio received."""
    retries: int = 0
    resumes: int = 0
    """How often speech was interrupted and resumed."""
    doubts: int = 0
    """How often a text was asked for once more because its end looked wrong."""
    waits: int = 0
    """How often it waited for a channel of a busy service."""
    left_out: int = 0
    """Number of segments that were not spoken, or perhaps not whole."""
    silence: float = 0.0
    """Seconds of silence that were sent while the service was waited for."""
    error: Exception | None = None
    trace: WireTrace = field(default_factory=WireTrace)
    """Wire trace of all messages."""

    @property
    def elapsed(self) -> float:
        """Return the seconds since the utterance began."""
        return monotonic() - self.begun

    @property
    def is_heard(self) -> bool:
        """Return whether any speech was passed on to the listener."""
        return self.first_audio is not None

    def note_connection(self) -> None:
        """Record that a connection is established."""
        self.trace.opened()
        if self.connected is None:
            self.connected = self.elapsed

    def note_audio(self, seconds: float) -> None:
        """Record that audio of this length was received."""
        if self.first_audio is None:
            self.first_audio = self.elapsed
        self.audio += seconds
