"""What would be speech/third/client.py: a POST a segment, whose answer is a WAV that is read as it comes."""

import asyncio
from typing import override

from aiohttp import ClientError, ClientResponse, ClientTimeout

from custom_components.websocket_tts.speech.audio.samples import SampleStream
from custom_components.websocket_tts.speech.audio.wav import Header, split_header
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.exceptions import (
    CannotConnectError,
    NotFoundError,
    ProtocolError,
    SpeechTimeoutError,
    VoiceNotFoundError,
)
from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.speech.request import SpeechRequest
from custom_components.websocket_tts.speech.transport.errors import Reading
from custom_components.websocket_tts.speech.transport.http import (
    bearer,
    check_status,
    connection_error,
    place,
    request_json,
)
from custom_components.websocket_tts.speech.voices import parse_voices

READ_SIZE = 16 * 1024
"""Bytes that are read at once, at most."""


class ThirdClient(SpeechClient):
    """A service by HTTP alone."""

    name = "Third TTS"
    manufacturer = "Third"
    default_scheme = "http"
    default_port = 5000
    api_paths = ("/third",)
    entrance = "/third/voices"
    lists_all_voices = True
    one_segment_a_request = True

    @override
    async def _list_voices(self) -> list[Voice]:
        url = self._connection.address / "third" / "voices"
        answer = await request_json(self._session, "GET", url, self.limits, headers=self._headers)
        return [self.voice(listed) for listed in parse_voices(answer.payload, ("id",))]

    @override
    async def attempt(self, request: SpeechRequest) -> None:
        if (text := await request.next_text()) is None:
            return
        voice = request.utterance.settings.voice
        url = self._connection.address / "third" / "speech"
        timeout = ClientTimeout(connect=self.limits.connect, sock_read=self.limits.first_audio)
        try:
            async with self._session.post(
                url,
                json={"text": text, "voice": voice},
                headers=self._headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                request.utterance.metrics.note_connection()
                is_json = response.content_type == "application/json"
                payload = await response.json() if is_json else None
                check_status(response, url, payload)
                if is_json:
                    raise Reading(payload).error()
                request.place.leave_soon()
                await self._receive_audio(response, text, request)
        except NotFoundError as err:
            raise VoiceNotFoundError(f"the service does not know the voice {voice}") from err
        except (ClientError, TimeoutError) as err:
            raise connection_error(err, url) from None

    async def _receive_audio(self, response: ClientResponse, text: str, request: SpeechRequest) -> None:
        samples: SampleStream | None = None
        head = b""
        while data := await self._read(response, is_first=not samples or not samples.seconds):
            if samples is None:
                head += data
                if (found := split_header(head)) is None:
                    continue
                header, _ = found
                samples, data = self._begin(header, text), head
            if whole := samples.add(data):
                await request.feed(whole, samples.audio_format)

    async def _read(self, response: ClientResponse, *, is_first: bool) -> bytes:
        try:
            async with asyncio.timeout(self.limits.first_audio if is_first else self.limits.between_audio):
                return await response.content.read(READ_SIZE)
        except TimeoutError:
            raise SpeechTimeoutError.of_audio(is_first=is_first) from None
        except ClientError:
            raise CannotConnectError("the service broke the connection", reason="connection_lost") from None

    def _begin(self, header: Header | None, text: str) -> SampleStream:
        if header is None:
            where = place(self._connection.address)
            raise ProtocolError(f"what answers at {where} sends no WAV", reason="not_a_service", place=where)
        samples = SampleStream(header.audio_format, self.limits)
        samples.expect(text)
        return samples

    @override
    def believe(self, request: SpeechRequest) -> None:
        """Learn nothing: a response says where it ends."""

    @property
    def _headers(self) -> dict[str, str]:
        return bearer(self._connection.bare_token)
