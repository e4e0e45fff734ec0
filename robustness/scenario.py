"""What a made-up server does: steps on a socket, answers to requests, and a scenario of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from custom_components.websocket_tts.speech.models import VoiceSettings

type Route = Literal["voices", "synthesize", "token", "socket"]

RATE = 8000
"""Samples a second."""
MAX_FRAME = 16 * 1024
"""Bytes that a client takes in one frame."""
IMPATIENT = 0.03
"""Seconds instead of those that people have patience for."""
PAUSES = (0.0, 0.005, 1.5 * IMPATIENT)
PROPER: dict[Route, bytes] = {
    "voices": b'{"Voices":[{"Name":"enu,evan,embedded-pro","Language":null}],"Success":true}',
    "synthesize": b'{"token":"granted","sample_rate":8000}',
    "token": b'{"access_token":"issued","expires_in":3600}',
}


@dataclass(frozen=True, slots=True)
class Send:
    """A text or binary frame; bytes that are raw go out without a frame around them."""

    data: str | bytes
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """A close frame with any code."""

    code: int


@dataclass(frozen=True, slots=True)
class Abort:
    """The connection is torn down."""


@dataclass(frozen=True, slots=True)
class Hear:
    """The next message of the client is waited for."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing happens for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HearUntil:
    """Messages of the client are waited for until one has these words."""

    words: str


type Step = Send | Close | Abort | Hear | HearUntil | Pause


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP, or raw bytes instead of one, after so many seconds."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bool = False
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A server, and what is asked of it."""

    answers: Mapping[Route, list[Answer]]
    """Taken in turn for each route; a socket without any is opened."""
    sockets: list[list[Step]]
    """What is done on one socket after the other, in turn."""
    text: list[str]
    settings: VoiceSettings
    credentials: Literal["none", "token", "client"]
    quirks: Mapping[str, object]
    stand_by: bool
    leave_after: int | None
    """Parts of the audio after which the listener goes away."""
