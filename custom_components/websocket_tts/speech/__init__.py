"""Client library for speech services that stream over a WebSocket. Knows nothing of Home Assistant."""

from .audio import wav
from .audio.buffer import ReadAhead
from .audio.pcm import AudioStream, PcmFormat
from .audio.silence import with_filler, with_silence
from .client import SpeechClient
from .exceptions import (
    BusyError,
    CannotConnectError,
    CertificateError,
    InvalidAuthError,
    NoAudioError,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
    VoiceNotFoundError,
)
from .knovvu.client import KnovvuClient
from .languages import KNOWN_TAGS
from .metrics import SynthesisMetrics
from .models import ConnectionConfig, IssuedToken, Range, Voice, VoiceSettings
from .text.markdown import strip_markdown
from .text.segments import TextSegments
from .transport.address import parse_address
from .transport.auth import DEFAULT_TOKEN_URL
from .vivoka.client import VivokaClient

SERVICES: dict[str, type[SpeechClient]] = {
    "vivoka": VivokaClient,
    "knovvu": KnovvuClient,
}
"""Every service by its kind: the one place that a new protocol is entered in."""

__all__ = [
    "DEFAULT_TOKEN_URL",
    "KNOWN_TAGS",
    "SERVICES",
    "AudioStream",
    "BusyError",
    "CannotConnectError",
    "CertificateError",
    "ConnectionConfig",
    "InvalidAuthError",
    "IssuedToken",
    "KnovvuClient",
    "NoAudioError",
    "PcmFormat",
    "ProtocolError",
    "Range",
    "ReadAhead",
    "SpeechClient",
    "SpeechError",
    "SpeechTimeoutError",
    "SynthesisError",
    "SynthesisMetrics",
    "TextSegments",
    "VivokaClient",
    "Voice",
    "VoiceNotFoundError",
    "VoiceSettings",
    "parse_address",
    "strip_markdown",
    "wav",
    "with_filler",
    "with_silence",
]
