"""What a server may do, where the documentation of the services is silent or a server is ill.

The defaults are the most ordinary server. Habits may be changed while the simulator runs.
"""

from dataclasses import dataclass, field
from typing import Literal

type Route = Literal["voices", "synthesize", "socket", "token"]


@dataclass(slots=True)
class Cut:
    """How a speech is cut off, after so many bytes of audio of a piece (0: before any).

    The socket is closed, its connection is torn down, an error is told, or silence falls for ever.
    """

    after: int
    how: Literal["close", "abort", "error", "stall"]
    code: int = 1000
    """Of the close frame, with close."""
    error: object = "the engine has failed"
    """In the error message, with error; a string, an object or a number."""


@dataclass(slots=True)
class VivokaHabits:
    """Of the Vivoka VDK Service."""

    voices: Literal["objects", "strings", "nulls", "id", "voice_id", "name", "none", "number", "text"] = (
        "objects"
    )
    """The list of voices: an object with such values, a list of objects with such a key, or nonsense."""
    sample_rate: int = 22050
    rate_as: Literal["number", "string", "missing"] = "number"
    answer_latency: float = 0.0
    """Seconds until the token."""
    no_token: bool = False
    """The answer has no token in it."""
    expired_tokens: int = 0
    """So many tokens have expired when they are used."""
    end: Literal["last", "empty", "close"] = "last"
    """The last frame of audio says so, an empty one behind it does, or the socket just closes."""
    stays_open: bool = False
    """After the last frame the socket is left to the client."""
    one_frame: bool = False
    """The whole speech comes in one message."""
    says: tuple[str, ...] = ()
    """Events by such names come before the audio."""
    chatter: bool = False
    """Events, unknown keys, results, binary frames and what is no JSON come in between."""
    prefix: str = "data:audio/pcm;base64,"
    """Before the base64."""
    after_end: bool = False
    """More audio comes after the end."""


@dataclass(slots=True)
class KnovvuHabits:
    """Of Knovvu TTS."""

    voices: Literal[
        "vendor",
        "camel",
        "nested",
        "objects",
        "strings",
        "wrapped",
        "ids",
        "null",
        "none",
        "missing",
        "refused",
    ] = "vendor"
    """The list of voices: as the vendor spells it, so in camel case, or so within an object; objects, names,
    an object with a list in it, objects with other keys; null or an empty list; no such page or licence."""
    bearer: bool | None = None
    """Whether the socket wants "Bearer " before the token; None: either way is right."""
    audio: Literal["binary", "audio", "data", "audio-data"] = "binary"
    """Binary frames, or text frames with base64 under such a key."""
    prefix: str = ""
    """Before the base64."""
    wav_header: Literal["none", "plain", "joined", "list", "cut"] = "none"
    """A WAV header comes first: alone, with the first audio, with another chunk in it, or cut into single
    bytes."""
    other_rate: int | None = None
    """The audio comes at this rate (Hz), and the WAV header says so."""
    chatter: bool = False
    """Status messages, unknown ones and what is no JSON come in between."""
    empty_frames: bool = False
    """Empty audio comes before each audio, the first and a WAV header included."""
    end: str = "close"
    """The name of the last message ("synthesis-completed"), with the socket left open; "close": the socket
    closes; "": neither."""
    says: tuple[str, ...] = ()
    """Status messages by such names come when a request begins."""
    ignores_stop: bool = False
    idle_limit: float | None = None
    """Seconds after which a socket is closed on which nothing was asked for; None: never."""
    end_each_flush: bool = False
    """The message of the end comes after each flush, and not at the end: with "close" the socket closes
    there, too."""
    finalize_drops: bool = False
    """finalize-synthesis is taken as: close now, whatever is still to come."""
    no_token: bool = False
    """The answer with the access token has none in it."""
    error_as: Literal["name", "error", "object", "error-message", "error-code"] = "error"
    """The shape of error messages."""


@dataclass(slots=True)
class Habits:
    """Of both services."""

    first_audio_latency: float = 0.0
    """Seconds that the engine thinks about each piece."""
    speed: float = 0.0
    """Times real time; 0 is as fast as it can."""
    chunk_size: int = 4096
    """Bytes of audio in a message; an odd number cuts samples in half."""
    pause_after: int = 0
    """Where the engine pauses within a piece, in bytes of its audio."""
    pause: float = 0.0
    """Seconds that it pauses there; 0: not at all."""
    thinks: float = 0.0
    """Seconds that the engine thinks about each second of audio of a piece, which it then sends at once."""
    late: tuple[int, float] | None = None
    """The piece with this number (0 is the first of a speech) is so many seconds late."""
    channels: int | None = None
    """So many speeches at the same time are licensed; None: any number."""
    busy_as: Literal["status", "error", "close"] = "status"
    """How it is told that all channels are taken: an HTTP status, an error message, or a close frame."""
    busy_status: int = 429
    token: str | None = None
    """The access token that is demanded; None: none is."""
    statuses: dict[Route, int] = field(default_factory=dict)
    """HTTP status to answer with instead; 200 answers with a web page."""
    bodies: dict[Route, object] = field(default_factory=dict)
    """JSON that comes with those statuses; none: a web page does."""
    retry_after: str | None = None
    """The header Retry-After that comes with those statuses, and with that of a busy service."""
    failures: int | None = None
    """So many requests are answered with those statuses or cut; None: all."""
    cut: Cut | None = None
    """How speech is cut off; None: it is not."""
    no_audio: bool = False
    """A speech ends properly, without audio."""
    endless: bool = False
    """A speech never ends."""
    ignores_tags: bool = False
    """Tags of SSML change nothing; else they are for the synthesizer, and tones sound for each letter."""
    odd_length: bool = False
    """The last audio on a socket has half a sample too much."""
    vivoka: VivokaHabits = field(default_factory=VivokaHabits)
    knovvu: KnovvuHabits = field(default_factory=KnovvuHabits)
