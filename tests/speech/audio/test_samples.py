"""Samples, however a service sends them."""

import struct

import pytest

from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.audio.samples import SampleStream
from custom_components.websocket_tts.speech.exceptions import ProtocolError
from custom_components.websocket_tts.speech.limits import Limits

FORMAT = PcmFormat(16000)
SPEECH = bytes(range(1, 201))


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a WAV file."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


TITLE = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Speech"))


def file(speech: bytes = SPEECH, *, before: bytes = b"", after: bytes = b"", rate: int = 16000) -> bytes:
    """Return a WAV file, as a program writes it that knows its length, with other chunks."""
    data = b"WAVE" + wav.header(PcmFormat(rate))[12:36] + before + chunk(b"data", speech) + after
    return b"RIFF" + struct.pack("<I", len(data)) + data


def heard(*messages: bytes) -> bytes:
    """Return the samples in these messages."""
    samples = SampleStream(FORMAT, Limits())
    return b"".join(samples.add(message) or b"" for message in messages)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_halves_of_samples_are_put_together(size: int) -> None:
    """Cut at any byte, only whole samples come out; a last half one is dropped."""
    data = bytes(range(101))
    samples = SampleStream(PcmFormat(8000), Limits())
    samples.expect("text")
    out = [samples.add(data[start : start + size]) or b"" for start in range(0, len(data), size)]
    assert all(len(part) % 2 == 0 for part in out)
    assert b"".join(out) == data[:100]
    assert samples.seconds == pytest.approx(50 / 8000)


def test_audio_without_end() -> None:
    """60 s and 2 s a character are allowed, and not one sample more."""
    samples = SampleStream(PcmFormat(8000), Limits())
    samples.expect("ab")
    samples.add(bytes(64 * 16000))
    with pytest.raises(ProtocolError, match="without end"):
        samples.add(bytes(2))


@pytest.mark.parametrize(
    "messages",
    [
        (SPEECH,),
        (file(),),
        (file(before=TITLE),),
        (file(after=TITLE),),
        (file(before=TITLE, after=TITLE + chunk(b"id3 ", bytes(33))),),
        (file()[:44], SPEECH),
        (file(after=TITLE)[:60], file(after=TITLE)[60:230], file(after=TITLE)[230:]),
        tuple(bytes((value,)) for value in file(before=TITLE, after=TITLE)),
        (b"", wav.header(FORMAT), b"", SPEECH),
        (wav.header(FORMAT, 0) + SPEECH,),
        (wav.header(FORMAT, 0x7FFFFFC3) + SPEECH[:99], SPEECH[99:]),
    ],
)
def test_a_file(messages: tuple[bytes, ...]) -> None:
    """Neither its header nor what is behind its data is heard."""
    assert heard(*messages) == SPEECH
    # A sentence is a file.
    assert heard(*messages, *messages) == SPEECH * 2


FIRST = file(SPEECH[:80])


@pytest.mark.parametrize(
    "messages",
    [
        (FIRST, SPEECH[80:]),
        (FIRST, SPEECH[80:90], b"", SPEECH[90:]),
        (FIRST[:44], FIRST[44:], *(bytes((value,)) for value in SPEECH[80:])),
        (FIRST[:20], FIRST[20:], SPEECH[80:]),
        (file(SPEECH[:80], after=TITLE), SPEECH[80:]),
        (file(SPEECH[:80], after=TITLE)[:-9], TITLE[-9:] + SPEECH[80:]),
        (FIRST, TITLE, SPEECH[80:]),
        (FIRST + TITLE, SPEECH[80:]),
        (wav.header(FORMAT, 80)[:4] + b"\xff" * 4 + FIRST[8:], SPEECH[80:]),
        (b"RIFF" + bytes(4) + FIRST[8:], SPEECH[80:]),
    ],
)
def test_a_header_that_states_the_size_of_its_message(messages: tuple[bytes, ...]) -> None:
    """What comes in later messages is heard, too."""
    assert heard(*messages) == SPEECH
    assert heard(*messages, *messages) == SPEECH * 2


@pytest.mark.parametrize("name", [b"LIST", b"id3 ", b"ID3 ", b"fact", b"bext", b"cue "])
@pytest.mark.parametrize("speech", [SPEECH, SPEECH + b"\1"], ids=["even", "odd"])
def test_chunks_behind_the_data(name: bytes, speech: bytes) -> None:
    """They are not heard, wherever the file is cut, and if its size does not count them."""
    behind = chunk(name, bytes(range(1, 34))) + chunk(b"LIST", b"INFO")
    whole = file(speech, after=behind)
    for cut in range(len(whole) - len(behind) - 4, len(whole)):
        assert heard(whole[:cut], whole[cut:], whole) == SPEECH * 2
        assert heard(whole[:cut], whole[cut : cut + 3], whole[cut + 3 :], whole) == SPEECH * 2
    assert heard(file(), behind, file(), behind) == SPEECH * 2
    assert heard(file() + behind, file() + behind) == SPEECH * 2


def test_half_a_sample_at_the_end_of_a_file() -> None:
    """It does not shift the next file."""
    assert heard(file(SPEECH + b"\1"), file()) == SPEECH * 2


def test_another_rate() -> None:
    """Each file states its own, and the length counts."""
    samples = SampleStream(FORMAT, Limits())
    samples.add(file())
    assert samples.audio_format == FORMAT
    samples.add(file(rate=8000))
    assert samples.audio_format == PcmFormat(8000)
    assert samples.seconds == pytest.approx(100 / 16000 + 100 / 8000)


MP3_FRAME = b"\xff\xfb\x90\x64" + bytes(413)
NO_SAMPLES = {
    "mp3": MP3_FRAME * 3,
    "mp3 of a low rate": (b"\xff\xf3\x40\xc4" + bytes(140)) * 3,
    "mp3 with a tag": b"ID3\4\0\0\0\0\0\x23TSSE" + bytes(40),
    "ogg": b"OggS\0\2" + bytes(40),
    "flac": b"fLaC\0\0\0\x22" + bytes(40),
}


@pytest.mark.parametrize("data", NO_SAMPLES.values(), ids=NO_SAMPLES)
def test_what_is_no_sound_for_us(data: bytes) -> None:
    """It would be noise at full scale."""
    with pytest.raises(ProtocolError, match="compressed"):
        heard(data)


@pytest.mark.parametrize("data", [*NO_SAMPLES.values(), b"RIFX", b"RIFF1234WAVX"])
def test_samples_that_look_like_something_else(data: bytes) -> None:
    """In mid-speech any bytes may be samples."""
    data += bytes(len(data) % 2)
    assert heard(SPEECH, data) == SPEECH + data


@pytest.mark.parametrize("first", [b"\xff\xfb\1\0", b"\xff\xff\x10\0", b"\xff\xfb\x90\x64", b"ID2\0"])
def test_quiet_samples(first: bytes) -> None:
    """Bytes that an MP3 frame begins with are not enough."""
    assert heard(first + bytes(400)) == first + bytes(400)
