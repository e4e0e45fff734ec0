"""The values that go into a client and come out of it."""

from dataclasses import dataclass, field
import re

from yarl import URL

_BEARER = re.compile(r"bearer\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of a service; the language is a BCP 47 tag where the service tells it."""

    id: str
    name: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """What a setting may be, ends included."""

    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """How to speak.

    Rate and volume are factors (1.0 is normal), the sample rate is in Hz. sentence_pause is milliseconds of
    silence between two sentences, which are then synthesized each by itself.
    """

    voice: str
    rate: float = 1.0
    volume: float = 1.0
    sample_rate: int = 24000
    sentence_pause: int = 0


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token that was fetched, and when it expires, in seconds since 1970; None for never."""

    token: str = field(repr=False)
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """Where a service is (an http or https address) and how to be let in."""

    address: URL
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    token_url: str | None = None
    issued: IssuedToken | None = field(default=None, repr=False)
    """What was fetched with client id and secret before, to go on with."""

    @property
    def bare_token(self) -> str:
        """Return the token without what people copy along with it; empty where there is none."""
        return _BEARER.sub("", (self.token or "").strip())
