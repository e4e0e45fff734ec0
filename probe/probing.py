"""Probe: asks a server all questions."""

from dataclasses import replace
from time import monotonic

from aiohttp import ClientSession
from yarl import URL

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.audio.buffer import AudioBuffer
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.metrics import SynthesisMetrics
from custom_components.websocket_tts.speech.models import ConnectionConfig, VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream

from .asking import Asking
from .conversation import LIMITS, Link
from .knovvu import KnovvuQuestions
from .questions import Patience, Question, SkippedError, ask_all
from .report import Finding, Report
from .vivoka import VivokaQuestions

QUESTIONS: dict[str, type[Asking]] = {"vivoka": VivokaQuestions, "knovvu": KnovvuQuestions}
"""Questions to services beyond whether the client can speak."""
_USUAL = Limits()
_OF_THE_CLIENT = replace(LIMITS, first_audio=_USUAL.first_audio, between_audio=_USUAL.between_audio)
"""As patient as announcements are: what works slowly, works."""
_SPOKEN = "This is a test. One, two, three, four, five, six. That was all, thank you."
_LONGEST = 60
"""Most characters of a voice name in a report."""
_LISTED = 5
"""Most voices that a report names."""


async def probe(
    kind: str,
    session: ClientSession,
    connection: ConnectionConfig,
    voice: str = "",
    patience: Patience | None = None,
) -> Report:
    """Probe a server, within 60 seconds; the default voice is the first one of its list.

    No fault of the server raises an exception.
    """
    patience = patience or Patience()
    report = Report(kind, voice)
    report.shapes.hide(*_secrets(connection))
    begun = monotonic()
    client = SERVICES[kind](session, connection, limits=_OF_THE_CLIENT)
    link = Link(session, connection.address, connection.bare_token, report, patience)
    of_client = _OfTheClient(client, link, report)
    of_service = QUESTIONS[kind](link).questions() if kind in QUESTIONS else []
    try:
        await ask_all([*of_client.questions(), *of_service], report, patience)
    finally:
        await client.aclose()
    report.quirks = client.quirks
    report.seconds = monotonic() - begun
    return report


def _secrets(connection: ConnectionConfig) -> list[str]:
    """Return what a report does not show: the hosts and the credentials."""
    hosts = [connection.address.host, URL(connection.token_url or "").host]
    credentials = [connection.bare_token, connection.client_id, connection.client_secret]
    return [text for text in hosts + credentials if text]


class _OfTheClient:
    """What is asked of the integration's own client."""

    def __init__(self, client: SpeechClient, link: Link, report: Report) -> None:
        self._client = client
        self._link = link
        self._report = report

    def questions(self) -> list[Question]:
        """Return the questions."""
        return [
            Question("access_token", self._ask_for_token, "gets access tokens by itself"),
            Question("client", self._ask_client, "speaks like this", more=12),
        ]

    async def _ask_for_token(self, finding: Finding) -> None:
        """Find out whether an access token is issued for the client ID and secret."""
        await self._client.issue_token()
        if not (issued := self._client.issued):
            raise SkippedError("there is no client ID")
        self._link.token = issued.token
        self._report.shapes.hide(self._link.token)
        finding.found["answer"] = "a token"

    async def _ask_client(self, finding: Finding) -> None:
        """Find out whether the client can speak with this server."""
        voices = await self._client.voices()
        finding.measured["voices"] = len(voices)
        finding.measured["names"] = [
            self._report.shapes.scrub(voice.id)[:_LONGEST] for voice in voices[:_LISTED]
        ]
        self._report.voice = self._report.voice or next((voice.id for voice in voices), "")
        if not self._report.voice:
            finding.found["answer"] = "no voice is listed: name one"
            return
        metrics = SynthesisMetrics()
        try:
            await self._speak(metrics)
        finally:
            finding.trace.entries = self._report.shapes.scrub(metrics.trace.entries())
        self._report.works = True
        finding.found["answer"] = "audio"
        finding.measured |= {
            "first_audio": round(metrics.first_audio or 0, 3),
            "audio_seconds": round(metrics.audio, 2),
            "took": round(metrics.elapsed, 2),
            "retries": metrics.retries,
        }

    async def _speak(self, metrics: SynthesisMetrics) -> None:
        text, kept = TextSegments(TextStream.of(_SPOKEN)), AudioBuffer(self._client.limits, metrics=metrics)
        async with self._client.speak(text, VoiceSettings(self._report.voice), kept) as buffer:
            audio_format = await buffer.format()
            samples = []
            while part := await buffer.next():
                samples.append(part)
        self._report.audio_format, self._report.samples = audio_format, b"".join(samples)
