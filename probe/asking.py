"""What is asked of every service."""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, ClassVar

from custom_components.websocket_tts.speech.exceptions import SpeechError

from .conversation import Conversation, Heard, Link
from .questions import Question, SkippedError
from .report import Finding

NUMBERS = "One, two, three, four, five, six, seven."
"""Spoken text. Numbers are short in every language."""
LONG = "One, two, three, four, five, six, seven, eight, nine, ten. " * 25
_SSML = '<speak>One, two, <emphasis level="moderate">three</emphasis>, four, five, six, seven.</speak>'
"""The same text, with tags that do not change its length."""
_AT_ONCE = "One, two, three, four, five, six, seven, eight, nine, ten. " * 3
_MOST_AT_ONCE = 4
_WRONG = "wrong-token"
_READ_ALOUD = 1.5
"""Ratio to the length without tags from which the tags are assumed to be read aloud."""


class Asking(ABC):
    """Questions to one kind of service; answers affect the following questions."""

    unknown_voice: ClassVar[str]

    def __init__(self, link: Link) -> None:
        """Initialize without answers."""
        self.link = link
        self.plain: Heard | None = None
        """Audio of the text without tags."""

    @abstractmethod
    def questions(self) -> list[Question]:
        """Return the questions, the most important ones first."""

    @abstractmethod
    async def list_voices(self, finding: Finding) -> object:
        """Return the voice list as received."""

    @abstractmethod
    def utterance(
        self, finding: Finding, text: str, *, voice: str | None = None, token: str | None = None
    ) -> AbstractAsyncContextManager[Conversation]:
        """Let a text be spoken on a socket of its own. Raises a SpeechError."""

    async def say(
        self,
        finding: Finding,
        text: str = NUMBERS,
        *,
        voice: str | None = None,
        token: str | None = None,
        until_audio: bool = False,
    ) -> Heard:
        """Return what is heard of a text."""
        async with self.utterance(finding, text, voice=voice, token=token) as conversation:
            return await conversation.listen(until_audio=until_audio)

    async def ask_voices(self, finding: Finding) -> None:
        """Find out the shape of the voice list."""
        finding.found["shape"] = self.link.shapes.of_list(await self.list_voices(finding))

    def facts(self, heard: Heard) -> dict[str, Any]:
        """Return the findings that apply to all audio of the server."""
        return {
            "audio_in": sorted(heard.audio_in),
            "data_url": heard.data_url,
            "wav_header": heard.header_rate,
            "half_samples": any(size % 2 for size in heard.frames),
            "empty_audio": heard.empty_audio,
            "messages": list(heard.names),
            "error": heard.error,
            "end": heard.end,
        }

    def times_as_long(self, heard: Heard) -> float | None:
        """Return the length of this audio as a multiple of that of the plain text; None if unknown."""
        plain = self.plain.size if self.plain else 0
        return heard.size / plain if heard.size and plain else None

    async def ask_unknown_voice(self, finding: Finding) -> None:
        """Find out the response to an unknown voice."""
        heard = await self.say(finding, voice=self.unknown_voice)
        finding.found["answer"] = heard.outcome
        if heard.error:
            finding.found["error_keys"] = heard.error_keys

    async def ask_bad_token(self, finding: Finding) -> None:
        """Find out the response to an invalid access token."""
        if not self.link.token:
            raise SkippedError("there is no access token")
        finding.found["answer"] = (await self.say(finding, token=_WRONG)).outcome

    async def ask_ssml(self, finding: Finding) -> None:
        """Find out whether SSML tags are interpreted or read aloud."""
        heard = await self.say(finding, _SSML)
        finding.found["answer"] = heard.outcome
        if ratio := self.times_as_long(heard):
            finding.found["reads_tags_aloud"] = ratio > _READ_ALOUD
            finding.measured["times_as_long"] = round(ratio, 2)

    async def ask_empty_text(self, finding: Finding) -> None:
        """Find out the response to a text without words."""
        finding.found["answer"] = (await self.say(finding, " ")).outcome

    async def ask_long_text(self, finding: Finding) -> None:
        """Find out whether a long text is accepted; its audio is canceled immediately."""
        finding.found["answer"] = (await self.say(finding, LONG, until_audio=True)).outcome

    async def ask_at_once(self, finding: Finding) -> None:
        """Find out how many concurrent utterances are accepted, by adding one until the first refusal."""
        if not self.link.works and not (self.plain and self.plain.size):
            raise SkippedError("not even one was heard")
        finding.found["channels"] = "1 or more"
        for number in range(2, _MOST_AT_ONCE + 1):
            if refusal := await self._speak_at_once(finding, number):
                finding.found |= {"channels": f"{number - 1}", "refusal": refusal}
                return
            finding.found["channels"] = f"{number} or more"

    async def _speak_at_once(self, finding: Finding, number: int) -> str | None:
        """Speak this number of utterances at once; return how the service refuses, if it does."""
        async with AsyncExitStack() as stack:
            try:
                spoken = [
                    await stack.enter_async_context(self.utterance(finding, _AT_ONCE)) for _ in range(number)
                ]
            except SpeechError as err:
                return err.kind
            for conversation in spoken:
                heard = await conversation.listen(until_audio=True)
                if not heard.size:
                    return heard.error or heard.end
        return None
