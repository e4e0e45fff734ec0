"""When Knovvu's speech has ended, as tables: no server, no clock.

How the world may differ: the end is said by a close, by a message for each flush or for all of them, in both
ways, too early, too late, or not at all; the connection breaks, or the session ends with an error, while
nothing is to be said; the last text gets no audio; all of it is far too short.
"""

import pytest

from custom_components.websocket_tts.speech.exceptions import Doubt, DoubtfulEndError, SpeechTimeoutError
from custom_components.websocket_tts.speech.knovvu.end_of_speech import EndOfSpeech, State, Step
from custom_components.websocket_tts.speech.knovvu.quirks import Ending, KnovvuQuirks
from custom_components.websocket_tts.speech.limits import Limits

LIMITS = Limits()
TEXT = "Twenty letters, and more."
ENOUGH = 2.0
"""Seconds of audio that TEXT may have."""


def machine(
    usual: Ending | None = None, *, finalize_late: bool = False, is_doubt: bool = False
) -> EndOfSpeech:
    """Return a machine that has begun at 0."""
    return EndOfSpeech(LIMITS, usual, 1.0, 0.0, finalize_late=finalize_late, is_doubt=is_doubt)


def play(end: EndOfSpeech, events: str) -> float:
    """Play events, a second each, and return the time.

    (t)ext, all te(x)t, (f)inalized, (a)udio, (s)hort audio, end (m)essage, (w)ait.
    """
    now = seconds = 0.0
    for event in events:
        now += 1.0
        match event:
            case "t":
                end.note_text(TEXT, now)
            case "x":
                end.note_all_text()
            case "f":
                end.note_finalized()
            case "a" | "s":
                seconds += ENOUGH if event == "a" else 0.1
                end.note_audio(seconds, now)
                end.note_passed_on(now)
            case "m":
                end.note_end("synthesis-completed")
    return now


@pytest.mark.parametrize(
    ("events", "state", "patience"),
    [
        ("", State.IDLE, None),
        ("x", State.OVER, 0.0),
        ("t", State.DUE, LIMITS.first_audio),
        ("ts", State.DUE, LIMITS.between_audio),
        ("ta", State.SPOKEN, None),
        ("tat", State.DUE, LIMITS.between_audio),
        ("taxf", State.ENDING, LIMITS.between_audio),
        ("txfam", State.SAID, LIMITS.close),
        ("txfm", State.SAID, LIMITS.min_quiet),
        ("ttaxfm", State.ENDING, LIMITS.between_audio),
        ("tamx", State.SAID, LIMITS.close),
        ("txfama", State.ENDING, LIMITS.between_audio),
    ],
)
def test_states(events: str, state: State, patience: float | None) -> None:
    """What is waited for, and how long, where nothing is known of the server."""
    end = machine()
    play(end, events)
    assert (end.state, end.patience) == (state, patience)


@pytest.mark.parametrize(
    ("usual", "is_doubt", "finalize_late", "patience"),
    [
        (None, False, False, LIMITS.between_audio),
        (Ending.CLOSE, False, False, LIMITS.max_quiet),
        (Ending.MESSAGE, False, False, LIMITS.max_quiet),
        (Ending.CLOSE, True, False, LIMITS.between_audio),
        (Ending.VARIES, False, False, LIMITS.max_quiet),
        (Ending.SILENCE, False, False, 3.0),
        (None, False, True, LIMITS.max_quiet),
        (None, True, True, LIMITS.between_audio - 3.0),
    ],
)
def test_patience_for_the_end(
    usual: Ending | None, is_doubt: bool, finalize_late: bool, patience: float
) -> None:
    """A server that always says the end is doubted before it is believed; in doubt there is time."""
    end = machine(usual, finalize_late=finalize_late, is_doubt=is_doubt)
    play(end, "taxf")
    # The audio took a second.
    assert end.patience == pytest.approx(patience)


@pytest.mark.parametrize(
    ("usual", "events", "step", "seen"),
    [
        (None, "x", Step.DONE, None),
        (None, "txaf", Step.DONE, Ending.SILENCE),
        (None, "txa", Step.FINALIZE, None),
        (None, "txfam", Step.DONE, Ending.MESSAGE),
        (None, "tamtxfam", Step.DONE, Ending.FLUSH),
        (None, "ttxfam", Step.DONE, Ending.ONCE),
        (Ending.FLUSH, "ttxfam", Step.DONE, None),
        (Ending.VARIES, "txfa", Step.DONE, Ending.SILENCE),
        (Ending.SILENCE, "txfa", Step.DONE, Ending.SILENCE),
        (Ending.CLOSE, "txfa", Doubt.UNSAID, None),
        (None, "txfat", Doubt.UNANSWERED, None),
        (None, "t", SpeechTimeoutError, None),
        (None, "txfs", SpeechTimeoutError, None),
    ],
)
def test_silence(usual: Ending | None, events: str, step: object, seen: Ending | None) -> None:
    """What a silence means."""
    end = machine(usual)
    play(end, events)
    if isinstance(step, Doubt):
        with pytest.raises(DoubtfulEndError) as raised:
            end.silent()
        assert raised.value.doubt is step
    elif isinstance(step, type):
        with pytest.raises(SpeechTimeoutError):
            end.silent()
    else:
        assert end.silent() is step
        assert end.seen is seen


