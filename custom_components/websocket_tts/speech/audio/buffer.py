"""The buffer between the task that receives the audio of an utterance and its listener."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Self

from ..exceptions import CannotConnectError
from ..limits import Limits
from ..metrics import SynthesisMetrics
from ..tasks import end
from ..text.segments import TextSegments
from .pcm import PcmFormat

FILL_PACE = 100
"""Length of one part of silence, in milliseconds."""
_PROVIDED = 0.5
"""Seconds of audio that a listener has left to play from which on it gets larger parts."""
_PART = 16384
"""Bytes of a larger part."""
_PATIENCE = 0.5
"""Longest time, in seconds, in which such a part must come together: a quarter of what is left to play."""


class AudioBuffer:
    """Audio that was received and not taken yet; leaving its context ends the receiving task.

    It adds silence before (lead_in) and after (lead_out) the samples of the service, in milliseconds, and
    while the text or the service is waited for.
    """

    def __init__(
        self, limits: Limits, lead_in: int = 0, lead_out: int = 0, *, metrics: SynthesisMetrics | None = None
    ) -> None:
        """Initialize the buffer; the limits state how much it holds before the receiving task has to wait."""
        self.limits = limits
        self._lead_in, self._lead_out = lead_in, lead_out
        self.metrics = metrics or SynthesisMetrics()
        self._format: PcmFormat | None = None
        self._parts: list[bytes] = []
        self.held = 0
        """Bytes that have not been taken yet."""
        self._ended = False
        self._error: BaseException | None = None
        self._wanted = 0
        """Bytes that the listener waits for."""
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._receiving: asyncio.Task[None] | None = None
        self.awaits_text = False
        """Whether more text is waited for, or the end: all so far seems to have been spoken."""
        self._taken_at = self._plays_until = monotonic()
        self._is_heard = False
        """Whether there was anything but silence."""
        self._filled = 0
        """Milliseconds of silence since the last audio."""

    # The receiving side.

    def receive_in(self, task: asyncio.Task[None]) -> None:
        """Set the task that receives the audio."""
        self._receiving = task
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._ended = True
        if task.cancelled():
            self._error = CannotConnectError("the service was unloaded while it was speaking")
        elif error := task.exception():
            self._error = error
        elif self._format and self._lead_out:
            self._parts.append(self._format.silence(self._lead_out))
        self._changed.set()

    def begin(self, audio_format: PcmFormat) -> PcmFormat:
        """Set the format, unless the listener was told another one; return that of the listener."""
        if self._format is None:
            self._format = audio_format
            if self._lead_in:
                self._parts.append(audio_format.silence(self._lead_in))
            self._changed.set()
        return self._format

    def put(self, samples: bytes) -> None:
        """Add whole samples without waiting."""
        self._is_heard = True
        self._parts.append(samples)
        self.held += len(samples)
        if self.held >= self._wanted:
            self._changed.set()

    @property
    def is_full(self) -> bool:
        """Return whether the receiving task has to wait."""
        return self.held > self.limits.held

    async def room(self) -> None:
        """Wait until there is room for more audio."""
        while self.is_full:
            self._room.clear()
            await self._room.wait()

    # The listening side.

    async def __aenter__(self) -> Self:
        """Return the buffer."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the receiving task, and wait until its connections are closed."""
        if self._receiving:
            await end(self._receiving)

    async def format(self) -> PcmFormat | None:
        """Wait for the format; None if there is no audio. Raises the error of the receiving task."""
        await self._until(lambda: self._format is not None)
        if self._format is None and self._error:
            raise self._error
        return self._format

    async def next(self, text: TextSegments | None = None) -> bytes:
        """Wait for samples, and return all received so far; b"" at the end. Raises the task's error.

        While the text pauses and all of it has been spoken, and while the service is waited for by somebody
        who has heard something, these are samples of silence in real time, from the moment when the listener
        has nothing left to play.
        """
        if (left := self._plays_until - monotonic()) > _PROVIDED:
            await self._let_more_arrive(min(left / 4, _PATIENCE))
        while not self._parts and not self._ended:
            try:
                async with asyncio.timeout_at(self._silence_due()):
                    await self._until(lambda: bool(self._parts))
            except TimeoutError:
                if self._format and not self._parts and self._is_silent(text):
                    return self._silence(self._format)
                self._taken_at, self._filled = monotonic(), 0
        if self._parts:
            samples = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts.clear()
            self.held = self._filled = 0
            self._room.set()
            return self._hand_out(samples)
        if self._error:
            raise self._error
        return b""

    def _is_silent(self, text: TextSegments | None) -> bool:
        """Return whether silence is sent while nothing arrives."""
        if self.awaits_text:
            return text is not None and text.starved and not text.complete
        return self._is_heard

    def _silence(self, audio_format: PcmFormat) -> bytes:
        self._filled += FILL_PACE
        if not self.awaits_text:
            self.metrics.silence += FILL_PACE / 1000
        return self._hand_out(audio_format.silence(FILL_PACE))

    async def _let_more_arrive(self, patience: float) -> None:
        """Wait for a larger part: for Home Assistant, each part is work, no matter how small it is."""
        self._wanted = min(_PART, self.limits.held + 1)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._until(lambda: self.held >= self._wanted)
        finally:
            self._wanted = 0

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition() and not self._ended:
            self._changed.clear()
            await self._changed.wait()

    def _silence_due(self) -> float | None:
        """Return when silence is due, in the time of the event loop; None for never."""
        if self._format is None or self._filled >= self.limits.stall * 1000:
            return None
        dry = self._plays_until
        if not self._filled:
            dry = max(dry, self._taken_at + self.limits.fill_after)
        return asyncio.get_running_loop().time() + dry - monotonic()

    def _hand_out(self, samples: bytes) -> bytes:
        now = self._taken_at = monotonic()
        if self._format:
            self._plays_until = max(self._plays_until, now) + self._format.seconds(len(samples))
        return samples
