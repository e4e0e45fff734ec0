"""Retries: recovery from errors before the first audio, and resuming of interrupted speech."""

from abc import ABC, abstractmethod
import asyncio
from enum import Enum, auto
from functools import partial
import logging
from typing import ClassVar

from .admission import Place
from .channels import ChannelQueue
from .exceptions import BusyError, CannotConnectError, SpeechError, SpeechTimeoutError, TruncatedError
from .limits import Limits
from .pace import EnginePace
from .request import SpeechRequest
from .tasks import first_of
from .text.segments import HARD_LIMIT

_LOGGER = logging.getLogger(__name__)


class Recovery(Enum):
    """What to change before a retry; each is tried at most once per request."""

    FRESH_CONNECTION = auto()
    OWN_CONNECTION = auto()
    """A new connection instead of one that was kept ready."""
    OTHER_TOKEN_FORM = auto()
    NEW_TOKEN = auto()
    FINALIZE_LATE = auto()


def is_transient(err: Exception) -> bool:
    """Return whether a fresh connection may help; a timeout does not count, to avoid waiting twice."""
    return isinstance(err, CannotConnectError) and not isinstance(err, SpeechTimeoutError)


def is_break(err: Exception) -> bool:
    """Return whether an error interrupts speech, so that a new connection may deliver the rest."""
    return isinstance(err, CannotConnectError | BusyError | TruncatedError)


class RecoveringClient(ABC):
    """Makes requests, retries them, and resumes them."""

    longest_segment: ClassVar[int] = HARD_LIMIT
    """Most characters of several sentences that are requested together; 0 for one at a time."""

    def __init__(self, limits: Limits, channels: ChannelQueue | None = None) -> None:
        """Retry within these limits."""
        self._limits = limits
        self._admission = channels or ChannelQueue(limits.busy)
        self._pace = EnginePace(limits.first_audio, self.longest_segment)

    async def _recovering(self, request: SpeechRequest) -> None:
        """Make a request, and resume it if it is interrupted after its first audio."""
        with self._admission.place(first=not request.is_first) as place:
            await self._wait_to_ask(request, place)
            failure = await self._try(request, place)
        for resumed in range(self._limits.resumes):
            if failure is None:
                return
            # Nothing else can speak the rest, so a service that restarts gets more time with each attempt.
            await asyncio.sleep(self._limits.retry_pause * resumed)
            # An utterance that is already being spoken takes precedence.
            with self._admission.place(first=True) as place:
                failure = await self._resume(failure, request, place)
        if failure:
            raise failure

    async def _resume(self, failure: SpeechError, request: SpeechRequest, place: Place) -> SpeechError | None:
        """Make an interrupted request again; return the error that interrupted it again, if any."""
        _LOGGER.debug("Resuming after %s", type(failure).__name__)
        request.rewind()
        request.utterance.metrics.resumes += 1
        if isinstance(failure, BusyError):
            await self._wait_for_channel(failure, request, place)
        else:
            recoveries = self._recoveries(failure, request) or [Recovery.FRESH_CONNECTION]
            await self._prepare(recoveries[0], request)
        again = await self._try(request, place)
        if isinstance(again, SpeechTimeoutError):
            # Avoids another long wait.
            raise again
        return again

    async def _try(self, request: SpeechRequest, place: Place) -> SpeechError | None:
        """Make a request; return the error that interrupted it, or the utterance before its first audio."""
        try:
            return await self._until_break(request, place)
        except CannotConnectError as err:
            if request.is_first and not request.is_heard:
                raise
            return err

    async def _until_break(self, request: SpeechRequest, place: Place) -> SpeechError | None:
        """Make a request, retried with recoveries before its first audio; return what interrupted it."""
        tried: set[Recovery] = set()
        request.on_taken = place.leave_soon
        request.on_audio = partial(self._note_first_audio, request, place)
        while True:
            try:
                await self._request(request)
                request.finish()
            except SpeechError as err:
                request.utterance.metrics.trace.failed(err)
                if request.has_audio and not is_break(err):
                    raise
                failure = err
            else:
                return None
            if request.has_audio:
                return failure
            _LOGGER.debug("Retrying after %s", type(failure).__name__)
            request.rewind()
            request.utterance.metrics.retries += 1
            if isinstance(failure, BusyError):
                await self._wait_for_channel(failure, request, place)
            else:
                await self._recover(failure, request, tried)

    async def _wait_for_channel(self, refusal: BusyError, request: SpeechRequest, place: Place) -> None:
        request.utterance.metrics.waits += 1
        if not request.is_ahead:
            await place.turn(refusal)
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
    async def _request(self, request: SpeechRequest) -> None:
        """Make one attempt at a request, and feed its audio; an error may contain secrets."""
