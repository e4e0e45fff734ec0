"""What a pause in a text means: a table of what happens when, without a text and without a clock."""

import pytest

from custom_components.websocket_tts.speech.text.pauses import Pause, PauseWatch
from custom_components.websocket_tts.speech.text.splitter import Ending

STALLS = 30
SENTENCE = 1


def watch(*, chunks: int = 1, gap: float = 0) -> PauseWatch:
    """Return a watch that waits for text since 0, after so many chunks that took so long each."""
    found = PauseWatch(STALLS, sentence=SENTENCE, space=2, other=4)
    for chunk in range(-chunks, 0):
        found.wait(chunk * gap)
        found.note_text((chunk + 1) * gap)
    found.wait(0)
    return found


@pytest.mark.parametrize(
    ("chunks", "gap", "ending", "due"),
    [
        (2, 0, Ending.SENTENCE, 1),
        (2, 0, Ending.SPACE, 2),
        (2, 0, Ending.LINE_BREAK, 2),
        (2, 0, Ending.LINE, 4),
        (2, 0, Ending.OTHER, 4),
        # It arrived as a whole.
        (1, 0, Ending.SENTENCE, 1),
        (1, 0, Ending.LINE_BREAK, 1.5),
        (1, 0, Ending.LINE, 1.5),
        (1, 0, Ending.SPACE, 2),
        # A slow writer gets more, up to a limit; a single gap tells less.
        (9, 2, Ending.SENTENCE, 2.6),
        (9, 5, Ending.SENTENCE, 6),
        (2, 2, Ending.SENTENCE, 1.8),
        (9, 2, Ending.SPACE, 4),
        (9, 5, Ending.SPACE, 8),
        (9, 3, Ending.OTHER, 6),
        (9, 5.3, Ending.OTHER, 10),
        # That was a pause, and no slow writer.
        (9, 6, Ending.SENTENCE, 1),
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
    one = PauseWatch(STALLS, sentence=SENTENCE, space=2, other=4)
    for now in (-5.0, -4.75, -4.5, -4.25, -4.0, -0.5, -0.25, 0.0):
        one.note_text(now)
        one.wait(now)
    assert one.look(0.99, Ending.SENTENCE)[0] is Pause.SHORT
    assert one.look(1, Ending.SENTENCE)[0] is Pause.LONG


def test_several_rests() -> None:
    """What is left of the rest has the time again, counted from then on."""
    one = watch(chunks=2)
    assert one.look(4, Ending.OTHER) == (Pause.LONG, 5)
    assert one.look(5, Ending.OTHER) == (Pause.SHORT, 6)
    assert one.look(8, Ending.OTHER)[0] is Pause.LONG
    assert one.look(9, None) == (Pause.SHORT, 10)


def test_it_looks_often() -> None:
    """Text that comes in between may be due sooner than what there was."""
    one = watch(chunks=2)
    assert one.look(0.5, Ending.OTHER) == (Pause.SHORT, 1.5)
    assert not one.look(0.5, Ending.OTHER)[1] > 0.5 + SENTENCE


def test_work_is_no_pause() -> None:
    """While text is being split, nobody waits for more."""
    one = watch()
    one.note_text(0.5)
    assert one.look(40, Ending.SENTENCE) == (None, 41)


@pytest.mark.parametrize(("waited", "long"), [(0, False), (0.001, False), (0.002, True), (50, True)])
def test_whether_text_was_waited_for(waited: float, *, long: bool) -> None:
    """A moment is no wait."""
    assert watch().note_text(waited) is long


@pytest.mark.parametrize("ending", [Ending.SENTENCE, None])
def test_a_look_that_is_late(ending: Ending | None) -> None:
    """Text that has been waiting for the event loop may come at once: that is waited for once."""
    due = 1.0 if ending else STALLS
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
    assert one.look(29.5, None) == (Pause.SHORT, 30)
    assert one.look(30, None)[0] is Pause.STALLED
    assert one.look(30.05, None)[0] is Pause.STALLED
    one.note_text(31)
    one.wait(31)
    assert one.look(60, None)[0] is Pause.SHORT
    assert one.look(61, None)[0] is Pause.STALLED
