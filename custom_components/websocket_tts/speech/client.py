"""Base client of all speech services."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Awaitable, Callable, Mapping
import logging
from typing import TYPE_CHECKING, ClassVar, Unpack

from aiohttp import ClientSession

from .audio.buffer import AudioBuffer
from .audio.chime import Chime
from .channels import ChannelQueue
from .exceptions import SpeechError
from .limits import Limits
from .metrics import SynthesisMetrics
from .models import ConnectionConfig, IssuedToken, Range, Voice, VoiceSettings
from .pace import EnginePace
from .preview import Preview, preview_text
from .recovery import Recovery, Service
from .redaction import without_secrets, without_text
from .request import SpeechRequest
from .sequence import RequestSequence
from .tasks import CreateTask, create_own_task, end
from .text.segments import HARD_LIMIT, TextOptions, TextSegments
from .text.stream import TextStream
from .utterance import Utterance

_LOGGER = logging.getLogger(__name__)


class SpeechClient(Service, ABC):
    """A speech service. It uses the caller's session, and closes its sockets when the utterance ends."""

    name: ClassVar[str]
    """The product name."""
    manufacturer: ClassVar[str]
    default_scheme: ClassVar[str]
    """http or https, for an address without a scheme."""
    default_port: ClassVar[int | None] = None
    """For an http address without a port; None for the default port of the scheme."""
    api_paths: ClassVar[tuple[str, ...]]
    """Paths of the API below the address; removed from addresses that users paste."""
    token_url: ClassVar[str | None] = None
    """Where access tokens are issued for a client ID and secret; None if it takes only tokens."""
    rate_range: ClassVar[Range] = Range(0.33, 3.0)
    volume_range: ClassVar[Range] = Range(0.0, 2.0)
    has_rate: ClassVar[bool] = False
    """Whether the protocol has a parameter for it; otherwise only SSML in the text can set it."""
    has_volume: ClassVar[bool] = False
    """Whether the protocol has a parameter for it; otherwise the samples are scaled."""
    lists_all_voices: ClassVar[bool] = False
    """Whether the voice list is complete."""
    sample_rates: ClassVar[tuple[int, ...]] = ()
    """Sample rates that can be requested, in Hz; empty if the service decides."""
    can_stand_by: ClassVar[bool] = False
    """Whether a connection can be opened before there is any text."""

    one_segment_a_request: ClassVar[bool] = False
    """Whether each text segment is a request of its own."""
    longest_segment: ClassVar[int] = HARD_LIMIT
    """Most characters of several sentences that are requested together; 0 for one at a time."""

    def __init__(
        self,
        session: ClientSession,
        connection: ConnectionConfig,
        quirks: Mapping[str, object] | None = None,
        *,
        limits: Limits | None = None,
        create_task: CreateTask = create_own_task,
        channels: ChannelQueue | None = None,
    ) -> None:
        """Initialize the client with a session, which the caller closes.

        quirks are those that an earlier client has found; create_task starts the tasks that receive audio;
        channels is the queue that all clients with the same host and credentials share.
        """
        self._limits = limits or Limits()
        self._session = session
        self._connection = connection
        self._create_task = create_task
        self._channels = channels or ChannelQueue(self._limits.busy)
        self._recovery = Recovery(self, self._channels, self._limits)
        self._pace = EnginePace(self._limits.first_audio, self.longest_segment)
        self._receiving: set[asyncio.Task[None]] = set()
        self._is_retired = False
        self._restore(quirks or {})

    def _restore(self, quirks: Mapping[str, object]) -> None:
        """Restore quirks that an earlier client has found; unknown and invalid ones are ignored."""
        del quirks

    @property
    def limits(self) -> Limits:
        """The timeouts and size limits."""
        return self._limits

    @property
    def quirks(self) -> Mapping[str, object]:
        """The detected quirks of this server, as JSON, for the next client."""
        return {}

    @property
    def issued(self) -> IssuedToken | None:
        """The access token that was issued, for the ConnectionConfig of the next client."""
        return None

    async def voices(self) -> list[Voice]:
        """Return the voices; empty if the service has none or does not list them.

        Raises a SpeechError.
        """
        return await self._without_secrets_in_errors(self._list_voices())

    async def issue_token(self) -> None:
        """Get an access token if there are a client ID and secret. Raises a SpeechError."""
        await self._without_secrets_in_errors(self._issue_token())

    def can_change_rate(self, voice: str) -> bool:
        """Return whether a voice supports a speaking rate."""
        del voice
        return self.has_rate

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
        metrics: SynthesisMetrics | None = None,
        *,
        lead_in: int = 0,
        lead_out: int = 0,
        chime: Chime | None = None,
        patience: float = 0.0,
    ) -> AudioBuffer:
        """Start speaking a text while it is being generated; return the buffer that receives the audio.

        The buffer raises a SpeechError if the service fails, and any error that the text raises. lead_in and
        lead_out are milliseconds of silence before chime and speech, and after them. patience is how long, in
        seconds, failures before the first audio are borne; 0 for one retry. Leaving the context of the buffer
        ends the request. Without segments there is neither a request nor audio.
        """
        metrics = metrics or SynthesisMetrics()
        buffer = AudioBuffer(self._limits, lead_in, lead_out, metrics=metrics)
        gain = 1.0 if self.has_volume else settings.volume
        utterance = Utterance(segments, settings, metrics, buffer, gain, chime, patience)
        task = self._create_task(self._receive(utterance), f"{self.name} speech")
        self._receiving.add(task)
        task.add_done_callback(self._receiving.discard)
        buffer.receive_in(task)
        return buffer

    def preconnect(self, duration: float | None = None) -> None:
        """Keep a connection ready for the next utterance, for so many seconds; None: for all from now on."""
        del duration

    async def retire(self) -> None:
        """Keep no connection ready any more; what is being said is said to its end."""
        self._is_retired = True

    async def aclose(self) -> None:
        """End all utterances, and close the connection that is kept ready."""
        await self.retire()
        for task in list(self._receiving):
            await end(task)

    async def verify_voice(self, settings: VoiceSettings, language: str | None = None) -> Preview:
        """Speak a few words in the language of the voice, and detect the server's quirks.

        Returns their audio. Raises a SpeechError.
        """
        samples = bytearray()
        async with self.speak(TextSegments(TextStream.of(preview_text(language))), settings) as buffer:
            audio_format = await buffer.format()
            while part := await buffer.next():
                samples += part
        if TYPE_CHECKING:
            # There is text, so there was audio or an error.
            assert audio_format
        return Preview(audio_format, bytes(samples))

    # Utterances.

    async def _receive(self, utterance: Utterance) -> None:
        """Speak a text into the buffer, and record the result in the metrics."""
        metrics = utterance.metrics
        failure: Exception | None = None
        try:
            await RequestSequence(utterance, self._recovery, self._new_request).speak()
        except SpeechError as err:
            failure = metrics.error = without_text(self._without_secrets(err), utterance.segments.texts)
        except Exception as err:
            metrics.error = err
            raise
        finally:
            metrics.total = metrics.elapsed
            _LOGGER.debug("On the wire: %s", metrics.trace)
            self._channels.release()
        if failure:
            raise failure

    def _new_request(
        self, utterance: Utterance, on_progress: Callable[[SpeechRequest], None], after: int | None
    ) -> SpeechRequest:
        return SpeechRequest(
            utterance,
            self._channels.place(),
            self._pace,
            self._limits,
            on_progress,
            one_segment=self.one_segment_a_request,
            after=after,
        )

    @abstractmethod
    async def _list_voices(self) -> list[Voice]:
        """Return the voices, as voices() does; an error may contain secrets."""

    async def _issue_token(self) -> None:
        """Get an access token, as issue_token() does; an error may contain secrets."""
        return

    @property
    def _secrets(self) -> set[str]:
        """Return the secrets, which a service may repeat in its errors."""
        return {self._connection.bare_token, self._connection.client_secret or ""} - {""}

    def _without_secrets(self, err: SpeechError) -> SpeechError:
        return without_secrets(err, self._secrets)

    async def _without_secrets_in_errors[T](self, call: Awaitable[T]) -> T:
        try:
            return await call
        except SpeechError as err:
            error = self._without_secrets(err)
        # Raised here, because within the handler the original error would become its context.
        raise error
