"""The probe says how a server differs; the simulator can do the same from its report."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
import json
from time import monotonic
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.websocket_tts.speech import SERVICES
from harness.process import free_port
from probe.probing import QUESTIONS
from probe.questions import Patience
from simulator import Cut, Habits, Simulator
from simulator.like import TOKEN, habits_like
from tests.clock import running
from tests.speech.speaking import all_closed, set_habits

from .probing import PATIENCE, flood, report_of, serving

# Service, habits of both services, its own habits, and what is found, by question.
DIFFERENT: list[Any] = [
    (
        "vivoka",
        {"token": TOKEN, "speed": 20.0, "channels": 1, "ignores_tags": True},
        {"voices": "voice_id", "sample_rate": 16000, "rate_as": "string", "end": "empty", "says": ("began",)},
        {
            "voices": {"shape": "list of objects (voice_id)"},
            "speech": {
                "sample_rate": 16000,
                "rate_as": "text",
                "messages": ["began"],
                "says_last": True,
                "last_is_empty": True,
                "end": "closed 1000",
            },
            "at_once": {"channels": "1", "refusal": "BusyError 429"},
            "bad_token": {"error": "InvalidAuthError", "status": 401},
            "ssml": {"reads_tags_aloud": False},
        },
    ),
    (
        "vivoka",
        {"channels": 2, "busy_as": "close", "speed": 20.0},
        {"voices": "nulls", "rate_as": "missing", "end": "close"},
        {
            "voices": {"shape": "object by id of null"},
            "speech": {"sample_rate": None, "rate_as": "missing", "says_last": False, "data_url": True},
            "at_once": {"channels": "2", "refusal": "closed 1013"},
        },
    ),
    (
        "vivoka",
        {},
        {"voices": "strings", "stays_open": True, "one_frame": True},
        {
            "voices": {"shape": "object by id of strings"},
            "speech": {"says_last": True, "end": "quiet", "one_frame": True},
        },
    ),
    (
        "knovvu",
        {"token": TOKEN, "chunk_size": 2333, "speed": 60.0, "channels": 2, "busy_as": "close"},
        {
            "bearer": True,
            "voices": "camel",
            "audio": "audio-data",
            "end": "synthesis-completed",
            "error_as": "error-code",
            "says": ("synthesis-started",),
        },
        {
            "voices": {"shape": "list of objects (gender language name) in voices"},
            "token_forms": {"bare": "InvalidAuthError", "bearer": "audio"},
            "speech": {
                "audio_in": ["audio-data"],
                "empty_audio": False,
                "half_samples": True,
                "end": "quiet",
                "messages": ["synthesis-started", "synthesis-completed"],
            },
            "two_flushes": {"messages": ["synthesis-started x 1", "synthesis-completed x 1"]},
            "unknown_voice": {"error_keys": ["error-code", "error-message"]},
            "at_once": {"channels": "2", "refusal": "closed 1013"},
            "long_text": {"stop": "cuts off, closed 1000"},
        },
    ),
    (
        "knovvu",
        {"token": TOKEN, "chunk_size": 8192, "speed": 60.0, "channels": 3, "busy_as": "error"},
        {
            "bearer": False,
            "voices": "vendor",
            "wav_header": "joined",
            "other_rate": 16000,
            "end": "",
            "error_as": "name",
            "idle_limit": 0.2,
            "ignores_stop": True,
        },
        {
            "voices": {"shape": "list of objects (Gender Language Name) in Voices"},
            "token_forms": {"bare": "audio", "bearer": "InvalidAuthError"},
            "speech": {"wav_header": 16000, "messages": [], "end": "quiet"},
            "sample_rate": {"wav_header": 16000, "heeded": False},
            "unknown_voice": {"error_keys": ["message", "message-name"]},
            "at_once": {"channels": "3", "refusal": "BusyError"},
            "long_text": {"stop": "goes on"},
            "idle": {"idle": "closed 1000"},
        },
    ),
    (
        "knovvu",
        {"speed": 20.0, "ignores_tags": True, "channels": 1},
        {"voices": "unstated", "finalize_drops": True, "end": "synthesis-completed", "end_each_flush": True},
        {
            "voices": {"shape": "list of objects (Gender Name) in Voices"},
            "held_finalize": {"finalize_cuts_off": True},
            "two_flushes": {"messages": ["synthesis-completed x 2"]},
            "ssml": {"reads_tags_aloud": False},
            "at_once": {"channels": "1", "refusal": "BusyError 429"},
        },
    ),
]


@pytest.mark.parametrize(("kind", "common", "own", "expected"), DIFFERENT, ids=lambda value: str(value)[:60])
async def test_differences(
    kind: str,
    common: dict[str, object],
    own: dict[str, object],
    expected: dict[str, dict[str, object]],
    simulator: Simulator,
    server: TestServer,
) -> None:
    """Each is told; the simulator with this report passes the same probe with the same result."""
    set_habits(simulator, kind, common, own)
    token = str(common["token"]) if "token" in common else None
    report = await report_of(kind, server, token=token)
    for question, facts in expected.items():
        assert {name: report.found(question)[name] for name in facts} == facts
    assert report.works
    assert report.samples
    await all_closed(simulator)
    told = json.loads(json.dumps(report.as_dict()))
    habits, missing = habits_like(told)
    assert missing == []
    twin = Simulator(habits, tones=True)
    async with serving(twin.app()) as second:
        again = await report_of(kind, second, token=token)
    assert again.as_dict()["found"] == told["found"]
    assert again.not_asked.keys() == report.not_asked.keys()


@pytest.mark.parametrize("kind", SERVICES)
async def test_an_ordinary_server(kind: str, simulator: Simulator, server: TestServer) -> None:
    """Every question is asked that can be; the table has a line for each."""
    report = await report_of(kind, server)
    assert report.works
    assert set(report.not_asked) <= {"access_token", "token_forms", "bad_token"}
    lines = list(report.lines())
    assert len(lines) == len(report.findings) + len(report.not_asked)
    assert all(use for question, _, use in lines if question not in report.not_asked)
    assert report.wav().startswith(b"RIFF")
    assert report.seconds < PATIENCE.total
    # The client and each question leave nothing behind.
    await all_closed(simulator)


@pytest.mark.parametrize("kind", QUESTIONS)
async def test_a_licence_for_one(kind: str, simulator: Simulator, server: TestServer) -> None:
    """More than one channel is asked for once, and the first refusal is the last."""
    simulator.habits.channels = 1
    simulator.habits.speed = 20.0
    report = await report_of(kind, server)
    assert report.found("at_once")["channels"] == "1"
    # Steps behind the first refusal would be refused, too.
    assert simulator.refused < 3


@pytest.mark.parametrize("kind", QUESTIONS)
async def test_no_more_than_four_at_once(kind: str, simulator: Simulator, server: TestServer) -> None:
    """A server that has room is not filled."""
    simulator.habits.speed = 20.0
    most = 0
    take = simulator.take_channel

    def counted() -> bool:
        nonlocal most
        taken = take()
        most = max(most, simulator.channels_taken)
        return taken

    simulator.take_channel = counted  # type: ignore[method-assign]
    report = await report_of(kind, server)
    assert report.found("at_once") == {"channels": "4 or more"}
    assert most == 4


HOSTILE: list[dict[str, Any]] = [
    {"endless": True},
    {"endless": True, "chunk_size": 64, "speed": 0.01},
    {"no_audio": True},
    {"cut": Cut(0, "stall")},
    {"cut": Cut(3000, "stall")},
    {"cut": Cut(0, "abort")},
    {"cut": Cut(3000, "abort")},
    {"cut": Cut(0, "error", error="private numbers: One, two, three")},
    {"first_audio_latency": 60.0},
    {"chunk_size": 2, "speed": 0.002},
    {"statuses": {"voices": 500, "synthesize": 500, "socket": 500}},
    {"statuses": {"voices": 200, "synthesize": 200, "socket": 200}},
    {"statuses": {"voices": 302, "synthesize": 302, "socket": 302}},
    {"statuses": {"voices": 429, "synthesize": 429, "socket": 429}, "retry_after": "3600"},
]
CLEANING_UP = 60 - Patience().total
"""Seconds that a probe may take longer than its questions."""
IMPATIENT = Patience(
    total=4, question=0.8, least=0.3, first=0.3, quiet=0.1, after_end=0.1, idle=0.2, late=0.05, between=0
)


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("habits", HOSTILE, ids=str)
async def test_hostile(kind: str, habits: dict[str, Any], simulator: Simulator, server: TestServer) -> None:
    """Whatever a server does, the probe ends in its time and says so; what there was no time for is named."""
    set_habits(simulator, kind, habits, {})
    voice = next(iter(simulator.vivoka_voices)) if kind == "vivoka" else "Emily_Premium"
    begun = monotonic()
    report = await report_of(kind, server, IMPATIENT, voice=voice)
    assert monotonic() - begun < IMPATIENT.total + CLEANING_UP
    assert report.works is False or "cut" not in habits
    questions = [finding.question for finding in report.findings]
    assert len(questions) + len(report.not_asked) == {"vivoka": 12, "knovvu": 16}.get(kind, 2)
    assert questions
    json.dumps(report.as_dict())
    await asyncio.sleep(0)


async def _trickle(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"[")
        await asyncio.sleep(0.05)


async def _garbage(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    while True:
        running().block(0.01)
        for text in (
            "no JSON",
            "[" * 3000,
            '{"a":' * 3000,
            "\0",
            '{"message-name":7,"data":[],"error":""}',
            "{}",
        ):
            await socket.send_str(text)
        await socket.send_bytes(b"")


async def _status(request: web.Request) -> web.StreamResponse:
    """Grant everything, and then send status messages without end and without a pause."""
    if request.method == "POST":
        return web.json_response({"token": "any", "sample_rate": 22050})
    if "Upgrade" not in request.headers:
        return web.json_response(["any"])
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    while True:
        running().block(0.01)
        await socket.send_str('{"message-name":"synthesis-progress"}')
        await asyncio.sleep(0)


@pytest.mark.parametrize("kind", QUESTIONS)
async def test_status_without_end(kind: str) -> None:
    """The client gives up in time although there is always something to receive; so does the probe."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", _status)
    async with serving(app) as server:
        report = await report_of(kind, server, voice="Emily_Premium")
    assert report.found("client") == {"error": "SpeechTimeoutError"}
    assert not report.works
    assert report.seconds < PATIENCE.total + CLEANING_UP


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("handler", [_trickle, flood, _garbage], ids=lambda handler: handler.__name__)
async def test_no_speech_service(
    kind: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> None:
    """Something that never ends, or says nonsense, on every path."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    begun = monotonic()
    async with serving(app) as server:
        report = await report_of(kind, server, IMPATIENT, voice="Emily_Premium")
    assert monotonic() - begun < IMPATIENT.total + CLEANING_UP
    assert not report.works
    assert not report.wav()


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize(
    "habits", [{"first_audio_latency": 5.0}, {"pause_after": 8192, "pause": 5.0}], ids=str
)
async def test_slow_server(
    kind: str, habits: dict[str, Any], simulator: Simulator, server: TestServer
) -> None:
    """A server for which announcements wait long enough works, and the probe says so."""
    set_habits(simulator, kind, habits, {})
    report = await report_of(kind, server, Patience())
    assert report.works
    assert report.seconds < 60


async def test_stop_is_ignored(simulator: Simulator, server: TestServer) -> None:
    """What goes on at the pace of speech after stop is found out before the time of the question is over."""
    set_habits(simulator, "knovvu", {"speed": 4.0}, {"ignores_stop": True})
    report = await report_of("knovvu", server, Patience())
    assert report.found("long_text") == {"answer": "audio", "stop": "goes on"}


@pytest.mark.parametrize("kind", QUESTIONS)
async def test_nothing_is_heard(kind: str, simulator: Simulator, server: TestServer) -> None:
    """Where not even one utterance is heard, nothing is said of several at once."""
    set_habits(simulator, kind, {"no_audio": True}, {})
    report = await report_of(kind, server)
    assert report.not_asked["at_once"] == "not even one was heard"


async def _many_events(request: web.Request) -> web.StreamResponse:
    """Send messages of different lengths and names around the audio, as for the words of a text."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.receive()
    for number in range(300):
        mark = "*" * number
        await socket.send_json({"message-name": f"word-{number}", "mark": mark, "from": number})
        await socket.send_bytes(bytes(2000))
    await socket.close()
    return socket


async def test_report_fits_in_an_issue() -> None:
    """A report is pasted into an issue on GitHub, which has at most 65,536 characters."""
    app = web.Application()
    app.router.add_get("/synthesizer", _many_events)
    async with serving(app) as server:
        report = await report_of("knovvu", server, voice="Emily_Premium")
    told = report.as_dict()
    assert report.works
    assert len(json.dumps(told, indent=1)) < 60_000
    assert any("left_out" in entry for entry in told["traces"]["speech"])
    assert told["traces"]["speech"][-1]["kind"] == "close"
    assert len(told["found"]["speech"]["messages"]) == 21


async def test_time_is_over(server: TestServer) -> None:
    """What was not asked is told with the reason."""
    report = await report_of("knovvu", server, Patience(total=0.5, least=1.0, between=0))
    assert report.findings == []
    assert set(report.not_asked.values()) == {"no time was left"}


async def test_nobody_there() -> None:
    """A server that cannot be reached is a finding, too."""
    report = await report_of("vivoka", free_port(), IMPATIENT)
    assert report.found("client") == {"error": "CannotConnectError"}
    assert report.not_asked["speech"] == "there is no voice to speak with"
    assert not report.works


async def test_no_voice_is_listed(simulator: Simulator, server: TestServer) -> None:
    """Then one has to be named."""
    simulator.habits.knovvu.voices = "empty"
    report = await report_of("knovvu", server)
    assert report.found("client") == {"answer": "no voice is listed: name one"}
    assert report.found("voices") == {"shape": "empty list in Voices"}
    assert (await report_of("knovvu", server, voice="Emily_Premium")).works


@pytest.mark.parametrize("good", [True, False])
async def test_client_credentials(good: bool, simulator: Simulator, server: TestServer) -> None:
    """A token is fetched for all questions; and that there is none is told."""
    simulator.habits.token = "nobody has this one"
    report = await report_of(
        "knovvu",
        server,
        client_id="client",
        client_secret="secret" if good else "SECRET-wrong",
        token_url=str(server.make_url("/connect/token")),
    )
    assert report.works is good
    refused = {"error": "InvalidAuthError", "status": 400}
    assert report.found("access_token") == ({"answer": "a token"} if good else refused)
    assert "SECRET-" not in json.dumps(report.as_dict())


SECRET = "SECRET-5417"
REPEATED: list[dict[str, Any]] = [
    {"statuses": {"voices": 401, "synthesize": 401, "socket": 401}, "bodies": {"voices": {SECRET: SECRET}}},
    {"cut": Cut(0, "error", error=f"{SECRET} is bad")},
    {"cut": Cut(3000, "error", error={"message": SECRET, SECRET: "bad"})},
]
CREDENTIALS = [
    *((kind, {"token": SECRET}) for kind in QUESTIONS),
    ("knovvu", {"client_id": "client", "client_secret": SECRET}),
]


@pytest.mark.parametrize("habits", REPEATED, ids=str)
@pytest.mark.parametrize(("kind", "credentials"), CREDENTIALS, ids=str)
async def test_a_server_that_repeats_secrets(
    kind: str, credentials: dict[str, str], habits: dict[str, Any], simulator: Simulator, server: TestServer
) -> None:
    """They are neither in the report nor in its table, wherever the server repeats them."""
    set_habits(simulator, kind, {"token": SECRET, **habits}, {})
    simulator.client = ("client", SECRET)
    url = {"token_url": str(server.make_url("/connect/token"))} if "client_id" in credentials else {}
    voice = next(iter(simulator.vivoka_voices)) if kind == "vivoka" else "Emily_Premium"
    # The client asks again for as long as it does in an announcement.
    patience = replace(IMPATIENT, total=30)
    report = await report_of(kind, server, patience, voice=voice, **credentials, **url)
    assert len(report.findings) > 3
    for told in (json.dumps(report.as_dict()), str(list(report.lines()))):
        assert SECRET not in told
        assert "127.0.0.1" not in told


async def test_voices_that_are_secrets(server: TestServer, simulator: Simulator) -> None:
    """A name that has a secret or the host in it is not told."""
    for voice in list(simulator.vivoka_voices):
        simulator.vivoka_voices[f"{voice},SECRET-token"] = simulator.vivoka_voices.pop(voice)
    report = await report_of("vivoka", server, token="SECRET-token")
    told = json.dumps(report.as_dict())
    assert "***" in told
    assert "SECRET" not in told


@pytest.mark.parametrize(
    "report",
    [
        *({}, [], "text", None),
        *({"format": 0, "service": "vivoka"}, {"format": 1, "service": "another"}),
        {"format": 1, "service": "knovvu"},
    ],
)
def test_other_files(report: object) -> None:
    """What is no report is refused."""
    with pytest.raises(ValueError, match="not the report"):
        habits_like(report)


def test_what_is_not_imitated() -> None:
    """Answers that the simulator cannot give are named."""
    found = {
        "voices": {"shape": "object by id of objects (something)"},
        "unknown_voice": {"answer": "audio", "error_keys": []},
        "at_once": {"channels": "1", "refusal": "broken off"},
        "separate_flush": {"answer": "no audio, quiet"},
    }
    report = {"format": 1, "service": "knovvu", "found": found, "measured": {}}
    habits, missing = habits_like(report)
    assert sorted(missing) == ["at_once", "separate_flush", "unknown_voice", "voices"]
    assert habits.knovvu.voices == Habits().knovvu.voices
    assert habits_like({**report, "found": {"voices": {"status": 404}}})[0].knovvu.voices == "missing"


@pytest.mark.parametrize(
    ("kind", "found", "missing"),
    [
        ("vivoka", {"speech": {"audio_in": ["data"], "end": "closed 1000"}}, []),
        ("vivoka", {"speech": {"audio_in": ["binary"], "end": "closed 1000"}}, ["speech"]),
        ("vivoka", {"speech": {"audio_in": ["data"], "wav_header": 24000}}, ["speech"]),
        ("vivoka", {"speech": {"audio_in": ["data"], "end": "endless"}}, ["speech"]),
        ("vivoka", {"client": {"error": "SynthesisError"}}, ["client"]),
        ("knovvu", {"speech": {"audio_in": ["binary"], "end": "broken off"}}, ["speech"]),
        ("knovvu", {"speech": {"audio_in": [], "messages": ["audio"]}}, ["speech"]),
        ("knovvu", {"speech": {"audio_in": []}, "held_finalize": {"finalize_cuts_off": True}}, []),
        (
            "knovvu",
            {"speech": {"audio_in": ["binary"]}, "sample_rate": {"heeded": False, "wav_header": None}},
            ["sample_rate"],
        ),
    ],
)
def test_speech_that_is_not_imitated(kind: str, found: dict[str, Any], missing: list[str]) -> None:
    """Audio, and ends of it, that the simulator cannot send are named; it would simulate what works."""
    told = (
        {"unknown_voice": {"answer": "VoiceNotFoundError", "error_keys": ["error"]}}
        if kind == "knovvu"
        else {}
    )
    report = {"format": 1, "service": kind, "works": False, "found": told | found, "measured": {}}
    assert habits_like(report)[1] == missing
