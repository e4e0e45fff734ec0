"""Samples, however they were cut and coded."""

from array import array
from base64 import b64encode
from itertools import pairwise
from math import pi, sin

from hypothesis import given, strategies as st
import pytest

from custom_components.websocket_tts.speech.audio.pcm import PcmFormat, decode_base64
from custom_components.websocket_tts.speech.audio.splice import Splice
from custom_components.websocket_tts.speech.exceptions import ProtocolError


@pytest.mark.parametrize("prefix", ["", "data:audio/pcm;base64,", "data:;base64,"])
def test_decode_base64(prefix: str) -> None:
    """Plain, or as a data URL."""
    assert decode_base64(prefix + b64encode(b"\0\1\2").decode()) == b"\0\1\2"


@pytest.mark.parametrize("data", ["a", "äöü=", "AAA=AAA", "AA\nAA\nA", "data:audio/pcm;base64,?"])
def test_decode_what_is_no_base64(data: str) -> None:
    """Audio that is damaged is an error, not noise."""
    with pytest.raises(ProtocolError, match="not base64"):
        decode_base64(data)


RATES = st.sampled_from([8000, 16000, 22050, 24000, 44100, 48000])


@given(source=RATES, target=RATES, sizes=st.lists(st.integers(0, 999), max_size=200))
def test_another_rate_in_parts(source: int, target: int, sizes: list[int]) -> None:
    """However it is cut, it is the same, and as long as before: to one sample, after any number of parts."""
    tone = array("h", (int(8000 * sin(2 * pi * 200 * index / source)) for index in range(sum(sizes))))
    splice, start, parts = Splice(PcmFormat(target)), 0, []
    for size in sizes:
        parts.append(splice.add(tone[start : start + size].tobytes(), PcmFormat(source)))
        start += size
        seconds = PcmFormat(target).seconds(sum(map(len, parts)))
        assert abs(seconds - start / source) <= 1 / min(source, target)
    whole = Splice(PcmFormat(target)).add(tone.tobytes(), PcmFormat(source))
    assert b"".join(parts) == whole
    # It is the same wave: no step is larger than its steepest part.
    steepest = 8000 * 2 * pi * 200 / target + 2
    assert all(abs(after - before) <= steepest for before, after in pairwise(array("h", whole)))


def test_the_same_rate() -> None:
    """There is nothing to convert."""
    assert Splice(PcmFormat(8000)).add(b"\1\2\3\4", PcmFormat(8000)) == b"\1\2\3\4"
