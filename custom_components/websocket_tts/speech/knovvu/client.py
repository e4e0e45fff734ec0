"""Client of Knovvu TTS by SESTEK: one WebSocket per utterance, for text and audio at the same time."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace
from enum import Enum, auto
from functools import cached_property
import re
from time import monotonic
from typing import override

from aiohttp import ClientWebSocketResponse

from ..audio.pcm import PcmFormat
from ..client import SpeechClient
from ..exceptions import (
    BusyError,
    Doubt,
    InvalidAuthError,
    NotFoundError,
    SpeechError,
    SpeechTimeoutError,
    StaleConnectionError,
)
from ..models import IssuedToken, Voice, restored
from ..request import SpeechRequest
from ..transport.http import bearer, request_json
from ..transport.kept import KeptConnection
from ..transport.websocket import open_socket
from ..utterance import Utterance
from ..voices import parse_voices
from .end_of_speech import EndOfSpeech
from .quirks import Ending, KnovvuQuirks
from .session import KnovvuSession
from .token import DEFAULT_TOKEN_URL, AccessToken

_ID_KEYS = ("name",)
_NAME = re.compile(r"(?:Sestek )?(?P<name>[^\W_]+)[ _](?P<quality>.+)")


class _Remedy(Enum):
    """What may help: not a connection that was kept ready, or against a refusal of the token."""

    FRESH_CONNECTION = auto()
    BEARER = auto()
    BARE = auto()
    NEW_TOKEN = auto()


_FORMS = {_Remedy.BEARER, _Remedy.BARE}


class KnovvuClient(SpeechClient):
    """Client of a Knovvu TTS service, in the cloud or on premises."""

    name = "Knovvu TTS"
    manufacturer = "SESTEK"
    default_scheme = "https"
    api_paths = ("/synthesizer", "/v1/speech")
    entrance = "/synthesizer"
    token_url = DEFAULT_TOKEN_URL
    has_rate = True
    has_volume = True
    can_stand_by = True
    # Sentence by sentence: while its engine works on a long text, the silence could count as the end.
    longest_segment = 0
    sample_rates = (8000, 16000, 22050, 24000, 44100, 48000)

    _stands_by = False
    """Whether a connection is always kept ready."""

    @cached_property
    def _token(self) -> AccessToken:
        return AccessToken(self._session, self._connection, self.limits)

    @property
    @override
    def issued(self) -> IssuedToken | None:
        return self._token.issued

    @cached_property
    def _kept(self) -> KeptConnection:
        return KeptConnection(self._connect, self.limits, self._channels)

    @override
    def _restore(self, quirks: Mapping[str, object]) -> None:
        ending = next((each for each in Ending if each == quirks.get("ending")), None)
        self._quirks = restored(KnovvuQuirks, {**quirks, "ending": ending}) or KnovvuQuirks()

    @property
    @override
    def quirks(self) -> Mapping[str, object]:
        return {name: value for name, value in asdict(self._quirks).items() if value not in (None, {})}

    @override
    def preconnect(self, duration: float | None = None) -> None:
        self._stands_by |= duration is None
        is_limited = self._quirks.was_busy and not self._stands_by
        if self._is_retired or is_limited or not self._channels.is_open:
            # It would take a channel that queued requests are waiting for, or that others need.
            return
        self._kept.prepare(None if self._stands_by else duration)

    @override
    async def retire(self) -> None:
        await super().retire()
        await self._kept.aclose()

    @asynccontextmanager
    async def _connect(self) -> AsyncGenerator[ClientWebSocketResponse]:
        url = self._connection.address / "synthesizer"
        headers = bearer(await self._token.get())
        try:
            async with open_socket(self._session, url, headers, self.limits) as socket:
                yield socket
        except BusyError:
            self._quirks.was_busy = True
            raise

    @classmethod
    @override
    def voice(cls, listed: Voice) -> Voice:
        voice = super().voice(listed)
        if not (match := _NAME.fullmatch(voice.name)):
            return voice
        return replace(voice, name=match["name"], quality=match["quality"].replace("_", " "))

    @override
    async def _check(self) -> None:
        async with self._connect():
            pass

    @override
    async def _list_voices(self) -> list[Voice]:
        token = await self._token.get()
        try:
            return await self._ask_for_voices(token)
        except InvalidAuthError:
            if not self._token.renewable:
                raise
            self._token.refuse(token)
            return await self._ask_for_voices(await self._token.get())

    @override
    async def _issue_token(self) -> None:
        await self._token.get()

    async def _ask_for_voices(self, token: str) -> list[Voice]:
        url = self._connection.address.joinpath("v1", "speech", "synthesis", "voices")
        # On premises, there may be no slash.
        for place in (url / "", url):
            with suppress(NotFoundError):
                answer = await request_json(self._session, "GET", place, self.limits, headers=bearer(token))
                return [self.voice(listed) for listed in parse_voices(answer.payload, _ID_KEYS)]
        return []

    @override
    async def _receive(self, utterance: Utterance) -> None:
        try:
            await super()._receive(utterance)
        finally:
            if self._stands_by:
                self.preconnect()

    @override
    async def attempt(self, request: SpeechRequest) -> None:
        settings, quirks = request.utterance.settings, self._quirks
        if quirks.rates.get(settings.voice) == settings.sample_rate:
            request.begin(PcmFormat(settings.sample_rate))
        request.token = token = await self._token.get()
        authorization = f"Bearer {token}" if self._is_bearer(request) else token
        # Held back, too, where that may bring more: a server that takes it for "close now" is found out so.
        finalize_late = bool(quirks.finalize_late) or request.doubted not in (None, Doubt.UNSAID)
        fresh = _Remedy.FRESH_CONNECTION in request.remedies
        async with self._kept.connection(fresh=fresh) as (socket, was_kept):
            request.utterance.metrics.note_connection()
            end = EndOfSpeech(
                self.limits,
                quirks.ending,
                settings.rate,
                monotonic(),
                finalize_late=finalize_late,
                is_doubt=request.doubted is not None,
            )
            session = KnovvuSession(socket, request, authorization, self.limits, end, was_kept=was_kept)
            await self._run(session, request, was_kept=was_kept)
        if request.flaw is None:
            self._learn_from_end(end, request)

    def _is_bearer(self, request: SpeechRequest) -> bool:
        if _Remedy.BARE in request.remedies:
            return False
        return bool(self._quirks.bearer) or _Remedy.BEARER in request.remedies

    async def _run(self, session: KnovvuSession, request: SpeechRequest, *, was_kept: bool) -> None:
        """Run a session, and learn from its audio.

        What a connection that was kept ready says before any audio counts only if a fresh one says it, too.
        """
        over = StaleConnectionError("the connection that was kept ready was over", reason="connection_lost")
        try:
            await session.run()
        except SpeechTimeoutError:
            raise
        except SpeechError as err:
            if isinstance(err, BusyError):
                self._quirks.was_busy = True
            raise over if was_kept and not request.received else err from err
        finally:
            if session.samples.seconds:
                asked, spoken = request.utterance.settings, session.samples.audio_format
                self._quirks.note_rate(request.voice, asked.sample_rate, spoken.sample_rate)
                self._quirks.bearer = self._is_bearer(request) if request.token else None
        if was_kept and not request.received:
            raise over

    def _learn_from_end(self, end: EndOfSpeech, request: SpeechRequest) -> None:
        """Learn how the end was said, and whether finalize-synthesis must be sent late."""
        if end.seen:
            self._quirks.note_ending(end.seen)
        known = self._quirks.finalize_late
        if end.spoke_after_finalize:
            self._quirks.finalize_late = False
        elif not known and request.doubted not in (None, Doubt.UNSAID) and request.has_more:
            # A server that was known to speak on must be seen twice: it may just have been interrupted.
            self._quirks.finalize_late = True if known is None else None

    @override
    def believe(self, request: SpeechRequest) -> None:
        self._quirks.note_ending(Ending.VARIES)

    @override
    def remedy(self, err: SpeechError, request: SpeechRequest) -> bool:
        if isinstance(err, StaleConnectionError):
            request.remedies.add(_Remedy.FRESH_CONNECTION)
            return True
        if not (isinstance(err, InvalidAuthError) and request.token):
            return False
        form = _Remedy.BARE if self._is_bearer(request) else _Remedy.BEARER
        # A form that has worked before is right, so that the token has most likely expired.
        renewal = [_Remedy.NEW_TOKEN] if self._token.renewable else []
        for remedy in (form, *renewal) if self._quirks.bearer is None else (*renewal, form):
            tried = request.remedies & ({remedy} if remedy is _Remedy.NEW_TOKEN else _FORMS)
            if not tried:
                request.remedies.add(remedy)
                if remedy is _Remedy.NEW_TOKEN:
                    self._token.refuse(request.token)
                return True
        return False

    @property
    @override
    def _secrets(self) -> set[str]:
        return super()._secrets | self._token.hidden
