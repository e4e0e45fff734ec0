"""How long failures are borne, as a table: no service, no clock."""

import pytest

from custom_components.websocket_tts.speech.exceptions import (
    CannotConnectError,
    CertificateError,
    InvalidAuthError,
    SpeechError,
    SpeechTimeoutError,
)
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.recovery import Patience

RESET = CannotConnectError("reset")


def attempts(err: SpeechError, before_audio: float, *, is_heard: bool, is_doubt: bool = False) -> list[float]:
    """Return the pauses until an error is final, if each attempt fails at once."""
    patience, now, pauses = Patience(Limits(), before_audio), 0.0, list[float]()
    while (pause := patience.pause(err, now, is_heard=is_heard, is_doubt=is_doubt)) is not None:
        pauses.append(round(pause, 2))
        now += pause
    return pauses


@pytest.mark.parametrize(
    ("err", "before_audio", "pauses"),
    [
        # With a fallback, and in forms.
        (RESET, 0.0, [0.3]),
        # The last attempt is made at the end of the time.
        (RESET, 4.0, [0.3, 0.6, 1.2, 1.9]),
        (SpeechTimeoutError("slow"), 4.0, []),
        (CertificateError("not trusted"), 4.0, []),
        (InvalidAuthError("who"), 4.0, []),
    ],
)
def test_before_the_first_audio(err: SpeechError, before_audio: float, pauses: list[float]) -> None:
    """What may pass is tried again."""
    assert attempts(err, before_audio, is_heard=False) == pauses


@pytest.mark.parametrize("err", [RESET, SpeechTimeoutError("slow"), InvalidAuthError("who")])
def test_in_mid_speech(err: SpeechError) -> None:
    """Nothing is believed until it has stayed so for 15 s; for a doubt, 5 s are enough."""
    assert sum(attempts(err, 0.0, is_heard=True)) == pytest.approx(15.0)
    assert sum(attempts(err, 0.0, is_heard=True, is_doubt=True)) == pytest.approx(5.0)


def test_progress() -> None:
    """It renews the patience."""
    patience = Patience(Limits(), 0.0)
    assert patience.pause(RESET, 0.0, is_heard=True, is_doubt=False) == 0.3
    assert patience.pause(RESET, 14.0, is_heard=True, is_doubt=False) == 0.6
    patience.note_progress()
    assert patience.pause(RESET, 28.0, is_heard=True, is_doubt=False) == 0.3
    # It was waited for all that time; and once more, because it has spoken.
    assert patience.pause(SpeechTimeoutError("slow"), 43.5, is_heard=True, is_doubt=False) == 0.0
    assert patience.pause(SpeechTimeoutError("slow"), 58.5, is_heard=True, is_doubt=False) is None
    patience = Patience(Limits(), 0.0)
    assert patience.pause(SpeechTimeoutError("slow"), 0.0, is_heard=True, is_doubt=False) == 0.3
    assert patience.pause(SpeechTimeoutError("slow"), 15.5, is_heard=True, is_doubt=False) is None


@pytest.mark.parametrize("before_audio", [4.0, 0.0])
def test_what_is_not_believed(before_audio: float) -> None:
    """Who was away a moment ago, or has begun to speak, is asked again whatever it says."""
    patience = Patience(Limits(), before_audio)
    assert patience.pause(RESET, 0.0, is_heard=False, is_doubt=False) == 0.3
    pause = patience.pause(InvalidAuthError("who"), 0.3, is_heard=False, is_doubt=False)
    assert pause == (0.6 if before_audio else None)
    patience = Patience(Limits(), before_audio)
    patience.note_progress()
    assert patience.pause(InvalidAuthError("who"), 0.0, is_heard=False, is_doubt=False) == 0.3
    assert patience.pause(InvalidAuthError("who"), 4.1, is_heard=False, is_doubt=False) == (
        0.0 if before_audio else None
    )
    assert patience.pause(InvalidAuthError("who"), 4.2, is_heard=False, is_doubt=False) is None


@pytest.mark.parametrize("is_heard", [True, False])
def test_an_attempt_that_hangs(is_heard: bool) -> None:
    """One that is broken off after the time is over was not the last one: the service is there again."""
    patience = Patience(Limits(), 4.0)
    assert patience.pause(RESET, 0.0, is_heard=is_heard, is_doubt=False) == 0.3
    assert patience.pause(RESET, 20.0, is_heard=is_heard, is_doubt=False) == 0.0
    assert patience.pause(RESET, 20.1, is_heard=is_heard, is_doubt=False) is None
