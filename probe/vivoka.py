"""Questions to a Vivoka VDK Service."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import override
from urllib.parse import quote

from custom_components.websocket_tts.speech.transport.http import Answer, bearer, parse_json
from custom_components.websocket_tts.speech.vivoka.messages import Frame, parse_response

from .asking import NUMBERS, Asking
from .conversation import Conversation, Heard
from .questions import Question
from .report import Finding


class VivokaQuestions(Asking):
    """Questions about the behavior of a Vivoka VDK Service."""

    unknown_voice = "xxx,nobody,none"

    @override
    def questions(self) -> list[Question]:
        late = self.link.patience.late
        return [
            Question("voices", self.ask_voices, "reads any of these shapes; the names come from the ids"),
            Question("speech", self.ask_speech, "takes the rate from the answer, and the end as it comes"),
            Question("unknown_voice", self.ask_unknown_voice, "tells the user that the voice is missing"),
            Question("bad_token", self.ask_bad_token, "asks the user for another access token"),
            Question("at_once", self.ask_at_once, "waits up to 20 s for a channel", more=4),
            Question("token_again", self.ask_token_again, "uses each token for one socket"),
            Question("late_socket", self.ask_late_socket, "asks for another token once", more=late),
            Question("ssml", self.ask_ssml, "sends SSML to embedded voices only"),
            Question("empty_text", self.ask_empty_text, "sends no text without words"),
            Question("long_text", self.ask_long_text, "sends a long text in parts"),
        ]

    @override
    async def list_voices(self, finding: Finding) -> object:
        url = self.link.address / "v1" / "voice-synthesis" / "voices"
        return (await self.link.call("GET", url, bearer(self.link.token), finding.trace)).payload

    @override
    @asynccontextmanager
    async def utterance(
        self, finding: Finding, text: str, *, voice: str | None = None, token: str | None = None
    ) -> AsyncGenerator[Conversation]:
        answer = await self._request(finding, text, voice, token)
        async with self._socket(finding, answer, token) as conversation:
            yield conversation

    async def _request(
        self, finding: Finding, text: str = NUMBERS, voice: str | None = None, token: str | None = None
    ) -> Answer:
        """Return the response to a request, which holds the token of its audio. Raises a SpeechError."""
        url = self.link.address / "v1" / "voice-synthesis" / "synthesize"
        body = {"text": text, "voice_id": voice or self.link.voice}
        return await self.link.call("POST", url, bearer(token or self.link.token), finding.trace, body)

    def _socket(
        self, finding: Finding, answer: Answer, token: str | None = None
    ) -> AbstractAsyncContextManager[Conversation]:
        """Open the socket for a response. Raises a SpeechError."""
        of_audio = parse_response(answer.payload)[0]
        self.link.shapes.hide(of_audio)
        url = self.link.address.joinpath("v1", "ws", quote(of_audio, safe=""), encoded=True)
        headers = bearer(token or self.link.token) | answer.cookie_header()
        return self.link.converse(url, headers, read, finding.trace)

    async def _hear_start(self, finding: Finding, answer: Answer) -> Heard:
        """Return the first audio for a response."""
        async with self._socket(finding, answer) as conversation:
            return await conversation.listen(until_audio=True)

    async def ask_speech(self, finding: Finding) -> None:
        """Find out how audio is sent, and how it ends."""
        answer = await self._request(finding)
        rate = parse_response(answer.payload)[1].sample_rate
        stated = answer.payload.get("sample_rate") if isinstance(answer.payload, Mapping) else None
        finding.found["sample_rate"] = None if stated is None else rate
        finding.found["rate_as"] = (
            "missing" if stated is None else "text" if isinstance(stated, str) else "number"
        )
        async with self._socket(finding, answer) as conversation:
            self.plain = heard = await conversation.listen()
        finding.found |= self.facts(heard) | {"says_last": heard.last, "one_frame": len(heard.frames) == 1}
        finding.found["last_is_empty"] = heard.last and heard.empty_audio
        finding.measured |= heard.measured(rate)

    async def ask_token_again(self, finding: Finding) -> None:
        """Find out whether a token is valid for a second socket."""
        answer = await self._request(finding)
        await self._hear_start(finding, answer)
        finding.found["answer"] = (await self._hear_start(finding, answer)).outcome

    async def ask_late_socket(self, finding: Finding) -> None:
        """Find out whether a token is still valid some seconds later."""
        answer = await self._request(finding)
        await asyncio.sleep(self.link.patience.late)
        finding.found["answer"] = (await self._hear_start(finding, answer)).outcome


def read(text: str) -> tuple[bytes, bool]:
    """Read a message as the client does."""
    frame = Frame.parse(parse_json(text))
    return frame.samples, frame.last
