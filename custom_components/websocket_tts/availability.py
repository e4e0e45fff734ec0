"""Whether a service is there, and which voices it has, in spite of single polls that fail or say less."""

from dataclasses import dataclass, field
from math import inf

from .speech.models import Voice

SHORT_ABSENCE = 12.0
"""Seconds for which a service that is not reached stays available: Home Assistant drops an announcement to an
unavailable entity, even if the service is back by then."""
LONG_ABSENCE = 60.0
"""The same, in seconds, for one that is reached but neither lists its voices nor speaks, for voices that are
missing in the list, and for fallbacks and chimes that are missing when Home Assistant has started."""
TOLD_ABSENCE = 600.0
"""Seconds after which a service that is away is an issue."""
RETRY_AFTER = 300.0
"""Seconds for which what has failed counts, a speech or a chime; then it may be tried again."""


@dataclass(slots=True)
class Absence:
    """Whether a service is away, by its polls and by what it has spoken; times in seconds of one clock."""

    is_away: bool = False
    _since: float | None = None
    """Since when polls have failed."""
    _last_failure: float = -inf
    """When the service could not speak, unless it has spoken or listed its voices since."""
    _speaks: bool = False
    """Whether it has spoken while polls failed: then it is only the list that cannot be reached."""

    def note_success(self, *, has_spoken: bool) -> bool:
        """Note that the service has spoken or listed its voices; return whether it is back."""
        was_away = self.is_away
        self._speaks = has_spoken and (self._speaks or self._since is not None)
        self.is_away, self._since, self._last_failure = False, None, -inf
        return was_away

    def is_long(self, now: float) -> bool:
        """Return whether the service has been away for so long that people should know."""
        return self.is_away and self._since is not None and now - self._since >= TOLD_ABSENCE

    def note_failed_speech(self, now: float) -> None:
        """Note that the service could not speak."""
        self._speaks, self._last_failure = False, now

    def note_failed_poll(self, now: float, *, is_reached: bool) -> bool:
        """Note a failed poll of a service that was reached or not; return whether that changes if it is away.

        One that is reached is away only if it cannot speak either, and not for good: while it is away, nobody
        asks it to speak.
        """
        self._since = now if self._since is None else self._since
        has_failed = now - self._last_failure < RETRY_AFTER
        may_speak = self._speaks or (is_reached and not has_failed)
        was_away = self.is_away
        self.is_away = not may_speak and now - self._since >= (LONG_ABSENCE if is_reached else SHORT_ABSENCE)
        return self.is_away != was_away


@dataclass(slots=True)
class ListDoubt:
    """Doubts that voices are gone which a list does not have any more; times in seconds of one clock."""

    _missing: dict[str, float] = field(default_factory=dict)
    """Since when each voice is missing, by its ID."""

    def confirm(self, voice: str) -> None:
        """Note that the service has refused a voice: if the next list does not have it, it is gone."""
        self._missing[voice] = -inf

    def believed(self, before: list[Voice], listed: list[Voice], now: float) -> list[Voice]:
        """Return the voices of a new list, with those that are missing in it as long as it is doubted.

        A voice of which the list does not state the language any more is missing as well.
        """
        languages = {voice.id: voice.language for voice in listed}
        missing = [
            voice
            for voice in before
            if voice.id not in languages or (voice.language and not languages[voice.id])
        ]
        since = {voice.id: self._missing.get(voice.id, now) for voice in missing}
        self._missing = {voice: start for voice, start in since.items() if now - start < LONG_ABSENCE}
        kept = [voice for voice in missing if voice.id in self._missing]
        return [*(voice for voice in listed if voice.id not in self._missing), *kept]
