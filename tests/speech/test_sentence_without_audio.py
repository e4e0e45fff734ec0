"""A sentence that a voice cannot speak costs that sentence only.

How the world may differ: a voice has no audio for a foreign script; the server ends the request as usual, or
closes without a word; the sentence is the first one, or in the middle; the text is complete, or still
written.
"""

from collections.abc import AsyncGenerator

import pytest

from custom_components.websocket_tts.speech.exceptions import SpeechError

from .hostile import client_of, samples_of, settings_of, speak, written
from .hostile_kinds import KINDS
from .hostile_servers import Server

FOREIGN, SPOKEN, LAST = "你好！", "That is how you say hello.", "And now you know how it is said."
WORLDS = [
    *(("vivoka", end) for end in ("last", "empty", "open", "close")),
    *(("knovvu", end) for end in ("close", "bare close", "message", "message close", "each", "quiet")),
]


def english(text: str, rate: int) -> bytes:
    """Return the audio of a voice that knows no other script."""
    kept = "".join(character for character in text if character.isascii())
    return samples_of("", kept, rate)


@pytest.fixture(params=WORLDS, ids=" ".join)
async def world(request: pytest.FixtureRequest) -> AsyncGenerator[tuple[str, Server]]:
    """Run a server with such a voice."""
    kind, end = request.param
    async with KINDS[kind]() as server:
        server.end = end
        server.speaks = english
        yield kind, server


@pytest.mark.parametrize("pause", [0, 200])
@pytest.mark.parametrize("seconds", [0.0, 3.0])
@pytest.mark.parametrize("place", ["first", "middle"])
async def test_one_of_the_sentences(
    place: str, seconds: float, pause: int, world: tuple[str, Server]
) -> None:
    """The others are spoken, without an error, and soon; it is asked for once more at most."""
    kind, server = world
    texts = (FOREIGN, SPOKEN, LAST) if place == "first" else (SPOKEN, FOREIGN, LAST)
    if kind == "knovvu" and server.end == "quiet" and pause and place == "first":
        pytest.skip("a service that never says anything is the same as one that hangs")
    expected = samples_of(kind, SPOKEN + LAST)
    settings = settings_of(kind, sentence_pause=pause)
    async with client_of(kind, server.address) as client:
        for _ in range(2):
            server.attempts.clear()
            chunks = [part for text in texts for part in (f"{text} ", seconds)]
            heard = await speak(client, kind, written(*chunks[:-1]), settings=settings)
            assert heard.outcome(expected, with_silence=True) == "whole"
            assert heard.first < seconds + 12.0
            assert server.asked.count(FOREIGN) <= 2
            if FOREIGN in server.asked and (pause or kind == "vivoka"):
                assert heard.left_out in (1, -1)
                assert sum(SPOKEN in asked for asked in server.asked) == 1
    server.speaks = samples_of_any
    async with client_of(kind, server.address, quirks=dict(client.quirks)) as client:
        for _ in range(2):
            server.attempts.clear()
            heard = await speak(client, kind, f"{SPOKEN} {LAST}", settings=settings)
            assert heard.outcome(expected, with_silence=True) == "whole"
            assert "".join(server.asked).replace(" ", "") == f"{SPOKEN}{LAST}".replace(" ", "")


def samples_of_any(text: str, rate: int) -> bytes:
    """Return the audio of a voice that knows all scripts."""
    return samples_of("", text, rate)


@pytest.mark.parametrize("text", [FOREIGN, f"{FOREIGN} 再见。"])
async def test_none_of_the_sentences(text: str, world: tuple[str, Server]) -> None:
    """Then nothing was said, and it is an error."""
    kind, server = world
    async with client_of(kind, server.address) as client:
        heard = await speak(client, kind, text)
    assert isinstance(heard.error, SpeechError)
    assert heard.speech == b""
    assert heard.ended < 40.0
    assert server.asked.count(FOREIGN) <= 2