@pytest.mark.parametrize(
    ("usual", "events", "is_proper", "step", "seen"),
    [
        (None, "x", True, Step.DONE, None),
        (None, "txfa", True, Step.DONE, Ending.CLOSE),
        (None, "txf", True, Step.DONE, Ending.CLOSE),
        (Ending.VARIES, "txfa", True, Step.DONE, Ending.CLOSE),
        (None, "txfam", True, Step.DONE, Ending.MESSAGE),
        (Ending.MESSAGE, "txfa", True, Doubt.UNSAID, None),
        (Ending.ONCE, "txfa", True, Doubt.UNSAID, None),
        (Ending.FLUSH, "tamtxfa", True, Doubt.UNSAID, None),
        (Ending.FLUSH, "tamtxfam", True, Step.DONE, Ending.FLUSH),
        (None, "txfat", True, Doubt.UNANSWERED, None),
        (None, "txfa", False, Step.FAILED, None),
        (None, "txfawwwwww", False, Doubt.UNSAID, None),
        (None, "t", True, Step.FAILED, None),
        (None, "ta", True, Step.ELSEWHERE, None),
        (None, "ta", False, Step.FAILED, None),
        (None, "tawwww", False, Step.ELSEWHERE, None),
        (Ending.FLUSH, "ta", True, Step.FAILED, None),
        (Ending.FLUSH, "tam", True, Step.ELSEWHERE, None),
    ],
)
def test_close(usual: Ending | None, events: str, is_proper: bool, step: object, seen: Ending | None) -> None:
    """What the end of a connection means, proper or not, at once or after a silence."""
    end = machine(usual)
    now = play(end, events)
    if isinstance(step, Doubt):
        with pytest.raises(DoubtfulEndError) as raised:
            end.closed(now, is_proper=is_proper)
        assert raised.value.doubt is step
    else:
        assert end.closed(now, is_proper=is_proper) is step
        assert end.seen is seen


@pytest.mark.parametrize(("seconds", "is_idle"), [(0.5, False), (2.5, True)])
def test_idle(seconds: float, is_idle: bool) -> None:
    """A session that ends at once was refused; one that ends later, without text, was idle."""
    assert machine().is_idle(seconds) is is_idle
    end = machine()
    play(end, "t")
    assert not end.is_idle(9.0)


def test_text_that_fails() -> None:
    """What was sent before is heard; then a proper close is the end, and a broken connection is not."""
    end = machine()
    play(end, "ta")
    end.note_all_text(has_failed=True)
    assert end.patience == LIMITS.min_quiet
    assert end.closed(3.0) is Step.DONE
    assert end.closed(3.0, is_proper=False) is Step.FAILED


def test_finalize() -> None:
    """Audio behind it shows whether it must be held back."""
    early, late = machine(), machine(finalize_late=True)
    play(early, "txfa")
    assert early.spoke_after_finalize
    play(late, "txaf")
    assert not late.spoke_after_finalize
    late.note_audio(2 * ENOUGH, 5.0)
    assert late.spoke_after_finalize


@pytest.mark.parametrize(
    ("known", "seen", "then"),
    [
        (None, Ending.CLOSE, Ending.CLOSE),
        (Ending.CLOSE, Ending.MESSAGE, Ending.MESSAGE),
        (Ending.FLUSH, Ending.MESSAGE, Ending.FLUSH),
        (Ending.ONCE, Ending.MESSAGE, Ending.ONCE),
        (Ending.MESSAGE, Ending.FLUSH, Ending.FLUSH),
        (Ending.CLOSE, Ending.VARIES, Ending.VARIES),
        (Ending.VARIES, Ending.CLOSE, Ending.VARIES),
        (None, Ending.SILENCE, Ending.SILENCE),
        (Ending.SILENCE, Ending.SILENCE, Ending.SILENCE),
        (Ending.SILENCE, Ending.CLOSE, Ending.VARIES),
        (Ending.MESSAGE, Ending.SILENCE, Ending.VARIES),
        (Ending.VARIES, Ending.SILENCE, Ending.VARIES),
    ],
)
def test_what_is_learned(known: Ending | None, seen: Ending, then: Ending) -> None:
    """A more exact way is kept, and one that varies stays so."""
    quirks = KnovvuQuirks(ending=known)
    quirks.note_ending(seen)
    assert quirks.ending is then
