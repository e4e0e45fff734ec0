"""Records of recent utterances, for diagnostics and sensors. They never contain the text."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

from .errors import error_key
from .speech import SpeechError, SynthesisMetrics, TextSegments
from .speech.trace import WireTrace

KEPT = 20


@dataclass(frozen=True, slots=True)
class UtteranceRecord:
    """One utterance; times in seconds since it began."""

    voice: str
    language: str
    segments: int
    characters: int
    connected: float | None
    first_audio: float | None
    total: float | None
    audio: float
    """Seconds of audio received."""
    retries: int
    resumes: int
    waits: int
    """How often it waited for a channel of a busy service."""
    fallback: str | None
    """Domain of the integration of the fallback, if that has spoken."""
    error: str | None
    """Key of the error, as error_key() returns it."""
    message: str | None
    """English text of the error."""
    trace: WireTrace = field(repr=False)
    ended_at: datetime = field(default_factory=dt_util.utcnow)

    @classmethod
    def of(
        cls,
        metrics: SynthesisMetrics,
        segments: TextSegments,
        voice: str,
        language: str,
        fallback: str | None = None,
    ) -> UtteranceRecord:
        """Return the record of an utterance that has ended."""
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
            resumes=metrics.resumes,
            waits=metrics.waits,
            fallback=fallback,
            error=error_key(error) if error else None,
            message=_message(error) if error else None,
            trace=metrics.trace,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the record for diagnostics, with the entries of the wire trace."""
        told = {attribute.name: getattr(self, attribute.name) for attribute in fields(self)}
        return {**told, "trace": self.trace.entries()}


def _message(error: Exception) -> str:
    # Any other exception may contain anything, including the spoken text.
    return str(error) if isinstance(error, SpeechError) else type(error).__name__
