"""Requests that fail, break off, or end in a way that looks wrong: when they are made again."""

import asyncio
import logging
from time import monotonic
from typing import TYPE_CHECKING

from .channels import ChannelQueue
from .exceptions import (
    BusyError,
    CannotConnectError,
    CertificateError,
    Doubt,
    DoubtfulEndError,
    EndlessAudioError,
    NoAudioError,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
    TextStalledError,
    VoiceNotFoundError,
)
from .limits import Limits
from .request import SpeechRequest

if TYPE_CHECKING:
    from .speaker import Speaker

_LOGGER = logging.getLogger(__name__)

_FINAL = (EndlessAudioError, TextStalledError)
"""Errors that another attempt would not change."""
_OF_SENTENCE = (CannotConnectError, ProtocolError, SynthesisError)
"""Errors that may be due to a sentence which the service cannot speak."""
_LONGEST_PAUSE = 2.4
"""Seconds between two attempts."""


class Patience:
    """How long the failures of a request are borne: decides by the time and what was heard."""

    def __init__(self, limits: Limits, before_audio: float) -> None:
        """Initialize without failures; before_audio is the time in seconds before the first audio."""
        self._limits = limits
        self._before_audio = before_audio
        self._since: float | None = None
        self.failures = 0
        """Number of failures since the last progress."""
        self._was_last = False
        """Whether the time is over when the present attempt begins."""
        self._is_believed = True
        """Whether an error is final: not of a service that was away a moment ago, or has begun to speak."""

    def note_progress(self) -> None:
        """Start anew: there was more audio."""
        self._since, self.failures, self._was_last = None, 0, False
        self._is_believed = False

    def pause(self, err: SpeechError, now: float, *, is_heard: bool, is_doubt: bool) -> float | None:
        """Return the seconds until the next attempt; None if the error is final."""
        if self._since is None:
            self._since = now
        pause = min(self._limits.retry_pause * 2.0**self.failures, _LONGEST_PAUSE)
        self.failures += 1
        self._is_believed &= not _may_pass(err)
        if not is_heard:
            if self._is_believed:
                return None
            if self.failures == 1:
                return pause
        borne = self._limits.resume if is_heard else self._before_audio
        if is_doubt:
            borne = self._limits.doubt
        left = self._since + borne - now
        # The last attempt is made at the end of that time, or after one that was broken off only then.
        if left <= 0 and (self._was_last or not borne or (self._is_believed and not _may_pass(err))):
            return None
        self._was_last = left <= pause
        return max(0.0, min(pause, left))


def _may_pass(err: SpeechError) -> bool:
    """Return whether a fresh connection may help; a timeout does not count, to avoid waiting twice."""
    return isinstance(err, CannotConnectError) and not isinstance(err, SpeechTimeoutError | CertificateError)


