"""Knovvu TTS, spoken to as its documentation says."""

import asyncio
import io
from typing import Any
import wave

import aiohttp
import pytest

from simulator import Cut, Simulator, tones

from .clients import Knovvu, all_closed, synthesize

TEXT = "Hello world. How are you today?"
PCM = tones.pcm(TEXT, 24000)
FINALIZE = {"message-name": "finalize-synthesis"}


async def test_separate_flush(knovvu: Knovvu, simulator: Simulator) -> None:
    """Text and flush are two messages."""
    assert await knovvu.speak(TEXT) == PCM
    await all_closed(simulator)
    request = simulator.requests[0]
    assert request.messages == ["synthesize", "add-tts-text", "flush", "finalize-synthesis"]
    assert (request.texts, request.voice, request.sample_rate) == ([TEXT], "Emily_Premium", 24000)
    assert request.authorization == "token"
    assert request.connected
    assert request.first_text
    assert request.first_audio
    assert request.ended
    assert request.connected <= request.first_text <= request.first_audio <= request.ended


@pytest.mark.parametrize("flush", ["true", "yes", "1"])
async def test_inline_flush(flush: str, knovvu: Knovvu, simulator: Simulator) -> None:
    """Text and flush are one message; a flush with nothing behind it does nothing."""
    async with knovvu.connect() as socket:
        await socket.send_json(synthesize())
        await socket.send_json({"message-name": "add-tts-text", "text": TEXT, "flush": flush})
        await socket.send_json({"message-name": "flush"})
        await socket.send_json(FINALIZE)
        assert b"".join([message.data async for message in socket]) == PCM
    assert simulator.requests[0].texts == [TEXT]


async def test_pieces_come_back_in_order(knovvu: Knovvu, simulator: Simulator) -> None:
    """Several flushes are one utterance, and texts without a flush between them one piece."""
    simulator.habits.first_audio_latency = 0.01
    words = TEXT.split(" ")
    assert await knovvu.speak(*words) == PCM
    async with knovvu.connect() as socket:
        await socket.send_json(synthesize())
        for word in words:
            await socket.send_json({"message-name": "add-tts-text", "text": word})
        await socket.send_json({"message-name": "flush"})
        await socket.send_json(FINALIZE)
        assert b"".join([message.data async for message in socket]) == PCM
    assert [request.texts for request in simulator.requests] == [words, ["".join(words)]]


async def test_text_that_was_not_flushed_is_not_spoken(knovvu: Knovvu) -> None:
    """Only a flush makes the service speak."""
    async with knovvu.connect() as socket:
        await socket.send_json(synthesize())
        await socket.send_json({"message-name": "add-tts-text", "text": TEXT, "flush": "false"})
        await socket.send_json(FINALIZE)
        assert [message async for message in socket] == []


async def test_settings(knovvu: Knovvu) -> None:
    """Rate, volume and sample rate are heard."""
    samples = await knovvu.speak(TEXT, rate="2.0", volume="0.5", sample_rate="16000")
    assert samples == tones.pcm(TEXT, 16000, 2.0, 0.5)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        (["no JSON"], "JSON"),
        ([["synthesize"]], "object"),
        ([synthesize() | {"rate": 1.0}], "strings"),
        ([synthesize(rate="fast")], "'fast' is no number"),
        ([synthesize(rate="3.1")], "rate is out of range"),
        ([synthesize(rate="0.3")], "rate is out of range"),
        ([synthesize(rate="nan")], "rate is out of range"),
        ([synthesize(volume="2.1")], "volume is out of range"),
        ([synthesize(volume="-0.1")], "volume is out of range"),
        ([synthesize(sample_rate="4000")], "sample-rate is out of range"),
        ([synthesize(audio_format="mp3")], "audio format"),
        ([synthesize(voice_name="emily_premium")], "Voice not found"),
        ([{"message-name": "synthesize"}], "Voice not found"),
        ([{"message-name": "flush"}], "first message"),
        ([{}], "first message"),
        ([synthesize(), synthesize()], "first message"),
        ([synthesize(), {"message-name": "dance"}], "unknown message"),
    ],
)
async def test_messages_that_break_the_rules(messages: list[object], words: str, knovvu: Knovvu) -> None:
    """What is wrong is told, and the socket closes."""
    assert words in (await knovvu.error(*messages))["error"]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("name", {"message-name": "synthesis-error", "message": "Voice not found"}),
        ("error", {"error": "Voice not found"}),
        ("object", {"message-name": "synthesis", "error": {"message": "Voice not found", "code": 404}}),
        ("error-message", {"error-message": "Voice not found"}),
        ("error-code", {"error-code": "404", "error-message": "Voice not found"}),
    ],
)
async def test_shapes_of_errors(
    shape: Any,
    message: dict[str, object],
    knovvu: Knovvu,
    simulator: Simulator,
) -> None:
    """An error comes in the shape that the habits say."""
    simulator.habits.knovvu.error_as = shape
    assert await knovvu.error(synthesize(voice_name="Nobody")) == message


@pytest.mark.parametrize(
    ("bearer", "good", "bad"),
    [
        (None, ["right", "Bearer right"], ["", "wrong", "Bearer wrong", "Bearer"]),
        (True, ["Bearer right"], ["right"]),
        (False, ["right"], ["Bearer right"]),
    ],
)
async def test_access_token(
    bearer: bool | None,
    good: list[str],
    bad: list[str],
    knovvu: Knovvu,
    simulator: Simulator,
) -> None:
    """The token is taken in the form that the habits say, and no other is good."""
    simulator.habits.token, simulator.habits.knovvu.bearer = "right", bearer
    for token in good:
        assert await knovvu.speak(TEXT, Authorization=token) == PCM
    for token in bad:
        assert await knovvu.error(synthesize(Authorization=token)) == {"error": "Unauthorized"}
    assert [request.authorization for request in simulator.requests] == good


