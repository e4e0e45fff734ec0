"""Client library for speech services that stream over WebSockets. It does not depend on Home Assistant."""

from .audio import wav
from .audio.buffer import AudioBuffer, Awaited
from .audio.chime import BUILT_IN as BUILT_IN_CHIMES, Chime, generate as generate_chime, ring as ring_chime
from .audio.pcm import SAMPLE_WIDTH, PcmFormat
from .channels import ChannelQueue
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
    TextStalledError,
    VoiceNotFoundError,
)
from .knovvu.client import KnovvuClient
from .languages import KNOWN_TAGS
from .limits import Limits
from .metrics import SynthesisMetrics
from .models import ConnectionConfig, IssuedToken, Range, Voice, VoiceSettings
from .preview import Preview
from .redaction import without_secrets
from .tasks import CreateTask, create_own_task
from .text.markdown import strip_markdown
from .text.pronunciation import Pronunciation, Pronunciations
from .text.segments import Segment, TextOptions, TextSegments
from .text.stream import TextStream
from .transport.address import format_address, is_host, parse_address
from .vivoka.client import VivokaClient

SERVICES: dict[str, type[SpeechClient]] = {
    "vivoka": VivokaClient,
    "knovvu": KnovvuClient,
}
"""All services by their key; a new service is registered here."""

__all__ = [
    "BUILT_IN_CHIMES",
    "KNOWN_TAGS",
    "SAMPLE_WIDTH",
    "SERVICES",
    "AudioBuffer",
    "Awaited",
    "BusyError",
    "CannotConnectError",
    "CertificateError",
    "ChannelQueue",
    "Chime",
    "ConnectionConfig",
    "CreateTask",
    "InvalidAuthError",
    "IssuedToken",
    "KnovvuClient",
    "Limits",
    "NoAudioError",
    "PcmFormat",
    "Preview",
    "Pronunciation",
    "Pronunciations",
    "ProtocolError",
    "Range",
    "Segment",
    "SpeechClient",
    "SpeechError",
    "SpeechTimeoutError",
    "SynthesisError",
    "SynthesisMetrics",
    "TextOptions",
    "TextSegments",
    "TextStalledError",
    "TextStream",
    "VivokaClient",
    "Voice",
    "VoiceNotFoundError",
    "VoiceSettings",
    "create_own_task",
    "format_address",
    "generate_chime",
    "is_host",
    "parse_address",
    "ring_chime",
    "strip_markdown",
    "wav",
    "without_secrets",
]
