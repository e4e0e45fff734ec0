"""Questions to Knovvu TTS."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from time import monotonic
from typing import override

from aiohttp import ClientConnectionError, ClientWebSocketResponse
import orjson

from ..exceptions import SpeechError
from ..knovvu.messages import FINALIZE, STOP, AddText, Synthesize
from ..trace import WireTrace
from ..transport.http import bearer
from .asking import AT_ONCE, LONG, NUMBERS, SSML, WRONG, Asking
from .conversation import Heard, listen
from .questions import Question, SkippedError
from .report import Finding

_RATE = 24000
_OTHER_RATE = 8000
_HEARTBEAT = 3.0
_CUT = 1.25
"""Ratio of audio lengths from which the shorter audio is assumed to be cut off."""
_TOO_FAST = 100
"""Multiple of real time from which a service sends everything before it can be stopped."""
_STOPPED = 2.0
"""Multiple of a silence after which audio that still arrives was not stopped."""
_SPOKEN = 0.03
"""Least seconds of audio for each character of a text that is not cut off."""
_FLUSH = '{"message-name":"flush"}'


class KnovvuQuestions(Asking):
    """Questions about the behavior of a Knovvu TTS server."""

    _is_bearer = False
    """Whether the token is sent with "Bearer " before it."""
    _end: tuple[str, ...] = (FINALIZE,)
    """Messages sent after the text; none if they cut off the audio."""

    def questions(self) -> list[Question]:
        """Return the questions, the most important ones first."""
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
            Question(
                "idle",
                self.ask_idle,
                "keeps a connection ready, if told to, with pings",
                more=self.link.patience.idle,
            ),
            Question("ssml", self.ask_ssml, "takes tags away"),
            Question("empty_text", self.ask_empty_text, "sends no text without words"),
        ]

    async def _payload_of_voices(self, finding: Finding) -> object:
        url = self.link.address.joinpath("v1", "speech", "synthesis", "voices", "")
        payload, _ = await self.link.http(
            "GET", url, bearer(self.link.token), self.link.trace(finding.question)
        )
        return payload

    @asynccontextmanager
    async def _socket(
        self, finding: Finding, token: str | None = None, heartbeat: float | None = None
    ) -> AsyncGenerator[tuple[ClientWebSocketResponse, WireTrace]]:
        trace = self.link.trace(finding.question)
        headers = bearer(self.link.token if token is None else token)
        async with self.link.socket(self.link.address / "synthesizer", headers, trace, heartbeat) as socket:
            yield socket, trace

    def _first(self, voice: str | None = None, authorization: str | None = None, rate: int = _RATE) -> str:
        token = self.link.token
        own = f"Bearer {token}" if self._is_bearer else token
        first = Synthesize(voice or self.link.voice, rate, 1.0, 1.0, (authorization or own) or None)
        return first.json()

    async def _say(
        self, finding: Finding, *messages: str, token: str | None = None, until_audio: bool = False
    ) -> Heard:
        """Send these messages, and record what is received."""
        async with self._socket(finding, token) as (socket, trace):
            heard = Heard(self.link.privacy)
            await self._send(socket, trace, *messages)
            await listen(socket, heard, trace, self.link.patience, until_audio=until_audio)
        return heard

    async def _send(self, socket: ClientWebSocketResponse, trace: WireTrace, *messages: str) -> None:
        # A service that has already closed may have stated why.
        with suppress(ClientConnectionError):
            for message in messages:
                trace.sent(message)
                await socket.send_str(message)

    def _text(self, text: str = NUMBERS) -> str:
        self.link.privacy.hide_text(text)
        return AddText(text).json()

    async def ask_token_forms(self, finding: Finding) -> None:
        """Find out whether the token requires "Bearer " before it."""
        if not self.link.token:
            raise SkippedError("there is no access token")
        for name, is_bearer in (("bare", False), ("bearer", True)):
            self._is_bearer = is_bearer
            heard = await self._say(finding, self._first(), self._text(), until_audio=True)
            finding.found[name] = heard.outcome
        self._is_bearer = finding.found["bare"] != "audio" and finding.found["bearer"] == "audio"

    async def ask_speech(self, finding: Finding) -> None:
        """Find out how audio is sent, and how it ends, if finalize-synthesis is sent with the text."""
        heard = await self._say(finding, self._first(), self._text(), FINALIZE)
        self.plain = heard
        self.rate = heard.header_rate or _RATE
        finding.found |= self.facts(heard)
        finding.measured |= heard.measured(_RATE)

    async def ask_held_finalize(self, finding: Finding) -> None:
        """Find out whether there is more audio, and an end, if finalize-synthesis is not sent at first."""
        async with self._socket(finding) as (socket, trace):
            heard = Heard(self.link.privacy)
            await self._send(socket, trace, self._first(), self._text())
            await listen(socket, heard, trace, self.link.patience)
            finding.found["before_finalize"] = heard.outcome if heard.size else heard.end
            finding.found["end_before_finalize"] = heard.end
            if heard.end == "quiet":
                await self._send(socket, trace, FINALIZE)
                await listen(socket, heard, trace, self.link.patience)
            finding.found["end"] = heard.end
        at_once = self.plain.size if self.plain else 0
        self._end = (FINALIZE,) if heard.size <= _CUT * at_once else ()
        finding.found["finalize_cuts_off"] = not self._end
        self.plain = max(heard, self.plain or heard, key=lambda speech: speech.size)
        finding.measured |= heard.measured(_RATE)

    async def ask_two_flushes(self, finding: Finding) -> None:
        """Find out how often the end of two texts is announced."""
        heard = await self._say(finding, self._first(), self._text(), self._text(), *self._end)
        finding.found["answer"] = heard.outcome
        finding.found["messages"] = [f"{name} x {count}" for name, count in heard.names.items()]
        finding.found["end"] = heard.end
        if self.plain and self.plain.size:
            finding.measured["times_as_long"] = round(heard.size / self.plain.size, 2)

    async def ask_separate_flush(self, finding: Finding) -> None:
        """Find out whether flush can be a separate message, and whether anything is received before it."""
        text = orjson.dumps({"message-name": "add-tts-text", "text": NUMBERS}).decode()
        heard = await self._say(finding, self._first(), text, _FLUSH, *self._end)
        finding.found["answer"] = heard.outcome

    async def ask_unknown_voice(self, finding: Finding) -> None:
        """Find out the response to an unknown voice."""
        heard = await self._say(finding, self._first("Nobody_None"), self._text(), *self._end)
        finding.found |= {"answer": heard.outcome, "error_keys": heard.error_keys}

    async def ask_bad_token(self, finding: Finding) -> None:
        """Find out the response to an invalid access token."""
        if not self.link.token:
            raise SkippedError("there is no access token")
        wrong = f"Bearer {WRONG}" if self._is_bearer else WRONG
        first = self._first(authorization=wrong)
        heard = await self._say(finding, first, self._text(), *self._end, token=WRONG)
        finding.found["answer"] = heard.outcome

    async def ask_sample_rate(self, finding: Finding) -> None:
        """Find out whether a lower sample rate is respected: then there is less audio."""
        heard = await self._say(finding, self._first(rate=_OTHER_RATE), self._text(), *self._end)
        finding.found["wav_header"] = heard.header_rate
        if heard.size and self.plain and self.plain.size:
            part = heard.size / self.plain.size
            finding.found["heeded"] = part < 0.6
            finding.measured["part"] = round(part, 2)
        else:
            finding.found["answer"] = heard.outcome

    async def ask_long_text(self, finding: Finding) -> None:
        """Find out whether a long text is accepted, and what stop does."""
        async with self._socket(finding) as (socket, trace):
            heard = Heard(self.link.privacy)
            await self._send(socket, trace, self._first(), self._text(LONG))
            await listen(socket, heard, trace, self.link.patience, until_audio=True)
            finding.found["answer"] = heard.outcome
            if not heard.size:
                return
            stopped = monotonic()
            await self._send(socket, trace, STOP)
            is_ignored = False
            try:
                async with asyncio.timeout(_STOPPED * self.link.patience.quiet):
                    await listen(socket, heard, trace, self.link.patience)
            except TimeoutError:
                is_ignored = True
        went_on = max(heard.last_audio - stopped, 0)
        seconds = heard.seconds(_RATE)
        finding.measured |= {"audio_seconds": round(seconds, 1), "went_on": round(went_on, 2)}
        if is_ignored:
            finding.found["stop"] = "goes on"
        elif self.plain and self.plain.times_real_time > _TOO_FAST:
            finding.found["stop"] = "too fast to tell"
        else:
            is_cut = seconds < _SPOKEN * len(LONG)
            finding.found["stop"] = f"cuts off, {heard.end}" if is_cut else "goes on"

    async def ask_idle(self, finding: Finding) -> None:
        """Find out whether an idle socket stays open, and whether it can still be used to speak."""
        async with self._socket(finding, heartbeat=_HEARTBEAT) as (socket, trace):
            heard = Heard(self.link.privacy)
            begun = monotonic()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.link.patience.idle):
                    message = await socket.receive()
                    trace.received(message)
                    heard.note_end(message)
            if heard.end:
                finding.found["idle"] = heard.end
                finding.measured["after"] = round(monotonic() - begun, 1)
                return
            finding.found["idle"] = "stays open, answers pings"
            await self._send(socket, trace, self._first(), self._text(), *self._end)
            await listen(socket, heard, trace, self.link.patience, until_audio=True)
            finding.found["speech_afterwards"] = heard.outcome

    async def ask_ssml(self, finding: Finding) -> None:
        """Find out whether SSML tags are interpreted or read aloud."""
        self.compare_ssml(finding, await self._say(finding, self._first(), self._text(SSML), *self._end))

    async def ask_empty_text(self, finding: Finding) -> None:
        """Find out the response to a text without words."""
        heard = await self._say(finding, self._first(), self._text(" "), *self._end)
        finding.found["answer"] = heard.outcome

    @override
    async def _speak_at_once(self, finding: Finding, number: int) -> str | None:
        """Speak on this number of sockets at once; return how the service refuses, if it does."""
        async with AsyncExitStack() as stack:
            try:
                sockets = [await stack.enter_async_context(self._socket(finding)) for _ in range(number)]
            except SpeechError as err:
                return err.kind
            for socket, trace in sockets:
                await self._send(socket, trace, self._first(), self._text(AT_ONCE))
            for socket, trace in sockets:
                heard = Heard(self.link.privacy)
                await listen(socket, heard, trace, self.link.patience, until_audio=True)
                if not heard.size:
                    return heard.error or heard.end
                await self._send(socket, trace, STOP)
        return None
