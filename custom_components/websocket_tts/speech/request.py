"""A request to a service: the text that it takes, and the audio that it returns."""

import asyncio
from collections.abc import Callable
from enum import Enum
from time import monotonic

from .audio.chime import ring
from .audio.pcm import PcmFormat
from .audio.splice import Splice, tolerance
from .channels import ChannelQueue, Place
from .exceptions import Doubt
from .pace import EnginePace, least_seconds, letters, typical_seconds
from .text.segments import HARD_LIMIT, Segment
from .utterance import Utterance


class SpeechRequest:
    """A request that can be made again; audio that was received is not passed on again.

    Until its turn comes, its audio is held back, because the previous request is still being spoken.
    """

    def __init__(
        self,
        channels: ChannelQueue,
        pace: EnginePace,
        utterance: Utterance,
        on_progress: Callable[[SpeechRequest], None],
        after: int | None = None,
        *,
        one_segment: bool,
    ) -> None:
        """Initialize a request for one segment, or for all segments up to one with a pause before it.

        on_progress is called when the first audio is passed on, and whenever text was taken or has ended.
        after is the number of characters of the previous segment; None for the first request of an utterance.
        """
        self.utterance = utterance
        self.place = Place(channels)
        self.voice = utterance.settings.voice
        """ID of the voice that speaks its text, once the first of it is known."""
        self.token = ""
        """The access token of this attempt."""
        self.remedies: set[Enum] = set()
        """What the service has changed since an attempt failed; each is tried once."""
        self.doubted: Doubt | None = None
        """Why the text is asked for once more, if its end looked wrong."""
        self._seconds_before = 0.0
        """Seconds of audio that had been received then."""
        self._pace = pace
        self._on_progress = on_progress
        self._one_segment = one_segment
        self._after = after
        self.is_first = after is None
        """Whether this is the first request of the utterance."""
        self._segments: list[Segment] = []
        self._position = 0
        self.has_all_text = False
        """Whether the request takes no more segments."""
        self._turn = asyncio.Event()
        self._splice: Splice | None = None
        """The audio of all attempts; None until its format is known."""
        self._held = bytearray()
        self._awaits_text = False
        self.is_passed_on = False
        """Whether any audio was passed on to the listener."""
        self._has_left_heard = False
        self._text_at: float | None = None
        """When the first text was taken."""
        self.text_error: Exception | None = None
        """What the text has raised, if anything."""

    # The text.

    async def next_text(self) -> str | None:
        """Wait for the next text of this request; None if there is no more."""
        if self._position == len(self._segments) and not self.has_all_text:
            await self._take_segment()
        if self._position == len(self._segments):
            return None
        self._position += 1
        self._text_at = self._text_at or monotonic()
        return self._segments[self._position - 1].text

    async def begin_text(self) -> bool:
        """Wait for the first segment; return whether there is one."""
        if not self._segments and not self.has_all_text:
            await self._take_segment()
        return bool(self._segments)

    async def _take_segment(self) -> None:
        is_first = not self._segments
        if is_first:
            self.await_(text=True)
        before = self.last_characters
        rate = self.utterance.settings.rate
        limit = HARD_LIMIT if before is None else self._pace.next_limit(before, rate)
        segment, self.utterance.set_aside = self.utterance.set_aside, None
        try:
            segment = segment or await self.utterance.segments.next(limit)
        except Exception as err:
            self.text_error = err
            raise
        if is_first:
            self.await_(text=False)
        if segment and self._segments and (segment.pause or segment.voice != self._segments[0].voice):
            self.utterance.set_aside = segment
        elif segment:
            self._segments.append(segment)
            self.voice = segment.voice or self.voice
        self.has_all_text = segment is None or self._one_segment or self.utterance.set_aside is not None
        self._on_progress(self)

    def end_text(self) -> None:
        """Take no more text: the rest belongs to the next request."""
        self.has_all_text = True
        self._on_progress(self)

    def take_usual_voice(self) -> bool:
        """Let the usual voice speak a passage of which there is no audio; return False if it does already."""
        before, self.voice = self.voice, self.utterance.settings.voice
        return self.voice != before

    @property
    def is_one_segment(self) -> bool:
        """Return whether the request is for one segment, and no other."""
        return self.has_all_text and len(self._segments) == 1

    @property
    def last_characters(self) -> int | None:
        """Return the number of characters of the latest segment, including that of the previous request."""
        return len(self._segments[-1].text) if self._segments else self._after

    # The audio.

    def await_(self, *, text: bool) -> None:
        """Note whether more text is waited for, or audio."""
        self._awaits_text = text
        if not self.is_ahead:
            self.utterance.buffer.awaits_text = text

    @property
    def received(self) -> float:
        """Return the seconds of audio that have arrived in this attempt."""
        return self._splice.received if self._splice else 0.0

    @property
    def seconds(self) -> float:
        """Return the seconds of audio that have been received in all attempts, each part once."""
        return self._splice.seconds if self._splice else 0.0

    def doubt(self, reason: Doubt) -> None:
        """Have the text asked for once more, to see whether there is more audio."""
        self.doubted, self._seconds_before = reason, self.seconds

    @property
    def has_more(self) -> bool:
        """Return whether there was more audio than before its end was doubted."""
        return self.seconds - self._seconds_before > tolerance(self._seconds_before)

    @property
    def is_behind(self) -> bool:
        """Return whether this attempt has not come as far as an earlier one."""
        return self.received < self.seconds - tolerance(self.seconds)

    @property
    def may_be_all(self) -> bool:
        """Return whether nothing is known to be missing in this attempt."""
        return self.received > 0 and self.has_all_text and not self.is_behind and self.flaw is None

    def leave_heard(self) -> bool:
        """Give up the segments of which something was heard, as far as that can be told, once.

        Returns whether any others are left, which are then asked for by themselves.
        """
        if self._has_left_heard:
            return False
        self._has_left_heard = True
        begun, heard = 0.0, self.seconds
        for index, segment in enumerate(self._segments):
            if index and begun >= heard:
                del self._segments[:index]
                self._splice = self._splice and Splice(self._splice.audio_format)
                return True
            begun += typical_seconds(segment.text, self.utterance.settings.rate)
        return False

    @property
    def flaw(self) -> Doubt | None:
        """Return what is wrong with the amount of audio of this attempt, if it has ended."""
        spoken = sum(letters(segment.text) for segment in self._segments[: self._position])
        if not spoken:
            return None
        if not self.received:
            return Doubt.NO_AUDIO
        return Doubt.SHORT if self.received < least_seconds(spoken, self.utterance.settings.rate) else None

    @property
    def is_ahead(self) -> bool:
        """Return whether the request was made while another one is still being spoken."""
        return not (self._turn.is_set() or self.is_first)

    async def turn(self) -> None:
        """Wait until all audio of the previous requests has arrived."""
        await self._turn.wait()

    async def take_first_turn(self) -> None:
        """Pass the audio on to the listener from now on; before it the chime, if there is anything to say."""
        utterance = self.utterance
        try:
            if utterance.chime and await utterance.segments.has_words():
                await ring(utterance.chime, utterance.buffer, utterance.settings.volume)
        except asyncio.CancelledError:
            # What was held behind the chime is of a request that has failed.
            self._held.clear()
            raise
        finally:
            self.take_turn()

    def take_turn(self) -> None:
        """Pass the audio on to the listener from now on."""
        self._turn.set()
        self.utterance.buffer.awaits_text = self._awaits_text
        held, self._held = bytes(self._held), bytearray()
        if held:
            self._put(held)
        self._on_progress(self)

    def begin(self, audio_format: PcmFormat) -> Splice:
        """Tell the listener the format of the audio, unless it was told another one, which applies then."""
        self._splice = self._splice or Splice(self.utterance.buffer.begin(audio_format))
        return self._splice

    async def feed(self, samples: bytes, audio_format: PcmFormat) -> bool:
        """Take whole samples; while too much audio is held for the listener, wait, and return True."""
        splice = self._splice or self.begin(audio_format)
        if not samples:
            return False
        is_first = not splice.received
        if new := splice.add(samples, audio_format):
            new = self.utterance.gain.apply(new)
            if self._turn.is_set():
                self._put(new)
            else:
                self._held += new
        if is_first:
            self.place.leave()
            if self._text_at and self._segments:
                self._pace.note(monotonic() - self._text_at, len(self._segments[0].text))
            self._on_progress(self)
        if len(self._held) > self.utterance.buffer.limits.held:
            await self.turn()
            return True
        if self.utterance.buffer.is_full:
            await self.utterance.buffer.room()
            return True
        return False

    def _put(self, samples: bytes) -> None:
        utterance = self.utterance
        if not self.is_passed_on:
            self.is_passed_on = True
            pause = self._segments[0].pause if self._segments else 0
            if pause and self._splice:
                utterance.buffer.put(self._splice.audio_format.silence(pause))
        utterance.given_up = None
        utterance.buffer.put(samples)
        utterance.metrics.note_audio(self._splice.audio_format.seconds(len(samples)) if self._splice else 0)

    def rewind(self) -> None:
        """Start over with the text, and skip what has been received already."""
        self._position = 0
        self._text_at = None
        if self._splice:
            self._splice.restart()
