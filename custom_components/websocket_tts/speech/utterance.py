"""A text to speak, and what is decided for all of it."""

from dataclasses import dataclass, field

from .audio.buffer import AudioBuffer
from .audio.chime import Chime
from .audio.gain import Gain
from .exceptions import Doubt, SpeechError
from .metrics import SynthesisMetrics
from .models import VoiceSettings
from .text.segments import Segment, TextSegments


@dataclass(slots=True)
class Utterance:
    """A text to speak, its settings, and the buffer for its audio."""

    segments: TextSegments
    settings: VoiceSettings
    buffer: AudioBuffer
    gain: Gain = field(default_factory=Gain)
    """Volume of the samples of the service."""
    chime: Chime | None = None
    """Chime before the speech."""
    patience: float = 0.0
    """Seconds in which failures before the first audio are borne; 0 for one retry."""
    verdicts: dict[Doubt, bool] = field(default_factory=dict)
    """Whether there was more audio when an end was doubted."""
    given_up: SpeechError | None = None
    """The error after which a segment was left out, if nothing was heard since."""
    set_aside: Segment | None = None
    """A segment that has been taken but belongs to the next request."""

    @property
    def metrics(self) -> SynthesisMetrics:
        """Return its metrics."""
        return self.buffer.metrics

    @property
    def has_ended(self) -> bool:
        """Return whether all of its text has been taken, and no error of the text is to be raised."""
        return self.set_aside is None and self.segments.has_ended