async def test_issued_token(knovvu: Knovvu, simulator: Simulator, session: aiohttp.ClientSession) -> None:
    """Client id and secret give a token that is as good as any, until it is taken back."""
    simulator.habits.token = "nobody has this one"
    simulator.client, simulator.expires_in = ("me", "mine"), 5
    form = {"grant_type": "client_credentials", "scope": "Ldm_Integration"}
    for wrong in (
        {"client_secret": "his"},
        {"grant_type": "password"},
        {"scope": "all"},
        {"client_id": "he"},
    ):
        data = form | {"client_id": "me", "client_secret": "mine"} | wrong
        async with session.post("/connect/token", data=data) as response:
            assert response.status == 400
    data = form | {"client_id": "me", "client_secret": "mine"}
    async with session.post("/connect/token", data=data) as response:
        answer = await response.json()
    assert (answer["expires_in"], answer["token_type"]) == (5, "Bearer")
    assert simulator.calls.count("token") == 5
    assert await knovvu.speak(TEXT, Authorization=answer["access_token"]) == PCM
    simulator.issued.clear()
    assert "error" in await knovvu.error(synthesize(Authorization=answer["access_token"]))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, 5),
        ({"language": "tr-TR"}, 1),
        ({"gender": "female"}, 4),
        ({"language": "de-DE", "gender": "female"}, 0),
        ({"language": "xx"}, 0),
    ],
)
async def test_voices(query: dict[str, str], names: int, session: aiohttp.ClientSession) -> None:
    """The list can be asked for by language and gender."""
    async with session.get("/v1/speech/synthesis/voices/", params=query) as response:
        answer = await response.json()
    assert len(answer["Voices"]) == answer["Count"] == names


@pytest.mark.parametrize("header", ["plain", "joined", "list"])
async def test_wav_header(header: Any, knovvu: Knovvu, simulator: Simulator) -> None:
    """With its header the audio is a WAV that others can read."""
    simulator.habits.knovvu.wav_header = header
    simulator.habits.knovvu.other_rate = 16000
    audio = await knovvu.speak(TEXT)
    with wave.open(io.BytesIO(audio)) as reader:
        assert reader.getparams()[:3] == (1, 2, 16000)
    assert audio.endswith(b"data\xff\xff\xff\xff" + tones.pcm(TEXT, 16000))


@pytest.mark.parametrize(
    ("end", "each", "ends", "closes"),
    [
        ("close", False, [], True),
        ("close", True, ["synthesis-completed"] * 2, True),
        ("speech-ended", False, ["speech-ended"], False),
        ("speech-ended", True, ["speech-ended"] * 2, False),
        ("", False, [], False),
        ("", True, [], False),
    ],
)
async def test_ends(
    end: str,
    each: bool,
    ends: list[str],
    closes: bool,
    knovvu: Knovvu,
    simulator: Simulator,
) -> None:
    """A speech ends with messages, with a close, or with neither."""
    simulator.habits.knovvu.end, simulator.habits.knovvu.end_each_flush = end, each
    names: list[str] = []
    async with knovvu.connect() as socket:
        await socket.send_json(synthesize())
        for text in ("one", "two"):
            await socket.send_json({"message-name": "add-tts-text", "text": text, "flush": "true"})
        await socket.send_json(FINALIZE)
        while True:
            try:
                message = await socket.receive(timeout=0.2)
            except TimeoutError:
                break
            if message.type is aiohttp.WSMsgType.CLOSE or socket.closed:
                break
            if message.type is aiohttp.WSMsgType.TEXT:
                names.append(message.json()["message-name"])
        assert (names, socket.closed) == (ends, closes)


async def test_finalize_drops_what_is_to_come(knovvu: Knovvu, simulator: Simulator) -> None:
    """On a server that takes it as "close now", nothing or a part of the audio comes."""
    simulator.habits.knovvu.finalize_drops = True
    simulator.habits.first_audio_latency = 0.1
    assert await knovvu.speak(TEXT) == b""
    simulator.habits.first_audio_latency, simulator.habits.speed = 0.0, 2.0
    async with knovvu.connect() as socket:
        await socket.send_json(synthesize())
        await socket.send_json({"message-name": "add-tts-text", "text": TEXT, "flush": "true"})
        heard = (await socket.receive()).data
        await socket.send_json(FINALIZE)
        heard += b"".join([message.data async for message in socket])
    assert PCM.startswith(heard)
    assert len(heard) < len(PCM)


async def test_stop_is_obeyed_at_once(knovvu: Knovvu, simulator: Simulator) -> None:
    """The speech is cut off in the middle."""
    simulator.habits.speed = 1.0
    async with asyncio.timeout(0.5), knovvu.connect() as socket:
        await socket.send_json(synthesize())
        await socket.send_json({"message-name": "add-tts-text", "text": TEXT, "flush": "true"})
        heard = (await socket.receive()).data
        await socket.send_json({"message-name": "stop"})
        heard += b"".join([message.data async for message in socket])
    assert PCM.startswith(heard)
    assert len(heard) < len(PCM)
    assert simulator.requests[0].messages[-1] == "stop"


async def test_cut_by_tearing_down(knovvu: Knovvu, simulator: Simulator) -> None:
    """The connection is gone without a word."""
    simulator.habits.cut = Cut(5000, "abort")
    async with knovvu.connect() as socket:
        await socket.send_json(synthesize())
        await socket.send_json({"message-name": "add-tts-text", "text": TEXT, "flush": "true"})
        heard = b"".join([message.data async for message in socket])
        assert socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
    assert heard == PCM[:5000]
