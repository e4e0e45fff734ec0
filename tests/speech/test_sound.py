"""What is played is sound: samples, and those in WAV files, but neither headers nor anything compressed.

How the world may differ: each sentence is a file, whose size is known or not; it has a title, before its data
or behind it; it states another rate than was asked for; it is MP3, whatever was asked for.
"""

from collections.abc import Callable

import pytest

from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from custom_components.websocket_tts.speech.exceptions import ProtocolError
from simulator import tones

from .audio.test_samples import MP3_FRAME, TITLE, file
from .hostile import SENTENCES, client_of, samples_of, speak
from .hostile_servers import Server

TEXT = " ".join(SENTENCES)

FILES: dict[str, Callable[[bytes, int], bytes]] = {
    "a file": lambda samples, rate: file(samples, rate=rate),
    "a title before": lambda samples, rate: file(samples, before=TITLE, rate=rate),
    "a title behind": lambda samples, rate: file(samples, after=TITLE, rate=rate),
    "a file of unknown length": lambda samples, rate: wav.header(PcmFormat(rate)) + samples,
    "a file of no length": lambda samples, rate: wav.header(PcmFormat(rate), 0) + samples,
}


@pytest.mark.parametrize("name", FILES)
async def test_each_sentence_is_a_file(name: str, kind: str, hostile: Server) -> None:
    """Its samples are heard, and nothing else of it, also when the server is known."""
    hostile.speaks = lambda text, rate: FILES[name](tones.pcm(text, rate), rate)
    async with client_of(kind, hostile.address) as client:
        for _ in range(2):
            heard = await speak(client, kind, TEXT)
            assert heard.outcome(samples_of(kind, TEXT)) == "whole"
            assert heard.left_out == 0


async def test_a_file_of_another_rate(kind: str, hostile: Server) -> None:
    """The rate that it states is that of its samples."""
    hostile.speaks = lambda text, _: file(tones.pcm(text, 16000), rate=16000)
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind, TEXT)
    assert heard.error is None
    told = {"vivoka": PcmFormat(22050), "knovvu": PcmFormat(16000)}[kind]
    expected = PcmFormat(16000).seconds(len(tones.pcm(TEXT, 16000)))
    assert told.seconds(len(heard.samples)) == pytest.approx(expected, abs=0.05)


async def test_something_compressed(kind: str, hostile: Server) -> None:
    """It is an error at once, for the fallback, and no noise."""
    hostile.speaks = lambda *_: MP3_FRAME * 40
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind, TEXT)
    assert isinstance(heard.error, ProtocolError)
    assert "compressed" in str(heard.error)
    assert heard.speech == b""
    assert heard.ended < 2.0
