"""What cannot be spoken at all costs its sentence, where the service tells sentences apart, and no other.

How the world may differ: the service fails whenever it comes to one of the sentences, with an error message,
a reset or a close, before its first audio or in the middle of it; it warns, and speaks all the same.
"""

import pytest

from custom_components.websocket_tts.speech.exceptions import SpeechError

from .hostile import SENTENCES, client_of, samples_of, settings_of, speak
from .hostile_kinds import KINDS
from .hostile_servers import Meets
from .hostile_vivoka import VivokaServer

FAILS = {
    "an error message": Meets(how="error", error={"error": "this cannot be spoken"}),
    "a reset": Meets(how="abort"),
    "a close": Meets(how="close", code=1011),
}
FIRST, BAD, LAST = SENTENCES


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("name", FAILS)
async def test_one_sentence_never_works(name: str, share: float, kind: str) -> None:
    """After 15 s it is given up, and the rest is spoken; the listener has something to play meanwhile."""
    meets = FAILS[name]
    async with KINDS[kind]() as server, client_of(kind, server.address) as client:
        server.fate = lambda text: (
            Meets(how=meets.how, error=meets.error, code=meets.code, share=share) if text == BAD else None
        )
        text = " ".join(SENTENCES)
        heard = await speak(client, kind, text, settings=settings_of(kind, sentence_pause=100))
    bad = samples_of(kind, BAD)
    expected = samples_of(kind, FIRST) + bad[: int(len(bad) * share) // 2 * 2] + samples_of(kind, LAST)
    assert heard.outcome(expected, with_silence=True) == "whole"
    assert heard.gap < 3.0
    assert heard.left_out in (1, -1)
    assert heard.ended < 40.0
    assert server.asked.count(FIRST) == server.asked.count(LAST) == 1
    assert 2 <= server.asked.count(BAD) < 40


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FAILS)
async def test_no_sentence_works(name: str, kind: str) -> None:
    """Then it is an error, and nothing is heard."""
    async with KINDS[kind]() as server, client_of(kind, server.address) as client:
        server.fate = lambda _: FAILS[name]
        text = " ".join(SENTENCES)
        heard = await speak(client, kind, text, settings=settings_of(kind, sentence_pause=100))
    assert isinstance(heard.error, SpeechError)
    assert heard.speech == b""
    assert heard.ended < 8.0


WARNINGS: list[dict[str, object]] = [
    {"error": {"type": "Warning", "message": "the text has an unknown tag"}},
    {"error": {"type": "warning", "message": "slow", "code": 1}},
    {"error": {"type": 1, "type_string": "Warning", "message": "the voice is deprecated"}},
    {"error": {"type": "info", "message": "the voice was loaded"}},
    {"error": {"type": "Info", "code_string": "Loaded"}},
]


@pytest.mark.parametrize("warning", WARNINGS, ids=str)
async def test_a_warning_is_no_error(warning: dict[str, object]) -> None:
    """It is read on, before the audio and after it."""
    async with VivokaServer() as server, client_of("vivoka", server.address) as client:
        server.script = lambda _: Meets(says=(warning,), end="empty")
        for _ in range(2):
            server.attempts.clear()
            heard = await speak(client, "vivoka", FIRST)
            assert heard.outcome(samples_of("vivoka", FIRST)) == "whole"
            assert server.asked == [FIRST]
