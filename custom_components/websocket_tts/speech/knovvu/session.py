"""One attempt at a request on one WebSocket of Knovvu TTS: text is sent while audio is received."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from aiohttp import ClientConnectionError, ClientWebSocketResponse, WSMessage, WSMsgType
import orjson

from ..audio.pcm import PcmFormat
from ..audio.samples import SampleStream
from ..exceptions import CannotConnectError, SpeechError, StaleConnectionError
from ..limits import Limits
from ..request import SpeechRequest
from ..tasks import end
from ..transport.http import parse_json
from ..transport.websocket import Deadline, is_normal_close
from .end_of_speech import EndOfSpeech, State, Step
from .messages import FINALIZE, STOP, Message, add_text, parse, synthesize


class KnovvuSession:
    """Sends the text of a request as it arrives, and feeds the audio to it."""

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        request: SpeechRequest,
        authorization: str,
        limits: Limits,
        end_of_speech: EndOfSpeech,
        *,
        was_kept: bool,
    ) -> None:
        """Initialize a session, perhaps on a connection that was kept ready."""
        self._socket = socket
        self._request = request
        self._settings = request.utterance.settings
        self._authorization = authorization
        self._limits = limits
        self._end = end_of_speech
        self._trace = request.utterance.metrics.trace
        self.samples = SampleStream(PcmFormat(self._settings.sample_rate), limits)
        """The samples that have been received."""
        self._deadline = Deadline()
        self._state = State.IDLE
        self._is_unproven = was_kept
        """Whether nothing has been received on a connection that may have died unnoticed."""
        self._failure: BaseException | None = None
        """The error of the text, or of sending it."""

    async def run(self) -> None:
        """Send the text, and feed the audio. Raises a SpeechError."""
        # Text that is already there is sent without a turn of the event loop.
        sending = asyncio.create_task(self._send(), eager_start=True)
        sending.add_done_callback(self._note_sent)
        try:
            await self._receive()
            if self._failure:
                raise self._failure
        except asyncio.CancelledError:
            with suppress(ClientConnectionError, TimeoutError):
                async with asyncio.timeout(self._limits.stop):
                    await self._tell(STOP)
            raise
        finally:
            self._deadline.close()
            await end(sending)

    # Sending text.

    async def _send(self) -> None:
        # The receiver handles a lost connection, since there may be an error message to read first.
        with suppress(ClientConnectionError):
            if self._is_unproven:
                await self._socket.ping()
            if await self._request.begin_text():
                settings = replace(self._settings, voice=self._request.voice)
                await self._tell(synthesize(settings, self._authorization))
            while (text := await self._request.next_text()) is not None:
                self.samples.expect(text)
                self._end.note_text(text, monotonic())
                self._wait_on()
                await self._tell(add_text(text))
                self._request.place.leave_soon()
            self._end.note_all_text()
            if not self._end.finalizes_late:
                await self._finalize()

    def _note_sent(self, sending: asyncio.Task[None]) -> None:
        if not sending.cancelled() and (failure := sending.exception()):
            self._failure = failure
            self._end.note_all_text(has_failed=True)
        self._wait_on()

    async def _finalize(self) -> None:
        self._end.note_finalized()
        await self._tell(FINALIZE)

    async def _tell(self, message: Message) -> None:
        text = orjson.dumps(message).decode()
        self._trace.sent(message, len(text))
        await self._socket.send_str(text)

    # Receiving audio.

    async def _receive(self) -> None:
        """Feed the audio until its end."""
        while True:
            try:
                message = await self._deadline.receive(self._socket)
            except TimeoutError:
                if await self._is_over_in_silence():
                    return
                continue
            said = parse_json(message.data) if message.type is WSMsgType.TEXT else None
            self._trace.received(message, said)
            if self._is_unproven:
                self._is_unproven = False
                self._wait_on()
            event = self._read(message, said)
            if event is None:
                return
            if isinstance(event, str):
                self._end.note_end(event)
                self._wait_on()
            elif message.type is not WSMsgType.PONG:
                await self._take(event)

    def _read(self, message: WSMessage, said: object) -> bytes | str | None:
        """Return the audio of a message, or the name of an end message; None if the session has ended."""
        failure: SpeechError | None = None
        try:
            if not is_normal_close(message):
                return parse(said) if message.type is WSMsgType.TEXT else message.data
        except SpeechError as err:
            failure = err
        self._end_session(failure)
        return None

    def _end_session(self, failure: SpeechError | None) -> None:
        """Take the end of the session, with an error or without. Raises it unless it costs nothing."""
        now = monotonic()
        step = self._end.closed(now, is_proper=failure is None)
        if step is Step.ELSEWHERE:
            self._request.end_text()
        elif step is Step.FAILED:
            if self._end.is_idle(now):
                raise StaleConnectionError("the service ended an idle session", reason="connection_lost")
            raise failure or CannotConnectError(
                "the service closed the connection before it had the whole text", reason="connection_lost"
            )

    async def _take(self, data: bytes) -> None:
        """Feed the samples of a message; the format precedes the first ones."""
        if (whole := self.samples.add(data)) is None:
            return
        if whole:
            self._end.note_audio(self.samples.seconds, monotonic())
        had_to_wait = await self._request.feed(whole, self.samples.audio_format)
        if had_to_wait:
            self._end.note_passed_on(monotonic())
        has_progress = whole and self._deadline.has_progress(self.samples.seconds)
        # After too little audio in the same state no longer than before.
        if has_progress or had_to_wait or self._end.state is not self._state:
            self._wait_on()

    # Waiting.

    def _wait_on(self) -> None:
        """Wait for the next message, from now on."""
        self._state = self._end.state
        self._request.await_(text=self._state is not State.DUE)
        patience = self._end.patience
        if self._is_unproven:
            patience = min(self._limits.ping, patience or self._limits.ping)
        self._deadline.move(patience)

    async def _is_over_in_silence(self) -> bool:
        """Return whether the audio has ended, now that the wait for a message has timed out."""
        if self._is_unproven:
            raise StaleConnectionError("the connection that was kept ready is dead", reason="connection_lost")
        if self._failure:
            raise self._failure
        if self._end.silent() is not Step.FINALIZE:
            return True
        with suppress(ClientConnectionError):
            await self._finalize()
        self._wait_on()
        return False
