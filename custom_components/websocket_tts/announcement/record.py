"""Records of recent utterances, for diagnostics and sensors. They never contain the text."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Self

from homeassistant.util import dt as dt_util

from ..errors import error_key
from ..speech.exceptions import SpeechError
from ..speech.metrics import SynthesisMetrics
from ..speech.text.segments import TextSegments

_MOST_SILENCE = 5.0
"""Seconds of silence from waiting that may be heard again from Home Assistant's cache."""


@dataclass(frozen=True, slots=True)
class UtteranceRecord:
    """One utterance that has ended."""

    voice: str
    language: str
    segments: int
    characters: int
    metrics: SynthesisMetrics
    """Without the error, whose traceback holds the text."""
    fallback: str | None
    """Domain of the integration of the fallback, if that has spoken."""
    error: str | None
    """Key of the error, as error_key() returns it."""
    message: str | None
    """English text of the error."""
    ended_at: datetime = field(default_factory=dt_util.utcnow)

    @classmethod
    def of(
        cls,
        metrics: SynthesisMetrics,
        segments: TextSegments,
        voice: str,
        language: str,
        fallback: str | None = None,
    ) -> Self:
        """Return the record of an utterance that has ended."""
        error = metrics.error
        # Any other exception may contain anything, including the spoken text.
        message = str(error) if isinstance(error, SpeechError) else type(error).__name__
        return cls(
            voice,
            language,
            segments.count,
            segments.characters,
            replace(metrics, error=None),
            fallback,
            error_key(error) if error else None,
            message if error else None,
        )

    @property
    def is_of_the_service(self) -> bool:
        """Return whether the service has spoken, and as long as somebody listened."""
        return bool(self.metrics.audio) and not self.error and not self.fallback

    @property
    def is_flawless(self) -> bool:
        """Return whether the audio may be heard again instead of being spoken again."""
        metrics = self.metrics
        return not self.fallback and not metrics.left_out and metrics.silence <= _MOST_SILENCE

    def as_dict(self) -> dict[str, Any]:
        """Return the record for diagnostics, with the entries of the wire trace."""
        told = {each.name: getattr(of, each.name) for of in (self.metrics, self) for each in fields(of)}
        del told["metrics"], told["begun"]
        return {**told, "trace": self.metrics.trace.entries()}
