"""Knovvu: a session that ends while all that was sent has been spoken costs nothing.

How the world may differ: a language model calls a tool and writes nothing for seconds; meanwhile the server
ends the session, for its idleness or its age, with an error message, a close of any code, or a reset.
"""

from dataclasses import replace

import pytest

from .hostile import SENTENCES, client_of, samples_of, speak, written
from .hostile_knovvu import KnovvuServer
from .hostile_servers import Meets, in_turn

KIND = "knovvu"
BEFORE, AFTER = SENTENCES[0], "It is twenty-one degrees outside, and it will rain."
FIRST, WHOLE = samples_of(KIND, BEFORE), samples_of(KIND, BEFORE + AFTER)
ENDS = {
    "idle, 408": Meets(how="error", error={"error-code": "408", "error-message": "Session idle timeout"}),
    "idle, nested": Meets(how="error", error={"error": {"code": 408, "message": "idle"}}, code=1008),
    "age": Meets(
        how="error", error={"message-name": "error", "message": "session exceeded its maximum duration"}
    ),
    "401": Meets(how="error", error={"error": {"code": 401, "message": "session expired"}}),
    "busy": Meets(how="error", error={"error": "too many requests"}, code=1013),
    "1000": Meets(how="close"),
    "no code": Meets(how="bare close"),
    "1001": Meets(how="close", code=1001),
    "1008": Meets(how="close", code=1008),
    "1011": Meets(how="close", code=1011),
    "1013": Meets(how="close", code=1013),
    "reset": Meets(how="abort"),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("end", ["close", "message", "each", "quiet"])
async def test_a_tool_call(name: str, end: str) -> None:
    """The rest is spoken on a new session, and nothing is asked for twice; nothing wrong is learned."""
    async with KnovvuServer() as server, client_of(KIND, server.address, token="token") as client:
        server.end = end
        for _ in range(2):
            server.attempts.clear()
            server.script = in_turn(replace(ENDS[name], idle=2.0))
            heard = await speak(client, KIND, written(f"{BEFORE} ", 4.0, AFTER))
            assert heard.outcome(WHOLE, with_silence=True) == "whole"
            assert server.asked == [BEFORE, AFTER]
            assert heard.gap < 3.0
            server.attempts.clear()
            assert (await speak(client, KIND, BEFORE)).outcome(FIRST) == "whole"
            assert server.asked == [BEFORE]


async def test_again_and_again() -> None:
    """Each of several tool calls."""
    sentences = [f"This is answer number {number} of six." for number in range(6)]
    chunks = [part for sentence in sentences for part in (f"{sentence} ", 4.0)]
    async with KnovvuServer() as server, client_of(KIND, server.address) as client:
        server.script = lambda _: Meets(
            how="error", error={"error-code": "408", "error-message": "Session idle timeout"}, idle=2.0
        )
        heard = await speak(client, KIND, written(*chunks[:-1]))
    assert heard.outcome(samples_of(KIND, "".join(sentences)), with_silence=True) == "whole"
    assert server.asked == sentences


@pytest.mark.parametrize("name", ["idle, 408", "401", "busy", "1000", "1008", "reset"])
async def test_before_the_first_sentence(name: str) -> None:
    """The reply has begun, but there is nothing to say yet when the session ends."""
    async with KnovvuServer() as server, client_of(KIND, server.address, token="token") as client:
        server.script = in_turn(replace(ENDS[name], idle=3.0))
        heard = await speak(client, KIND, written("- ", 5.0, BEFORE))
        assert heard.outcome(samples_of(KIND, f"- {BEFORE}")) == "whole"
        assert server.asked == [f"- {BEFORE}"]
        assert len(server.attempts) == 2
        assert heard.first < 6.0
