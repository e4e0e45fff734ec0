"""Knovvu TTS by SESTEK: one WebSocket an utterance, fed with text while audio comes back."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from enum import Enum, auto
import logging
from typing import Self, override

from aiohttp import ClientSession, ClientWebSocketResponse

from ..audio.pcm import AudioStream, PcmFormat
from ..client import SpeechClient
from ..exceptions import InvalidAuthError, NoAudioError, NotFoundError, SpeechError, TruncatedError
from ..knovvu.messages import Synthesize
from ..knovvu.session import KnovvuSession
from ..languages import language_tag
from ..metrics import SynthesisMetrics
from ..models import ConnectionConfig, IssuedToken, Voice, VoiceSettings
from ..retry import RETRY_PAUSE, is_transient
from ..text.segments import ReplayableText, TextSegments
from ..transport.auth import DEFAULT_TOKEN_URL, AccessToken
from ..transport.http import Answer, bearer, request_json
from ..transport.preconnect import Preconnection
from ..transport.websocket import open_socket
from ..voices import parse_voices

__all__ = ["DEFAULT_TOKEN_URL", "KnovvuClient"]

_LOGGER = logging.getLogger(__name__)

HEARTBEAT = 25.0
"""Seconds between pings on a connection that stands by."""
_ID_KEYS = ("voicename", "name", "voice", "id", "voiceid")


@dataclass(frozen=True, slots=True)
class ServerQuirks:
    """What was found out about a server that its documentation leaves open."""

    bearer: bool | None = None
    """Whether it wants "Bearer " before the token; None while unknown."""
    finalize_late: bool | None = None
    """Whether finalize-synthesis makes it drop the audio that is still to come; None while unknown."""
    confirmed_rate: int | None = None
    """The sample rate in Hz that was asked for and did come; its header may go out before the audio."""

    @classmethod
    def restore(cls, learned: Mapping[str, object]) -> Self:
        """Read what an earlier instance found out; what does not fit is forgotten."""
        bearer, late, rate = (learned.get(key) for key in ("bearer", "finalize_late", "confirmed_rate"))
        return cls(
            bearer=bearer if isinstance(bearer, bool) else None,
            finalize_late=late if isinstance(late, bool) else None,
            confirmed_rate=rate if isinstance(rate, int) else None,
        )


class _Recovery(Enum):
    """What to do before a request is made once more; each helps at most once an utterance."""

    FRESH_CONNECTION = auto()
    OTHER_TOKEN_FORM = auto()
    NEW_TOKEN = auto()
    FINALIZE_LATE = auto()


class KnovvuClient(SpeechClient):
    """A Knovvu TTS service, in the cloud or on premises."""

    name = "Knovvu TTS"
    manufacturer = "SESTEK"
    default_scheme = "https"
    api_paths = ("/synthesizer", "/v1/speech")
    has_rate_and_volume = True
    can_stand_by = True
    sample_rates = (8000, 16000, 22050, 24000, 44100, 48000)

    def __init__(
        self,
        session: ClientSession,
        connection: ConnectionConfig,
        learned: Mapping[str, object] | None = None,
    ) -> None:
        """Use a session of the caller's, who also closes it."""
        super().__init__(session, connection, learned)
        self._habits = ServerQuirks.restore(self._learned)
        self._token = AccessToken(session, connection)
        self._standing: Preconnection | None = None

    @property
    @override
    def learned(self) -> Mapping[str, object]:
        return {key: value for key, value in asdict(self._habits).items() if value is not None}

    @property
    @override
    def issued(self) -> IssuedToken | None:
        return self._token.issued

    @override
    def stand_by(self) -> None:
        self._standing = self._standing or Preconnection(self._connect_ahead)
        self._standing.prepare()

    @override
    async def aclose(self) -> None:
        if self._standing:
            await self._standing.aclose()

    @asynccontextmanager
    async def _connect_ahead(self) -> AsyncGenerator[ClientWebSocketResponse]:
        async with self._connect(await self._token.get(), HEARTBEAT) as socket:
            yield socket

    def _connect(
        self, token: str, heartbeat: float | None = None
    ) -> AbstractAsyncContextManager[ClientWebSocketResponse]:
        url = self._connection.address / "synthesizer"
        return open_socket(self._session, url, bearer(token), heartbeat=heartbeat)

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
        return await request_json(self._session, "GET", url, headers=bearer(token))

    @override
    async def _speak(
        self, pieces: TextSegments, settings: VoiceSettings, report: SynthesisMetrics
    ) -> AudioStream:
        if not await pieces.begun():
            return
        replay, habits = ReplayableText(pieces), self._habits
        tried: set[_Recovery] = set()
        while True:
            heard = False
            token = await self._token.get()
            try:
                async with aclosing(self._attempt(replay, settings, habits, token, report)) as audio:
                    async for part in audio:
                        if isinstance(part, bytes) and not heard:
                            heard = True
                            replay.forget()
                        yield part
            except SpeechError as err:
                if isinstance(err, TruncatedError) and habits.finalize_late is None:
                    self._habits = replace(self._habits, finalize_late=True)
                remedy = next((one for one in self._remedies(err, habits, token) if one not in tried), None)
                if heard or remedy is None:
                    raise
                _LOGGER.debug("Asking once more after %s: %s", type(err).__name__, remedy.name)
                tried.add(remedy)
                report.retries += 1
                habits = await self._prepare(remedy, habits, token)
            else:
                return

    async def _attempt(
        self,
        replay: ReplayableText,
        settings: VoiceSettings,
        habits: ServerQuirks,
        token: str,
        report: SynthesisMetrics,
    ) -> AudioStream:
        """Make one request; what shows at the first audio is what was found out about the server."""
        expected = PcmFormat(settings.sample_rate)
        if habits.confirmed_rate == settings.sample_rate:
            yield expected
        first = Synthesize(
            voice=settings.voice,
            sample_rate=settings.sample_rate,
            volume=settings.volume,
            rate=settings.rate,
            authorization=(f"Bearer {token}" if habits.bearer else token) or None,
        )
        connection = self._standing.connection() if self._standing else self._connect(token)
        async with connection as socket:
            report.note_connection()
            utterance = KnovvuSession(socket, first, finalize_late=bool(habits.finalize_late))
            async with aclosing(utterance.run(segment.text async for segment in replay)) as audio:
                async for part in audio:
                    if isinstance(part, PcmFormat):
                        self._habits = ServerQuirks(
                            bearer=bool(habits.bearer) if token else None,
                            finalize_late=habits.finalize_late,
                            confirmed_rate=settings.sample_rate if part == expected else None,
                        )
                    yield part
            if habits.finalize_late is None and utterance.spoke_after_finalize:
                self._habits = replace(self._habits, finalize_late=False)
        if self._standing:
            self._standing.prepare()

    def _remedies(self, err: SpeechError, habits: ServerQuirks, token: str) -> list[_Recovery]:
        """Return what may help against an error, best first."""
        if isinstance(err, InvalidAuthError) and token:
            if not self._token.renewable:
                return [_Recovery.OTHER_TOKEN_FORM]
            if habits.bearer is None:
                return [_Recovery.OTHER_TOKEN_FORM, _Recovery.NEW_TOKEN]
            # A form that worked before is not at fault: then it is the token that is too old.
            return [_Recovery.NEW_TOKEN, _Recovery.OTHER_TOKEN_FORM]
        if isinstance(err, NoAudioError | TruncatedError) and habits.finalize_late is None:
            return [_Recovery.FINALIZE_LATE]
        return [_Recovery.FRESH_CONNECTION] if is_transient(err) else []

    async def _prepare(self, remedy: _Recovery, habits: ServerQuirks, token: str) -> ServerQuirks:
        """Do what a remedy takes; return as what kind of server to ask it again."""
        if remedy is _Recovery.OTHER_TOKEN_FORM:
            return replace(habits, bearer=not habits.bearer)
        if remedy is _Recovery.FINALIZE_LATE:
            return replace(habits, finalize_late=True)
        if remedy is _Recovery.NEW_TOKEN:
            self._token.refuse(token)
        else:
            await asyncio.sleep(RETRY_PAUSE)
        return habits

    @property
    @override
    def _secrets(self) -> set[str]:
        return super()._secrets | {self._token.value} - {""}
