"""A request to a service: the text that it takes, and the audio that it returns."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from .audio.buffer import AudioBuffer
from .audio.chime import Chime, ring
from .audio.gain import scale
from .audio.pcm import PcmFormat
from .audio.splice import Splice
from .metrics import SynthesisMetrics
from .models import VoiceSettings
from .quirks import ServerQuirks
from .text.segments import HARD_LIMIT, Segment, TextSegments

_UNTIL_PASSED_ON = 2
"""Iterations of the event loop: the listener takes the audio in the first, and sends it in the second."""


@dataclass(slots=True)
class Utterance:
    """A text to speak, its settings, and the buffer for its audio."""

    segments: TextSegments
    settings: VoiceSettings
    metrics: SynthesisMetrics
    buffer: AudioBuffer
    gain: float = 1.0
    """Factor for the samples of the service."""
    chime: Chime | None = None
    """Chime before the speech."""
    set_aside: Segment | None = None
    """A segment that has been taken but belongs to the next request."""

    @property
    def has_ended(self) -> bool:
        """Return whether all of its text has been taken, and no error of the text is to be raised."""
        return self.set_aside is None and self.segments.has_ended

    async def next_segment(self, limit: int) -> Segment | None:
        """Wait for the next segment; None at the end of the text."""
        segment, self.set_aside = self.set_aside, None
        return segment or await self.segments.next(limit)


class SpeechRequest:
    """A request that can be retried; audio that was passed on to the listener is not passed on again.

    Until its turn comes, its audio is held back, because the previous request is still being spoken.
    """

    def __init__(
        self,
        utterance: Utterance,
        quirks: ServerQuirks,
        max_held: int,
        *,
        one_segment: bool,
        after: int | None = None,
    ) -> None:
        """Initialize a request for one segment, or for all segments up to one with a pause before it.

        after is the number of characters of the previous segment; None for the first request of an utterance.
        """
        self.utterance = utterance
        self._after = after
        self.following: tuple[SpeechRequest, asyncio.Task[None]] | None = None
        """The next request, which is made ahead of time."""
        self.quirks = quirks
        """The assumed quirks of the server; a retry may assume others."""
        self.token = ""
        """The access token of the current attempt."""
        self._max_held = max_held
        self._one_segment = one_segment
        self._segments: list[Segment] = []
        self._position = 0
        self._has_all_text = False
        self.next_limit: Callable[[int], int] = lambda _: HARD_LIMIT
        """Returns the limit of a segment in characters, given the characters of the previous one."""
        self.on_taken: Callable[[], None] = lambda: None
        """Called when the service has accepted the request, as far as that is known before audio arrives."""
        self.on_audio: Callable[[], None] = lambda: None
        """Called when the first audio arrives."""
        self.on_progress: Callable[[], None] = lambda: None
        """Called when the first audio is passed on, and whenever text was taken or has ended."""
        self._turn = asyncio.Event()
        self._format: PcmFormat | None = None
        self._splice: Splice | None = None
        self._held: list[bytes] = []
        self._awaits_text = False
        self.is_heard = False
        self._text_at: float | None = None
        """When the first text was taken."""
        self._audio_at: float | None = None
        """When the first audio arrived."""

    # The text.

    async def next_text(self) -> str | None:
        """Wait for the next text of this request; None if there is no more."""
        if self._position == len(self._segments) and not self._has_all_text:
            await self._take_segment()
        if self._position == len(self._segments):
            return None
        self._position += 1
        self._text_at = self._text_at or monotonic()
        return self._segments[self._position - 1].text

    async def begin_text(self) -> bool:
        """Wait for the first segment; return whether there is one."""
        if not self._segments and not self._has_all_text:
            await self._take_segment()
        return bool(self._segments)

    async def _take_segment(self) -> None:
        is_first = not self._segments
        if is_first:
            self.await_text(awaits=True)
        before = self.last_characters
        limit = HARD_LIMIT if before is None else self.next_limit(before)
        segment = await self.utterance.next_segment(limit)
        if is_first:
            self.await_text(awaits=False)
        if segment and segment.pause and self._segments:
            self.utterance.set_aside = segment
        elif segment:
            self._segments.append(segment)
        self._has_all_text = segment is None or self._one_segment or self.utterance.set_aside is not None
        self.on_progress()

    def end_text(self) -> None:
        """Take no more text: the rest belongs to the next request."""
        self._has_all_text = True
        self.on_progress()

    @property
    def is_first(self) -> bool:
        """Return whether this is the first request of the utterance."""
        return self._after is None

    @property
    def last_characters(self) -> int | None:
        """Return the number of characters of the latest segment, including that of the previous request."""
        return len(self._segments[-1].text) if self._segments else self._after

    @property
    def has_all_text(self) -> bool:
        """Return whether the request takes no more segments."""
        return self._has_all_text

    @property
    def first_characters(self) -> int:
        """Return the number of characters of the first segment."""
        return len(self._segments[0].text) if self._segments else 0

    @property
    def latency(self) -> float:
        """Return the seconds from the first text to the first audio."""
        return self._audio_at - self._text_at if self._audio_at and self._text_at else 0.0

    # The audio.

    def await_text(self, *, awaits: bool) -> None:
        """Record whether all audio for the text sent so far has arrived."""
        self._awaits_text = awaits
        if not self.is_ahead:
            self.utterance.buffer.awaits_text = awaits

    @property
    def has_audio(self) -> bool:
        """Return whether any audio has arrived in this attempt."""
        return self._audio_at is not None

    @property
    def has_turn(self) -> bool:
        """Return whether the audio is passed on to the listener."""
        return self._turn.is_set()

    @property
    def is_ahead(self) -> bool:
        """Return whether the request was made while another one is still being spoken."""
        return not (self.has_turn or self.is_first)

    async def turn(self) -> None:
        """Wait until all audio of the previous requests has arrived."""
        await self._turn.wait()

    async def take_first_turn(self) -> None:
        """Pass the audio on to the listener from now on; before it the chime, if there is anything to say."""
        utterance = self.utterance
        try:
            if utterance.chime and await utterance.segments.has_words():
                await ring(utterance.chime, utterance.buffer, utterance.settings.volume)
        finally:
            self.take_turn()

    def take_turn(self) -> None:
        """Pass the audio on to the listener from now on. Raises ProtocolError if the sample rate changes."""
        self._turn.set()
        self.utterance.buffer.awaits_text = self._awaits_text
        if self._format:
            self.utterance.buffer.begin(self._format)
        held, self._held = self._held, []
        for samples in held:
            self._hand_on(samples)
        self.on_progress()

    def begin(self, audio_format: PcmFormat) -> None:
        """Set the format of the audio. Raises ProtocolError if the listener was told another one."""
        self._format = audio_format
        self._splice = self._splice or Splice(audio_format)
        if not self.is_ahead:
            self.utterance.buffer.begin(audio_format)

    async def feed(self, samples: bytes) -> None:
        """Take whole samples; wait while too much audio is held for the listener."""
        samples = scale(samples, self.utterance.gain)
        is_first = self._audio_at is None
        self._audio_at = self._audio_at or monotonic()
        if self.has_turn:
            self._hand_on(samples)
        else:
            self._held.append(samples)
        if is_first:
            # Let the listener have the first audio, and pass it on, before anything else is done.
            for _ in range(_UNTIL_PASSED_ON):
                await asyncio.sleep(0)
            self.on_audio()
            self.on_progress()
        if not self.has_turn and sum(map(len, self._held)) > self._max_held:
            await self.turn()
        if self.utterance.buffer.is_full:
            await self.utterance.buffer.room()

    def _hand_on(self, samples: bytes) -> None:
        if self._splice:
            samples = self._splice.add(samples)
        if samples:
            self._put(samples)

    def _put(self, samples: bytes) -> None:
        utterance = self.utterance
        if not self.is_heard:
            self.is_heard = True
            pause = self._segments[0].pause if self._segments else 0
            if pause and self._format:
                utterance.buffer.put(self._format.silence(pause))
        utterance.buffer.put(samples)
        if self._format:
            utterance.metrics.note_audio(self._format.seconds(len(samples)))

    def finish(self) -> None:
        """Pass on the last audio. Raises TruncatedError if it is less than in an earlier attempt."""
        if self._splice and (rest := self._splice.finish()):
            self._put(rest)

    def rewind(self) -> None:
        """Drop the audio that was not passed on, and start over with the text."""
        self._position = 0
        self._held.clear()
        self._text_at = self._audio_at = None
        if self._splice:
            self._splice.restart()
