"""Client library for speech services that stream over a WebSocket. Knows nothing of Home Assistant."""

from . import wav
from .address import parse_address
from .errors import (
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
from .knovvu import DEFAULT_TOKEN_URL, KnovvuService
from .languages import KNOWN_TAGS
from .pcm import Audio, PcmFormat
from .read_ahead import ReadAhead
from .report import Report
from .sentences import Pieces
from .service import (
    Connection,
    IssuedToken,
    Range,
    SpeechService,
    Voice,
    VoiceSettings,
)
from .silence import with_filler, with_silence
from .speakable import speakable
from .vivoka import VivokaService

SERVICES: dict[str, type[SpeechService]] = {
    "vivoka": VivokaService,
    "knovvu": KnovvuService,
}
"""Every service by its kind: the one place that a new protocol is entered in."""

__all__ = [
    "DEFAULT_TOKEN_URL",
    "KNOWN_TAGS",
    "SERVICES",
    "Audio",
    "CannotConnectError",
    "CertificateError",
    "Connection",
    "InvalidAuthError",
    "IssuedToken",
    "KnovvuService",
    "NoAudioError",
    "PcmFormat",
    "Pieces",
    "ProtocolError",
    "Range",
    "ReadAhead",
    "Report",
    "SpeechError",
    "SpeechService",
    "SpeechTimeoutError",
    "SynthesisError",
    "VivokaService",
    "Voice",
    "VoiceNotFoundError",
    "VoiceSettings",
    "parse_address",
    "speakable",
    "wav",
    "with_filler",
    "with_silence",
]
