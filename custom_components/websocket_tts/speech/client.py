"""Base client of all speech services."""

from abc import abstractmethod
import asyncio
from collections.abc import Mapping
from functools import partial
import logging
from typing import TYPE_CHECKING, ClassVar, Unpack

from aiohttp import ClientSession

from .audio.buffer import AudioBuffer
from .audio.chime import Chime
from .exceptions import SpeechError
from .limits import Limits
from .metrics import SynthesisMetrics
from .models import ConnectionConfig, IssuedToken, Range, Voice, VoiceSettings
from .quirks import ServerQuirks
from .recovery import RecoveringClient
from .redaction import without_secrets, without_text
from .request import SpeechRequest, Utterance
from .tasks import CreateTask, create_own_task, end
from .text.segments import TextOptions, TextSegments
from .text.stream import TextStream
from .trial import SpokenTrial, trial_text

_LOGGER = logging.getLogger(__name__)


class SpeechClient(RecoveringClient):
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

    def __init__(
        self,
        session: ClientSession,
        connection: ConnectionConfig,
        quirks: Mapping[str, object] | None = None,
        *,
        limits: Limits | None = None,
        create_task: CreateTask | None = None,
    ) -> None:
        """Initialize the client with a session, which the caller closes.

        quirks are those that an earlier client stored; create_task starts the tasks that receive audio.
        """
        super().__init__(limits or Limits())
        self._session = session
        self._connection = connection
        self._quirks = ServerQuirks.restore(quirks or {})
        self._create_task = create_task or create_own_task
        self._receiving: set[asyncio.Task[None]] = set()

    @property
    def quirks(self) -> Mapping[str, object]:
        """The detected quirks of this server, as JSON, for the next client."""
        return self._quirks.store()

    @property
    def issued(self) -> IssuedToken | None:
        """The access token that was issued, for the ConnectionConfig of the next client."""
        return None

    async def voices(self) -> list[Voice]:
        """Return the voices; empty if the service has none or does not list them.

        Raises a SpeechError.
        """
        try:
            return await self._list_voices()
        except SpeechError as err:
            error = self._without_secrets(err)
        # Raised here, because within the handler the original error would become its context.
        raise error

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
    ) -> AudioBuffer:
        """Start speaking a text while it is being generated; return the buffer that receives the audio.

        The buffer raises a SpeechError if the service fails, and any error that the text raises. lead_in and
        lead_out are milliseconds of silence before chime and speech, and after them. Leaving the context of
        the buffer ends the request. Without segments there is neither a request nor audio.
        """
        buffer = AudioBuffer(self._limits, lead_in, lead_out)
        gain = 1.0 if self.has_volume else settings.volume
        utterance = Utterance(segments, settings, metrics or SynthesisMetrics(), buffer, gain, chime)
        task = self._create_task(self._receive(utterance), f"{self.name} speech")
        self._receiving.add(task)
        task.add_done_callback(self._receiving.discard)
        buffer.receive_in(task)
        return buffer

    def preconnect(self, duration: float | None = None) -> None:
        """Keep a connection ready for the next utterance, for so many seconds; None: for all from now on."""

    async def disconnect(self) -> None:
        """Close the connection that is kept ready: it may occupy a channel that others need."""

    async def idle(self) -> None:
        """Wait until nothing is being spoken, and hold no channel of the service then."""
        while self._receiving:
            await asyncio.wait(self._receiving)
        await self.disconnect()

    async def aclose(self) -> None:
        """End all utterances, and close the connection that is kept ready."""
        for task in list(self._receiving):
            await end(task)

    async def verify_voice(self, settings: VoiceSettings, language: str | None = None) -> SpokenTrial:
        """Speak a few words in the language of the voice, and detect the server's quirks.

        Returns their audio. Raises a SpeechError.
        """
        samples = bytearray()
        async with self.speak(TextSegments(TextStream.of(trial_text(language))), settings) as buffer:
            audio_format = await buffer.format()
            while part := await buffer.next():
                samples += part
        if TYPE_CHECKING:
            # There is text, so there was audio or an error.
            assert audio_format
        return SpokenTrial(audio_format, bytes(samples))

    # Utterances.

    async def _receive(self, utterance: Utterance) -> None:
        """Speak a text into the buffer, and record the result in the metrics."""
        metrics = utterance.metrics
        failure: Exception | None = None
        try:
            await self._speak_segments(utterance)
        except SpeechError as err:
            failure = metrics.error = without_text(self._without_secrets(err), utterance.segments.texts)
        except Exception as err:
            metrics.error = err
            raise
        finally:
            metrics.total = metrics.elapsed
            _LOGGER.debug("On the wire: %s", metrics.trace)
            self._admission.release()
        if failure:
            raise failure

    async def _speak_segments(self, utterance: Utterance) -> None:
        """Make the requests in order; the next one begins as soon as the current one has audio."""
        if not await utterance.segments.begun():
            return
        request = self._new_request(utterance)
        # Without a chime it takes its turn at once.
        opening = asyncio.create_task(request.take_first_turn(), eager_start=True)
        try:
            await self._recovering(request)
            await opening
            while request.following:
                following, task = request.following
                following.take_turn()
                request = following
                await task
        finally:
            if not opening.done():
                await end(opening)
            if request.following:
                await end(request.following[1])

    def _new_request(self, utterance: Utterance, after: int | None = None) -> SpeechRequest:
        utterance.metrics.trace.privacy.hide(*self._secrets, self._connection.address.host or "")
        request = SpeechRequest(
            utterance,
            self._quirks,
            self._limits.held,
            one_segment=self.one_segment_a_request,
            after=after,
        )
        request.next_limit = partial(self._pace.next_limit, rate=utterance.settings.rate)
        request.on_progress = partial(self._begin_following, request)
        return request

    def _begin_following(self, request: SpeechRequest) -> None:
        """Start the next request ahead of time once this one has all its text and its first audio."""
        is_due = request.is_heard and request.has_all_text and not request.utterance.has_ended
        if is_due and request.following is None:
            following = self._new_request(request.utterance, request.last_characters)
            request.following = following, asyncio.create_task(self._follow(following))

    async def _follow(self, request: SpeechRequest) -> None:
        if await request.begin_text():
            await self._recovering(request)

    @abstractmethod
    async def _list_voices(self) -> list[Voice]:
        """Return the voices, as voices() does; an error may contain secrets."""

    @property
    def _secrets(self) -> set[str]:
        """Return the secrets, which a service may repeat in its errors."""
        return {self._connection.bare_token, self._connection.client_secret or ""} - {""}

    def _without_secrets(self, err: SpeechError) -> SpeechError:
        return without_secrets(err, self._secrets)
