"""Questions to Knovvu TTS."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import monotonic
from typing import override

from custom_components.websocket_tts.speech.knovvu.messages import (
    FINALIZE,
    STOP,
    Message,
    add_text,
    parse,
    synthesize,
)
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.transport.http import bearer, parse_json

from .asking import LONG, NUMBERS, Asking
from .conversation import Conversation, Heard
from .questions import Question, SkippedError
from .report import Finding

_RATE = 24000
_OTHER_RATE = 8000
_CUT = 1.25
"""Ratio of audio lengths from which the shorter audio is assumed to be cut off."""
_HEEDED = 0.6
"""The same ratio, the other way round, up to which there are fewer samples for the same text."""
_TOO_FAST = 100
"""Multiple of real time from which a service sends everything before it can be stopped."""
_STOPPED = 2.0
"""Multiple of a silence after which audio that still arrives was not stopped."""
_SPOKEN = 0.03
"""Least seconds of audio for each character of a text that is not cut off."""
_WITHOUT_FLUSH: Message = {"message-name": "add-tts-text", "text": NUMBERS}
_FLUSH: Message = {"message-name": "flush"}


class KnovvuQuestions(Asking):
    """Questions about the behavior of a Knovvu TTS server."""

    unknown_voice = "Nobody_None"
    _is_bearer = False
    """Whether the token is sent with "Bearer " before it."""
    _end: tuple[Message, ...] = ()
    """Messages sent after the text; none if they could cut off the audio."""

    @override
    def questions(self) -> list[Question]:
        idle = self.link.patience.idle
        return [
            Question("voices", self.ask_voices, "reads any of these shapes; a server without a list is fine"),
            Question("token_forms", self.ask_token_forms, "tries both forms, and keeps what works"),
            Question("speech", self.ask_speech, "takes audio in any of these forms, until the end shows"),
            Question(
                "held_finalize", self.ask_held_finalize, "holds finalize back where it cuts the speech off"
            ),
            Question("two_flushes", self.ask_two_flushes, "counts the ends where each flush has one"),
            Question("unknown_voice", self.ask_unknown_voice, "tells the user that the voice is missing"),
            Question("bad_token", self.ask_bad_token, "gets a new token, or asks the user for one"),
            Question("at_once", self.ask_at_once, "waits up to 20 s for a channel", more=4),
            Question("sample_rate", self.ask_sample_rate, "believes a WAV header, else what was asked for"),
            Question("long_text", self.ask_long_text, "sends stop when nobody listens any more"),
            Question("separate_flush", self.ask_separate_flush, "sends the flush with the text"),
            Question("idle", self.ask_idle, "keeps a connection ready, if told to, with pings", more=idle),
            Question("ssml", self.ask_ssml, "takes tags away"),
            Question("empty_text", self.ask_empty_text, "sends no text without words"),
        ]

    @override
    async def list_voices(self, finding: Finding) -> object:
        url = self.link.address.joinpath("v1", "speech", "synthesis", "voices", "")
        return (await self.link.call("GET", url, bearer(self.link.token), finding.trace)).payload

    @override
    @asynccontextmanager
    async def utterance(
        self, finding: Finding, text: str, *, voice: str | None = None, token: str | None = None
    ) -> AsyncGenerator[Conversation]:
        async with self._socket(finding, token) as conversation:
            await conversation.send(self._first(voice, token), add_text(text), *self._end)
            yield conversation
            if not conversation.heard.end:
                await conversation.send(STOP)

    def _socket(
        self, finding: Finding, token: str | None = None
    ) -> AbstractAsyncContextManager[Conversation]:
        url, headers = self.link.address / "synthesizer", bearer(token or self.link.token)
        return self.link.converse(url, headers, read, finding.trace)

    def _first(self, voice: str | None = None, token: str | None = None, rate: int = _RATE) -> Message:
        token = token or self.link.token
        authorization = f"Bearer {token}" if self._is_bearer else token
        return synthesize(VoiceSettings(voice or self.link.voice, sample_rate=rate), authorization)

    async def _hear(self, finding: Finding, *messages: Message) -> Heard:
        """Return what is heard after these messages."""
        async with self._socket(finding) as conversation:
            await conversation.send(*messages)
            return await conversation.listen()

    async def ask_token_forms(self, finding: Finding) -> None:
        """Find out whether the token requires "Bearer " before it."""
        if not self.link.token:
            raise SkippedError("there is no access token")
        for name, is_bearer in (("bare", False), ("bearer", True)):
            self._is_bearer = is_bearer
            finding.found[name] = (await self.say(finding, until_audio=True)).outcome
        self._is_bearer = finding.found["bare"] != "audio" and finding.found["bearer"] == "audio"

    async def ask_speech(self, finding: Finding) -> None:
        """Find out how audio is sent, and how it ends, if finalize-synthesis is sent with the text."""
        self._end = (FINALIZE,)
        self.plain = heard = await self.say(finding)
        finding.found |= self.facts(heard)
        finding.measured |= heard.measured(_RATE)

    async def ask_held_finalize(self, finding: Finding) -> None:
        """Find out whether there is more audio, and an end, if finalize-synthesis is not sent at first."""
        async with self._socket(finding) as conversation:
            await conversation.send(self._first(), add_text(NUMBERS))
            heard = await conversation.listen()
            finding.found["before_finalize"] = heard.outcome if heard.size else heard.end
            finding.found["end_before_finalize"] = heard.end
            if heard.end == "quiet":
                await conversation.send(FINALIZE)
                await conversation.listen()
            finding.found["end"] = heard.end
        at_once = self.plain.size if self.plain else 0
        self._end = (FINALIZE,) if heard.size <= _CUT * at_once else ()
        finding.found["finalize_cuts_off"] = not self._end
        self.plain = max(heard, self.plain or heard, key=lambda speech: speech.size)
        finding.measured |= heard.measured(_RATE)

    async def ask_two_flushes(self, finding: Finding) -> None:
        """Find out how often the end of two texts is announced."""
        text = add_text(NUMBERS)
        heard = await self._hear(finding, self._first(), text, text, *self._end)
        finding.found["answer"] = heard.outcome
        finding.found["messages"] = [f"{name} x {count}" for name, count in heard.names.items()]
        finding.found["end"] = heard.end
        if ratio := self.times_as_long(heard):
            finding.measured["times_as_long"] = round(ratio, 2)

    async def ask_separate_flush(self, finding: Finding) -> None:
        """Find out whether flush can be a separate message, and whether anything is received before it."""
        heard = await self._hear(finding, self._first(), _WITHOUT_FLUSH, _FLUSH, *self._end)
        finding.found["answer"] = heard.outcome

    async def ask_sample_rate(self, finding: Finding) -> None:
        """Find out whether a lower sample rate is respected: then there is less audio."""
        first = self._first(rate=_OTHER_RATE)
        heard = await self._hear(finding, first, add_text(NUMBERS), *self._end)
        finding.found["wav_header"] = heard.header_rate
        if ratio := self.times_as_long(heard):
            finding.found["heeded"] = ratio < _HEEDED
            finding.measured["part"] = round(ratio, 2)
        else:
            finding.found["answer"] = heard.outcome

    @override
    async def ask_long_text(self, finding: Finding) -> None:
        """Find out whether a long text is accepted, and what stop does."""
        async with self._socket(finding) as conversation:
            await conversation.send(self._first(), add_text(LONG))
            heard = await conversation.listen(until_audio=True)
            finding.found["answer"] = heard.outcome
            if not heard.size:
                return
            stopped = monotonic()
            await conversation.send(STOP)
            is_ignored = False
            try:
                async with asyncio.timeout(_STOPPED * self.link.patience.quiet):
                    await conversation.listen()
            except TimeoutError:
                is_ignored = True
        seconds = heard.seconds(_RATE)
        went_on = max(heard.last_audio - stopped, 0)
        finding.measured |= {"audio_seconds": round(seconds, 1), "went_on": round(went_on, 2)}
        if is_ignored:
            finding.found["stop"] = "goes on"
        elif self.plain and self.plain.times_real_time(_RATE) > _TOO_FAST:
            finding.found["stop"] = "too fast to tell"
        else:
            is_cut = seconds < _SPOKEN * len(LONG)
            finding.found["stop"] = f"cuts off, {heard.end}" if is_cut else "goes on"

    async def ask_idle(self, finding: Finding) -> None:
        """Find out whether an idle socket stays open, and whether it can still be used to speak."""
        async with self._socket(finding) as conversation:
            begun = monotonic()
            heard = await conversation.listen(wait=self.link.patience.idle)
            if heard.end != "quiet":
                finding.found["idle"] = heard.end
                finding.measured["after"] = round(monotonic() - begun, 1)
                return
            answers = await conversation.answers_ping()
            finding.found["idle"] = "stays open, answers pings" if answers else "stays open, answers no pings"
            await conversation.send(self._first(), add_text(NUMBERS), *self._end)
            finding.found["speech_afterwards"] = (await conversation.listen(until_audio=True)).outcome


def read(text: str) -> tuple[bytes, bool]:
    """Read a message as the client does."""
    message = parse(parse_json(text))
    return message if isinstance(message, bytes) else b"", False