class Recovery:
    """Brings a request to its end: the only place where requests are made again."""

    def __init__(self, speaker: Speaker, channels: ChannelQueue) -> None:
        """Initialize with the speaker that makes the requests."""
        self._speaker = speaker
        self._channels = channels
        self._limits = speaker.limits

    async def speak(self, request: SpeechRequest) -> None:
        """Make a request until it has been spoken, or its error is final. Raises a SpeechError."""
        try:
            if await self._may_ask(request):
                await self._speak(request)
        finally:
            request.place.leave()

    async def _may_ask(self, request: SpeechRequest) -> bool:
        """Wait behind the requests that queue for a channel, unless this utterance already has one.

        It shares that with others who have been heard, and have lost theirs. Returns whether there is
        anything to ask for.
        """
        if self._channels.is_open:
            return True
        if not request.is_first:
            await request.turn()
            request.place.is_urgent = True
        elif not await request.begin_text():
            return False
        if request.is_first or self._channels.is_urgent:
            await request.place.turn()
        return True

    async def _speak(self, request: SpeechRequest) -> None:
        patience = Patience(self._limits, request.utterance.patience)
        while True:
            before = request.seconds
            failure = await self._attempt(request)
            if request.seconds > before:
                patience.note_progress()
                request.place.renew()
                request.remedies.clear()
            if failure is None or isinstance(failure, DoubtfulEndError):
                is_over = await self._is_over(request, failure, patience)
            elif patience.failures > 1 and request.may_be_all:
                # The connection has broken at the same place three times: that was all.
                request.utterance.metrics.left_out += 1
                is_over = True
            else:
                request.await_(text=False)
                is_over = await self._is_given_up(request, failure, patience)
            if is_over:
                return
            request.rewind()

    async def _attempt(self, request: SpeechRequest) -> SpeechError | None:
        """Make a request once."""
        try:
            if not (request.is_ahead and await self._is_made_ahead(request)):
                await self._speaker.attempt(request)
        except SpeechError as err:
            request.utterance.metrics.trace.failed(err)
            return err
        return None

    async def _is_made_ahead(self, request: SpeechRequest) -> bool:
        """Make a request before its turn; return False if its channel was released for others."""
        spares = self._channels.spares

        def let_go() -> None:
            spares.discard(let_go)
            if request.is_ahead:
                lent.reschedule(0)

        spares.add(let_go)
        try:
            async with asyncio.timeout(None) as lent:
                await self._speaker.attempt(request)
        except TimeoutError:
            if not lent.expired():
                raise
            # Even its own utterance may need the channel.
            await request.turn()
            request.rewind()
            return False
        finally:
            spares.discard(let_go)
        return True

    # Ends.

    async def _is_over(
        self, request: SpeechRequest, end: DoubtfulEndError | None, patience: Patience
    ) -> bool:
        """Return whether the end of an attempt is believed; otherwise the text is asked for once more."""
        flaw = request.flaw
        if end and flaw is not Doubt.NO_AUDIO:
            flaw = end.doubt
        if request.is_behind and flaw:
            # It was cut even earlier than before, which says nothing about the end.
            failure = end or NoAudioError("the service ended before what was heard already")
            return await self._is_given_up(request, failure, patience)
        if request.is_behind and request.doubted:
            return not request.leave_heard()
        if request.is_behind:
            flaw = Doubt.SHORT
        if not request.doubted:
            if flaw is None or not await self._is_doubted(request, flaw):
                return True
            request.doubt(flaw)
            request.utterance.metrics.doubts += 1
            return False
        has_more = request.has_more
        request.utterance.verdicts[request.doubted] = has_more
        if has_more and flaw:
            # It was cut indeed, and has been again.
            request.doubt(request.doubted)
            return False
        if request.doubted is Doubt.UNSAID and not has_more:
            self._speaker.believe(request)
        self._note_left_out(request, flaw)
        return True

    async def _is_doubted(self, request: SpeechRequest, flaw: Doubt) -> bool:
        """Return whether an end is doubted: not again if it was right before, nor if the service is busy."""
        if request.is_ahead:
            await request.turn()
        if flaw is Doubt.NO_AUDIO:
            # A service that restarts may end at once, and politely.
            await asyncio.sleep(3 * self._limits.retry_pause)
        verdict = request.utterance.verdicts.get(flaw)
        # Of what is known to be missing, nobody can say that it was all.
        if verdict is not False and (flaw is not Doubt.UNSAID or self._channels.is_open):
            return True
        self._note_left_out(request, flaw)
        if verdict is not False and flaw is Doubt.UNSAID:
            # Nobody knows whether that was all.
            request.utterance.metrics.left_out += 1
        return False

    def _note_left_out(self, request: SpeechRequest, flaw: Doubt | None) -> None:
        if flaw not in (None, Doubt.UNSAID):
            _LOGGER.debug("The voice has too little audio for a sentence")
            request.utterance.metrics.left_out += 1

    # Failures.

    async def _is_given_up(self, request: SpeechRequest, failure: SpeechError, patience: Patience) -> bool:
        """Prepare another attempt; return whether the rest is left out instead. Raises a final error."""
        if isinstance(failure, _FINAL) or failure is request.text_error:
            raise failure
        is_of_voice = isinstance(failure, ProtocolError | SynthesisError | VoiceNotFoundError)
        if is_of_voice and not request.seconds and request.take_usual_voice():
            # It may be the voice of a passage, which nobody has chosen.
            request.utterance.metrics.left_out += 1
            return False
        if patience.failures and self._is_taken_apart(request, failure):
            return True
        is_busy = isinstance(failure, BusyError) and request.doubted is Doubt.UNSAID
        is_unanswered = is_busy or (request.doubted and failure.reason in ("first_audio", "next_audio"))
        if not is_unanswered and await self._is_prepared(request, failure, patience):
            return False
        goes_on = bool(request.seconds) and request.leave_heard()
        if not (is_unanswered or goes_on or self._can_be_left_out(request, failure)):
            raise failure
        _LOGGER.debug("Going on without the rest of a sentence after %s", failure.kind)
        request.utterance.metrics.left_out += 1
        request.utterance.given_up = None if goes_on or request.doubted else failure
        return not goes_on

    def _is_taken_apart(self, request: SpeechRequest, failure: SpeechError) -> bool:
        """Return whether the sentences of a request that the service refuses are asked for one by one."""
        is_refused = isinstance(failure, ProtocolError | SynthesisError) and not request.seconds
        return is_refused and request.is_one_segment and request.utterance.segments.take_apart()

    def _can_be_left_out(self, request: SpeechRequest, failure: SpeechError) -> bool:
        utterance = request.utterance
        if request.doubted and request.seconds:
            return True
        is_of_sentence = request.is_one_segment and isinstance(failure, _OF_SENTENCE)
        return is_of_sentence and utterance.metrics.is_heard and utterance.given_up is None

    async def _is_prepared(self, request: SpeechRequest, failure: SpeechError, patience: Patience) -> bool:
        """Wait until the next attempt; return False if there is none. Raises BusyError after a long wait."""
        utterance = request.utterance
        metrics = utterance.metrics
        if isinstance(failure, BusyError):
            await self._wait_for_channel(request, failure)
        elif not self._speaker.remedy(failure, request):
            pause = patience.pause(
                failure, monotonic(), is_heard=metrics.is_heard, is_doubt=request.doubted is not None
            )
            if pause is None or utterance.given_up:
                return False
            await asyncio.sleep(pause)
        if request.seconds:
            metrics.resumes += 1
        else:
            metrics.retries += 1
        _LOGGER.debug("Asking again after %s", failure.kind)
        return True

    async def _wait_for_channel(self, request: SpeechRequest, refusal: BusyError) -> None:
        metrics = request.utterance.metrics
        metrics.waits += 1
        if request.is_ahead:
            # The previous request holds the channel, which is free when that request has ended.
            await request.turn()
        else:
            request.place.is_urgent = metrics.is_heard
            await request.place.turn(refusal)
