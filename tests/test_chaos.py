"""What scripts/soak --chaos judges by: a verdict that could not be bad would say nothing."""

from array import array
from collections import Counter

import pytest

from robustness.happenings import HAPPENINGS
from robustness.heard import HEADER, Hearing, Meant, without_silence
from robustness.scene import Drawn
from simulator import tones

RATE = 24000
WORDS = "The ocelot plays the bassoon, and the walrus sings a bit."
TONES = tones.pcm(WORDS, RATE)
SECOND = bytes(2 * RATE)


def hearing(*parts: bytes, rate: int = RATE, pause: float = 0.0, error: str = "", **meant: object) -> Hearing:
    """Return what is heard of these parts, which arrive with pauses between them."""
    heard = Hearing(Meant(WORDS, **meant), error=error)  # type: ignore[arg-type]
    heard.take(bytes(24) + rate.to_bytes(4, "little") + bytes(HEADER - 28))
    for part in parts:
        heard.take(part)
    heard.arrivals = [(1.0 + index * pause, size) for index, (_, size) in enumerate(heard.arrivals)]
    return heard


def at_rate(rate: int) -> bytes:
    """Return the tones, as they are after a conversion from another sample rate."""
    return array("h", (each for each in array("h", TONES) for _ in range(2)))[:: RATE * 2 // rate].tobytes()


HALF = len(TONES) // 4 * 2


@pytest.mark.parametrize(
    ("heard", "outcome"),
    [
        (hearing(TONES), "whole"),
        (hearing(SECOND, TONES[:HALF], SECOND, TONES[HALF:]), "whole"),
        (hearing(TONES, volume=0.5), "whole"),
        (hearing(tones.pcm(WORDS, RATE, volume=0.5), volume=0.5), "whole"),
        (hearing(), "lost"),
        (hearing(SECOND), "lost"),
        (hearing(TONES[:HALF]), "cut"),
        (hearing(TONES, error="ClientError"), "cut"),
        (hearing(TONES[:HALF], is_part=True), "whole"),
        (hearing(TONES[HALF:], is_part=True), "damaged"),
        (hearing(is_part=True), "whole"),
        (hearing(TONES, TONES), "doubled"),
        (hearing(tones.pcm("The ocelot plays the trombone.", RATE)), "damaged"),
        (hearing(TONES[: HALF - 4800], TONES[HALF:]), "damaged"),
        (hearing(TONES, chime="bell"), "damaged"),
        (hearing(at_rate(16000), rate=16000), "damaged"),
        (hearing(at_rate(16000), rate=16000, is_converted=True), "whole"),
        (hearing(at_rate(16000)[:HALF], rate=16000, is_converted=True), "cut"),
        (hearing(tones.pcm(WORDS.upper(), RATE), is_converted=True), "damaged"),
    ],
)
def test_outcome(heard: Hearing, outcome: str) -> None:
    """Everything that is not the words, once and whole, is told."""
    assert heard.outcome.partition(" ")[0] == outcome


def test_chime() -> None:
    """It rings once."""
    chime = Meant(WORDS, "bell").ringing(RATE)
    assert hearing(chime, TONES, chime="bell").outcome == "whole"
    assert hearing(chime, chime, TONES, chime="bell").outcome != "whole"
    assert hearing(TONES, chime="bell").outcome != "whole"


@pytest.mark.parametrize(
    ("heard", "seconds"),
    [
        (hearing(TONES), 0.0),
        (hearing(SECOND, TONES, SECOND), 0.0),
        (hearing(TONES, SECOND + SECOND, TONES), 2.0),
        # Not what is left to play meanwhile, and what is silent does not count twice.
        (hearing(TONES, TONES, pause=5.0), 5.0 - len(TONES) / 2 / RATE),
        (hearing(TONES, SECOND, TONES, pause=5.0), 10.0 - len(TONES) / 2 / RATE),
    ],
)
def test_silence(heard: Hearing, seconds: float) -> None:
    """It is what a player that plays in real time does not play, or plays of silence."""
    assert heard.longest_silence([]) == pytest.approx(seconds, abs=0.01)


def test_silence_of_everybody() -> None:
    """What nobody here could do anything about is left out."""
    ends = 2 * 5.0 + 1.0
    heard = hearing(TONES, TONES, pause=5.0)
    before = heard.longest_silence([])
    assert heard.longest_silence([(ends - 1.5, ends - 0.5)]) == pytest.approx(before - 1.0, abs=0.01)


@pytest.mark.parametrize("with_fallback", [True, False])
def test_draw(with_fallback: bool) -> None:
    """A scene is the same each time, whatever was drawn before; and everything has its turn."""
    numbers = range(10 * len(HAPPENINGS))
    drawn = [Drawn.draw(6, number, with_fallback=with_fallback) for number in numbers]
    again = Drawn.draw(6, 77, with_fallback=with_fallback)
    assert str(again) == str(drawn[77])
    assert again.random.getstate() == drawn[77].random.getstate()
    happened = Counter(each.happening.name for each in drawn)
    borne = {each.name for each in HAPPENINGS if with_fallback or each.borne}
    assert happened.keys() == borne
    assert min(happened.values()) >= 10
    assert with_fallback or all(each.when in each.happening.borne for each in drawn)
    assert {each.when for each in drawn} == {"before", "during"}


def test_without_silence() -> None:
    """Half a sample at the end is none."""
    assert without_silence(b"\0\0\1\0\0\0\2\0\3") == b"\1\0\2\0"
