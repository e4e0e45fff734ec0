"""Who has heard something gets something to play while the service is waited for; nobody else does.

How the world may differ: the service thinks for seconds after the chime, is busy then, or away; it stalls in
mid-speech, between two sentences, or before anything was heard.
"""

import asyncio

import pytest

from custom_components.websocket_tts.speech.audio.pcm import PcmFormat

from .hostile import PLAIN, RATES, SENTENCES, TEXT, Heard, client_of, samples_of, settings_of, speak, start
from .hostile_kinds import KINDS
from .hostile_servers import Meets, in_turn

LOUD = b"\x10\x27"


async def chime(audio_format: PcmFormat) -> bytes:
    """Return a quarter of a second that is no tone."""
    return LOUD * (audio_format.sample_rate // 4)


def is_waiting_told(heard: Heard, seconds: float) -> bool:
    """Return whether the client counts about so much silence; True as long as it counts none."""
    return heard.silence == -1.0 or seconds - 2.0 < heard.silence < seconds + 0.5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["thinks", "is busy", "is away"])
async def test_after_the_chime(how: str, kind: str) -> None:
    """From 2 s without a byte on there is silence; then all of the speech."""
    async with KINDS[kind]() as server, client_of(kind, server.address) as client:
        assert (await speak(client, kind)).outcome(samples_of(kind, PLAIN)) == "whole"
        if how == "thinks":
            server.script = in_turn(Meets(delay=8.0))
        if how == "is busy":
            server.channels = 0
        if how == "is away":
            await server.down()
        speaking = start(client, kind, SENTENCES[1], chime=chime, patience=20.0)
        await asyncio.sleep(8.0)
        server.channels = None
        if how == "is away":
            await server.up()
        heard = await speaking
    expected = LOUD * _quarter(kind)
    assert heard.outcome(expected + samples_of(kind, SENTENCES[1]), with_silence=True) == "whole"
    assert heard.first < 0.5
    assert heard.gap < 2.6
    assert is_waiting_told(heard, heard.last - 2.0)


def _quarter(kind: str) -> int:
    return RATES[kind] // 4


@pytest.mark.parametrize("kind", KINDS)
async def test_never_before_anything_was_heard(kind: str) -> None:
    """A complete text begins with its speech, however late."""
    async with KINDS[kind]() as server, client_of(kind, server.address) as client:
        for _ in range(2):
            server.script = in_turn(Meets(delay=8.0))
            heard = await speak(client, kind)
            assert heard.outcome(samples_of(kind, PLAIN)) == "whole"
            assert heard.parts[0][0] > 7.9
            assert heard.silence in (-1.0, 0.0)


@pytest.mark.parametrize("kind", KINDS)
async def test_in_mid_speech(kind: str) -> None:
    """The service stalls, and is asked again: there is something to play meanwhile."""
    async with KINDS[kind]() as server, client_of(kind, server.address) as client:
        server.script = in_turn(Meets(how="stall", share=0.5))
        heard = await speak(client, kind)
    assert heard.outcome(samples_of(kind, PLAIN), with_silence=True) == "whole"
    assert heard.gap < 3.0
    assert 5.0 < heard.last < 25.0


@pytest.mark.parametrize("kind", KINDS)
async def test_asked_again_in_vain(kind: str) -> None:
    """The next connection dies silently as well: after that one, too, the rest is asked for once more."""
    async with KINDS[kind]() as server, client_of(kind, server.address) as client:
        server.script = in_turn(Meets(how="stall", share=0.5), Meets(how="stall"))
        heard = await speak(client, kind)
    assert heard.outcome(samples_of(kind, PLAIN), with_silence=True) == "whole"
    assert heard.gap < 3.0
    assert heard.last < 30.0


@pytest.mark.parametrize("kind", KINDS)
async def test_between_two_sentences(kind: str) -> None:
    """The next one takes its time: there is something to play, and nothing is lost."""
    async with KINDS[kind]() as server, client_of(kind, server.address) as client:
        server.script = lambda attempt: Meets(delay=8.0 if attempt.number else 0.0)
        settings = settings_of(kind, sentence_pause=100)
        heard = await speak(client, kind, TEXT, settings=settings)
    assert heard.outcome(samples_of(kind, TEXT), with_silence=True) == "whole"
    assert heard.gap < 3.0
