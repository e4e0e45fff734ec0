"""What breaks off in mid-speech goes on where it was, and is given up only after 15 s of failures.

How the world may differ: a service restarts, and a proxy in front of it says all kinds of things meanwhile;
it is away for seconds; a line is so bad that every sentence breaks off; an engine speaks shorter the second
time, or at another sample rate; a connection gives two bytes now and then, and nothing else.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from custom_components.websocket_tts.speech.exceptions import (
    CannotConnectError,
    InvalidAuthError,
    SpeechError,
    SpeechTimeoutError,
)
from custom_components.websocket_tts.speech.request import SpeechRequest

from .hostile import (
    PLAIN,
    RATES,
    SENTENCES,
    TEXT,
    client_of,
    samples_of,
    settings_of,
    speak,
    start,
    written,
)
from .hostile_servers import Attempt, Meets, Server, in_turn

BROKEN = Meets(how="abort", share=0.5)
NOT_NOW = {
    "404": Meets(status=404),
    "a web page": Meets(status=200),
    "400": Meets(status=400),
    "401": Meets(status=401),
    "401 with words": Meets(status=401, body={"error": "invalid_token"}),
    "403": Meets(status=403),
    "500": Meets(status=500),
    "503": Meets(status=503),
    "404 on the socket": Meets(status=404, on_socket=True),
    "403 on the socket": Meets(status=403, on_socket=True),
    "an empty close": Meets(how="close"),
    "an empty close without a code": Meets(how="bare close"),
    "a reset": Meets(how="abort"),
    "an error message": Meets(how="error", error={"error": "the engine is being loaded"}),
    "an error message with 401": Meets(
        how="error", error={"error": {"code": 401, "message": "Unauthorized"}}
    ),
    "an unknown voice": Meets(how="error", error={"error": "voice not found"}),
}
"""What an attempt may meet while a service restarts."""


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("name", NOT_NOW)
async def test_the_first_attempt_to_resume(name: str, times: int, kind: str, hostile: Server) -> None:
    """Nothing is believed in mid-speech that a service says while it restarts."""
    async with client_of(kind, hostile.address) as client:
        assert (await speak(client, kind)).outcome(samples_of(kind, PLAIN)) == "whole"
        hostile.script = in_turn(BROKEN, *[NOT_NOW[name]] * times)
        heard = await speak(client, kind)
        assert heard.outcome(samples_of(kind, PLAIN), with_silence=True) == "whole"
        # Nothing wrong was learned.
        hostile.attempts.clear()
        heard = await speak(client, kind)
        assert heard.outcome(samples_of(kind, PLAIN)) == "whole"
        assert hostile.asked == [PLAIN]


@pytest.mark.parametrize(
    "error",
    [
        {"error": "session exceeded its maximum duration"},
        {"error": {"code": 401, "message": "Unauthorized"}},
        {"error": {"code": 404, "message": "voice not found"}},
        {"error": {"code": 500, "message": "the engine has failed"}},
    ],
)
async def test_an_error_message_in_mid_speech(error: dict[str, object], kind: str, hostile: Server) -> None:
    """Whatever it says, the rest is asked for; what stays so is believed."""
    hostile.script = in_turn(replace(BROKEN, how="error", error=error))
    async with client_of(kind, hostile.address, token="token") as client:
        heard = await speak(client, kind)
    assert heard.outcome(samples_of(kind, PLAIN), with_silence=True) == "whole"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("401", InvalidAuthError),
        ("500", CannotConnectError),
        ("404", SpeechError),
        ("a reset", CannotConnectError),
    ],
)
async def test_what_stays_so_is_believed(
    name: str, error: type[SpeechError], kind: str, hostile: Server
) -> None:
    """After 15 s of failures it is the error of the speech."""
    hostile.script = in_turn(BROKEN, then=NOT_NOW[name])
    async with client_of(kind, hostile.address, token="token") as client:
        heard = await speak(client, kind)
    assert isinstance(heard.error, error)
    assert heard.outcome(samples_of(kind, PLAIN), with_silence=True).startswith("50%")
    first_failure = hostile.attempts[1].at - heard.begun
    assert 12.0 < heard.ended - first_failure < 25.0
    # The listener has something to play meanwhile, and the server is not asked all the time.
    assert heard.gap < 3.0
    assert len(hostile.attempts) < 40


@pytest.mark.parametrize("rate", [16000, 44100])
async def test_resumed_at_another_sample_rate(rate: int, kind: str, hostile: Server) -> None:
    """What is heard keeps the rate that the listener was told."""
    hostile.script = in_turn(BROKEN, then=Meets(rate=rate))
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind)
    whole = samples_of(kind, PLAIN)
    assert heard.error is None
    assert heard.format
    assert heard.format.sample_rate == RATES[kind]
    half = len(whole) // 2 - 2 * RATES[kind] // 20
    assert heard.samples[:half] == whole[:half]
    assert abs(len(heard.samples) - len(whole)) < 2 * RATES[kind] // 20


@pytest.mark.parametrize("seconds", [0.5, 3.0, 10.0])
async def test_away_in_mid_speech(seconds: float, kind: str, hostile: Server) -> None:
    """Connections are refused for a while: the speech goes on where it was."""
    hostile.speed = 2.0
    async with client_of(kind, hostile.address) as client:
        speaking = start(client, kind, TEXT)
        await asyncio.sleep(0.6)
        await hostile.down()
        await asyncio.sleep(seconds)
        await hostile.up()
        heard = await speaking
    assert heard.outcome(samples_of(kind, TEXT), with_silence=True) == "whole"
    assert heard.gap < 3.0


@pytest.mark.parametrize("pause", [0, 200])
async def test_each_of_eight_sentences_breaks_off(pause: int, kind: str, hostile: Server) -> None:
    """Progress renews the patience."""
    sentences = [f"This is sentence number {number} of eight." for number in range(8)]
    text = " ".join(sentences)
    broken = set[str]()

    def script(attempt: Attempt) -> Meets:
        if kind == "knovvu" and not pause:
            # All sentences on one socket: the first unbroken one breaks.
            broken.add(str(len(broken)))
            return Meets() if len(broken) > 8 else Meets(how="abort", share=0.5, piece=len(broken) - 1)
        if kind == "knovvu":
            return BROKEN if attempt.number % 2 == 0 else Meets()
        is_new = attempt.texts[0] not in broken
        broken.add(attempt.texts[0])
        return BROKEN if is_new else Meets()

    hostile.script = script
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind, text, settings=settings_of(kind, sentence_pause=pause))
    assert heard.outcome(samples_of(kind, text), with_silence=True) == "whole"


async def test_three_in_order(kind: str, hostile: Server) -> None:
    """Three announcements break off, and there are fewer channels then: they go on in their order."""
    hostile.speed = 2.0
    sentences = [f"This is announcement number {number}, which is not short." for number in range(3)]
    async with client_of(kind, hostile.address) as client:
        speaking = []
        for sentence in sentences:
            speaking.append(start(client, kind, sentence))
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)
        hostile.attempts.clear()
        hostile.channels = 0
        for transport in list(hostile.open):
            transport.abort()
            await asyncio.sleep(0.01)
        await asyncio.sleep(1.5)
        hostile.channels = 1
        outcomes = [await task for task in speaking]
    for heard, sentence in zip(outcomes, sentences, strict=True):
        assert heard.outcome(samples_of(kind, sentence), with_silence=True) == "whole"
    assert hostile.asked == sentences


@pytest.mark.parametrize("pause", [0, 200])
async def test_shorter_the_second_time(pause: int, kind: str, hostile: Server) -> None:
    """What cannot be resumed costs the rest of its sentence, and no other."""
    whole = samples_of(kind, SENTENCES[0])

    def speaks(text: str, rate: int) -> bytes:
        again = text == SENTENCES[0] and hostile.asked.count(text) > 1
        return samples_of(kind, text, rate)[: int(len(whole) * 0.7) // 2 * 2 if again else None]

    hostile.speaks = speaks
    hostile.script = in_turn(replace(BROKEN, share=0.9))
    settings = settings_of(kind, sentence_pause=pause)
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind, written(f"{SENTENCES[0]} ", 8.0, *SENTENCES[1:]), settings=settings)
    assert heard.error is None
    assert heard.speech.startswith(whole[: int(len(whole) * 0.9) // 2 * 2])
    rest = samples_of(kind, "".join(SENTENCES[1:]))
    # On one socket nobody can tell where the first sentence ends.
    unknown = 0 if pause or kind == "vivoka" else len(whole) * 3 // 10
    assert heard.speech.endswith(rest[unknown // 2 * 2 :])
    assert len(heard.speech) <= len(samples_of(kind, TEXT))


async def test_shorter_in_all(kind: str, hostile: Server) -> None:
    """All that comes the second time is less than was heard: what was not heard of yet is still spoken."""

    def speaks(text: str, rate: int) -> bytes:
        whole = samples_of(kind, text, rate)
        is_again = hostile.asked.count(text) > 1 and SENTENCES[2] not in text
        return whole[: len(whole) // 10 * 2 if is_again else None]

    hostile.speaks = speaks
    hostile.script = in_turn(replace(BROKEN, share=0.5, piece=1))
    async with client_of(kind, hostile.address) as client:
        heard = await speak(client, kind, TEXT)
    assert heard.error is None
    first = samples_of(kind, SENTENCES[0])
    assert heard.speech.startswith(first[: len(first) // 4 * 2])
    assert heard.speech.endswith(samples_of(kind, SENTENCES[2]))


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.5])
async def test_two_bytes_now_and_then(share: float, always: bool, kind: str, hostile: Server) -> None:
    """They are no progress: the speech is asked for again, and given up in the end."""
    trickle = Meets(how="trickle", share=share)
    hostile.script = in_turn(trickle, then=trickle if always else Meets())
    async with client_of(kind, hostile.address) as client, asyncio.timeout(300):
        heard = await speak(client, kind)
    assert heard.ended < 60.0
    if always and kind == "vivoka":
        # Knovvu's speech may end with silence: there, both times the same is believed.
        assert isinstance(heard.error, SpeechError)
    elif share and not always:
        expected = samples_of(kind, PLAIN)
        assert heard.error is None
        assert heard.speech.startswith(expected[: int(len(expected) * share) // 2 * 2])
        assert heard.speech.endswith(expected[int(len(expected) * 0.6) // 2 * 2 :])


async def test_no_connection_in_doubt(kind: str, hostile: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the service cannot be reached says nothing about what is missing: it is asked for again."""
    hostile.script = in_turn(Meets(how="close", share=0.3))
    async with client_of(kind, hostile.address) as client:
        attempt, attempts = client.attempt, 0

        async def unreachable_once(request: SpeechRequest) -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 2:
                raise SpeechTimeoutError("no answer in time", reason="timeout", place="host:1")
            await attempt(request)

        monkeypatch.setattr(client, "attempt", unreachable_once)
        heard = await speak(client, kind)
    assert attempts == 3
    assert heard.outcome(samples_of(kind, PLAIN), with_silence=True) == "whole"
    assert heard.left_out == 0


async def test_a_text_that_times_out(kind: str, hostile: Server) -> None:
    """Its writer was given up by somebody else: that error comes out, and nothing is asked for again."""

    async def text() -> AsyncGenerator[str]:
        yield f"{PLAIN} "
        await asyncio.sleep(1)
        raise TimeoutError("the model did not answer")

    async with client_of(kind, hostile.address) as client:
        with pytest.raises(TimeoutError, match="model"):
            await speak(client, kind, text())
    assert hostile.asked == [PLAIN]
