"""Configurable behavior of the simulated servers: undocumented variants, and faults.

The defaults are those of an ordinary server. Habits can be changed while the simulator runs.
"""

from dataclasses import dataclass, field
from typing import Literal

type Route = Literal["voices", "synthesize", "socket", "token"]


@dataclass(slots=True)
class Cut:
    """How speech is interrupted, after this many bytes of audio of a segment (0: before any).

    The socket is closed, its connection is aborted, an error message is sent, or nothing is sent any more.
    """

    after: int
    how: Literal["close", "abort", "error", "stall"]
    code: int = 1000
    """Code of the close frame, for close."""
    error: object = "the engine has failed"
    """Content of the error message, for error; a string, an object, or a number."""
    piece: int | None = None
    """Index of the segment that is interrupted (0 is the first of an utterance); None for any."""


@dataclass(slots=True)
class VivokaHabits:
    """Habits of the Vivoka VDK Service."""

    voices: Literal["objects", "strings", "nulls", "id", "voice_id", "name", "none", "number", "text"] = (
        "objects"
    )
    """Format of the voice list: an object with these values, a list of objects with this key, or invalid."""
    sample_rate: int = 22050
    rate_as: Literal["number", "string", "missing"] = "number"
    answer_latency: float = 0.0
    """Seconds until the response with the token."""
    no_token: bool = False
    """The response contains no token."""
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
    """Send events, unknown keys, results, binary frames, and messages that are not JSON in between."""
    prefix: str = "data:audio/pcm;base64,"
    """Before the base64."""
    after_end: bool = False
    """Send more audio after the end."""


@dataclass(slots=True)
class KnovvuHabits:
    """Habits of Knovvu TTS."""

    voices: Literal["vendor", "camel", "objects", "strings", "null", "none", "missing", "refused"] = "vendor"
    """Format of the voice list: the vendor's, the same in camel case; a list of objects or names; null or an
    empty list; status 404, or a refusal because of the license."""
    bearer: bool | None = None
    """Whether the socket requires "Bearer " before the token; None: it accepts both."""
    audio: Literal["binary", "audio", "data", "audio-data"] = "binary"
    """Binary frames, or text frames with base64 under this key."""
    prefix: str = ""
    """Before the base64."""
    wav_header: Literal["none", "plain", "joined", "list", "cut"] = "none"
    """Send a WAV header first: alone, with the first audio, with another chunk in it, or in single bytes."""
    other_rate: int | None = None
    """Send audio at this sample rate (Hz), which the WAV header states."""
    chatter: bool = False
    """Send status messages, unknown messages, and messages that are not JSON in between."""
    empty_frames: bool = False
    """Send empty audio before all other audio, including the first and a WAV header."""
    end: str = "close"
    """Name of the end message ("synthesis-completed"), after which the socket stays open; "close": the socket
    closes; "": neither."""
    says: tuple[str, ...] = ()
    """Names of status messages to send when a request begins."""
    ignores_stop: bool = False
    idle_limit: float | None = None
    """Seconds after which a socket without a request is closed; None for never."""
    end_each_flush: bool = False
    """Send the end message after each flush, not at the end; with "close", the socket then closes, too."""
    finalize_drops: bool = False
    """Close immediately on finalize-synthesis, and drop the remaining audio."""
    no_token: bool = False
    """The response to a request for an access token contains none."""
    error_as: Literal["name", "error", "object", "error-message", "error-code"] = "error"
    """Format of error messages."""


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
    endless: bool = False
    """Never end the audio."""
    ignores_tags: bool = False
    """Ignore SSML tags; otherwise the synthesizer gets them, and tones sound for each letter."""
    odd_length: bool = False
    """Send half a sample too much at the end of the audio on a socket."""
    vivoka: VivokaHabits = field(default_factory=VivokaHabits)
    knovvu: KnovvuHabits = field(default_factory=KnovvuHabits)
