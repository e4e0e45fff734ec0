"""Base client of all speech services."""

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
"""The text that a voice is tested with."""


class SpeechClient(ABC):
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
    has_rate_and_volume: ClassVar[bool] = False
    """Whether the protocol has parameters for them; otherwise only SSML in the text can set them."""
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

    def can_change_rate_and_volume(self, voice: str) -> bool:
        """Return whether a voice supports rate and volume."""
        del voice
        return self.has_rate_and_volume

    def reads_ssml(self, voice: str) -> bool:
        """Return whether a voice supports SSML; otherwise it would read the tags aloud."""
        del voice
        return False

    def segments(
        self, text: AsyncGenerator[str], settings: VoiceSettings, *, language: str = "", clean: bool = False
    ) -> TextSegments:
        """Return the segments of a text that is still being generated.

        language is its BCP 47 tag; clean removes Markdown and emoji.
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
        """Start speaking a text while it is being generated; return the buffer that receives the audio.

        The buffer raises a SpeechError if the service fails, and any error that the text raises. lead_in and
        lead_out are milliseconds of silence before and after the speech. Leaving the context of the buffer
        ends the request. Without segments there is neither a request nor audio.
        """
        buffer = AudioBuffer(self._limits, lead_in, lead_out)
        utterance = Utterance(segments, settings, metrics or SynthesisMetrics(), buffer)
        task = self._create_task(self._receive(utterance), f"{self.name} speech")
        self._receiving.add(task)
        task.add_done_callback(self._receiving.discard)
        buffer.receive_in(task)
        return buffer

    def preconnect(self) -> None:  # noqa: B027 (optional: most protocols have no such connection)
        """Keep a connection ready for the next utterance from now on, if the protocol supports it."""

    async def idle(self) -> None:
        """Wait until nothing is being spoken."""
        while self._receiving:
            await asyncio.wait(self._receiving)

    async def aclose(self) -> None:
        """End all utterances, and close the connection that is kept ready."""
        for task in list(self._receiving):
            await end(task)

    async def verify_voice(self, settings: VoiceSettings) -> None:
        """Speak a few words, discard the audio, and detect the server's quirks. Raises a SpeechError."""
        try:
            await self._speak_to_nobody(settings)
        except TruncatedError:
            # No audio was passed on, and the client has now learned how to ask this server.
            await self._speak_to_nobody(settings)

    async def _speak_to_nobody(self, settings: VoiceSettings) -> None:
        async with self.speak(TextSegments.of(TRIAL_TEXT), settings) as buffer:
            while await buffer.next():
                pass

    # Utterances.

    async def _receive(self, utterance: Utterance) -> None:
        """Speak a text into the buffer, and record the result in the metrics."""
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
        """Make the requests in order; the next one begins as soon as the current one has audio."""
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
        """Start the next request ahead of time once this one has all its text and its first audio."""
        if request.following is None and request.is_heard and request.has_all_text:
            following = self._new_request(request.utterance, request.last_characters)
            request.following = following, asyncio.create_task(self._follow(following))

    async def _follow(self, request: SpeechRequest) -> None:
        if await request.begin_text():
            await self._recovering(request)

    async def _recovering(self, request: SpeechRequest) -> None:
        """Make a request, and retry it with recoveries as long as none of its audio has been passed on."""
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
                _LOGGER.debug("Retrying after %s", type(failure).__name__)
                request.rewind()
                request.utterance.metrics.retries += 1
                if not isinstance(failure, BusyError):
                    await self._recover(failure, request, tried)
                elif request.has_turn:
                    await place.turn(failure)
                else:
                    # The previous request holds the channel, which is free when that request has ended.
                    await request.turn()

    def _note_first_audio(self, request: SpeechRequest, place: Place) -> None:
        place.leave()
        self._pace.note(request.latency, request.first_characters)

    async def _wait_to_ask(self, request: SpeechRequest, place: Place) -> None:
        """Wait behind the requests that queue for a channel, unless this utterance already has one."""
        if request.is_first:
            # A request joins the queue only when it has text.
            if not self._admission.is_open and await request.begin_text():
                await place.turn()
        elif not self._admission.is_open:
            await first_of(self._admission.opened(), request.turn())

    async def _recover(self, err: SpeechError, request: SpeechRequest, tried: set[Recovery]) -> None:
        """Prepare the next recovery for an error; raise the error if there is none."""
        for recovery in self._recoveries(err, request):
            if recovery not in tried:
                tried.add(recovery)
                await self._prepare(recovery, request)
                return
        raise err

    def _recoveries(self, err: SpeechError, request: SpeechRequest) -> list[Recovery]:
        """Return the recoveries for an error, best first."""
        del request
        return [Recovery.FRESH_CONNECTION] if is_transient(err) else []

    async def _prepare(self, recovery: Recovery, request: SpeechRequest) -> None:
        """Prepare a recovery before the request is retried."""
        del recovery, request
        await asyncio.sleep(self._limits.retry_pause)

    @abstractmethod
    async def _list_voices(self) -> list[Voice]:
        """Return the voices, as voices() does; an error may contain secrets."""

    @abstractmethod
    async def _request(self, request: SpeechRequest) -> None:
        """Make one attempt at a request, and feed its audio; an error may contain secrets."""

    @property
    def _secrets(self) -> set[str]:
        """Return the secrets, which a service may repeat in its errors."""
        return {self._connection.bare_token, self._connection.client_secret or ""} - {""}

    def _without_secrets(self, err: SpeechError) -> SpeechError:
        return without_secrets(err, self._secrets)
