"""Base class of the questions to a service."""

from abc import ABC, abstractmethod
from typing import Any

from .conversation import Heard, Link
from .listing import list_shape
from .questions import Question, SkippedError
from .report import Finding

NUMBERS = "One, two, three, four, five, six, seven."
"""Spoken text. Numbers are short in every language."""
SSML = '<speak>One, two, <emphasis level="moderate">three</emphasis>, four, five, six, seven.</speak>'
"""The same text, with tags that do not change its length."""
LONG = "One, two, three, four, five, six, seven, eight, nine, ten. " * 25
AT_ONCE = "One, two, three, four, five, six, seven, eight, nine, ten. " * 3
WRONG = "wrong-token"
_MOST_AT_ONCE = 4
_READ_ALOUD = 1.5
"""Ratio to the length without tags from which the tags are assumed to be read aloud."""


class Asking(ABC):
    """Questions to one kind of service; answers affect the following questions."""

    def __init__(self, link: Link) -> None:
        """Initialize without answers."""
        self.link = link
        self.rate = 0
        self.plain: Heard | None = None
        """Audio of the text without tags."""

    @abstractmethod
    def questions(self) -> list[Question]:
        """Return the questions, the most important ones first."""

    async def ask_voices(self, finding: Finding) -> None:
        """Find out the shape of the voice list."""
        payload = await self._payload_of_voices(finding)
        finding.found["shape"] = list_shape(payload, self.link.privacy)

    @abstractmethod
    async def _payload_of_voices(self, finding: Finding) -> object:
        """Return the voice list as received."""

    def facts(self, heard: Heard) -> dict[str, Any]:
        """Return the findings that apply to all audio of the server."""
        return {
            "audio_in": sorted(heard.audio_in),
            "data_url": heard.prefix == "data",
            "wav_header": heard.header_rate,
            "half_samples": any(size % 2 for size in heard.frames),
            "empty_audio": heard.empty_audio,
            "messages": list(heard.names),
            "error": heard.error,
            "end": heard.end,
        }

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

    @abstractmethod
    async def _speak_at_once(self, finding: Finding, number: int) -> str | None:
        """Speak this number of utterances at once; return how the service refuses, if it does."""

    def compare_ssml(self, finding: Finding, heard: Heard) -> None:
        """Record how a text with tags was spoken."""
        finding.found["answer"] = heard.outcome
        if heard.size and self.plain and self.plain.size:
            ratio = heard.size / self.plain.size
            finding.found["reads_tags_aloud"] = ratio > _READ_ALOUD
            finding.measured["times_as_long"] = round(ratio, 2)
