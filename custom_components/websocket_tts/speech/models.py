"""Data models."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
import re
from typing import Any

from yarl import URL

_BEARER = re.compile(r"bearer\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of a service, with the name that people know it by ("Evan").

    The language is a BCP 47 tag, or None if the service does not state it; the gender is "female", "male" or
    empty; the quality is whatever else tells the voice from others of the same name ("embedded-pro").
    """

    id: str
    name: str = ""
    language: str | None = None
    gender: str = ""
    quality: str = ""

    @property
    def full_name(self) -> str:
        """Return the name and the quality."""
        return f"{self.name} ({self.quality})" if self.quality else self.name


@dataclass(frozen=True, slots=True)
class Range:
    """The range of a setting, including both ends."""

    minimum: float
    maximum: float

    def __contains__(self, value: object) -> bool:
        """Return whether a value, of any type, is a number or the text of one in the range."""
        try:
            return self.minimum <= float(value) <= self.maximum  # type: ignore[arg-type]
        except TypeError, ValueError, OverflowError:
            return False


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """The settings of an utterance.

    Rate and volume are factors (1.0 is normal), the sample rate is in Hz. sentence_pause is the silence
    between two sentences in milliseconds; sentences are then synthesized separately.
    """

    voice: str
    rate: float = 1.0
    volume: float = 1.0
    sample_rate: int = 24000
    sentence_pause: int = 0


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token that was issued, and when it expires, as a Unix timestamp; None for never."""

    token: str = field(repr=False)
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """The address of a service (http or https), and its credentials."""

    address: URL
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    token_url: str | None = None
    issued: IssuedToken | None = field(default=None, repr=False)
    """The token that was issued earlier for the client ID and secret."""

    @property
    def bare_token(self) -> str:
        """Return the token without "Bearer" and white space; empty if there is none."""
        return _BEARER.sub("", (self.token or "").strip())


def restored[T](kind: type[T], stored: Mapping[str, Any] | None) -> T | None:
    """Return a dataclass from its stored fields; None if some are missing that it needs."""
    known = {each.name for each in fields(kind)} & (stored or {}).keys()  # type: ignore[arg-type]
    try:
        return kind(**{name: (stored or {})[name] for name in known})
    except TypeError:
        return None
