"""One request on one WebSocket of Knovvu TTS: text is sent while audio is received."""

import asyncio
from collections import Counter
from contextlib import suppress
from time import monotonic

from aiohttp import ClientConnectionError, ClientWebSocketResponse, WSMessage, WSMsgType

from ..audio.pcm import PcmFormat, SampleStream
from ..audio.wav import split_header
from ..exceptions import CannotConnectError, NoAudioError, SpeechTimeoutError, TruncatedError
from ..limits import Limits
from ..pace import VoicePace
from ..request import SpeechRequest
from ..tasks import end
from ..transport.websocket import Deadline, is_normal_close
from .messages import FINALIZE, STOP, AddText, End, Samples, Synthesize, parse

_QUIET_FACTOR = 3.0
"""Silence that ends the audio if the end is not announced, as a multiple of the longest wait so far."""


class KnovvuSession:
    """One attempt at a request."""

    def __init__(
        self, socket: ClientWebSocketResponse, first: Synthesize, request: SpeechRequest, limits: Limits
    ) -> None:
        """Initialize a session that begins with this message."""
        self._socket = socket
        self._first = first
        self._request = request
        self._limits = limits
        self._quirks, self._trace = request.quirks, request.utterance.metrics.trace
        self.pace = VoicePace(self._quirks.pace.get(first.voice), first.rate)
        self._samples = SampleStream(PcmFormat(first.sample_rate), limits)
        self._head: bytes | None = b""
        """The beginning of the audio, until it is known whether it has a WAV header."""
        self._deadline = Deadline()
        self._failure: BaseException | None = None
        """The error of the text, or of sending it."""
        self._segments = 0
        self._all_sent = False
        self._finalized = False
        self._unanswered = False
        """Whether text was sent for which no audio has arrived yet."""
        self._waiting_since = 0.0
        """When the wait for audio began, on the monotonic clock."""
        self._longest_wait = 0.0
        self._ends: Counter[str] = Counter()
        """Number of end messages, by name: some services send one for each flush."""
        self._end_said = self._end_told = False
        """Whether an end message arrived since the last audio; whether the end of all audio was announced."""
        self.ends_each_flush: bool | None = None
        """Whether each end message refers to one flush; None if unknown."""
        self.spoke_after_finalize = False
        """Whether audio arrived after finalize-synthesis was sent before any audio."""
        self.spoke_after_late_finalize = False
        """Whether audio arrived after a late finalize-synthesis, when there seemed to be no more."""
        self.tells_end: bool | None = None
        """Whether the service announced the end of the audio; None if unknown."""

    @property
    def asked_rate(self) -> int:
        """Return the requested sample rate in Hz."""
        return self._first.sample_rate

    @property
    def audio_format(self) -> PcmFormat | None:
        """Return the format of the received audio; None before any."""
        return self._samples.audio_format if self._head is None else None

    @property
    def seconds(self) -> float:
        """Return the duration of the received audio in seconds."""
        return self._samples.seconds

    async def run(self) -> None:
        """Send the text as it arrives, and feed the audio to the request. Raises a SpeechError."""
        with self._deadline:
            await self._run()

    async def _run(self) -> None:
        # Text that is already there is sent without a turn of the event loop.
        sending = asyncio.create_task(self._send(), eager_start=True)
        sending.add_done_callback(self._note_sent)
        try:
            while (data := await self._next_audio()) is not None:
                await self._take(data)
            if self._failure:
                raise self._failure
            self._check_end()
        except asyncio.CancelledError:
            with suppress(ClientConnectionError, TimeoutError):
                async with asyncio.timeout(self._limits.stop):
                    await self._tell(STOP)
            raise
        finally:
            await end(sending)

    # Sending text.

    async def _send(self) -> None:
        # The receiver handles a lost connection, since there may be an error message to read first.
        with suppress(ClientConnectionError):
            await self._tell(self._first.json())
            while (text := await self._request.next_text()) is not None:
                self._segments += 1
                self._samples.expect(text)
                self.pace.expect(text)
                if not self._unanswered:
                    self._unanswered = True
                    self._waiting_since = monotonic()
                self._wait_on()
                await self._tell(AddText(text).json())
                self._request.on_taken()
            self._all_sent = True
            if not self._quirks.finalize_late:
                await self._finalize()

    def _note_sent(self, sending: asyncio.Task[None]) -> None:
        self._failure = None if sending.cancelled() else sending.exception()
        self._wait_on()

    async def _finalize(self) -> None:
        self._finalized = True
        self.spoke_after_finalize = not self.seconds
        await self._tell(FINALIZE)

    async def _tell(self, message: str) -> None:
        self._trace.sent(message)
        await self._socket.send_str(message)

    # Receiving audio.

    async def _next_audio(self) -> bytes | None:
        """Return the next audio; None at the end."""
        while True:
            try:
                message = await self._deadline.receive(self._socket)
                self._trace.received(message)
            except TimeoutError:
                if await self._is_over_in_silence():
                    return None
                continue
            if self._is_closed(message):
                return None
            if message.type is not WSMsgType.TEXT:
                return message.data  # type: ignore[no-any-return]
            event = parse(message.data)
            if isinstance(event, Samples):
                return event.data
            if isinstance(event, End):
                self._note_end(event)

    def _is_closed(self, message: WSMessage) -> bool:
        """Return whether the service closed the connection properly. Raises if it was closed otherwise."""
        try:
            is_closed = is_normal_close(message)
        except CannotConnectError:
            # One that breaks while audio comes may have kept some of it.
            if not self._may_go_on_elsewhere or monotonic() - self._waiting_since < self._quiet:
                raise
            is_closed = True
        if not is_closed:
            return False
        if self._failure:
            return True
        if self._all_sent:
            self.tells_end = not self._quirks.finalize_late or None
        elif self._may_go_on_elsewhere:
            self._request.end_text()
        else:
            raise CannotConnectError(
                "the service closed the connection before it had the whole text", reason="connection_lost"
            )
        return True

    @property
    def _may_go_on_elsewhere(self) -> bool:
        """Return whether all text sent has been spoken: a service may then close an idle connection."""
        return not self._all_sent and bool(self._segments) and not self._is_due

    async def _take(self, data: bytes) -> None:
        """Feed the samples of a message; the format precedes the first ones."""
        if self._head is not None:
            self._head += data
            if (found := split_header(self._head)) is None:
                return
            audio_format, data = found
            self._head = None
            if audio_format:
                self._samples.audio_format = audio_format
            self._request.begin(self._samples.audio_format)
        if whole := self._samples.add(data):
            self._longest_wait = max(self._longest_wait, monotonic() - self._waiting_since)
            self._unanswered = self._end_said = self._end_told = False
            self.spoke_after_late_finalize |= self._finalized and bool(self._quirks.finalize_late)
            await self._request.feed(whole)
            self._waiting_since = monotonic()
            self._wait_on()

    # Detecting the end.

    @property
    def _is_due(self) -> bool:
        """Return whether more audio must arrive for the text sent so far."""
        if not self._segments:
            return False
        return not self.seconds or self._is_unanswered or self.pace.is_cut(self.seconds)

    @property
    def _is_unanswered(self) -> bool:
        """Return whether no audio has arrived for the last text, although it has letters to speak."""
        return self._unanswered and self.pace.letters > 0

    def _wait_on(self) -> None:
        """Restart the wait for the next message."""
        is_due = self._is_due
        self._request.await_text(awaits=not self._all_sent and not is_due)
        self._deadline.move(self._patience(is_due=is_due))

    def _patience(self, *, is_due: bool) -> float | None:
        """Return the seconds to wait for the next message; None while only more text is waited for."""
        if not self._segments and (self._failure or self._all_sent):
            return 0.0
        if is_due:
            return self._limits.between_audio if self.seconds else self._limits.first_audio
        if self._failure:
            # The audio of the text sent before is still passed on.
            return self._limits.min_quiet
        return self._patience_for_the_end if self._all_sent else None

    @property
    def _patience_for_the_end(self) -> float:
        if self._end_told:
            # Some services announce it before the last audio.
            return self._limits.close
        if self._finalized and self._quirks.finalize_late:
            return self._limits.max_quiet
        return self._quiet if self._ends_by_quiet else self._limits.between_audio

    @property
    def _ends_by_quiet(self) -> bool:
        """Return whether silence is the end, because the service does not announce it for the whole text."""
        is_told_once = self._end_said and self._quirks.ends_each_flush is False
        return bool(self._quirks.tells_end is False or self._quirks.finalize_late or is_told_once)

    @property
    def _quiet(self) -> float:
        quiet = _QUIET_FACTOR * self._longest_wait
        return min(max(quiet, self._limits.min_quiet), self._limits.max_quiet)

    async def _is_over_in_silence(self) -> bool:
        """Return whether the audio has ended, now that the wait for a message has timed out."""
        if self._failure:
            raise self._failure
        if self._all_sent and not self._segments:
            return True
        if self._is_due:
            phase = "next" if self.seconds else "first"
            raise SpeechTimeoutError(f"the {phase} audio did not come in time", reason=f"{phase}_audio")
        if self._end_told:
            return True
        if not self._finalized:
            with suppress(ClientConnectionError):
                await self._finalize()
            self._wait_on()
            return False
        if not self._ends_by_quiet:
            self._note_untold_end()
        return True

    def _note_untold_end(self) -> None:
        """Record that the end of all audio was not announced. Raises if the service used to announce it."""
        if self._end_said and self._quirks.ends_each_flush is None:
            self.ends_each_flush = False
            return
        self.tells_end = False
        if self._quirks.tells_end:
            raise SpeechTimeoutError("the end of the speech did not come in time", reason="next_audio")

    def _note_end(self, event: End) -> None:
        """Record an end message; some services send one for every flush."""
        self._ends[event.name] += 1
        self._end_said = True
        if self._segments > 1 and (not self._all_sent or self._ends[event.name] > 1):
            self.ends_each_flush = True
        if self._all_sent and self._ends[event.name] >= self._segments and not self._is_due:
            self._end_told = self.tells_end = True
        self._wait_on()

    def _check_end(self) -> None:
        """Raise an error if there was no audio, or too little."""
        if not self._segments:
            return
        if not self.seconds:
            raise NoAudioError("the service ended without audio")
        if self._is_unanswered or self.pace.is_cut_off(self.seconds):
            raise TruncatedError("the service ended before it had spoken the whole text")
