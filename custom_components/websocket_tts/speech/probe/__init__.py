"""Probe: detects the behavior of a server that the documentation does not define."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
import time

from aiohttp import ClientSession
from yarl import URL

from .. import SERVICES
from ..client import SpeechClient
from ..knovvu.client import KnovvuClient
from ..limits import Limits
from ..metrics import SynthesisMetrics
from ..models import ConnectionConfig, VoiceSettings
from ..text.segments import TextSegments
from ..text.stream import TextStream
from ..transport.auth import AccessToken
from ..vivoka.client import VivokaClient
from .asking import Asking
from .conversation import LIMITS, Link
from .knovvu import KnovvuQuestions
from .questions import Patience, Question, SkippedError, ask_all
from .report import FORMAT, Finding, Report
from .vivoka import VivokaQuestions

__all__ = ["FORMAT", "PATIENCE", "Finding", "Patience", "Report", "probe"]

QUESTIONS: dict[type[SpeechClient], type[Asking]] = {
    VivokaClient: VivokaQuestions,
    KnovvuClient: KnovvuQuestions,
}
"""Questions to services beyond whether the client can speak."""
_OF_THE_CLIENT = replace(LIMITS, first_audio=Limits().first_audio, between_audio=Limits().between_audio)
"""As patient as announcements are: what works slowly, works."""
_SPOKEN = "This is a test. One, two, three, four, five, six. That was all, thank you."
PATIENCE = Patience()
_LONGEST = 60
"""Most characters of a voice name in a report."""
_LISTED = 5
"""Most voices that a report names."""


async def _at_once() -> None:
    """Do not wait."""


async def probe(
    kind: str,
    session: ClientSession,
    connection: ConnectionConfig,
    voice: str = "",
    wait: Callable[[], Awaitable[None]] = _at_once,
    patience: Patience = PATIENCE,
) -> Report:
    """Probe a server, within 60 seconds; the default voice is the first one of its list.

    wait() is awaited before each question, so that the server is not speaking anything else. No fault of the
    server raises an exception.
    """
    report = Report(kind, voice)
    client = SERVICES[kind](session, connection, limits=_OF_THE_CLIENT)
    begun = time.monotonic()
    asking = _Probe(client, session, connection, report, patience)
    try:
        await ask_all(asking.questions(), report, wait, patience)
    finally:
        await client.aclose()
    report.traces |= asking.link.traces()
    report.quirks = client.quirks
    report.seconds = time.monotonic() - begun
    return report


class _Probe:
    """The questions to all services, and those to this kind of service."""

    def __init__(
        self,
        client: SpeechClient,
        session: ClientSession,
        connection: ConnectionConfig,
        report: Report,
        patience: Patience,
    ) -> None:
        self._client = client
        self._report = report
        self._token = AccessToken(session, connection, LIMITS)
        report.privacy.hide(
            connection.bare_token,
            connection.client_id or "",
            connection.client_secret or "",
            connection.address.host or "",
            URL(connection.token_url or "").host or "",
        )
        self.link = Link(session, connection.address, connection.bare_token, report, patience)
        kind = QUESTIONS.get(type(client))
        self._asking = kind(self.link) if kind else None

    def questions(self) -> list[Question]:
        """Return all questions, the most important ones first."""
        return [
            Question("access_token", self._ask_for_token, "gets access tokens by itself"),
            Question("client", self._ask_client, "speaks like this", more=12),
            *(self._asking.questions() if self._asking else ()),
        ]

    async def _ask_for_token(self, finding: Finding) -> None:
        """Find out whether an access token is issued for the client ID and secret."""
        if not self._token.renewable:
            raise SkippedError("there is no client ID")
        self.link.token = await self._token.get()
        self._report.privacy.hide(self.link.token)
        finding.found["answer"] = "a token"

    async def _ask_client(self, finding: Finding) -> None:
        """Find out whether the client can speak with this server."""
        voices = await self._client.voices()
        finding.measured["voices"] = len(voices)
        finding.measured["names"] = [
            self._report.privacy.scrub(voice.id)[:_LONGEST] for voice in voices[:_LISTED]
        ]
        self._report.voice = self._report.voice or next((voice.id for voice in voices), "")
        if not self._report.voice:
            finding.found["answer"] = "no voice is listed: name one"
            return
        metrics = SynthesisMetrics()
        try:
            await self._speak(metrics)
        finally:
            self._report.traces[finding.question] = metrics.trace.entries()
        self._report.works = True
        finding.found["answer"] = "audio"
        finding.measured |= {
            "first_audio": round(metrics.first_audio or 0, 3),
            "audio_seconds": round(metrics.audio, 2),
            "took": round(metrics.elapsed, 2),
            "retries": metrics.retries,
        }

    async def _speak(self, metrics: SynthesisMetrics) -> None:
        text = TextSegments(TextStream.of(_SPOKEN))
        async with self._client.speak(text, VoiceSettings(self._report.voice), metrics) as buffer:
            audio_format = await buffer.format()
            samples = []
            while part := await buffer.next():
                samples.append(part)
        self._report.audio_format, self._report.samples = audio_format, b"".join(samples)
