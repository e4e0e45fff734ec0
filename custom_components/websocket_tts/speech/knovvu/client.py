"""Client of Knovvu TTS by SESTEK: one WebSocket per utterance, for text and audio at the same time."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import cached_property
from typing import override

from aiohttp import ClientWebSocketResponse

from ..audio.pcm import PcmFormat
from ..client import SpeechClient
from ..exceptions import (
    BusyError,
    CannotConnectError,
    InvalidAuthError,
    NoAudioError,
    NotFoundError,
    SpeechError,
    SpeechTimeoutError,
    StaleConnectionError,
    TruncatedError,
)
from ..languages import language_tag
from ..models import IssuedToken, Voice
from ..recovery import Recovery
from ..request import SpeechRequest
from ..transport.auth import DEFAULT_TOKEN_URL, AccessToken
from ..transport.http import Answer, bearer, request_json
from ..transport.preconnect import Preconnection
from ..transport.websocket import open_socket
from ..voices import parse_voices
from .messages import Synthesize
from .session import KnovvuSession

HEARTBEAT = 25.0
"""Seconds between pings on a connection that is always kept ready."""
_ID_KEYS = ("voicename", "name", "voice", "id", "voiceid")


class KnovvuClient(SpeechClient):
    """Client of a Knovvu TTS service, in the cloud or on premises."""

    name = "Knovvu TTS"
    manufacturer = "SESTEK"
    default_scheme = "https"
    api_paths = ("/synthesizer", "/v1/speech")
    token_url = DEFAULT_TOKEN_URL
    has_rate = True
    has_volume = True
    can_stand_by = True
    # Sentence by sentence: while its engine works on a long text, the silence could count as the end.
    longest_segment = 0
    sample_rates = (8000, 16000, 22050, 24000, 44100, 48000)

    _preconnection: Preconnection | None = None
    _stands_by = False
    """Whether a connection is always kept ready."""
    _is_closed = False

    @cached_property
    def _token(self) -> AccessToken:
        return AccessToken(self._session, self._connection, self._limits)

    @property
    @override
    def issued(self) -> IssuedToken | None:
        return self._token.issued

    @override
    def preconnect(self, duration: float | None = None) -> None:
        self._stands_by |= duration is None
        is_limited = self._quirks.was_busy and not self._stands_by
        if self._is_closed or is_limited or not self._admission.is_open:
            # It would take a channel that queued requests are waiting for, or that others need.
            return
        duration = None if self._stands_by else duration
        if self._preconnection:
            self._preconnection.prepare(duration)
        else:
            self._preconnection = Preconnection(self._connect_ahead, self._limits.worthwhile, duration)

    @override
    async def disconnect(self) -> None:
        if self._preconnection:
            await self._preconnection.aclose()

    @override
    async def retire(self) -> None:
        self._is_closed = True
        await self.disconnect()

    @override
    async def aclose(self) -> None:
        self._is_closed = True
        await super().aclose()
        await self.disconnect()

    @asynccontextmanager
    async def _connect_ahead(self) -> AsyncGenerator[ClientWebSocketResponse]:
        try:
            heartbeat = HEARTBEAT if self._stands_by else None
            async with self._connect(await self._token.get(), heartbeat) as socket:
                yield socket
        except BusyError:
            self._note_busy()
            raise

    def _connect(
        self, token: str, heartbeat: float | None = None
    ) -> AbstractAsyncContextManager[ClientWebSocketResponse]:
        url = self._connection.address / "synthesizer"
        return open_socket(self._session, url, bearer(token), self._limits, heartbeat=heartbeat)

    @override
    async def _authorize(self) -> None:
        await self._token.get()

    @override
    async def _list_voices(self) -> list[Voice]:
        token = await self._token.get()
        try:
            answer = await self._ask_for_voices(token)
        except NotFoundError:
            return []
        except InvalidAuthError:
            if not self._token.renewable:
                raise
            self._token.refuse(token)
            answer = await self._ask_for_voices(await self._token.get())
        return [
            Voice(listed.id, listed.name or listed.id, language_tag(listed.language or ""))
            for listed in parse_voices(answer.payload, _ID_KEYS)
        ]

    async def _ask_for_voices(self, token: str) -> Answer:
        url = self._connection.address.joinpath("v1", "speech", "synthesis", "voices", "")
        return await request_json(self._session, "GET", url, self._limits, headers=bearer(token))

    @override
    async def _request(self, request: SpeechRequest) -> None:
        settings, quirks = request.utterance.settings, request.quirks
        expected = PcmFormat(settings.sample_rate)
        if quirks.confirmed_rates.get(settings.voice) == settings.sample_rate:
            request.begin(expected)
        request.token = token = await self._token.get()
        request.utterance.metrics.trace.privacy.hide(token)
        first = Synthesize(
            voice=settings.voice,
            sample_rate=settings.sample_rate,
            volume=settings.volume,
            rate=settings.rate,
            authorization=(f"Bearer {token}" if quirks.bearer else token) or None,
        )
        try:
            async with self._connection_for(token) as (socket, has_stood):
                request.utterance.metrics.note_connection()
                session = KnovvuSession(socket, first, request, self._limits)
                await self._run(session, request, has_stood=has_stood)
        except BusyError:
            self._note_busy()
            raise
        finally:
            if self._stands_by:
                self.preconnect()

    def _note_busy(self) -> None:
        """Stop keeping connections ready after utterances: they may occupy a channel that is needed."""
        self._quirks = replace(self._quirks, was_busy=True)

    @asynccontextmanager
    async def _connection_for(self, token: str) -> AsyncGenerator[tuple[ClientWebSocketResponse, bool]]:
        """Connect, or use the connection that was kept ready; yields whether it was."""
        if self._preconnection:
            async with self._preconnection.connection() as connection:
                yield connection
        else:
            async with self._connect(token) as socket:
                yield socket, False

    async def _run(self, session: KnovvuSession, request: SpeechRequest, *, has_stood: bool) -> None:
        """Run a session, and update the quirks."""
        try:
            await session.run()
        except SpeechError as err:
            if has_stood and not session.seconds and isinstance(err, CannotConnectError | NoAudioError):
                # It was closed just when it was taken, or had died unnoticed: then it is a timeout.
                raise StaleConnectionError(
                    "the connection that stood ready was over", reason="connection_lost"
                ) from err
            self._learn_from_error(err, session, request)
            raise
        finally:
            self._learn_from_audio(session, request)
        self._learn_from_end(session, request)

    def _learn_from_audio(self, session: KnovvuSession, request: SpeechRequest) -> None:
        """Store the quirks that are confirmed by receiving audio."""
        if session.audio_format:
            asked, voice = request.quirks, request.utterance.settings.voice
            rates = {name: rate for name, rate in self._quirks.confirmed_rates.items() if name != voice}
            if session.audio_format.sample_rate == session.asked_rate:
                rates[voice] = session.asked_rate
            bearer = bool(asked.bearer) if request.token else None
            self._quirks = replace(self._quirks, bearer=bearer, confirmed_rates=rates)
            if asked.finalize_late is not None:
                is_late = asked.finalize_late and not session.spoke_after_late_finalize
                self._quirks = replace(self._quirks, finalize_late=is_late)

    def _learn_from_end(self, session: KnovvuSession, request: SpeechRequest) -> None:
        """Store how complete audio ended, and how much there was."""
        if request.quirks.finalize_late is None and session.spoke_after_finalize:
            self._quirks = replace(self._quirks, finalize_late=False)
        if session.tells_end is not None:
            # A concurrent request may have seen the end announced: then it is detected again.
            is_doubtful = self._quirks.tells_end and not session.tells_end
            self._quirks = replace(self._quirks, tells_end=None if is_doubtful else session.tells_end)
        if session.ends_each_flush is not None:
            self._quirks = replace(self._quirks, ends_each_flush=session.ends_each_flush)
        if usual := session.pace.learned(session.seconds):
            pace = {**self._quirks.pace, request.utterance.settings.voice: usual}
            self._quirks = replace(self._quirks, pace=pace)

    def _learn_from_error(self, err: SpeechError, session: KnovvuSession, request: SpeechRequest) -> None:
        """Correct or reset the quirks that an error has shown to be wrong."""
        if isinstance(err, NoAudioError) and request.quirks.finalize_late is False:
            self._quirks = replace(self._quirks, finalize_late=None)
        if isinstance(err, TruncatedError) and not request.quirks.finalize_late:
            self._quirks = replace(self._quirks, finalize_late=True)
        if isinstance(err, SpeechTimeoutError) and session.seconds:
            pace = {
                name: usual
                for name, usual in self._quirks.pace.items()
                if name != request.utterance.settings.voice
            }
            self._quirks = replace(self._quirks, pace=pace)
        if session.tells_end is False:
            self._quirks = replace(self._quirks, tells_end=None)

    @override
    def _recoveries(self, err: SpeechError, request: SpeechRequest) -> list[Recovery]:
        quirks = request.quirks
        if isinstance(err, StaleConnectionError):
            return [Recovery.OWN_CONNECTION, Recovery.FRESH_CONNECTION]
        if isinstance(err, InvalidAuthError) and request.token:
            if not self._token.renewable:
                return [Recovery.OTHER_TOKEN_FORM]
            if quirks.bearer is None:
                return [Recovery.OTHER_TOKEN_FORM, Recovery.NEW_TOKEN]
            # This form has worked before, so that the token has most likely expired.
            return [Recovery.NEW_TOKEN, Recovery.OTHER_TOKEN_FORM]
        if isinstance(err, NoAudioError | TruncatedError) and not quirks.finalize_late:
            is_known = quirks.finalize_late is False
            return [Recovery.FRESH_CONNECTION if is_known else Recovery.FINALIZE_LATE]
        return super()._recoveries(err, request)

    @override
    async def _prepare(self, recovery: Recovery, request: SpeechRequest) -> None:
        match recovery:
            case Recovery.OTHER_TOKEN_FORM:
                request.quirks = replace(request.quirks, bearer=not request.quirks.bearer)
            case Recovery.FINALIZE_LATE:
                request.quirks = replace(request.quirks, finalize_late=True)
            case Recovery.OWN_CONNECTION:
                # Nothing is wrong with the service: there is nothing to wait for.
                pass
            case Recovery.NEW_TOKEN:
                self._token.refuse(request.token)
            case _:
                await super()._prepare(recovery, request)

    @property
    @override
    def _secrets(self) -> set[str]:
        return super()._secrets | {self._token.value} - {""}
