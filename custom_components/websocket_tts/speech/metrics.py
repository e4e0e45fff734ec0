"""What became of one request for speech."""

from dataclasses import dataclass, field
from time import monotonic

from .trace import WireTrace


@dataclass(slots=True)
class SynthesisMetrics:
    """Fills itself while the request runs. Times are seconds since it began."""

    begun: float = field(default_factory=monotonic)
    connected: float | None = None
    """When the first connection stood; one that was kept ready stands at once."""
    first_audio: float | None = None
    total: float | None = None
    audio: float = 0.0
    """Seconds of audio that came."""
    retries: int = 0
    error: Exception | None = None
    trace: WireTrace = field(default_factory=WireTrace)
    """What went over the line."""

    @property
    def elapsed(self) -> float:
        """Return how long the request has been running."""
        return monotonic() - self.begun

    def note_connection(self) -> None:
        """Note that a connection stands."""
        self.trace.opened()
        if self.connected is None:
            self.connected = self.elapsed

    def note_audio(self, seconds: float) -> None:
        """Note that so much audio came."""
        if self.first_audio is None:
            self.first_audio = self.elapsed
        self.audio += seconds
