"""When Knovvu's speech has ended: decides by what was sent and received, and by the time."""

from collections import Counter
from enum import Enum, auto

from ..exceptions import Doubt, DoubtfulEndError, SpeechTimeoutError
from ..limits import Limits
from ..pace import least_seconds, letters
from .quirks import Ending

_QUIET_FACTOR = 3.0
"""Silence that ends the audio if the end is not said, as a multiple of the longest wait so far."""


class State(Enum):
    """What is waited for."""

    IDLE = auto()
    """The first text."""
    DUE = auto()
    """Audio, which must follow the text that was sent."""
    SPOKEN = auto()
    """More text: all that was sent seems to have been spoken."""
    ENDING = auto()
    """A sign of the end: all of the text seems to have been spoken."""
    SAID = auto()
    """The last audio, which may follow an end that was said."""
    OVER = auto()
    """Nothing: there was no text."""


class Step(Enum):
    """What is to be done."""

    FINALIZE = auto()
    """Send finalize-synthesis, which was held back."""
    DONE = auto()
    ELSEWHERE = auto()
    """Send the rest of the text on another connection: this one has ended between two sentences."""
    FAILED = auto()
    """Raise the error with which the connection has ended."""


class EndOfSpeech:
    """One attempt at a request. Times are in seconds, on any clock that does not go back.

    finalize_late holds finalize-synthesis back until there seems to be no more audio.
    """

    def __init__(
        self,
        limits: Limits,
        usual: Ending | None,
        rate: float,
        begun: float,
        *,
        finalize_late: bool,
        is_doubt: bool,
    ) -> None:
        """Initialize with how this server usually says the end, and whether an end is doubted."""
        self._limits = limits
        self._usual = usual
        self._rate = rate
        self.finalizes_late = finalize_late
        self._is_doubt = is_doubt
        self._first_audio = limits.doubt if is_doubt else limits.first_audio
        self._texts = 0
        self._least_seconds = 0.0
        """Seconds of audio that the texts need at least; 0 if there are no letters in them."""
        self._seconds = 0.0
        self._has_all_text = self._has_failed = False
        self._is_unanswered = False
        """Whether text was sent for which no audio has arrived yet."""
        self._finalized_at: float | None = None
        """Seconds of audio when finalize-synthesis was sent."""
        self._since = begun
        """When the wait for audio began."""
        self._longest_wait = 0.0
        self._ends: Counter[str] = Counter()
        """Number of end messages, by name."""
        self._ended_early = False
        """Whether an end message came before all of the text was sent."""
        self._is_said = False
        """Whether an end message has come since the last audio."""
        self.seen: Ending | None = None
        """How the end was said, once it was."""

    # Events.

    def note_text(self, text: str, now: float) -> None:
        """Note a text that is sent."""
        self._texts += 1
        self._least_seconds += least_seconds(letters(text), self._rate)
        if not self._is_unanswered:
            self._is_unanswered = True
            self._since = now

    def note_all_text(self, *, has_failed: bool = False) -> None:
        """Note that no more text follows, or that the text has failed."""
        self._has_all_text = True
        self._has_failed = has_failed

    def note_finalized(self) -> None:
        """Note that finalize-synthesis was sent."""
        self._finalized_at = self._seconds

    def note_audio(self, seconds: float, now: float) -> None:
        """Note audio; seconds is all of it so far."""
        self._longest_wait = max(self._longest_wait, now - self._since)
        self._since = now
        self._seconds = seconds
        self._is_unanswered = self._is_said = False

    def note_passed_on(self, now: float) -> None:
        """Note that the audio was passed on, which takes long while the listener pauses."""
        self._since = now

    def note_end(self, name: str) -> None:
        """Note an end message."""
        self._ends[name] += 1
        self._ended_early |= not self._has_all_text
        self._is_said = True

    # Answers.

    @property
    def state(self) -> State:
        """Return what is waited for."""
        if not self._texts:
            return State.OVER if self._has_all_text else State.IDLE
        is_all_said = self._is_said and max(self._ends.values()) >= self._texts
        if self._has_all_text and is_all_said:
            return State.SAID
        if self._is_due:
            return State.DUE
        return State.ENDING if self._has_all_text else State.SPOKEN

    @property
    def patience(self) -> float | None:
        """Return the seconds of silence after which silent() is to be asked; None for any length."""
        limits = self._limits
        match self.state:
            case State.OVER:
                return 0.0
            case State.DUE:
                return limits.between_audio if self._seconds else self._first_audio
            case State.SAID if self._is_doubt:
                return limits.doubt
            case State.SAID:
                # Some services say it before the last audio.
                return limits.close if self._seconds else limits.min_quiet
            case State.ENDING:
                return self._patience_for_the_end
        return None

    @property
    def _patience_for_the_end(self) -> float:
        limits = self._limits
        if self._has_failed:
            # The audio of the text sent before is still passed on.
            return limits.min_quiet
        if self.finalizes_late and self._finalized_at is not None:
            return limits.between_audio - self._quiet if self._is_doubt else limits.max_quiet
        is_all = self._is_said and self._usual is Ending.ONCE
        if self.finalizes_late or self._usual is Ending.SILENCE or is_all:
            return self._quiet
        is_known = self._usual is not None and not self._is_said
        # What a server always says, and does not say now, is doubted; in doubt there is time enough.
        return limits.max_quiet if is_known and not self._is_doubt else limits.between_audio

    def silent(self) -> Step:
        """Return what to do after a silence. Raises SpeechTimeoutError or DoubtfulEndError."""
        state = self.state
        if state is State.OVER:
            return Step.DONE
        if state is State.DUE and not (self._has_all_text and self._seconds and self._is_unanswered):
            raise SpeechTimeoutError.of_audio(is_first=not self._seconds)
        if state is State.SAID:
            return self._done(self._ending_of_messages)
        if self._finalized_at is None and not self._has_failed:
            return Step.FINALIZE
        self._check_answers()
        if self._is_said:
            return self._done(None if self._usual is Ending.FLUSH else Ending.ONCE)
        if self._usual not in (None, Ending.SILENCE, Ending.VARIES) and not self.finalizes_late:
            raise DoubtfulEndError("the service did not say that the speech has ended", Doubt.UNSAID)
        return self._done(Ending.SILENCE)

    def closed(self, now: float, *, is_proper: bool = True) -> Step:
        """Return what to do when the connection has ended, properly or not, or the session with an error.

        Raises DoubtfulEndError.
        """
        state = self.state
        if state is State.OVER or (self._has_failed and is_proper):
            return Step.DONE
        was_quiet = now - self._since >= self._quiet
        if not self._has_all_text:
            is_spoken = state is State.SPOKEN and (was_quiet or (is_proper and not self._is_missing))
            return Step.ELSEWHERE if is_spoken else Step.FAILED
        if not (is_proper or (was_quiet and state in (State.ENDING, State.SAID))):
            return Step.FAILED
        self._check_answers()
        if self._is_missing or not is_proper:
            raise DoubtfulEndError(
                "the service closed without saying that the speech has ended", Doubt.UNSAID
            )
        return self._done(self._ending_of_messages if self._ends else Ending.CLOSE)

    def _check_answers(self) -> None:
        if self._seconds and self._is_unanswered and self._least_seconds:
            raise DoubtfulEndError("there is no audio for the last of the text", Doubt.UNANSWERED)

    def is_idle(self, now: float) -> bool:
        """Return whether the connection has ended while there was nothing to say yet."""
        return self.state is State.IDLE and now - self._since >= self._limits.min_quiet

    @property
    def spoke_after_finalize(self) -> bool:
        """Return whether audio arrived after finalize-synthesis that may not have been on its way by then.

        It was sent before any audio, or late, when there seemed to be no more.
        """
        has_spoken = self._finalized_at is not None and self._seconds > self._finalized_at
        return has_spoken and (self.finalizes_late or self._finalized_at == 0)

    def _done(self, ending: Ending | None) -> Step:
        self.seen = None if self.finalizes_late else ending
        return Step.DONE

    @property
    def _is_due(self) -> bool:
        is_unanswered = self._is_unanswered and self._least_seconds > 0
        # In doubt, that there is little is known already.
        is_missing = not self._is_doubt and self._seconds < self._least_seconds
        return not self._seconds or is_unanswered or is_missing

    @property
    def _is_missing(self) -> bool:
        """Return whether a message is missing that this server usually sends at the end."""
        if self._usual is Ending.FLUSH:
            return max(self._ends.values(), default=0) < self._texts
        return not self._ends and self._usual in (Ending.MESSAGE, Ending.ONCE)

    @property
    def _ending_of_messages(self) -> Ending:
        is_each = self._texts > 1 and (self._ended_early or max(self._ends.values()) > 1)
        return Ending.FLUSH if is_each else Ending.MESSAGE

    @property
    def _quiet(self) -> float:
        quiet = _QUIET_FACTOR * self._longest_wait
        return min(max(quiet, self._limits.min_quiet), self._limits.max_quiet)
