"""What every speech service can do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from typing import ClassVar

from aiohttp import ClientSession

from .audio.buffer import one_ahead
from .audio.pcm import AudioStream, PcmFormat
from .exceptions import ProtocolError, SpeechError, TruncatedError
from .metrics import SynthesisMetrics
from .models import ConnectionConfig, IssuedToken, Range, Voice, VoiceSettings
from .redaction import without_secrets, without_text
from .text.segments import TextSegments

TRIAL_TEXT = "Home Assistant"
"""What is spoken to try out a voice."""


class SpeechClient(ABC):
    """A speech service. It opens no session of its own; its sockets end with the utterance."""

    name: ClassVar[str]
    """The product, as people know it."""
    manufacturer: ClassVar[str]
    default_scheme: ClassVar[str]
    """http or https, for an address without one."""
    default_port: ClassVar[int | None] = None
    """For an http address without one; None is the scheme's own."""
    api_paths: ClassVar[tuple[str, ...]]
    """Where the interface begins below the address; cut off what people paste."""
    rate_range: ClassVar[Range] = Range(0.33, 3.0)
    volume_range: ClassVar[Range] = Range(0.0, 2.0)
    has_rate_and_volume: ClassVar[bool] = False
    """Whether the protocol has them as settings; else they can be asked for in the text alone."""
    lists_all_voices: ClassVar[bool] = False
    """Whether a voice that is not listed does not exist."""
    sample_rates: ClassVar[tuple[int, ...]] = ()
    """What can be asked for, in Hz; empty where the service decides."""
    can_stand_by: ClassVar[bool] = False
    """Whether a connection may be made before there is anything to say."""

    def __init__(
        self,
        session: ClientSession,
        connection: ConnectionConfig,
        learned: Mapping[str, object] | None = None,
    ) -> None:
        """Use a session of the caller's, who also closes it."""
        self._session = session
        self._connection = connection
        self._learned = dict(learned or {})

    @property
    def learned(self) -> Mapping[str, object]:
        """What was found out about this server, as JSON, to hand back to the next instance."""
        return self._learned

    @property
    def issued(self) -> IssuedToken | None:
        """The access token that was fetched, to hand to the next instance in its ConnectionConfig."""
        return None

    async def voices(self) -> list[Voice]:
        """Return the voices; empty where the service has none or does not tell.

        Raises a SpeechError.
        """
        try:
            return await self._list_voices()
        except SpeechError as err:
            error = self._without_secrets(err)
        # Not from within: the error as it was would come along as its context.
        raise error

    def can_change_rate_and_volume(self, voice: str) -> bool:
        """Return whether a voice can be asked to speak at another rate or volume."""
        del voice
        return self.has_rate_and_volume

    async def synthesize(
        self, pieces: TextSegments, settings: VoiceSettings, report: SynthesisMetrics | None = None
    ) -> AudioStream:
        """Speak the pieces, in order, as they become known, and report how it went.

        Raises a SpeechError. Closing the generator or cancelling its task ends the request.
        Without any piece there is neither a request nor audio.
        """
        report = report or SynthesisMetrics()
        audio_format: PcmFormat | None = None
        try:
            async with aclosing(self._speech(pieces, settings, report)) as audio:
                async for part in audio:
                    if isinstance(part, bytes) or audio_format is None:
                        yield part
                    if isinstance(part, PcmFormat):
                        audio_format = _same(part, audio_format)
                    else:
                        report.note_audio(audio_format.seconds(len(part)) if audio_format else 0.0)
        except SpeechError as err:
            report.error = without_text(self._without_secrets(err), pieces.texts)
        finally:
            report.total = report.elapsed
        if report.error:
            raise report.error

    def _speech(self, pieces: TextSegments, settings: VoiceSettings, report: SynthesisMetrics) -> AudioStream:
        if not settings.sentence_pause:
            return self._speak(pieces, settings, report)
        return one_ahead(partial(self._speak_sentence, pieces, settings, report), settings.sentence_pause)

    async def _speak_sentence(
        self, pieces: TextSegments, settings: VoiceSettings, report: SynthesisMetrics
    ) -> AudioStream:
        """Speak the next sentence alone; nothing when there is none any more."""
        sentence = await pieces.sentence()
        if sentence is None:
            return
        async with (
            TextSegments.of_one(sentence) as alone,
            aclosing(self._speak(alone, settings, report)) as audio,
        ):
            async for part in audio:
                yield part

    def stand_by(self) -> None:  # noqa: B027 (most protocols have nothing that could stand by)
        """From now on have a connection ready for the next utterance, where the protocol allows for one."""

    async def aclose(self) -> None:  # noqa: B027
        """End what stands by."""

    async def verify_voice(self, settings: VoiceSettings) -> None:
        """Speak a few words to nobody, and learn how this server behaves. Raises a SpeechError."""
        try:
            await self._speak_to_nobody(settings)
        except TruncatedError:
            # Nothing was handed on, and now the service knows better how to ask.
            await self._speak_to_nobody(settings)

    async def _speak_to_nobody(self, settings: VoiceSettings) -> None:
        async with (
            TextSegments.of(TRIAL_TEXT) as pieces,
            aclosing(self.synthesize(pieces, settings)) as audio,
        ):
            async for _ in audio:
                pass

    @abstractmethod
    async def _list_voices(self) -> list[Voice]:
        """Do what voices() promises; an error may hold a secret."""

    @abstractmethod
    def _speak(self, pieces: TextSegments, settings: VoiceSettings, report: SynthesisMetrics) -> AudioStream:
        """Do what synthesize() promises; the format may come again, an error may hold a secret."""

    @property
    def _secrets(self) -> set[str]:
        """Return what must never be seen, though a service may repeat it in its errors."""
        return {self._connection.bare_token, self._connection.client_secret or ""} - {""}

    def _without_secrets(self, err: SpeechError) -> SpeechError:
        return without_secrets(err, self._secrets)


def _same(audio_format: PcmFormat, before: PcmFormat | None) -> PcmFormat:
    if before not in (None, audio_format):
        raise ProtocolError(f"the sample rate changed to {audio_format.sample_rate} Hz")
    return audio_format
