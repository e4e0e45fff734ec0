"""Records of recent utterances, for diagnostics and sensors. They never contain the text."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Self

from homeassistant.util import dt as dt_util

from ..errors import error_key
from ..speech import SpeechError, SynthesisMetrics, TextSegments

_MOST_SILENCE = 5.0
"""Seconds of silence from waiting that may be heard again from Home Assistant's cache."""
_OWN_FORM = ("begun", "error", "trace")
"""Metrics that have another form in diagnostics, or none."""


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
        return cls(
            voice,
            language,
            segments.count,
            segments.characters,
            replace(metrics, error=None),
            fallback,
            error_key(error) if error else None,
            _message(error) if error else None,
        )

    @property
    def is_flawless(self) -> bool:
        """Return whether the audio may be heard again instead of being spoken again."""
        metrics = self.metrics
        return not self.fallback and not metrics.left_out and metrics.silence <= _MOST_SILENCE

    def as_dict(self) -> dict[str, Any]:
        """Return the record for diagnostics, with the entries of the wire trace."""
        told = {name: getattr(self, name) for name in _names(self) if name != "metrics"}
        metrics = {
            name: getattr(self.metrics, name) for name in _names(self.metrics) if name not in _OWN_FORM
        }
        return {**told, **metrics, "trace": self.metrics.trace.entries()}


def _names(value: UtteranceRecord | SynthesisMetrics) -> list[str]:
    return [each.name for each in fields(value)]


def _message(error: Exception) -> str:
    # Any other exception may contain anything, including the spoken text.
    return str(error) if isinstance(error, SpeechError) else type(error).__name__
