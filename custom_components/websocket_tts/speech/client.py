"""Base client of all speech services."""

from abc import abstractmethod
from collections.abc import Awaitable, Mapping
from typing import ClassVar, Unpack, override

from aiohttp import ClientSession

from .audio import wav
from .audio.buffer import AudioBuffer
from .audio.chime import Chime
from .channels import ChannelQueue
from .exceptions import NoAudioError, SpeechError
from .languages import language_tag
from .limits import Limits
from .models import ConnectionConfig, IssuedToken, Range, Voice, VoiceSettings
from .preview import preview_text
from .redaction import without_secrets
from .speaker import Speaker
from .tasks import CreateTask, create_own_task
from .text.segments import TextOptions
from .text.stream import TextStream


class SpeechClient(Speaker):
    """A speech service. It uses the caller's session, and closes its sockets when the utterance ends."""

    name: ClassVar[str]
    """The product name, whose first word is the brand."""
    manufacturer: ClassVar[str]
    default_scheme: ClassVar[str]
    """http or https, for an address without a scheme."""
    default_port: ClassVar[int | None] = None
    """For an http address without a port; None for the default port of the scheme."""
    api_paths: ClassVar[tuple[str, ...]]
    """Paths of the API below the address; removed from addresses that users paste."""
    entrance: ClassVar[str]
    """The path below the address that every server of this service has."""
    token_url: ClassVar[str | None] = None
    """Where access tokens are issued for a client ID and secret; None if it takes only tokens."""
    rate_range: ClassVar[Range] = Range(0.33, 3.0)
    volume_range: ClassVar[Range] = Range(0.0, 2.0)
    has_rate: ClassVar[bool] = False
    """Whether a speaking rate can be set for some voices, if not for all."""
    lists_all_voices: ClassVar[bool] = False
    """Whether the voice list is complete."""
    sample_rates: ClassVar[tuple[int, ...]] = ()
    """Sample rates that can be requested, in Hz; empty if the service decides."""
    can_stand_by: ClassVar[bool] = False
    """Whether a connection can be opened before there is any text."""

    def __init__(
        self,
        session: ClientSession,
        connection: ConnectionConfig,
        quirks: Mapping[str, object] | None = None,
        *,
        limits: Limits | None = None,
        create_task: CreateTask = create_own_task,
        channels: ChannelQueue | None = None,
    ) -> None:
        """Initialize the client with a session, which the caller closes.

        quirks are those that an earlier client has found; create_task starts the tasks that receive audio;
        channels is the queue that all clients with the same host and credentials share.
        """
        super().__init__(limits, create_task, channels)
        self._session = session
        self._connection = connection
        self._is_retired = False
        self._restore(quirks or {})

    def _restore(self, quirks: Mapping[str, object]) -> None:
        """Restore quirks that an earlier client has found; unknown ones are ignored."""
        del quirks

    @property
    def quirks(self) -> Mapping[str, object]:
        """The detected quirks of this server, as JSON, for the next client."""
        return {}

    @property
    def issued(self) -> IssuedToken | None:
        """The access token that was issued, for the ConnectionConfig of the next client."""
        return None

    async def voices(self) -> list[Voice]:
        """Return the voices; empty if the service has none or does not list them.

        Raises a SpeechError.
        """
        return await self._without_secrets_in_errors(self._list_voices())

    @classmethod
    def voice(cls, listed: Voice) -> Voice:
        """Return a voice as people know it, of which no more may be known than its ID."""
        language = language_tag(listed.language or "")
        return Voice(listed.id, listed.name or listed.id, language, listed.gender)

    async def check(self) -> None:
        """Find out whether this service is what answers at the address, where there is no list that shows it.

        Raises a SpeechError.
        """
        await self._without_secrets_in_errors(self._check())

    async def issue_token(self) -> None:
        """Get an access token if there are a client ID and secret. Raises a SpeechError."""
        await self._without_secrets_in_errors(self._issue_token())

    def can_change_rate(self, voice: str) -> bool:
        """Return whether a voice supports a speaking rate."""
        del voice
        return self.has_rate

    def preconnect(self, duration: float | None = None) -> None:
        """Keep a connection ready for the next utterance, for so many seconds; None: for all from now on."""
        del duration

    async def retire(self) -> None:
        """Keep no connection ready any more; what is being said is said to its end."""
        self._is_retired = True

    @override
    async def aclose(self) -> None:
        """End all utterances, and close the connection that is kept ready."""
        await self.retire()
        await super().aclose()

    async def verify_voice(
        self,
        settings: VoiceSettings,
        language: str | None = None,
        *,
        buffer: AudioBuffer | None = None,
        chime: Chime | None = None,
        **options: Unpack[TextOptions],
    ) -> bytes:
        """Speak a sentence in the language of the voice, and detect the server's quirks.

        Returns a WAV of it, with what a buffer and a chime add to it. Raises a SpeechError.
        """
        samples = bytearray()
        text = self.segments(TextStream.of(preview_text(language)), settings, **options)
        async with self.speak(text, settings, buffer, chime=chime) as audio:
            audio_format = await audio.format()
            while part := await audio.next():
                samples += part
        if audio_format is None:
            raise NoAudioError("there is nothing left to say")
        return wav.header(audio_format, len(samples)) + samples

    @abstractmethod
    async def _list_voices(self) -> list[Voice]:
        """Return the voices, as voices() does; an error may contain secrets."""

    async def _check(self) -> None:
        """Find out what answers, as check() does; an error may contain secrets."""
        return

    async def _issue_token(self) -> None:
        """Get an access token, as issue_token() does; an error may contain secrets."""
        return

    @property
    @override
    def _secrets(self) -> set[str]:
        return {self._connection.bare_token, self._connection.client_secret or ""} - {""}

    async def _without_secrets_in_errors[T](self, call: Awaitable[T]) -> T:
        try:
            return await call
        except SpeechError as err:
            error = without_secrets(err, self._secrets)
        # Raised here, because within the handler the original error would become its context.
        raise error
