"""Questions to a Vivoka VDK Service."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, override
from urllib.parse import quote

from yarl import URL

from ..exceptions import ProtocolError, SpeechError
from ..transport.http import bearer
from ..vivoka.messages import DEFAULT_SAMPLE_RATE
from .asking import AT_ONCE, LONG, NUMBERS, SSML, WRONG, Asking
from .conversation import Heard, listen
from .questions import Question, SkippedError
from .report import Finding


class VivokaQuestions(Asking):
    """Questions about the behavior of a Vivoka VDK Service."""

    def questions(self) -> list[Question]:
        """Return the questions, the most important ones first."""
        return [
            Question("voices", self.ask_voices, "reads any of these shapes; the names come from the ids"),
            Question("speech", self.ask_speech, "takes the rate from the answer, and the end as it comes"),
            Question("unknown_voice", self.ask_unknown_voice, "tells the user that the voice is missing"),
            Question("bad_token", self.ask_bad_token, "asks the user for another access token"),
            Question("at_once", self.ask_at_once, "waits up to 20 s for a channel", more=4),
            Question("token_again", self.ask_token_again, "uses each token for one socket"),
            Question(
                "late_socket",
                self.ask_late_socket,
                "asks for another token once",
                more=self.link.patience.late,
            ),
            Question("ssml", self.ask_ssml, "sends SSML to embedded voices only"),
            Question("empty_text", self.ask_empty_text, "sends no text without words"),
            Question("long_text", self.ask_long_text, "sends a long text in parts"),
        ]

    async def _payload_of_voices(self, finding: Finding) -> object:
        headers = bearer(self.link.token)
        url = self.link.address / "v1" / "voice-synthesis" / "voices"
        payload, _ = await self.link.http("GET", url, headers, self.link.trace(finding.question))
        return payload

    async def _grant(
        self, finding: Finding, text: str, voice: str | None = None, token: str | None = None
    ) -> tuple[Mapping[str, Any], dict[str, str]]:
        """Request the token of an utterance; return the response, and the headers for its socket."""
        headers = bearer(self.link.token if token is None else token)
        url = self.link.address / "v1" / "voice-synthesis" / "synthesize"
        body = {"text": text, "voice_id": voice or self.link.voice}
        self.link.privacy.hide_text(text)
        payload, cookie = await self.link.http("POST", url, headers, self.link.trace(finding.question), body)
        fields = payload if isinstance(payload, Mapping) else {}
        if not fields.get("token"):
            raise ProtocolError("no token in the answer")
        self.link.privacy.hide(str(fields["token"]))
        return fields, headers | cookie

    async def _hear(
        self,
        finding: Finding,
        answer: Mapping[str, Any],
        headers: Mapping[str, str],
        *,
        until_audio: bool = False,
    ) -> Heard:
        heard, trace = Heard(self.link.privacy), self.link.trace(finding.question)
        async with self.link.socket(self._url(answer), headers, trace) as socket:
            await listen(socket, heard, trace, self.link.patience, until_audio=until_audio)
        return heard

    def _url(self, answer: Mapping[str, Any]) -> URL:
        return self.link.address.joinpath("v1", "ws", quote(str(answer["token"]), safe=""), encoded=True)

    async def _say(
        self, finding: Finding, text: str, voice: str | None = None, *, until_audio: bool = False
    ) -> Heard:
        return await self._hear(finding, *await self._grant(finding, text, voice), until_audio=until_audio)

    async def ask_speech(self, finding: Finding) -> None:
        """Find out how audio is sent, and how it ends."""
        answer, headers = await self._grant(finding, NUMBERS)
        rate = answer.get("sample_rate")
        finding.found["sample_rate"] = rate if isinstance(rate, int) else None
        finding.found["rate_as"] = (
            "missing" if rate is None else "number" if isinstance(rate, int) else "text"
        )
        if isinstance(rate, str) and rate.isdecimal() and len(rate) < 7:
            finding.found["sample_rate"] = rate = int(rate)
        heard = await self._hear(finding, answer, headers)
        self.rate = rate if isinstance(rate, int) and rate else DEFAULT_SAMPLE_RATE
        self.plain = heard
        finding.found |= self.facts(heard) | {"says_last": heard.last, "one_frame": len(heard.frames) == 1}
        finding.found["last_is_empty"] = heard.last and heard.empty_audio
        finding.measured |= heard.measured(self.rate)

    async def ask_unknown_voice(self, finding: Finding) -> None:
        """Find out the response to an unknown voice."""
        heard = await self._say(finding, NUMBERS, "xxx,nobody,none")
        finding.found["answer"] = heard.outcome

    async def ask_bad_token(self, finding: Finding) -> None:
        """Find out the response to an invalid access token."""
        if not self.link.token:
            raise SkippedError("there is no access token")
        await self._grant(finding, NUMBERS, token=WRONG)
        finding.found["answer"] = "accepted"

    async def ask_token_again(self, finding: Finding) -> None:
        """Find out whether a token is valid for a second socket."""
        answer, headers = await self._grant(finding, NUMBERS)
        await self._hear(finding, answer, headers, until_audio=True)
        heard = await self._hear(finding, answer, headers, until_audio=True)
        finding.found["answer"] = heard.outcome

    async def ask_late_socket(self, finding: Finding) -> None:
        """Find out whether a token is still valid some seconds later."""
        answer, headers = await self._grant(finding, NUMBERS)
        await asyncio.sleep(self.link.patience.late)
        heard = await self._hear(finding, answer, headers, until_audio=True)
        finding.found["answer"] = heard.outcome

    async def ask_ssml(self, finding: Finding) -> None:
        """Find out whether SSML tags are interpreted or read aloud."""
        self.compare_ssml(finding, await self._say(finding, SSML))

    async def ask_empty_text(self, finding: Finding) -> None:
        """Find out the response to a text without words."""
        heard = await self._say(finding, " ")
        finding.found["answer"] = heard.outcome

    async def ask_long_text(self, finding: Finding) -> None:
        """Find out whether a long text is accepted; its audio is canceled immediately."""
        heard = await self._say(finding, LONG, until_audio=True)
        finding.found["answer"] = heard.outcome

    @override
    async def _speak_at_once(self, finding: Finding, number: int) -> str | None:
        """Speak this number of utterances at once; return how the service refuses, if it does."""
        granted = []
        refusal = None
        try:
            for _ in range(number):
                granted.append(await self._grant(finding, AT_ONCE))  # noqa: PERF401 (those before a refusal count)
        except SpeechError as err:
            refusal = err.kind
        # All granted tokens are used, so that the service releases their channels.
        return await self._hear_at_once(finding, granted) or refusal

    async def _hear_at_once(
        self, finding: Finding, granted: list[tuple[Mapping[str, Any], dict[str, str]]]
    ) -> str | None:
        trace = self.link.trace(finding.question)
        async with AsyncExitStack() as stack:
            try:
                sockets = [
                    await stack.enter_async_context(self.link.socket(self._url(answer), headers, trace))
                    for answer, headers in granted
                ]
            except SpeechError as err:
                return err.kind
            for socket in sockets:
                heard = Heard(self.link.privacy)
                await listen(socket, heard, trace, self.link.patience, until_audio=True)
                if not heard.size:
                    return heard.error or heard.end
        return None
