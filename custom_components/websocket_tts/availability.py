"""Whether a service is there, and which voices it has, in spite of single polls that fail or say less."""

from math import inf

from .speech.models import Voice

SHORT_ABSENCE = 12.0
"""Seconds for which a service that is not reached stays available: Home Assistant drops an announcement to an
unavailable entity, even if the service is back by then."""
LONG_ABSENCE = 60.0
"""The same, in seconds, for one that is reached but refuses its list, and for voices missing in the list."""


class Absence:
    """Whether a service is away, by its polls and by what it has spoken; times in seconds of one clock."""

    def __init__(self) -> None:
        """Initialize for a service that is there."""
        self.is_away = False
        self._since: float | None = None
        self._speaks = False

    def note_poll(self) -> None:
        """Note that the service has listed its voices."""
        self._since = None
        self.is_away = False

    def note_failed_poll(self, now: float, *, is_reached: bool) -> bool:
        """Note a failed poll of a service that was reached or not; return whether it is away from now on."""
        if self._since is None:
            self._since = now
        if self.is_away or (is_reached and self._speaks):
            return False
        self.is_away = now - self._since >= (LONG_ABSENCE if is_reached else SHORT_ABSENCE)
        return self.is_away

    def note_speech(self, *, works: bool) -> bool:
        """Note whether the service could speak; return whether it is back."""
        self._speaks = works
        was_away = self.is_away
        if works:
            self.note_poll()
        return was_away and works


class ListDoubt:
    """Doubts a list in which voices are suddenly missing; times in seconds of one clock."""

    def __init__(self) -> None:
        """Initialize without doubts."""
        self._since: float | None = None

    @property
    def is_open(self) -> bool:
        """Return whether the last list is doubted."""
        return self._since is not None

    def confirm(self) -> None:
        """Note that the service has refused a voice: the next list is believed."""
        self._since = -inf

    def believed(self, before: list[Voice], listed: list[Voice], now: float) -> list[Voice]:
        """Return the voices of a new list, with those that are missing in it as long as it is doubted."""
        known = {voice.id for voice in listed}
        missing = [voice for voice in before if voice.id not in known]
        if missing and self._since is None:
            self._since = now
        if not missing or self._since is None or now - self._since >= LONG_ABSENCE:
            self._since = None
            return listed
        return [*listed, *missing]
