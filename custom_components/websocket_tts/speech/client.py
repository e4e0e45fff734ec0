"""What every speech service can do, and all that is the same for all of them."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import AsyncGenerator, Mapping
from functools import partial
import logging
from typing import ClassVar

from aiohttp import ClientSession

from .admission import Admission, Place
from .audio.buffer import AudioBuffer
from .exceptions import BusyError, SpeechError, TruncatedError
from .limits import Limits
from .metrics import SynthesisMetrics
from .models import ConnectionConfig, IssuedToken, Range, Voice, VoiceSettings
from .pace import EnginePace
from .quirks import ServerQuirks
from .recovery import Recovery, is_transient
from .redaction import without_secrets, without_text
from .request import SpeechRequest, Utterance
from .tasks import CreateTask, create_own_task, end, first_of
from .text.segments import TextSegments

_LOGGER = logging.getLogger(__name__)

TRIAL_TEXT = "Home Assistant"
"""What is spoken to try out a voice."""


class SpeechClient(ABC):
    """A speech service. It opens no session of its own; its sockets end with the utterance."""

    name: ClassVar[str]
    """The product, as people know it."""
    manufacturer: ClassVar[str]
    default_scheme: ClassVar[str]
    """http or https, for an address without one."""
    default_port: ClassVar[int | None] = None
    """For an http address without one; None is the scheme's own."""
    api_paths: ClassVar[tuple[str, ...]]
    """Where the interface begins below the address; cut off what people paste."""
    rate_range: ClassVar[Range] = Range(0.33, 3.0)
    volume_range: ClassVar[Range] = Range(0.0, 2.0)
    has_rate_and_volume: ClassVar[bool] = False
    """Whether the protocol has them as settings; else they can be asked for in the text alone."""
    lists_all_voices: ClassVar[bool] = False
    """Whether a voice that is not listed does not exist."""
    sample_rates: ClassVar[tuple[int, ...]] = ()
    """What can be asked for, in Hz; empty where the service decides."""
    can_stand_by: ClassVar[bool] = False
    """Whether a connection may be made before there is anything to say."""

    one_segment_a_request: ClassVar[bool] = False
    """Whether each segment of a text is a request of its own."""

    def __init__(
        self,
        session: ClientSession,
        connection: ConnectionConfig,
        quirks: Mapping[str, object] | None = None,
        *,
        limits: Limits | None = None,
        create_task: CreateTask | None = None,
    ) -> None:
        """Use a session of the caller's, who also closes it.

        quirks are what an earlier client has found out; create_task starts the tasks that receive.
        """
        self._session = session
        self._connection = connection
        self._quirks = ServerQuirks.restore(quirks or {})
        self._limits = limits or Limits()
        self._create_task = create_task or create_own_task
        self._admission = Admission(self._limits.busy)
        self._pace = EnginePace(self._limits.first_audio)
        self._receiving: set[asyncio.Task[None]] = set()

    @property
    def quirks(self) -> Mapping[str, object]:
        """What was found out about this server, as JSON, to hand to the next client."""
        return self._quirks.store()

    @property
    def issued(self) -> IssuedToken | None:
        """The access token that was fetched, to hand to the next client in its ConnectionConfig."""
        return None

    async def voices(self) -> list[Voice]:
        """Return the voices; empty where the service has none or does not tell.

        Raises a SpeechError.
        """
        try:
            return await self._list_voices()
        except SpeechError as err:
            error = self._without_secrets(err)
        # Not from within: the error as it was would come along as its context.
        raise error

    def can_change_rate_and_volume(self, voice: str) -> bool:
        """Return whether a voice can be asked to speak at another rate or volume."""
        del voice
        return self.has_rate_and_volume

    def reads_ssml(self, voice: str) -> bool:
        """Return whether a voice understands SSML; else it would read its tags out."""
        del voice
        return False

    def segments(
        self, text: AsyncGenerator[str], settings: VoiceSettings, *, language: str = "", clean: bool = False
    ) -> TextSegments:
        """Return a text that is being written, cut into what a voice can be given.

        language is its BCP 47 tag; clean takes Markdown and emoji away.
        """
        return TextSegments(
            text,
            language=language,
            clean=clean,
            reads_ssml=self.reads_ssml(settings.voice),
            sentence_pause=settings.sentence_pause,
            stall_timeout=self._limits.stall,
        )

    def speak(
        self,
        segments: TextSegments,
        settings: VoiceSettings,
        metrics: SynthesisMetrics | None = None,
        *,
        lead_in: int = 0,
        lead_out: int = 0,
    ) -> AudioBuffer:
        """Begin to speak a text, in order, as it becomes known; the audio comes in the buffer.

        The buffer raises a SpeechError where the service fails, and whatever the text raises. It has silence
        of lead_in and lead_out milliseconds around the speech. Leaving its context ends the request. Without
        any segment there is neither a request nor audio.
        """
        buffer = AudioBuffer(self._limits, lead_in, lead_out)
        utterance = Utterance(segments, settings, metrics or SynthesisMetrics(), buffer)
        task = self._create_task(self._receive(utterance), f"{self.name} speech")
        self._receiving.add(task)
        task.add_done_callback(self._receiving.discard)
        buffer.receive_in(task)
        return buffer

    def preconnect(self) -> None:  # noqa: B027 (most protocols have nothing that could stand ready)
        """From now on have a connection ready for the next utterance, where the protocol allows for one."""

    async def idle(self) -> None:
        """Wait until nothing is being spoken."""
        while self._receiving:
            await asyncio.wait(self._receiving)

    async def aclose(self) -> None:
        """End all speech, and what stands ready."""
        for task in list(self._receiving):
            await end(task)

    async def verify_voice(self, settings: VoiceSettings) -> None:
        """Speak a few words to nobody, and learn how this server behaves. Raises a SpeechError."""
        try:
            await self._speak_to_nobody(settings)
        except TruncatedError:
            # Nothing was handed on, and now the service knows better how to ask.
            await self._speak_to_nobody(settings)

    async def _speak_to_nobody(self, settings: VoiceSettings) -> None:
        async with self.speak(TextSegments.of(TRIAL_TEXT), settings) as buffer:
            while await buffer.next():
                pass

    # One utterance.

    async def _receive(self, utterance: Utterance) -> None:
        """Speak a text into the buffer, and note how it went."""
        metrics = utterance.metrics
        failure: Exception | None = None
        try:
            async with utterance.segments:
                await self._speak_segments(utterance)
        except SpeechError as err:
            failure = metrics.error = without_text(self._without_secrets(err), utterance.segments.texts)
        except Exception as err:
            metrics.error = err
            raise
        finally:
            metrics.total = metrics.elapsed
            if _LOGGER.isEnabledFor(logging.DEBUG):
                _LOGGER.debug("On the wire: %s", metrics.trace.entries())
            self._admission.release()
        if failure:
            raise failure

    async def _speak_segments(self, utterance: Utterance) -> None:
        """Make one request after the other; the next begins as soon as the current one is heard."""
        if not await utterance.segments.begun():
            return
        request = self._new_request(utterance)
        request.take_turn()
        try:
            await self._recovering(request)
            while request.following:
                following, task = request.following
                following.take_turn()
                request = following
                await task
        finally:
            if request.following:
                await end(request.following[1])

    def _new_request(self, utterance: Utterance, after: int | None = None) -> SpeechRequest:
        request = SpeechRequest(
            utterance,
            self._quirks,
            self._limits.held,
            one_segment=self.one_segment_a_request,
            after=after,
        )
        request.next_limit = self._pace.next_limit
        request.on_progress = partial(self._begin_following, request)
        return request

    def _begin_following(self, request: SpeechRequest) -> None:
        """Begin the next request ahead: this one has all its text, and is heard."""
        if request.following is None and request.is_heard and request.has_all_text:
            following = self._new_request(request.utterance, request.last_characters)
            request.following = following, asyncio.create_task(self._follow(following))

    async def _follow(self, request: SpeechRequest) -> None:
        if await request.begin_text():
            await self._recovering(request)

    async def _recovering(self, request: SpeechRequest) -> None:
        """Make a request, and make it anew for what may help, as long as nothing of it has been heard."""
        tried: set[Recovery] = set()
        trace = request.utterance.metrics.trace
        trace.privacy.hide(*self._secrets, self._connection.address.host or "")
        with self._admission.place(first=not request.is_first) as place:
            await self._wait_to_ask(request, place)
            request.on_taken = place.leave_soon
            request.on_audio = partial(self._note_first_audio, request, place)
            while True:
                try:
                    await self._request(request)
                except SpeechError as err:
                    trace.failed(type(err).__name__, err.placeholders.get("status"))
                    if request.is_heard:
                        raise
                    failure = err
                else:
                    return
                _LOGGER.debug("Asking once more after %s", type(failure).__name__)
                request.rewind()
                request.utterance.metrics.retries += 1
                if not isinstance(failure, BusyError):
                    await self._recover(failure, request, tried)
                elif request.has_turn:
                    await place.turn(failure)
                else:
                    # The request before it has the channel: it is free when that has ended.
                    await request.turn()

    def _note_first_audio(self, request: SpeechRequest, place: Place) -> None:
        place.leave()
        self._pace.note(request.latency, request.first_characters)

    async def _wait_to_ask(self, request: SpeechRequest, place: Place) -> None:
        """Let those go first who wait for a channel; who is in the middle of speaking has one."""
        if request.is_first:
            # Nobody waits in the line for a text that is still to be written.
            if not self._admission.is_open and await request.begin_text():
                await place.turn()
        elif not self._admission.is_open:
            await first_of(self._admission.opened(), request.turn())

    async def _recover(self, err: SpeechError, request: SpeechRequest, tried: set[Recovery]) -> None:
        """Do what may help against an error; raises it where nothing does."""
        for recovery in self._recoveries(err, request):
            if recovery not in tried:
                tried.add(recovery)
                await self._prepare(recovery, request)
                return
        raise err

    def _recoveries(self, err: SpeechError, request: SpeechRequest) -> list[Recovery]:
        """Return what may help against an error, best first."""
        del request
        return [Recovery.FRESH_CONNECTION] if is_transient(err) else []

    async def _prepare(self, recovery: Recovery, request: SpeechRequest) -> None:
        """Do what a recovery takes before the request is made anew."""
        del recovery, request
        await asyncio.sleep(self._limits.retry_pause)

    @abstractmethod
    async def _list_voices(self) -> list[Voice]:
        """Do what voices() promises; an error may hold a secret."""

    @abstractmethod
    async def _request(self, request: SpeechRequest) -> None:
        """Ask the service once to speak, and feed the audio; an error may hold a secret."""

    @property
    def _secrets(self) -> set[str]:
        """Return what must never be seen, though a service may repeat it in its errors."""
        return {self._connection.bare_token, self._connection.client_secret or ""} - {""}

    def _without_secrets(self, err: SpeechError) -> SpeechError:
        return without_secrets(err, self._secrets)
