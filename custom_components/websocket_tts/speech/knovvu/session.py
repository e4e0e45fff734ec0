"""One utterance on one WebSocket of Knovvu TTS: text goes out while audio comes in."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from time import monotonic

from aiohttp import ClientConnectionError, ClientWebSocketResponse, WSMessage, WSMsgType

from ..audio.pcm import AudioStream, PcmFormat, SampleStream
from ..audio.wav import split_header
from ..exceptions import CannotConnectError, NoAudioError, SpeechTimeoutError, TruncatedError
from ..knovvu.messages import FINALIZE, STOP, AddText, End, Samples, Synthesize, parse
from ..tasks import end
from ..transport.http import BETWEEN_AUDIO_TIMEOUT, FIRST_AUDIO_TIMEOUT
from ..transport.websocket import Deadline, is_normal_close

QUIET_FACTOR = 3.0
MIN_QUIET = 0.5
MAX_QUIET = 5.0
"""Where the service does not say that the speech is over, it is when the socket has been quiet for three
times the longest wait for audio in this request, within these seconds."""
CUT_OFF = 0.02
"""Seconds of audio per letter below which speech that ends has been cut off."""
PLAUSIBLE = 0.035
"""Seconds of audio per letter, at normal rate, below which a quiet socket is waited for longest."""
STOP_TIMEOUT = 0.2
"""Seconds to tell the service that nobody listens any more."""


class KnovvuSession:
    """One request, run once."""

    def __init__(self, socket: ClientWebSocketResponse, request: Synthesize, *, finalize_late: bool) -> None:
        """Prepare a request; finalize_late holds finalize-synthesis back until the audio has gone quiet."""
        self._socket = socket
        self._request = request
        self._finalize_late = finalize_late
        self._deadline = Deadline()
        self._samples = SampleStream(PcmFormat(request.sample_rate))
        self._head: bytes | None = b""
        self._failure: BaseException | None = None
        """Of the text, or of sending it."""
        self._pieces = 0
        self._all_sent = False
        self._finalized = False
        self.spoke_after_finalize = False
        """Whether audio came although finalize-synthesis was out before any."""
        self._ends: Counter[str] = Counter()
        self._unanswered: float | None = None
        """When the oldest text was sent that no audio has followed yet."""
        self._last_audio = 0.0
        self._longest_wait = 0.0

    async def run(self, pieces: AsyncIterator[str]) -> AudioStream:
        """Send the pieces as they come, and yield the format and the samples. Raises a SpeechError."""
        sending = asyncio.create_task(self._send(pieces))
        sending.add_done_callback(self._note_sent)
        try:
            while (message := await self._next_message()) is not None:
                for part in self._take(message):
                    yield part
            self._check_end()
        except GeneratorExit, asyncio.CancelledError:
            with suppress(ClientConnectionError, TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT):
                    await self._socket.send_str(STOP)
            raise
        finally:
            await end(sending)

    async def _send(self, pieces: AsyncIterator[str]) -> None:
        # A connection that breaks is for the receiver, who may have an error message to read before.
        with suppress(ClientConnectionError):
            await self._socket.send_str(self._request.json())
            async for piece in pieces:
                self._pieces += 1
                self._samples.expect(piece)
                if self._unanswered is None:
                    self._unanswered = monotonic()
                self._deadline.move(self._patience)
                await self._socket.send_str(AddText(piece).json())
            self._all_sent = True
            if not self._finalize_late:
                await self._finalize()

    def _note_sent(self, sending: asyncio.Task[None]) -> None:
        self._failure = None if sending.cancelled() else sending.exception()
        self._deadline.move(self._patience)

    async def _finalize(self) -> None:
        self._finalized = True
        self.spoke_after_finalize = not self._samples.seconds
        await self._socket.send_str(FINALIZE)

    @property
    def _patience(self) -> float | None:
        """Return the seconds that the next message may take; None while only the text is waited for."""
        if self._failure or (self._all_sent and not self._pieces):
            return 0.0
        if self._unanswered is not None:
            return BETWEEN_AUDIO_TIMEOUT if self._samples.seconds else FIRST_AUDIO_TIMEOUT
        if not self._all_sent:
            return None
        if self._samples.seconds_per_letter * self._request.rate < PLAUSIBLE:
            return MAX_QUIET
        return min(max(QUIET_FACTOR * self._longest_wait, MIN_QUIET), MAX_QUIET)

    async def _next_message(self) -> WSMessage | None:
        """Return the next message; None when the speech is over."""
        while True:
            try:
                message = await self._deadline.receive(self._socket)
            except TimeoutError:
                if await self._is_over_in_silence():
                    return None
                continue
            if is_normal_close(message):
                if not self._all_sent:
                    raise CannotConnectError(
                        "the service closed the connection before it had the whole text",
                        reason="connection_lost",
                    )
                return None
            if message.type is not WSMsgType.TEXT:
                return message
            event = parse(message.data)
            if isinstance(event, Samples):
                return WSMessage(WSMsgType.BINARY, event.data, None)
            if isinstance(event, End) and self._is_over(event):
                return None

    async def _is_over_in_silence(self) -> bool:
        """Return whether a socket that has been quiet for as long as it may means the end."""
        if self._failure:
            raise self._failure
        if self._unanswered is not None:
            phase = "next" if self._samples.seconds else "first"
            raise SpeechTimeoutError(f"the {phase} audio did not come in time", reason=f"{phase}_audio")
        if self._finalized or not self._pieces:
            return True
        with suppress(ClientConnectionError):
            await self._finalize()
        self._deadline.move(self._patience)
        return False

    def _is_over(self, event: End) -> bool:
        """Return whether the service has said so for all of the text; some say it once for every flush."""
        self._ends[event.name] += 1
        return self._all_sent and (event.final or self._ends[event.name] >= self._pieces)

    def _take(self, message: WSMessage) -> Iterator[PcmFormat | bytes]:
        """Yield the samples of an audio message, and before the first ones their format."""
        data = message.data
        if self._head is not None:
            self._head += data
            if (found := split_header(self._head)) is None:
                return
            audio_format, data = found
            self._head = None
            if audio_format:
                self._samples.audio_format = audio_format
            yield self._samples.audio_format
        if whole := self._samples.add(data):
            now = monotonic()
            self._longest_wait = max(self._longest_wait, now - (self._unanswered or self._last_audio))
            self._unanswered, self._last_audio = None, now
            self._deadline.move(self._patience)
            yield whole

    def _check_end(self) -> None:
        """Raise where the speech ended without audio, or with too little of it."""
        if not self._pieces:
            return
        if not self._samples.seconds:
            raise NoAudioError("the service ended without audio")
        if not self._finalize_late and (
            self._unanswered is not None or self._samples.seconds_per_letter < CUT_OFF
        ):
            raise TruncatedError("the service ended before it had spoken the whole text")
