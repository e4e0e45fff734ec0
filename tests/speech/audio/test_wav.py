"""WAV out, and WAV headers that a service sends in."""

import io
import itertools
from math import inf
import struct
import wave

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.exceptions import ProtocolError

FORMAT = PcmFormat(16000)


def test_exact() -> None:
    """One WAV with the sizes it really has."""
    data = wav.with_exact_sizes(wav.header(FORMAT) + b"\1\0" + b"\2\0\3\0")
    with wave.open(io.BytesIO(data)) as file:
        assert file.getparams()[:4] == (1, 2, 16000, 3)
        assert file.readframes(9) == b"\1\0\2\0\3\0"
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8


def test_exact_without_audio() -> None:
    """Where there was no text there is nothing."""
    assert wav.with_exact_sizes(b"") == b""


def test_header_of_a_stream() -> None:
    """It has sizes that mean: read on."""
    header = wav.header(FORMAT)
    assert len(header) == 44
    assert struct.unpack_from("<I", header, 4)[0] == 0xFFFFFFFF
    assert struct.unpack_from("<I", header, 40)[0] == 0xFFFFFFFF


SAMPLES = b"\1\0\2\0"
LIST_CHUNK = b"LIST" + struct.pack("<I", 5) + b"INFO!\0"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (SAMPLES, (None, SAMPLES)),
        (b"RIFX" + SAMPLES, (None, b"RIFX" + SAMPLES)),
        (b"RIFF1234WAVX" + SAMPLES, (None, b"RIFF1234WAVX" + SAMPLES)),
        (wav.header(FORMAT) + SAMPLES, (wav.Header(FORMAT, inf), SAMPLES)),
        (wav.header(FORMAT, 0) + SAMPLES, (wav.Header(FORMAT, inf), SAMPLES)),
        (wav.header(FORMAT, 0x7FFFFFFF - 36) + SAMPLES, (wav.Header(FORMAT, inf), SAMPLES)),
        (wav.header(FORMAT, 4) + SAMPLES, (wav.Header(FORMAT, 4), SAMPLES)),
        (
            wav.header(FORMAT)[:36] + LIST_CHUNK + wav.header(FORMAT)[36:] + SAMPLES,
            (wav.Header(FORMAT, inf), SAMPLES),
        ),
    ],
)
def test_split_header(data: bytes, found: tuple[wav.Header | None, bytes]) -> None:
    """A header is told from samples, however many bytes are there at first."""
    assert wav.split_header(data) == found


@pytest.mark.parametrize("size", range(44))
def test_split_header_waits(size: int) -> None:
    """As long as it may be a header, more bytes are waited for."""
    assert wav.split_header(wav.header(FORMAT)[:size]) is None


@given(
    rate=st.sampled_from((8000, 24000, None)),
    chunks=st.lists(st.binary(max_size=9), max_size=3),
    samples=st.binary(max_size=40),
    cuts=st.lists(st.integers(0, 200), max_size=12),
)
@example(rate=8000, chunks=[], samples=SAMPLES, cuts=[0])
@example(rate=8000, chunks=[b"abc"], samples=SAMPLES, cuts=[0, 0, 44, 44])
@settings(derandomize=True, database=None, deadline=None)
def test_any_cuts(rate: int | None, chunks: list[bytes], samples: bytes, cuts: list[int]) -> None:
    """However it comes, also with empty frames first, the format and the samples are the same."""
    head = wav.header(PcmFormat(rate)) if rate else b""
    others = [b"LIST" + struct.pack("<I", len(other)) + other + b"\0" * (len(other) % 2) for other in chunks]
    whole = head[:36] + b"".join(others if head else []) + head[36:] + samples
    if not head and b"RIFF".startswith(whole[:4]):
        whole = b"\1\2" + whole
        samples = whole
    edges = sorted([0, *(min(cut, len(whole)) for cut in cuts), len(whole)])
    held, found, rest = b"", None, b""
    for start, end in itertools.pairwise(edges):
        if found:
            rest += whole[start:end]
        else:
            held += whole[start:end]
            found = wav.split_header(held)
    if whole:
        assert found
        assert found[0] == (wav.Header(PcmFormat(rate), inf) if rate else None)
        assert found[1] + rest == samples


@pytest.mark.parametrize(
    "data",
    [
        wav.header(FORMAT)[:12] + wav.header(FORMAT)[36:],
        wav.header(FORMAT)[:22] + b"\2" + wav.header(FORMAT)[23:],
        wav.header(FORMAT)[:34] + b"\x08" + wav.header(FORMAT)[35:],
        wav.header(FORMAT)[:20] + b"\3" + wav.header(FORMAT)[21:],
        wav.header(FORMAT)[:24] + bytes(4) + wav.header(FORMAT)[28:],
        wav.header(FORMAT)[:24] + b"\xff" * 4 + wav.header(FORMAT)[28:],
        wav.header(FORMAT)[:36] + b"LIST" + struct.pack("<I", 5000),
    ],
)
def test_split_header_of_something_else(data: bytes) -> None:
    """Stereo, other samples, a header without format or without end are refused."""
    with pytest.raises(ProtocolError, match="the service sent"):
        wav.split_header(data)
