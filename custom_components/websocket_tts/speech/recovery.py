"""Asking a service again: what may help before the first audio, and the rest of a speech that broke off."""

from abc import ABC, abstractmethod
import asyncio
from enum import Enum, auto
from functools import partial
import logging

from .admission import Admission, Place
from .exceptions import BusyError, CannotConnectError, SpeechError, SpeechTimeoutError, TruncatedError
from .limits import Limits
from .pace import EnginePace
from .request import SpeechRequest
from .tasks import first_of

_LOGGER = logging.getLogger(__name__)


class Recovery(Enum):
    """What to do before a request is made once more; each helps at most once a request."""

    FRESH_CONNECTION = auto()
    OTHER_TOKEN_FORM = auto()
    NEW_TOKEN = auto()
    FINALIZE_LATE = auto()


def is_transient(err: Exception) -> bool:
    """Return whether a fresh connection may do better; after a timeout nobody wants to wait once more."""
    return isinstance(err, CannotConnectError) and not isinstance(err, SpeechTimeoutError)


def is_break(err: Exception) -> bool:
    """Return whether a speech that had begun broke off: the rest of it may be had on a fresh connection."""
    return isinstance(err, CannotConnectError | BusyError | TruncatedError)


class RecoveringClient(ABC):
    """Makes requests, and makes them anew where that may help."""

    def __init__(self, limits: Limits) -> None:
        """Be as patient as the limits say."""
        self._limits = limits
        self._admission = Admission(limits.busy)
        self._pace = EnginePace(limits.first_audio)

    async def _recovering(self, request: SpeechRequest) -> None:
        """Make a request; where it breaks off after its first audio, resume it."""
        with self._admission.place(first=not request.is_first) as place:
            await self._wait_to_ask(request, place)
            failure = await self._try(request, place)
        for resumed in range(self._limits.resumes):
            if failure is None:
                return
            # Nothing else can say the rest: a service that restarts gets some more time each time.
            await asyncio.sleep(self._limits.retry_pause * resumed)
            # Who is in the middle of speaking goes first.
            with self._admission.place(first=True) as place:
                failure = await self._resume(failure, request, place)
        if failure:
            raise failure

    async def _resume(self, failure: SpeechError, request: SpeechRequest, place: Place) -> SpeechError | None:
        """Make a request anew that broke off; return what has broken it off again."""
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
            # Nobody wants to wait that long once more.
            raise again
        return again

    async def _try(self, request: SpeechRequest, place: Place) -> SpeechError | None:
        """Make a request; return what has broken off the speech, also before it came to this part of it."""
        try:
            return await self._until_break(request, place)
        except CannotConnectError as err:
            if request.is_first and not request.is_heard:
                raise
            return err

    async def _until_break(self, request: SpeechRequest, place: Place) -> SpeechError | None:
        """Make a request, anew for what may help while it has no audio; return what has broken it off."""
        tried: set[Recovery] = set()
        request.on_taken = place.leave_soon
        request.on_audio = partial(self._note_first_audio, request, place)
        while True:
            try:
                await self._request(request)
                request.finish()
            except SpeechError as err:
                if request.has_audio and not is_break(err):
                    raise
                failure = err
            else:
                return None
            if request.has_audio:
                return failure
            _LOGGER.debug("Asking once more after %s", type(failure).__name__)
            request.rewind()
            request.utterance.metrics.retries += 1
            if isinstance(failure, BusyError):
                await self._wait_for_channel(failure, request, place)
            else:
                await self._recover(failure, request, tried)

    async def _wait_for_channel(self, refusal: BusyError, request: SpeechRequest, place: Place) -> None:
        if request.has_turn:
            await place.turn(refusal)
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
    async def _request(self, request: SpeechRequest) -> None:
        """Ask the service once to speak, and feed the audio; an error may hold a secret."""
