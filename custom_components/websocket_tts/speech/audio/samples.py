"""The samples of a request, however a service sends them."""

from math import inf
import re

from ..exceptions import EndlessAudioError, ProtocolError
from ..limits import Limits
from .pcm import SAMPLE_WIDTH, PcmFormat
from .wav import split_header

# The first bytes of MP3 with a tag, Ogg, FLAC, and MP3 whose frames all begin with the same bytes.
_NO_SAMPLES = re.compile(
    rb"ID3|OggS|fLaC|\xff(?P<mp3>[\xe2\xe3\xf2\xf3\xfa\xfb])[\x10-\xeb].{90,}?\xff(?P=mp3)", re.DOTALL
)
# Chunks that may be behind the data.
_METADATA = re.compile(b"LIST|id3 |ID3 |fact|bext|cue ")


class SampleStream:
    """Reassembles samples from messages of any size: PCM, or WAV, even one file after another.

    A header is skipped wherever a message begins with one, and so is what follows the data of its file. If
    that is neither counted by the header nor a chunk, the header knew of its own message only.
    """

    def __init__(self, audio_format: PcmFormat, limits: Limits) -> None:
        """Initialize an empty stream in this format, unless a header states another one."""
        self.audio_format = audio_format
        self.seconds = 0.0
        """Duration of the audio so far."""
        self._most = limits.audio
        """Seconds of audio that the text can have."""
        self._per_character = limits.audio_per_character
        self._head = b""
        """The beginning of a message, until it is known whether that is a header."""
        self._left, self._behind = inf, 0
        """Bytes of the data of this file, and of what is behind it, that are still to come."""
        self._rest = b""

    def expect(self, text: str) -> None:
        """Add a text whose audio is expected."""
        self._most += self._per_character * len(text)

    def add(self, message: bytes) -> bytes | None:
        """Return the new whole samples; half a sample is kept until its other half arrives.

        Returns None as long as more bytes are needed to tell whether there is a header. Raises ProtocolError
        for anything but PCM and WAV, and EndlessAudioError if there is more audio than the text can have.
        """
        message = self._head + message
        if (found := split_header(message)) is None:
            self._head = message
            return None
        header, data = found
        if header:
            self.audio_format, self._rest = header.audio_format, b""
            self._left, self._behind = header.size, header.behind
        elif not self.seconds and _NO_SAMPLES.match(data):
            raise ProtocolError("the service sent compressed audio instead of PCM or WAV")
        elif not self._left and len(data) > self._behind and not _METADATA.match(data, self._behind):
            data, self._left = data[self._behind :], inf
        self._head = b""
        return self._whole(data)

    def _whole(self, data: bytes) -> bytes:
        if len(data) > self._left:
            self._behind = max(0, self._behind + int(self._left) - len(data))
            data = data[: int(self._left)]
        self._left -= len(data)
        if self._rest or len(data) % SAMPLE_WIDTH:
            data = self._rest + data
            whole = len(data) - len(data) % SAMPLE_WIDTH
            data, self._rest = data[:whole], data[whole:]
        self.seconds += self.audio_format.seconds(len(data))
        if self.seconds > self._most:
            raise EndlessAudioError("the service sends audio without end")
        return data
