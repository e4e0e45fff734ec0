"""What would be speech/third/client.py: a POST a segment, whose answer is a WAV that is read as it comes."""

from typing import override

from aiohttp import ClientError, ClientResponse, ClientTimeout

from custom_components.websocket_tts.speech import NoAudioError, PcmFormat, SpeechClient, Voice
from custom_components.websocket_tts.speech.audio.pcm import SampleStream
from custom_components.websocket_tts.speech.audio.wav import split_header
from custom_components.websocket_tts.speech.exceptions import ProtocolError
from custom_components.websocket_tts.speech.request import SpeechRequest
from custom_components.websocket_tts.speech.transport.http import (
    bearer,
    connection_error,
    request_json,
    status_error,
)
from custom_components.websocket_tts.speech.voices import parse_voices


class ThirdClient(SpeechClient):
    """A service by HTTP alone."""

    name = "Third TTS"
    manufacturer = "Third"
    default_scheme = "http"
    default_port = 5000
    api_paths = ("/third",)
    lists_all_voices = True
    one_segment_a_request = True

    @override
    async def _list_voices(self) -> list[Voice]:
        url = self._connection.address / "third" / "voices"
        answer = await request_json(self._session, "GET", url, self._limits, headers=self._headers)
        return [
            Voice(listed.id, listed.name or listed.id, listed.language)
            for listed in parse_voices(answer.payload, ("id",))
        ]

    @override
    async def _request(self, request: SpeechRequest) -> None:
        if (text := await request.next_text()) is None:
            return
        url = self._connection.address / "third" / "speech"
        timeout = ClientTimeout(connect=self._limits.connect, sock_read=self._limits.first_audio)
        body = {"text": text, "voice": request.utterance.settings.voice}
        try:
            async with self._session.post(
                url, json=body, headers=self._headers, timeout=timeout, allow_redirects=False
            ) as response:
                request.utterance.metrics.note_connection()
                if response.status != 200:
                    payload = await response.json() if response.content_type == "application/json" else None
                    raise status_error(response.status, url, payload, response.headers)
                await self._receive_audio(response, text, request)
        except (ClientError, TimeoutError) as err:
            raise connection_error(err, url) from None

    async def _receive_audio(self, response: ClientResponse, text: str, request: SpeechRequest) -> None:
        samples: SampleStream | None = None
        data = b""
        async for chunk in response.content.iter_any():
            data += chunk
            if samples is None:
                if (found := split_header(data)) is None:
                    continue
                audio_format, data = found
                samples = self._begin(audio_format, text, request)
            if whole := samples.add(data):
                await request.feed(whole)
            data = b""
        if not samples or not samples.seconds:
            raise NoAudioError("the service ended without audio")

    def _begin(self, audio_format: PcmFormat | None, text: str, request: SpeechRequest) -> SampleStream:
        if audio_format is None:
            raise ProtocolError("the service sent something that is no WAV")
        request.begin(audio_format)
        samples = SampleStream(audio_format, self._limits)
        samples.expect(text)
        return samples

    @property
    def _headers(self) -> dict[str, str]:
        return bearer(self._connection.bare_token)
