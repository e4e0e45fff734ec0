"""WAV out, and WAV headers that a service sends in."""

import io
import struct
import wave

import pytest

from custom_components.websocket_tts.speech import PcmFormat, ProtocolError, wav

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
        (wav.header(FORMAT) + SAMPLES, (FORMAT, SAMPLES)),
        (wav.header(FORMAT, 4) + SAMPLES, (FORMAT, SAMPLES)),
        (wav.header(FORMAT)[:36] + LIST_CHUNK + wav.header(FORMAT)[36:] + SAMPLES, (FORMAT, SAMPLES)),
    ],
)
def test_split_header(data: bytes, found: tuple[PcmFormat | None, bytes]) -> None:
    """A header is told from samples, however many bytes are there at first."""
    assert wav.split_header(data) == found


@pytest.mark.parametrize("size", range(44))
def test_split_header_waits(size: int) -> None:
    """As long as it may be a header, more bytes are waited for."""
    assert wav.split_header(wav.header(FORMAT)[:size]) is None


@pytest.mark.parametrize(
    "data",
    [
        wav.header(FORMAT)[:12] + wav.header(FORMAT)[36:],
        wav.header(FORMAT)[:22] + b"\2" + wav.header(FORMAT)[23:],
        wav.header(FORMAT)[:34] + b"\x08" + wav.header(FORMAT)[35:],
        wav.header(FORMAT)[:20] + b"\3" + wav.header(FORMAT)[21:],
        wav.header(FORMAT)[:24] + bytes(4) + wav.header(FORMAT)[28:],
        wav.header(FORMAT)[:36] + b"LIST" + struct.pack("<I", 5000),
    ],
)
def test_split_header_of_something_else(data: bytes) -> None:
    """Stereo, other samples, a header without format or without end are refused."""
    with pytest.raises(ProtocolError, match="the service sent"):
        wav.split_header(data)
