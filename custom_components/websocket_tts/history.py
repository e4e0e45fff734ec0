"""What was spoken lately, for diagnostics and sensors. Never the text."""

from dataclasses import dataclass, field
from datetime import datetime

from homeassistant.util import dt as dt_util

from .errors import error_key
from .speech import SpeechError, SynthesisMetrics, TextSegments

KEPT = 20


@dataclass(frozen=True, slots=True)
class UtteranceRecord:
    """One request for speech; times in seconds since it began."""

    voice: str
    language: str
    pieces: int
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
    ended_at: datetime = field(default_factory=dt_util.utcnow)

    @classmethod
    def of(cls, report: SynthesisMetrics, pieces: TextSegments, voice: str, language: str) -> UtteranceRecord:
        """Return what is to be kept of a request that has ended."""
        error = report.error
        return cls(
            voice=voice,
            language=language,
            pieces=pieces.count,
            characters=pieces.characters,
            connected=report.connected,
            first_audio=report.first_audio,
            total=report.total,
            audio=report.audio,
            retries=report.retries,
            error=error_key(error) if isinstance(error, SpeechError) else "unknown" if error else None,
            # What is no error of the library may have anything in it, the text as well.
            message=str(error) if isinstance(error, SpeechError) else type(error).__name__ if error else None,
        )
