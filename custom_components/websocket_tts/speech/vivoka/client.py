"""Client of the Vivoka VDK Service: a token over HTTP, then the audio of one text over a WebSocket."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
import re
from typing import override
from urllib.parse import quote

from aiohttp import ClientWebSocketResponse, WSMsgType

from ..audio.pcm import PcmFormat
from ..audio.samples import SampleStream
from ..client import SpeechClient
from ..exceptions import (
    CannotConnectError,
    Doubt,
    DoubtfulEndError,
    NotFoundError,
    SpeechTimeoutError,
    VoiceNotFoundError,
)
from ..models import Range, Voice, restored
from ..request import SpeechRequest
from ..text.ssml import with_rate
from ..transport.http import Answer, bearer, parse_json, request_json
from ..transport.websocket import Deadline, is_normal_close, open_socket
from ..voices import parse_voices
from .languages import cerence_tag
from .messages import Frame, parse_response
from .quirks import MARKED, VARIES, VivokaQuirks

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
    entrance = "/v1/voice-synthesis/voices"
    rate_range = Range(0.5, 3.0)  # The engine can do 0.5 to 4.
    has_rate = True
    lists_all_voices = True
    one_segment_a_request = True

    @override
    async def _list_voices(self) -> list[Voice]:
        answer = await self._call("GET", "voices")
        return [self.voice(listed) for listed in parse_voices(answer.payload, _ID_KEYS, by_id=True)]

    @classmethod
    @override
    def voice(cls, listed: Voice) -> Voice:
        language = spoken_language(listed.id) or cerence_tag(listed.language or "")
        name, *qualities = [part for part in listed.id.split(",")[1:] if part] or [""]
        name = name.removesuffix("-ml")
        human = name[:1].upper() + name[1:] or listed.name or listed.id
        return Voice(listed.id, human, language, listed.gender, ", ".join(qualities))

    @override
    def can_change_rate(self, voice: str) -> bool:
        # Through SSML, which neural voices do not support.
        return _EMBEDDED.match(voice) is not None

    @override
    def reads_ssml(self, voice: str) -> bool:
        return _NEURAL.match(voice) is None

    @override
    def _restore(self, quirks: Mapping[str, object]) -> None:
        self._quirks = restored(VivokaQuirks, quirks) or VivokaQuirks()

    @property
    @override
    def quirks(self) -> Mapping[str, object]:
        return asdict(self._quirks)

    @override
    async def attempt(self, request: SpeechRequest) -> None:
        if (plain := await request.next_text()) is None:
            return
        settings = request.utterance.settings
        if request.is_first and request.utterance.chime and (rate := self._quirks.rates.get(request.voice)):
            request.begin(PcmFormat(rate))
        factor = settings.rate if self.can_change_rate(request.voice) else 1
        text = with_rate(plain, factor, spoken_language(request.voice))
        answer = await self._synthesize(text, request)
        token, audio_format = parse_response(answer.payload)
        self._quirks.note_rate(request.voice, audio_format.sample_rate)
        request.begin(audio_format)
        samples = SampleStream(audio_format, self.limits)
        samples.expect(text)
        url = (self._connection.address / "v1" / "ws").joinpath(quote(token, safe=""), encoded=True)
        headers = bearer(self._connection.bare_token) | answer.cookie_header()
        try:
            async with open_socket(self._session, url, headers, self.limits) as socket:
                request.utterance.metrics.note_connection()
                request.place.leave_soon()
                is_marked = await self._receive_audio(socket, samples, request)
        except NotFoundError:
            raise CannotConnectError("the token for the audio had expired") from None
        if is_marked and samples.seconds:
            self._quirks.note_end(request.voice, MARKED)
        elif self._quirks.ends.get(request.voice) == MARKED:
            raise DoubtfulEndError("the service ended before the last of the audio", Doubt.UNSAID)

    async def _synthesize(self, text: str, request: SpeechRequest) -> Answer:
        voice, trace = request.voice, request.utterance.metrics.trace
        body = {"text": text, "voice_id": voice}
        trace.asked("synthesize", body)
        try:
            answer = await self._call("POST", "synthesize", json=body)
        except NotFoundError as err:
            raise VoiceNotFoundError(f"the service does not know the voice {voice}") from err
        trace.answered(answer.payload)
        return answer

    @override
    def believe(self, request: SpeechRequest) -> None:
        self._quirks.note_end(request.voice, VARIES)

    async def _receive_audio(
        self, socket: ClientWebSocketResponse, samples: SampleStream, request: SpeechRequest
    ) -> bool:
        """Feed all samples of a WebSocket; return whether the last frame was marked as the last."""
        trace = request.utterance.metrics.trace
        try:
            with closing(Deadline()) as deadline:
                deadline.move(self.limits.doubt if request.doubted else self.limits.first_audio)
                while True:
                    message = await deadline.receive(socket)
                    said = parse_json(message.data) if message.type is WSMsgType.TEXT else None
                    trace.received(message, said)
                    if is_normal_close(message):
                        return False
                    if message.type is not WSMsgType.TEXT:
                        continue
                    frame = Frame.parse(said)
                    if whole := samples.add(frame.samples):
                        had_to_wait = await request.feed(whole, samples.audio_format)
                        if deadline.has_progress(samples.seconds) or had_to_wait:
                            deadline.move(self.limits.between_audio)
                    if frame.last:
                        return True
        except TimeoutError:
            raise SpeechTimeoutError.of_audio(is_first=not samples.seconds) from None

    async def _call(self, method: str, what: str, json: object = None) -> Answer:
        url = self._connection.address / "v1" / "voice-synthesis" / what
        headers = bearer(self._connection.bare_token)
        return await request_json(self._session, method, url, self.limits, headers=headers, json=json)


def spoken_language(voice_id: str) -> str | None:
    """Return the BCP 47 tag of the language in a voice ID, "<language>,<name>,<quality>", if any."""
    language, _, name = voice_id.partition(",")
    return cerence_tag(language) if name else None
