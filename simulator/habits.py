"""Configurable behavior of the simulated servers: undocumented variants, and faults.

The defaults are those of an ordinary server. Habits can be changed while the simulator runs. WITNESSES states
for each habit where it is known from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

type Route = Literal["voices", "synthesize", "socket", "token"]


@dataclass(slots=True)
class Cut:
    """How speech is interrupted, after this many bytes of audio of a segment (0: before any).

    The socket is closed, its connection is aborted, perhaps in half a message, an error message is sent, or
    nothing is sent any more.
    """

    after: int
    how: Literal["close", "abort", "error", "half", "stall"]
    code: int | None = 1000
    """Code of the close frame, for close; None for one without a code."""
    error: object = "the engine has failed"
    """Content of the error message, for error; a string or an object."""
    piece: int | None = None
    """Index of the segment that is interrupted (0 is the first of an utterance); None for any."""


@dataclass(slots=True)
class VivokaHabits:
    """Habits of the Vivoka VDK Service."""

    voices: Literal["objects", "strings", "nulls", "id", "voice_id", "name", "none"] = "objects"
    """Format of the voice list: an object with these values, a list of objects with this key, or no voice."""
    sample_rate: int = 22050
    rate_as: Literal["number", "string", "missing"] = "number"
    answer_latency: float = 0.0
    """Seconds until the response with the token."""
    expired_tokens: int = 0
    """Number of tokens that have expired by the time they are used."""
    end: Literal["last", "empty", "close"] = "last"
    """The end: the last audio frame is marked, an empty marked frame follows, or only the socket closes."""
    stays_open: bool = False
    """Leave closing the socket to the client after the last frame."""
    one_frame: bool = False
    """Send all audio in one message."""
    says: tuple[str, ...] = ()
    """Names of events to send before the audio."""
    chatter: bool = False
    """Send events, unknown keys, results, and messages that are not JSON in between."""
    warns: bool = False
    """Send warnings, which are errors of this type, in between."""
    prefix: str = "data:audio/pcm;base64,"
    """Before the base64."""


@dataclass(slots=True)
class KnovvuHabits:
    """Habits of Knovvu TTS."""

    voices: Literal["vendor", "camel", "unstated", "empty", "missing", "refused"] = "vendor"
    """Format of the voice list: the vendor's; the same in camel case, without languages, or without voices;
    status 404; or a refusal because of the license."""
    no_slash: bool = False
    """Whether the voice list is found without a final slash only, instead of with one only."""
    bearer: bool | None = None
    """Whether the socket requires "Bearer " before the token; None: it accepts both."""
    audio: Literal["binary", "audio", "data", "audio-data"] = "binary"
    """Binary frames, or text frames with base64 under this key."""
    prefix: str = ""
    """Before the base64."""
    wav_header: Literal["none", "plain", "joined", "list"] = "none"
    """Send a WAV header first: alone, with the first audio, or with another chunk in it."""
    other_rate: int | None = None
    """Send audio at this sample rate (Hz), which the WAV header states."""
    chatter: bool = False
    """Send status messages in between."""
    end: str = "close"
    """Name of the end message ("synthesis-completed"), after which the socket stays open; "close": the socket
    closes; "": neither."""
    says: tuple[str, ...] = ()
    """Names of status messages to send when a request begins."""
    ignores_stop: bool = False
    idle_limit: float | None = None
    """Seconds after which a socket without a request is closed; None for never."""
    quiet_limit: float | None = None
    """Seconds after all text has been spoken until a session ends with an error; None for never."""
    end_each_flush: bool = False
    """Send the end message after each flush, not at the end; with "close", the socket then closes, too."""
    finalize_drops: bool = False
    """Close immediately on finalize-synthesis, and drop the remaining audio."""
    error_as: Literal["name", "error", "object", "error-message", "error-code"] = "error"
    """Format of error messages."""
    nested: bool = False
    """Send audio in JSON, the end and errors as the data of an event."""


@dataclass(slots=True)
class Habits:
    """Habits of both services."""

    first_audio_latency: float = 0.0
    """Latency of the engine for each segment, in seconds."""
    speed: float = 0.0
    """Speed as a multiple of real time; 0 for no limit."""
    chunk_size: int = 4096
    """Bytes of audio per message; an odd number splits samples."""
    pause_after: int = 0
    """Position of a pause of the engine within a segment, in bytes of its audio."""
    pause: float = 0.0
    """Length of that pause in seconds; 0 for none."""
    thinks: float = 0.0
    """Seconds that the engine takes for each second of audio of a segment, which it then sends as a whole."""
    late: tuple[int, float] | None = None
    """Index of a segment (0 is the first of an utterance), and its additional latency in seconds."""
    varies: float = 0.0
    """Random delay of the audio within a segment, in seconds, along with noise; 0 for deterministic audio."""
    channels: int | None = None
    """Number of licensed concurrent utterances; None for no limit."""
    busy_as: Literal["status", "error", "close"] = "status"
    """How the server refuses when all channels are in use: HTTP status, error message, or close frame."""
    busy_status: int = 429
    token: str | None = None
    """The required access token; None for none."""
    statuses: dict[Route, int] = field(default_factory=dict)
    """HTTP status to respond with instead; 200 for a web page."""
    bodies: dict[Route, object] = field(default_factory=dict)
    """JSON in these responses; a web page if missing."""
    retry_after: str | None = None
    """The Retry-After header of these responses, and of a busy service."""
    failures: int | None = None
    """Number of requests that fail with these statuses or are interrupted; None for all."""
    cut: Cut | None = None
    """How speech is interrupted; None if it is not."""
    no_audio: bool = False
    """End properly, but without audio."""
    silent: str = ""
    """A part of the text that has no audio, wherever it is; empty for none."""
    wav_each: bool = False
    """Send each message of audio as a WAV file."""
    padded: bool = True
    """Whether base64 is padded."""
    endless: bool = False
    """Never end the audio."""
    ignores_tags: bool = False
    """Ignore SSML tags; otherwise the synthesizer gets them, and tones sound for each letter."""
    vivoka: VivokaHabits = field(default_factory=VivokaHabits)
    knovvu: KnovvuHabits = field(default_factory=KnovvuHabits)


_VDK_SERVICE = "doc.vivoka.com, VDK Service"
_KNOVVU_SOCKET = "docs.knovvu.com, Synthesize Text via WebSocket"
_KNOVVU_REST = "docs.knovvu.com, REST interface"
_VENDOR_CLIENT = "the vendor's public REST client (2016)"
_UNDOCUMENTED = "undocumented: every way that the documentation leaves open"
_CLOSE_CODES = "RFC 6455, 7.4.1; IANA, WebSocket Close Code Number Registry"
_REST_OF_TCP = "RFC 9293, 3.5.1: a peer may be gone without a word"
_RESTARTS = "any server that restarts"

WITNESSES: Mapping[str, str] = {
    # How speech is interrupted
    "cut.after": _REST_OF_TCP,
    "cut.how=close": _CLOSE_CODES,
    "cut.how=abort": "RFC 9293, 3.5.2: reset connections",
    "cut.how=half": f"{_RESTARTS}, while it writes",
    "cut.how=error": f"{_VDK_SERVICE}: messages with the key error",
    "cut.how=stall": _REST_OF_TCP,
    "cut.code": _CLOSE_CODES,
    "cut.error": f"{_UNDOCUMENTED} (a string or an object); the vendor's public headers: type_string",
    "cut.piece": _RESTARTS,
    # Vivoka VDK Service
    "vivoka.voices=objects": f"{_VDK_SERVICE}: an object whose keys are voice IDs",
    "vivoka.voices=strings": f"{_UNDOCUMENTED} (the values of this object)",
    "vivoka.voices=nulls": f"{_UNDOCUMENTED} (the values of this object)",
    "vivoka.voices=id": f"{_UNDOCUMENTED} (a list instead of this object)",
    "vivoka.voices=voice_id": f"{_UNDOCUMENTED} (a list instead of this object)",
    "vivoka.voices=name": f"{_UNDOCUMENTED} (a list instead of this object)",
    "vivoka.voices=none": f"{_VDK_SERVICE}, sample programs: No available voices",
    "vivoka.sample_rate": f"{_VDK_SERVICE}: the response states it",
    "vivoka.rate_as=number": f"{_VDK_SERVICE}",
    "vivoka.rate_as=string": f"{_UNDOCUMENTED}; the C# sample program reads both",
    "vivoka.rate_as=missing": f"{_UNDOCUMENTED}; the Python sample program does without it",
    "vivoka.answer_latency": "RFC 9110: a response may take any time",
    "vivoka.expired_tokens": f"{_VDK_SERVICE}: a token is good for one connection",
    "vivoka.end=last": f"{_VDK_SERVICE}: the key last",
    "vivoka.end=empty": f"{_UNDOCUMENTED} (whether the last message has audio)",
    "vivoka.end=close": f"{_VDK_SERVICE}, sample programs: they read until the socket closes",
    "vivoka.stays_open": f"{_UNDOCUMENTED} (who closes the socket)",
    "vivoka.one_frame": f"{_UNDOCUMENTED} (the size of a message)",
    "vivoka.says": "the vendor's public headers: GenerationStarted, Marker, GenerationEnded, ProcessFinished",
    "vivoka.chatter": f"{_VDK_SERVICE}: event, result; the sample programs skip what is unknown or not JSON",
    "vivoka.warns": "the vendor's public headers: errors are of the type Error or Warning",
    "vivoka.prefix": f"{_VDK_SERVICE}: data:audio/pcm;base64,; RFC 2397: the type in any case, or missing",
    # Knovvu TTS
    "knovvu.voices=vendor": _VENDOR_CLIENT,
    "knovvu.voices=camel": f"{_UNDOCUMENTED} (the case of the vendor's keys)",
    "knovvu.voices=unstated": f"{_UNDOCUMENTED} (whether the list states languages; names do not)",
    "knovvu.voices=empty": _VENDOR_CLIENT,
    "knovvu.voices=missing": f"{_VENDOR_CLIENT}: the REST interface has a port of its own, 40000 or 45000",
    "knovvu.voices=refused": f"{_VENDOR_CLIENT}: Success is false, ErrorCode is Invalid-License",
    "knovvu.no_slash": f"{_VENDOR_CLIENT}: it asks for the list without a final slash",
    "knovvu.bearer": f"{_KNOVVU_SOCKET}: <access-token>; {_KNOVVU_REST}: Bearer",
    "knovvu.audio=binary": f"{_UNDOCUMENTED} (audio on the socket)",
    "knovvu.audio=audio": f"{_UNDOCUMENTED} (audio on the socket)",
    "knovvu.audio=data": f"{_UNDOCUMENTED} (audio on the socket)",
    "knovvu.audio=audio-data": f"{_UNDOCUMENTED} (audio on the socket; named like audio-format)",
    "knovvu.prefix": f"{_UNDOCUMENTED} (plain base64, or a data URL)",
    "knovvu.wav_header=none": f"{_KNOVVU_SOCKET}: audio-format is pcm",
    "knovvu.wav_header=plain": f"{_UNDOCUMENTED} (whether pcm has a header)",
    "knovvu.wav_header=joined": f"{_UNDOCUMENTED} (whether pcm has a header)",
    "knovvu.wav_header=list": "RIFF (Multimedia Programming Interface, 1991): other chunks before data",
    "knovvu.other_rate": f"{_UNDOCUMENTED} (a rate that a voice does not have); Sestek Gul 24k_HV_Premium",
    "knovvu.chatter": f"{_UNDOCUMENTED} (status messages)",
    "knovvu.end": f"{_UNDOCUMENTED} (a close, a message, or neither); names as public services have them",
    "knovvu.says": f"{_UNDOCUMENTED} (status messages)",
    "knovvu.ignores_stop": f"{_KNOVVU_SOCKET}: its sequence sends stop before all of the audio has come",
    "knovvu.idle_limit": "nginx, proxy_read_timeout: 60 s; sessions of public services end when idle",
    "knovvu.quiet_limit": "elevenlabs.io/docs, WebSocket: inactivity_timeout, 20 s; after that, an error",
    "knovvu.end_each_flush": "developers.deepgram.com/docs/tts-ws-flush: each Flush is answered with Flushed",
    "knovvu.finalize_drops": f"{_KNOVVU_SOCKET}: finalize-synthesis is to finalize and close the flow",
    "knovvu.error_as=name": f"{_UNDOCUMENTED} (errors on the socket)",
    "knovvu.error_as=error": f"{_UNDOCUMENTED} (errors on the socket)",
    "knovvu.error_as=object": f"{_UNDOCUMENTED} (errors on the socket)",
    "knovvu.error_as=error-message": f"{_VENDOR_CLIENT}: ErrorMessage",
    "knovvu.error_as=error-code": f"{_VENDOR_CLIENT}: ErrorCode",
    "knovvu.nested": "a public app of the vendor on the same family of sockets reads event.data.text",
    # Both
    "first_audio_latency": "github.com/esphome/esphome/issues/18419: seconds until the first audio",
    "speed": f"{_VDK_SERVICE}; {_KNOVVU_SOCKET}: audio arrives while it is generated",
    "chunk_size": f"{_UNDOCUMENTED} (the size of a message, which may end within a sample)",
    "pause_after": "RFC 6298: a lost packet delays the stream by a second or more",
    "pause": "RFC 6298: a lost packet delays the stream by a second or more",
    "thinks": "github.com/rhasspy/piper: a sentence is generated as a whole",
    "late": "github.com/esphome/esphome/issues/18419: seconds until the first audio",
    "varies": "github.com/NVIDIA/tacotron2/issues/174: the same text, and other audio",
    "channels": "docs.knovvu.com: licenses are per simultaneous channel",
    "busy_as=status": f"{_UNDOCUMENTED} (all channels in use); RFC 6585, 4; RFC 9110, 15.6.4",
    "busy_as=error": f"{_UNDOCUMENTED} (all channels in use)",
    "busy_as=close": f"{_UNDOCUMENTED} (all channels in use); IANA: 1013, Try Again Later",
    "busy_status": "RFC 6585, 4: 429; RFC 9110, 15.6.4: 503",
    "token": f"{_KNOVVU_REST}: Authorization; RFC 6750",
    "statuses": "RFC 9110, 15; another server at this address, such as nginx with its welcome page",
    "bodies": f"{_VENDOR_CLIENT}; RFC 6749, 5.2; RFC 9457",
    "retry_after": "RFC 9110, 10.2.3",
    "failures": _RESTARTS,
    "no_audio": "github.com/home-assistant/core/issues/50729: empty audio",
    "silent": "github.com/home-assistant/core/issues/50729: empty audio",
    "wav_each": f"{_UNDOCUMENTED} (whether pcm has a header, once or in each message)",
    "padded": "RFC 4648, 3.2: padding may be left out",
    "endless": "github.com/mozilla/TTS/issues/483: a minute of audio for a text of two seconds",
    "ignores_tags": f"{_UNDOCUMENTED} (tags in the text of a voice that does not support SSML)",
}
"""Where each habit is known from, by its name, or by name and value where the values are from several places.

A habit that nobody has seen does not belong here: neither in the simulator, nor in the client.
"""
