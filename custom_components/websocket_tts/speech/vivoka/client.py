"""Client of the Vivoka VDK Service: a token over HTTP, then the audio of one text over a WebSocket."""

from dataclasses import replace
from functools import cached_property
import re
from typing import override
from urllib.parse import quote

from aiohttp import ClientWebSocketResponse, WSMsgType
from yarl import URL

from ..audio.pcm import PcmFormat, SampleStream
from ..client import SpeechClient
from ..exceptions import (
    CannotConnectError,
    NoAudioError,
    NotFoundError,
    SpeechTimeoutError,
    TruncatedError,
    VoiceNotFoundError,
)
from ..languages import cerence_tag
from ..models import Voice
from ..quirks import VARIES
from ..request import SpeechRequest
from ..text.ssml import with_rate
from ..transport.http import Answer, bearer, request_json
from ..transport.websocket import Deadline, is_normal_close, open_socket
from ..voices import ListedVoice, parse_voices
from .messages import Frame, SynthesizeResponse

_ID_KEYS = ("id", "voiceid", "name")
_EMBEDDED = re.compile(r"[^,]*,[^,]*,embedded\b")
_NEURAL = re.compile(r"[^,]*,[^,]*,neural\b")


class VivokaClient(SpeechClient):
    """Client of a Vivoka VDK Service."""

    name = "Vivoka VDK"
    manufacturer = "Vivoka"
    default_scheme = "http"
    default_port = 39806
    api_paths = ("/v1",)
    lists_all_voices = True
    one_segment_a_request = True

    @override
    async def _list_voices(self) -> list[Voice]:
        answer = await self._call("GET", "voices")
        return [human_voice(listed) for listed in parse_voices(answer.payload, _ID_KEYS, by_id=True)]

    @override
    def can_change_rate(self, voice: str) -> bool:
        # Through SSML, which neural voices do not support.
        return _EMBEDDED.match(voice) is not None

    @override
    def reads_ssml(self, voice: str) -> bool:
        return _NEURAL.match(voice) is None

    @override
    async def _request(self, request: SpeechRequest) -> None:
        if (plain := await request.next_text()) is None:
            return
        settings = request.utterance.settings
        is_first_with_chime = request.is_first and request.utterance.chime
        if is_first_with_chime and (rate := self._quirks.confirmed_rates.get(settings.voice)):
            request.begin(PcmFormat(rate))
        text = with_rate(plain, settings.rate, spoken_language(settings.voice))
        body = {"text": text, "voice_id": settings.voice}
        trace = request.utterance.metrics.trace
        trace.asked("synthesize", body)
        try:
            answer = await self._call("POST", "synthesize", json=body)
        except NotFoundError as err:
            raise VoiceNotFoundError(f"the service does not know the voice {settings.voice}") from err
        trace.answered(answer.payload)
        response = SynthesizeResponse.parse(answer.payload)
        self._learn_rate(settings.voice, response.audio_format.sample_rate)
        request.begin(response.audio_format)
        samples = SampleStream(response.audio_format, self._limits)
        samples.expect(text)
        token = quote(response.token, safe="")
        url = self._sockets.joinpath(token, encoded=True)
        headers = self._headers | answer.cookie_header()
        try:
            async with open_socket(self._session, url, headers, self._limits) as socket:
                request.utterance.metrics.note_connection()
                request.on_taken()
                is_marked = await self._receive_audio(socket, samples, request)
        except NotFoundError:
            raise CannotConnectError("the token for the audio had expired") from None
        if not samples.seconds:
            raise NoAudioError("the service ended without audio")
        self._check_end(request, is_marked=is_marked)

    def _learn_rate(self, voice: str, rate: int) -> None:
        """Remember the sample rate of a voice. A rate that has changed once can change again."""
        known = self._quirks.confirmed_rates
        if known.get(voice) != rate:
            rates = {**known, voice: VARIES if voice in known else rate}
            self._quirks = replace(self._quirks, confirmed_rates=rates)

    def _check_end(self, request: SpeechRequest, *, is_marked: bool) -> None:
        """Raise TruncatedError if no frame was marked as the last, though this voice has done so before."""
        voice = request.utterance.settings.voice
        if is_marked != (voice in self._quirks.marks_last):
            voices = {*self._quirks.marks_last} ^ {voice}
            self._quirks = replace(self._quirks, marks_last=tuple(sorted(voices)))
        # Compared with what was known before the first attempt, because resuming does not make it complete.
        if voice in request.quirks.marks_last and not is_marked:
            raise TruncatedError("the service ended before the last of the audio")

    async def _receive_audio(
        self, socket: ClientWebSocketResponse, samples: SampleStream, request: SpeechRequest
    ) -> bool:
        """Feed all samples of a WebSocket; return whether the last frame was marked as the last."""
        try:
            with Deadline() as deadline:
                deadline.move(self._limits.first_audio)
                while True:
                    message = await deadline.receive(socket)
                    request.utterance.metrics.trace.received(message)
                    if is_normal_close(message):
                        return False
                    if message.type is not WSMsgType.TEXT:
                        continue
                    frame = Frame.parse(message.data)
                    if whole := samples.add(frame.samples):
                        await request.feed(whole)
                        deadline.move(self._limits.between_audio)
                    if frame.last:
                        return True
        except TimeoutError:
            phase = "next" if samples.seconds else "first"
            raise SpeechTimeoutError(
                f"the {phase} audio did not come in time", reason=f"{phase}_audio"
            ) from None

    async def _call(self, method: str, what: str, json: object = None) -> Answer:
        url = self._interface / what
        return await request_json(self._session, method, url, self._limits, headers=self._headers, json=json)

    @cached_property
    def _interface(self) -> URL:
        return self._connection.address / "v1" / "voice-synthesis"

    @cached_property
    def _sockets(self) -> URL:
        return self._connection.address / "v1" / "ws"

    @cached_property
    def _headers(self) -> dict[str, str]:
        return bearer(self._connection.bare_token)


def spoken_language(voice_id: str) -> str | None:
    """Return the BCP 47 tag of the language in a voice ID, "<language>,<name>,<quality>", if any."""
    language, _, name = voice_id.partition(",")
    return cerence_tag(language) if name else None


def human_voice(listed: ListedVoice) -> Voice:
    """Return a voice with a human-readable name."""
    language = spoken_language(listed.id) or (listed.language and cerence_tag(listed.language)) or None
    name, *qualities = [part for part in listed.id.split(",")[1:] if part] or [""]
    human = name[:1].upper() + name[1:] or listed.name or listed.id
    return Voice(listed.id, f"{human} ({', '.join(qualities)})" if qualities else human, language)
