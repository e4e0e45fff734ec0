"""The requests of an utterance, one after the other."""

import asyncio
from collections.abc import Callable

from .exceptions import NoAudioError
from .pace import letters
from .recovery import Recovery
from .request import SpeechRequest
from .tasks import end
from .utterance import Utterance

type MakeRequest = Callable[[Utterance, Callable[[SpeechRequest], None], int | None], SpeechRequest]
"""Makes a request, given what to call when it makes progress, and the characters of the previous segment."""


class RequestSequence:
    """Makes the requests in order; the next one begins as soon as the current one has audio."""

    def __init__(self, utterance: Utterance, recovery: Recovery, make_request: MakeRequest) -> None:
        """Initialize without requests."""
        self._utterance = utterance
        self._recovery = recovery
        self._make_request = make_request
        self._following: tuple[SpeechRequest, asyncio.Task[None]] | None = None
        """The next request, which is made ahead of time."""

    async def speak(self) -> None:
        """Speak all of the text. Raises a SpeechError, or any error of the text."""
        utterance = self._utterance
        if not await utterance.segments.begun():
            return
        request = self._make_request(utterance, self._note_progress, None)
        # Without a chime it takes its turn at once.
        opening = asyncio.create_task(request.take_first_turn(), eager_start=True)
        try:
            await self._recovery.speak(request)
            await opening
            while self._following or not utterance.has_ended:
                request, task = self._following or self._begin_after(request)
                self._following = None
                request.take_turn()
                await task
        finally:
            await end(opening)
            if self._following:
                await end(self._following[1])
        if utterance.given_up:
            raise utterance.given_up
        if not utterance.metrics.is_heard and any(map(letters, utterance.segments.texts)):
            raise NoAudioError("the service ended without audio")

    def _note_progress(self, request: SpeechRequest) -> None:
        """Make the next request ahead of time once this one has all its text and its first audio."""
        is_due = request.is_passed_on and request.has_all_text and not self._utterance.has_ended
        if is_due and not self._following:
            self._begin_after(request)

    def _begin_after(self, request: SpeechRequest) -> tuple[SpeechRequest, asyncio.Task[None]]:
        following = self._make_request(self._utterance, self._note_progress, request.last_characters)
        self._following = following, asyncio.create_task(self._follow(following))
        return self._following

    async def _follow(self, request: SpeechRequest) -> None:
        if await request.begin_text():
            await self._recovery.speak(request)
