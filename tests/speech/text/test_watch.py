"""What a pause in a text means: a table of what happens when, without a text and without a clock."""

import pytest

from custom_components.websocket_tts.speech.text.pauses import Ending, Pause, PauseWatch

STALLS = 30


def watch(*, chunks: int = 1, gap: float = 0) -> PauseWatch:
    """Return a watch that waits for text since 0, after so many chunks that took so long each."""
    found = PauseWatch(STALLS)
    for chunk in range(-chunks, 0):
        found.wait(chunk * gap)
        found.note_text((chunk + 1) * gap)
    found.wait(0)
    return found


@pytest.mark.parametrize(
    ("chunks", "gap", "ending", "due"),
    [
        (1, 0, Ending.SENTENCE, 0.25),
        (2, 0, Ending.SENTENCE, 0.25),
        (2, 0, Ending.SPACE, 0.6),
        (2, 0, Ending.OTHER, 1.5),
        # A slow writer gets more, up to a limit; a single gap tells less.
        (9, 0.5, Ending.SENTENCE, 0.65),
        (9, 1.3, Ending.SENTENCE, 1.5),
        (2, 0.5, Ending.SENTENCE, 0.45),
        (9, 0.5, Ending.SPACE, 1),
        (9, 1.3, Ending.SPACE, 2.4),
        (9, 1, Ending.OTHER, 2),
        (9, 1.99, Ending.OTHER, 3.75),
        # That was a pause, and no slow writer.
        (9, 2.1, Ending.SENTENCE, 0.25),
        # Nothing to speak in it.
        (2, 0, None, STALLS),
    ],
)
def test_when_the_rest_is_due(chunks: int, gap: float, ending: Ending | None, due: float) -> None:
    """It depends on how the text ends and how fast it is written; complete sentences wait for nothing."""
    assert watch(chunks=chunks, gap=gap).look(0, ending) == (None, 0.001)
    assert watch(chunks=chunks, gap=gap).look(0.01, ending)[0] is Pause.SHORT
    early = watch(chunks=chunks, gap=gap)
    pause, again = early.look(due - 0.01, ending)
    assert pause is Pause.SHORT
    assert again == pytest.approx(due)
    assert early.look(again, ending)[0] is (Pause.LONG if ending else Pause.STALLED)


def test_the_longest_gap_tells_nothing() -> None:
    """Writers are uneven: all gaps but the longest are usual."""
    one = PauseWatch(STALLS)
    for now in (-5.0, -4.75, -4.5, -4.25, -4.0, -0.5, -0.25, 0.0):
        one.note_text(now)
        one.wait(now)
    assert one.look(0.32, Ending.SENTENCE)[0] is Pause.SHORT
    assert one.look(0.33, Ending.SENTENCE)[0] is Pause.LONG


def test_several_rests() -> None:
    """What is left of the rest has the time again, counted from then on."""
    one = watch(chunks=2)
    assert one.look(1.5, Ending.OTHER) == (Pause.LONG, 1.75)
    assert one.look(1.75, Ending.OTHER) == (Pause.SHORT, 2)
    assert one.look(3, Ending.OTHER)[0] is Pause.LONG
    assert one.look(4, None) == (Pause.SHORT, 4.25)


def test_it_looks_often() -> None:
    """Text that comes in between may be due sooner than what there was."""
    one = watch(chunks=2)
    assert one.look(0.5, Ending.OTHER) == (Pause.SHORT, 0.75)


def test_work_is_no_pause() -> None:
    """While text is being split, nobody waits for more."""
    one = watch()
    one.note_text(0.5)
    assert one.look(40, Ending.SENTENCE) == (None, 40.25)


@pytest.mark.parametrize(("waited", "long"), [(0, False), (0.001, False), (0.002, True), (50, True)])
def test_whether_text_was_waited_for(waited: float, *, long: bool) -> None:
    """A moment is no wait."""
    assert watch().note_text(waited) is long


@pytest.mark.parametrize("ending", [Ending.SENTENCE, None])
def test_a_look_that_is_late(ending: Ending | None) -> None:
    """Text that has been waiting for the event loop may come at once: that is waited for once."""
    due = 0.25 if ending else STALLS
    pause = Pause.LONG if ending else Pause.STALLED
    assert watch().look(due + 0.05, ending)[0] is pause
    one = watch()
    assert one.look(due + 0.5, ending) == (None, due + 0.55)
    assert one.look(due + 0.52, ending) == (None, due + 0.55)
    assert one.look(due + 9, ending)[0] is pause
    # The next wait has its own.
    one.note_text(50)
    one.wait(50)
    assert one.look(50 + due + 0.5, ending)[0] is None


def test_a_text_that_stalls() -> None:
    """Text that comes after all makes a new start."""
    one = watch(chunks=2)
    assert one.look(29.8, None) == (Pause.SHORT, 30)
    assert one.look(30, None)[0] is Pause.STALLED
    assert one.look(30.05, None)[0] is Pause.STALLED
    one.note_text(31)
    one.wait(31)
    assert one.look(60, None)[0] is Pause.SHORT
    assert one.look(61, None)[0] is Pause.STALLED
