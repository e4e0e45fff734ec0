"""WAV headers: writing our own, and reading those of a service."""

from math import inf
import struct
from typing import NamedTuple

from ..exceptions import ProtocolError
from .pcm import SAMPLE_RATES, SAMPLE_WIDTH, PcmFormat

UNKNOWN_SIZE = 0xFFFFFFFF
"""In both size fields of a stream: players read to the end, and Home Assistant unwraps it without delay."""
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_CHUNK = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
_FORMAT_AT = 20
"""Offset of the format fields in our own header."""
_PCM = 1
_EXTENSIBLE = 0xFFFE
_MAX_HEADER = 4096
_NO_SIZE = 0x7FFF0000
"""From here on, the size of a stream that somebody else has written."""


def header(audio_format: PcmFormat, size: int | None = None) -> bytes:
    """Return a header of 44 bytes; without a size in bytes, that of a stream."""
    return _HEADER.pack(
        b"RIFF",
        UNKNOWN_SIZE if size is None else _HEADER.size - 8 + size,
        b"WAVE",
        b"fmt ",
        _FORMAT.size,
        _PCM,
        1,
        audio_format.sample_rate,
        audio_format.sample_rate * SAMPLE_WIDTH,
        SAMPLE_WIDTH,
        SAMPLE_WIDTH * 8,
        b"data",
        UNKNOWN_SIZE if size is None else size,
    )


def with_exact_sizes(streamed: bytes) -> bytes:
    """Return a streamed WAV with exact sizes; empty if there is none."""
    samples = streamed[_HEADER.size :]
    return header(_read_format(streamed, _FORMAT_AT), len(samples)) + samples if streamed else b""


class Header(NamedTuple):
    """What a header states."""

    audio_format: PcmFormat
    size: float
    """Bytes of the data; infinite if they were not known when the header was written."""
    behind: int = 0
    """Bytes of the file behind the data; 0 if they are not known."""


def split_header(data: bytes) -> tuple[Header | None, bytes] | None:
    """Split the beginning of the audio into WAV header and what follows it.

    Returns None as long as more bytes are needed. Raises ProtocolError for a WAV that is not 16-bit mono PCM.
    """
    if not b"RIFF".startswith(data[:4]):
        return None, data
    if len(data) < 12:
        return None
    if data[8:12] != b"WAVE":
        return None, data
    audio_format: PcmFormat | None = None
    position = 12
    while len(data) >= position + _CHUNK.size:
        name, size = _CHUNK.unpack_from(data, position)
        position += _CHUNK.size
        if name == b"data":
            if audio_format is None:
                raise ProtocolError("the service sent a WAV header without a format")
            _, whole = _CHUNK.unpack_from(data)
            behind = max(0, whole + 8 - position - size) if whole < _NO_SIZE else 0
            return Header(audio_format, size if 0 < size < _NO_SIZE else inf, behind), data[position:]
        if name == b"fmt " and len(data) >= position + _FORMAT.size:
            audio_format = _read_format(data, position)
        position += size + size % 2
    if position > _MAX_HEADER:
        raise ProtocolError("the service sent a WAV header without audio")
    return None


def _read_format(data: bytes, position: int) -> PcmFormat:
    tag, channels, sample_rate, _, _, bits = _FORMAT.unpack_from(data, position)
    if tag not in (_PCM, _EXTENSIBLE) or channels != 1 or bits != SAMPLE_WIDTH * 8:
        raise ProtocolError(f"the service sent {channels} channels of {bits} bits instead of 16-bit mono PCM")
    if sample_rate not in SAMPLE_RATES:
        raise ProtocolError("the service sent a WAV header with an impossible sample rate")
    return PcmFormat(sample_rate)
