"""Vivoka VDK Service: a token by HTTP, then the audio of one text on a WebSocket of its own."""

from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
import logging
import re
from typing import override
from urllib.parse import quote

from aiohttp import ClientWebSocketResponse, WSMsgType
import orjson

from .errors import (
    CannotConnectError,
    NoAudioError,
    ProtocolError,
    SpeechTimeoutError,
    SynthesisError,
    VoiceNotFoundError,
)
from .languages import cerence_tag
from .pcm import Audio, PcmFormat, SampleStream, decode_base64
from .prosody import with_prosody
from .read_ahead import one_ahead
from .report import Report
from .retry import with_one_retry
from .sentences import Pieces
from .service import SpeechService, Voice, VoiceSettings
from .transport import (
    BETWEEN_AUDIO_TIMEOUT,
    FIRST_AUDIO_TIMEOUT,
    Answer,
    Deadline,
    NotFoundError,
    bearer,
    error_words,
    is_normal_close,
    open_socket,
    request_json,
)
from .voices import ListedVoice, parse_voices

_LOGGER = logging.getLogger(__name__)

DEFAULT_SAMPLE_RATE = 22050
"""Hz, of the engine behind the service, where an answer does not name it."""
_SAMPLE_RATES = range(4000, 384001)
_ID_KEYS = ("id", "voiceid", "name")
_EMBEDDED = re.compile(r"[^,]*,[^,]*,embedded\b")


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to a request: a token, good for one WebSocket, and the format of what comes on it."""

    token: str = field(repr=False)
    audio_format: PcmFormat

    @classmethod
    def parse(cls, payload: object) -> Grant:
        """Read an answer. Raises SynthesisError for a refusal, ProtocolError for what is none."""
        fields = payload if isinstance(payload, Mapping) else {}
        if token := fields.get("token"):
            return cls(str(token), PcmFormat(_sample_rate(fields.get("sample_rate"))))
        if words := error_words(fields.get("error")):
            raise SynthesisError(words)
        raise ProtocolError("the service gave no token for the audio")


@dataclass(frozen=True, slots=True)
class Frame:
    """One message on the WebSocket: samples, or the end of them, or both, or neither."""

    samples: bytes = b""
    last: bool = False

    @classmethod
    def parse(cls, text: str) -> Frame:
        """Read a message; what is unknown is empty. Raises SynthesisError for an error of the service."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            _LOGGER.debug("Skipping a message that is no JSON (%d characters)", len(text))
            return cls()
        if not isinstance(message, dict):
            return cls()
        if (error := message.get("error")) is not None:
            raise SynthesisError(error_words(error) or "the service reports an error without words")
        data = message.get("data")
        samples = decode_base64(data) if isinstance(data, str) else b""
        return cls(samples, message.get("last") is True)


class VivokaService(SpeechService):
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
        return [human_voice(listed) for listed in parse_voices(answer.payload, _ID_KEYS)]

    @override
    def can_change_rate_and_volume(self, voice: str) -> bool:
        # By SSML, which neural voices do not take.
        return _EMBEDDED.match(voice) is not None

    @override
    async def _speak(self, pieces: Pieces, settings: VoiceSettings, report: Report) -> Audio:
        """Speak one piece after the other; the next is asked for when the current one is heard."""
        async with aclosing(one_ahead(partial(self._next, pieces, settings, report))) as audio:
            async for part in audio:
                yield part

    async def _next(self, pieces: Pieces, settings: VoiceSettings, report: Report) -> Audio:
        """Speak the next piece, as soon as there is one; nothing when there is none."""
        async for piece in pieces:
            text = with_prosody(piece, settings, spoken_language(settings.voice))
            request = partial(self._request, text, settings.voice, report)
            async with aclosing(with_one_retry(request, report)) as audio:
                async for part in audio:
                    yield part
            return

    async def _request(self, text: str, voice: str, report: Report) -> Audio:
        try:
            answer = await self._call("POST", "synthesize", json={"text": text, "voice_id": voice})
        except NotFoundError as err:
            raise VoiceNotFoundError(f"the service does not know the voice {voice}") from err
        grant = Grant.parse(answer.payload)
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


async def _receive(socket: ClientWebSocketResponse, samples: SampleStream) -> Audio:
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


def _sample_rate(value: object) -> int:
    if value is None:
        return DEFAULT_SAMPLE_RATE
    with suppress(ValueError, OverflowError):
        if (sample_rate := int(float(str(value)))) in _SAMPLE_RATES:
            return sample_rate
    raise ProtocolError("the service named an impossible sample rate")


def spoken_language(voice_id: str) -> str | None:
    """Return the BCP 47 tag of the language in a voice id, "<language>,<name>,<quality>", if any."""
    language, _, name = voice_id.partition(",")
    return cerence_tag(language) if name else None


def human_voice(listed: ListedVoice) -> Voice:
    """Read a voice id as people would say it."""
    language = spoken_language(listed.id) or (listed.language and cerence_tag(listed.language)) or None
    human = ", ".join(part for part in listed.id.split(",")[1:] if part)
    return Voice(listed.id, human[:1].upper() + human[1:] if human else listed.name or listed.id, language)
