"""Vivoka VDK Service: a token by HTTP, then the audio of one text on a WebSocket of its own."""

from contextlib import aclosing
from functools import partial
import re
from typing import override
from urllib.parse import quote

from aiohttp import ClientWebSocketResponse, WSMsgType

from ..audio.buffer import one_ahead
from ..audio.pcm import AudioStream, SampleStream
from ..client import SpeechClient
from ..exceptions import (
    CannotConnectError,
    NoAudioError,
    NotFoundError,
    SpeechTimeoutError,
    VoiceNotFoundError,
)
from ..languages import cerence_tag
from ..metrics import SynthesisMetrics
from ..models import Voice, VoiceSettings
from ..retry import with_one_retry
from ..text.segments import TextSegments
from ..text.ssml import with_prosody
from ..transport.http import BETWEEN_AUDIO_TIMEOUT, FIRST_AUDIO_TIMEOUT, Answer, bearer, request_json
from ..transport.websocket import Deadline, is_normal_close, open_socket
from ..voices import ListedVoice, parse_voices
from .messages import Frame, SynthesizeResponse

_ID_KEYS = ("id", "voiceid", "name")
_EMBEDDED = re.compile(r"[^,]*,[^,]*,embedded\b")


class VivokaClient(SpeechClient):
    """A Vivoka VDK Service."""

    name = "Vivoka VDK"
    manufacturer = "Vivoka"
    default_scheme = "http"
    default_port = 39806
    api_paths = ("/v1",)
    lists_all_voices = True

    @override
    async def _list_voices(self) -> list[Voice]:
        answer = await self._call("GET", "voices")
        return [human_voice(listed) for listed in parse_voices(answer.payload, _ID_KEYS, by_id=True)]

    @override
    def can_change_rate_and_volume(self, voice: str) -> bool:
        # By SSML, which neural voices do not take.
        return _EMBEDDED.match(voice) is not None

    @override
    async def _speak(
        self, pieces: TextSegments, settings: VoiceSettings, report: SynthesisMetrics
    ) -> AudioStream:
        """Speak one piece after the other; the next is asked for when the current one is heard."""
        async with aclosing(one_ahead(partial(self._next, pieces, settings, report))) as audio:
            async for part in audio:
                yield part

    async def _next(
        self, pieces: TextSegments, settings: VoiceSettings, report: SynthesisMetrics
    ) -> AudioStream:
        """Speak the next piece, as soon as there is one; nothing when there is none."""
        async for piece in pieces:
            text = with_prosody(piece, settings, spoken_language(settings.voice))
            request = partial(self._request, text, settings.voice, report)
            async with aclosing(with_one_retry(request, report)) as audio:
                async for part in audio:
                    yield part
            return

    async def _request(self, text: str, voice: str, report: SynthesisMetrics) -> AudioStream:
        try:
            answer = await self._call("POST", "synthesize", json={"text": text, "voice_id": voice})
        except NotFoundError as err:
            raise VoiceNotFoundError(f"the service does not know the voice {voice}") from err
        grant = SynthesizeResponse.parse(answer.payload)
        yield grant.audio_format
        samples = SampleStream(grant.audio_format)
        samples.expect(text)
        token = quote(grant.token, safe="")
        url = self._connection.address.joinpath("v1", "ws", token, encoded=True)
        try:
            async with (
                open_socket(self._session, url, self._headers | answer.cookie_header()) as socket,
                aclosing(_receive(socket, samples)) as audio,
            ):
                report.note_connection()
                async for part in audio:
                    yield part
        except NotFoundError:
            raise CannotConnectError("the token for the audio had expired") from None
        if not samples.seconds:
            raise NoAudioError("the service ended without audio")

    async def _call(self, method: str, what: str, json: object = None) -> Answer:
        url = self._connection.address / "v1" / "voice-synthesis" / what
        return await request_json(self._session, method, url, headers=self._headers, json=json)

    @property
    def _headers(self) -> dict[str, str]:
        return bearer(self._connection.bare_token)


async def _receive(socket: ClientWebSocketResponse, samples: SampleStream) -> AudioStream:
    """Yield the samples of one WebSocket until the service says that they were the last."""
    deadline = Deadline()
    deadline.move(FIRST_AUDIO_TIMEOUT)
    while True:
        try:
            message = await deadline.receive(socket)
        except TimeoutError:
            phase = "next" if samples.seconds else "first"
            raise SpeechTimeoutError(f"the {phase} audio did not come in time") from None
        if is_normal_close(message):
            return
        if message.type is not WSMsgType.TEXT:
            continue
        frame = Frame.parse(message.data)
        if whole := samples.add(frame.samples):
            deadline.move(BETWEEN_AUDIO_TIMEOUT)
            yield whole
        if frame.last:
            return


def spoken_language(voice_id: str) -> str | None:
    """Return the BCP 47 tag of the language in a voice id, "<language>,<name>,<quality>", if any."""
    language, _, name = voice_id.partition(",")
    return cerence_tag(language) if name else None


def human_voice(listed: ListedVoice) -> Voice:
    """Read a voice id as people would say it."""
    language = spoken_language(listed.id) or (listed.language and cerence_tag(listed.language)) or None
    human = ", ".join(part for part in listed.id.split(",")[1:] if part)
    return Voice(listed.id, human[:1].upper() + human[1:] if human else listed.name or listed.id, language)
