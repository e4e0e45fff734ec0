"""What was spoken lately, for diagnostics and sensors. Never the text."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

from .errors import error_key
from .speech import SpeechError, SynthesisMetrics, TextSegments

KEPT = 20


@dataclass(frozen=True, slots=True)
class UtteranceRecord:
    """One request for speech; times in seconds since it began."""

    voice: str
    language: str
    segments: int
    characters: int
    connected: float | None
    first_audio: float | None
    total: float | None
    audio: float
    """Seconds of audio."""
    retries: int
    error: str | None
    """Its translation key."""
    message: str | None
    """What the error says."""
    wire: list[dict[str, Any]]
    """What went over the line (see WireTrace)."""
    ended_at: datetime = field(default_factory=dt_util.utcnow)

    @classmethod
    def of(
        cls, metrics: SynthesisMetrics, segments: TextSegments, voice: str, language: str
    ) -> UtteranceRecord:
        """Return what is to be kept of a request that has ended."""
        error = metrics.error
        return cls(
            voice=voice,
            language=language,
            segments=segments.count,
            characters=segments.characters,
            connected=metrics.connected,
            first_audio=metrics.first_audio,
            total=metrics.total,
            audio=metrics.audio,
            retries=metrics.retries,
            error=error_key(error) if error else None,
            message=_message(error) if error else None,
            wire=metrics.trace.entries(),
        )


def _message(error: Exception) -> str:
    # What is no error of the library may have anything in it, the text as well.
    return str(error) if isinstance(error, SpeechError) else type(error).__name__
