"""Base of all that speaks: the services, and whatever speaks in their place."""

from abc import ABC, abstractmethod
import asyncio
from functools import partial
import logging
from typing import ClassVar, Unpack

from .audio.buffer import AudioBuffer
from .audio.chime import Chime
from .audio.gain import Gain
from .channels import ChannelQueue
from .exceptions import SpeechError
from .limits import Limits
from .models import VoiceSettings
from .pace import EnginePace
from .recovery import Recovery
from .redaction import without_secrets, without_text
from .request import SpeechRequest
from .sequence import RequestSequence
from .tasks import CreateTask, create_own_task, end
from .text.segments import HARD_LIMIT, TextOptions, TextSegments
from .text.stream import TextStream
from .utterance import Utterance

_LOGGER = logging.getLogger(__name__)


class Speaker(ABC):
    """Speaks texts with requests; how one is made is defined by subclasses."""

    name: ClassVar[str]
    """What it is called in the log."""
    has_volume: ClassVar[bool] = False
    """Whether it sets the volume itself; otherwise the samples are scaled."""
    one_segment_a_request: ClassVar[bool] = False
    """Whether each text segment is a request of its own."""
    longest_segment: ClassVar[int] = HARD_LIMIT
    """Most characters of several sentences that are requested together; 0 for one at a time."""

    def __init__(
        self,
        limits: Limits | None = None,
        create_task: CreateTask = create_own_task,
        channels: ChannelQueue | None = None,
    ) -> None:
        """Initialize with what starts the tasks that receive audio, and a queue that others may share."""
        self.limits = limits or Limits()
        """The timeouts and size limits."""
        self._create_task = create_task
        self._channels = channels or ChannelQueue(self.limits.busy)
        self._recovery = Recovery(self, self._channels)
        self._pace = EnginePace(self.limits.first_audio, self.longest_segment)
        self._receiving: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def attempt(self, request: SpeechRequest) -> None:
        """Make a request once: take its text, and feed its audio.

        Raises DoubtfulEndError if the audio ends in a way that looks wrong; an error may contain secrets.
        """

    def remedy(self, err: SpeechError, request: SpeechRequest) -> bool:
        """Change what may have caused an error, once; return whether the request is worth another attempt."""
        del err, request
        return False

    def believe(self, request: SpeechRequest) -> None:  # noqa: B027 (not all of them have a way to say it)
        """Note that a request was complete, although this server has not said so as it usually does."""

    def reads_ssml(self, voice: str) -> bool:
        """Return whether a voice supports SSML; otherwise it would read the tags aloud."""
        del voice
        return False

    def segments(
        self, text: TextStream, settings: VoiceSettings, **options: Unpack[TextOptions]
    ) -> TextSegments:
        """Return the segments of a text, from its beginning, for a voice; see TextOptions."""
        of_voice = TextOptions(
            reads_ssml=self.reads_ssml(settings.voice), sentence_pause=settings.sentence_pause
        )
        return TextSegments(text, **(of_voice | options))

    def speak(
        self,
        segments: TextSegments,
        settings: VoiceSettings,
        buffer: AudioBuffer | None = None,
        *,
        chime: Chime | None = None,
        patience: float = 0.0,
    ) -> AudioBuffer:
        """Start speaking a text while it is being generated, into a buffer, or into the one that is returned.

        The buffer raises a SpeechError if the service fails, and any error that the text raises. patience is
        how long, in seconds, failures before the first audio are borne; 0 for one retry. Leaving the context
        of the buffer ends the request. Without segments there is neither a request nor audio.
        """
        buffer = buffer or AudioBuffer(self.limits)
        gain = Gain(1.0 if self.has_volume else settings.volume)
        utterance = Utterance(segments, settings, buffer, gain, chime, patience)
        task = self._create_task(self._receive(utterance), f"{self.name} speech")
        self._receiving.add(task)
        task.add_done_callback(self._receiving.discard)
        buffer.receive_in(task)
        return buffer

    async def aclose(self) -> None:
        """End all utterances."""
        for task in list(self._receiving):
            await end(task)

    @property
    def _secrets(self) -> set[str]:
        """Return the secrets, which a service may repeat in its errors."""
        return set()

    async def _receive(self, utterance: Utterance) -> None:
        """Speak a text into the buffer, and record the result in the metrics."""
        metrics = utterance.metrics
        failure: Exception | None = None
        new_request = partial(
            SpeechRequest, self._channels, self._pace, one_segment=self.one_segment_a_request
        )
        try:
            await RequestSequence(utterance, self._recovery, new_request).speak()
        except SpeechError as err:
            bare = without_secrets(err, self._secrets)
            failure = metrics.error = without_text(bare, utterance.segments.texts)
        except Exception as err:
            metrics.error = err
            raise
        finally:
            metrics.total = metrics.elapsed
            _LOGGER.debug("On the wire: %s", metrics.trace)
            self._channels.release()
        if failure:
            raise failure
