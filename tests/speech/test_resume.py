"""A speech that breaks off goes on where it was: nothing is lost, and nothing is heard twice."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from custom_components.websocket_tts.speech.audio.buffer import AudioBuffer
from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    CannotConnectError,
    InvalidAuthError,
    ProtocolError,
    SpeechError,
    SpeechTimeoutError,
    SynthesisError,
)
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.metrics import SynthesisMetrics
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.text.segments import TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Cut, Simulator, tones
from tests.services import SERVICES as TESTED

from .speaking import TEXT, VOICES, MakeService, all_closed, parts_of, speak, wait_for

LIMITS = Limits(
    first_audio=0.5,
    between_audio=0.4,
    min_quiet=0.15,
    max_quiet=0.4,
    retry_pause=0.05,
    resume=2.0,
    fill_after=60,
)
BREAKS = [
    pytest.param(Cut(3000, "abort"), id="reset"),
    pytest.param(Cut(3001, "abort"), id="reset in half a sample"),
    pytest.param(Cut(3000, "close", 1001), id="going away"),
    pytest.param(Cut(3000, "close", 1011), id="internal error"),
    pytest.param(Cut(3000, "close", 1013), id="try again later"),
    pytest.param(Cut(3000, "error", error="Too many requests"), id="busy"),
    pytest.param(Cut(3000, "stall"), id="stall"),
]
SENTENCES = ("This is the first sentence of two.", "And this is the second one.")


async def heard_of(
    service: SpeechClient,
    kind: str,
    text: TextSegments | str = TEXT,
    settings: VoiceSettings | None = None,
    *,
    lead_in: int = 0,
    lead_out: int = 0,
    metrics: SynthesisMetrics | None = None,
) -> tuple[bytes, SynthesisMetrics, SpeechError | None]:
    """Return all that is heard of a text, what became of it, and the error at its end."""
    metrics, settings, heard = metrics or SynthesisMetrics(), settings or VOICES[kind], bytearray()
    segments = (
        TextSegments(TextStream.of(text), sentence_pause=settings.sentence_pause)
        if isinstance(text, str)
        else text
    )
    kept = AudioBuffer(service.limits, lead_in, lead_out, metrics=metrics)
    try:
        async with service.speak(segments, settings, kept) as buffer:
            while part := await buffer.next(segments):
                heard += part
    except SpeechError as err:
        return bytes(heard), metrics, err
    return bytes(heard), metrics, None


def spoken(kind: str, text: str = TEXT) -> bytes:
    """Return the samples of a text."""
    return tones.pcm(text, {"vivoka": 22050, "knovvu": 24000}[kind])


def once(simulator: Simulator, cut: Cut) -> None:
    """Let one speech break off."""
    simulator.habits.cut = cut
    simulator.habits.failures = 1


@pytest.mark.parametrize("cut", BREAKS)
@pytest.mark.parametrize("kind", VOICES)
async def test_resumed(kind: str, cut: Cut, simulator: Simulator, make_service: MakeService) -> None:
    """It is whole, byte for byte; what was learned of the server stays as it was."""
    service = make_service(kind, limits=LIMITS)
    await speak(service, VOICES[kind], TEXT)
    learned = service.quirks
    simulator.requests.clear()
    once(simulator, cut)
    samples, metrics, error = await heard_of(service, kind)
    assert error is None
    assert samples == spoken(kind)
    assert (metrics.resumes, metrics.doubts, metrics.retries, metrics.error) == (1, 0, 0, None)
    assert metrics.audio == pytest.approx(len(samples) / 2 / simulator.requests[0].sample_rate)
    assert (
        len([request for request in simulator.requests if request.texts[0] == TEXT.split(". ")[0] + "."]) == 2
    )
    if cut.how != "stall":
        is_busy = cut.how == "error" or cut.code == 1013
        assert service.quirks == {**learned, **({"was_busy": True} if is_busy and kind == "knovvu" else {})}
    await all_closed(simulator)
    simulator.requests.clear()
    again, metrics, error = await heard_of(service, kind)
    assert (again, metrics.resumes, error) == (spoken(kind), 0, None)


@pytest.mark.parametrize("cut", BREAKS)
@pytest.mark.parametrize("kind", VOICES)
async def test_broken_again(kind: str, cut: Cut, simulator: Simulator, make_service: MakeService) -> None:
    """There is an end to it; what was heard until then is right, and heard once."""
    simulator.habits.cut = cut
    if kind == "knovvu":
        simulator.habits.first_audio_latency = 0.02
    service = make_service(kind, limits=replace(LIMITS, busy=2.0))
    begun = asyncio.get_running_loop().time()
    samples, metrics, error = await heard_of(service, kind, SENTENCES[0])
    assert samples == spoken(kind, SENTENCES[0])[:3000]
    busy = cut.how == "error" or cut.code == 1013
    expected = BusyError if busy else SpeechTimeoutError if cut.how == "stall" else CannotConnectError
    assert type(error) is expected
    assert metrics.error is error
    assert metrics.resumes > 1
    assert asyncio.get_running_loop().time() - begun < 2 * LIMITS.resume
    await all_closed(simulator)


@pytest.mark.parametrize("broken", [0, 1])
async def test_only_what_broke_is_asked_again(
    broken: int, simulator: Simulator, make_service: MakeService
) -> None:
    """Of three sentences to Vivoka, the one that broke; what was read ahead keeps its audio."""
    sentences = ("One is the first.", "Two is the second.", "Three is the third.")

    async def text() -> AsyncGenerator[str]:
        for number, sentence in enumerate(sentences):
            if number == broken:
                while number and not (simulator.requests and simulator.requests[-1].ended):
                    await asyncio.sleep(0.01)
                once(simulator, Cut(9000, "abort"))
            yield f"{sentence} "
            await wait_for(lambda: simulator.habits.cut is None or (simulator.habits.failures or 0) <= 0)

    settings = replace(VOICES["vivoka"], sentence_pause=100)
    segments = TextSegments(TextStream(text()), sentence_pause=100)
    service = make_service("vivoka", limits=LIMITS)
    samples, metrics, error = await heard_of(service, "vivoka", segments, settings)
    silence = bytes(22050 // 10 * 2)
    assert error is None
    assert samples == silence.join(spoken("vivoka", sentence) for sentence in sentences)
    asked = [request.texts[0] for request in simulator.requests]
    assert sorted(asked) == sorted([*sentences, sentences[broken]])
    assert metrics.resumes == 1


@pytest.mark.parametrize("kind", VOICES)
async def test_silence_is_not_skipped(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """Lead-in, lead-out and pauses between sentences are there once, and count for nothing."""
    rate = {"vivoka": 22050, "knovvu": 24000}[kind]
    settings = replace(VOICES[kind], sentence_pause=200)
    once(simulator, Cut(3000, "abort", piece=0))
    service = make_service(kind, limits=LIMITS)
    samples, metrics, error = await heard_of(
        service, kind, " ".join(SENTENCES), settings, lead_in=300, lead_out=100
    )
    first, second = (spoken(kind, sentence) for sentence in SENTENCES)
    assert error is None
    assert samples == (
        bytes(rate * 3 // 10 * 2) + first + bytes(rate // 5 * 2) + second + bytes(rate // 10 * 2)
    )
    assert metrics.resumes == 1


@pytest.mark.parametrize("after", [3000, 60000])
async def test_broken_while_the_text_is_written(
    after: int, simulator: Simulator, make_service: MakeService
) -> None:
    """What was taken of the text comes again, then the rest of it as it is written."""
    go_on = asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        yield f"{SENTENCES[0]} "
        await go_on.wait()
        yield SENTENCES[1]

    once(simulator, Cut(after, "abort"))
    speaking = asyncio.create_task(
        heard_of(make_service("knovvu", limits=LIMITS), "knovvu", TextSegments(TextStream(text())))
    )
    await wait_for(lambda: len(simulator.requests) == 2)
    await asyncio.sleep(0.1)
    go_on.set()
    samples, metrics, error = await speaking
    assert error is None
    assert samples == spoken("knovvu", " ".join(SENTENCES))
    assert [request.texts for request in simulator.requests] == [[SENTENCES[0]], list(SENTENCES)]
    assert metrics.resumes == 1


async def test_the_second_sentence_breaks(simulator: Simulator, make_service: MakeService) -> None:
    """On one socket: all of the text is asked again, and what was heard of it is skipped."""
    once(simulator, Cut(3000, "abort", piece=1))
    samples, metrics, error = await heard_of(
        make_service("knovvu", limits=LIMITS), "knovvu", " ".join(SENTENCES)
    )
    assert (samples, error, metrics.resumes) == (spoken("knovvu", " ".join(SENTENCES)), None, 1)


async def test_the_text_breaks_as_well(simulator: Simulator, make_service: MakeService) -> None:
    """The speech is whole as far as the text goes, and then there is the error of the text."""
    once(simulator, Cut(3000, "abort"))

    async def text() -> AsyncGenerator[str]:
        yield f"{SENTENCES[0]} And"
        raise RuntimeError("the model is gone")

    heard = bytearray()

    async def listen() -> None:
        async for part in parts_of(
            make_service("knovvu", limits=LIMITS), TextSegments(TextStream(text())), VOICES["knovvu"]
        ):
            heard.extend(part if isinstance(part, bytes) else b"")

    with pytest.raises(RuntimeError, match="the model is gone"):
        await listen()
    assert heard == spoken("knovvu", SENTENCES[0])


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("varies", [0.001, 0.009])
async def test_an_engine_that_varies(
    kind: str, varies: float, simulator: Simulator, make_service: MakeService
) -> None:
    """No sample is missing by more than 20 ms, and nothing is heard twice for longer."""
    rate = {"vivoka": 22050, "knovvu": 24000}[kind]
    simulator.habits.varies = varies
    for after in (3000, 10000, 30000):
        once(simulator, Cut(after, "abort"))
        samples, metrics, error = await heard_of(make_service(kind, limits=LIMITS), kind, SENTENCES[0])
        whole = spoken(kind, SENTENCES[0])
        assert (metrics.resumes, error) == (1, None)
        assert abs(len(samples) - len(whole)) <= 2 * rate * (0.02 + varies)
        # The last of it is that of the whole, up to the noise.
        behind = len(whole) - after - int(2 * rate * 0.04)
        ends = zip(_values(samples[-behind:]), _values(whole[-behind:]), strict=True)
        assert all(abs(heard - meant) <= 40 for heard, meant in ends)


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("missing", [2, 100, 400])
async def test_an_engine_that_varies_at_the_very_end(
    kind: str, missing: int, simulator: Simulator, make_service: MakeService
) -> None:
    """The place is found although there is less behind it than it is looked for in."""
    whole = spoken(kind, SENTENCES[0])
    simulator.habits.varies = 0.001
    once(simulator, Cut(len(whole) - missing, "abort"))
    samples, metrics, error = await heard_of(make_service(kind, limits=LIMITS), kind, SENTENCES[0])
    assert (metrics.resumes, error) == (1, None)
    assert abs(len(samples) - len(whole)) <= 2 * 24000 * 0.021


def _values(samples: bytes) -> list[int]:
    even = samples[: len(samples) // 2 * 2]
    return [int.from_bytes(even[at : at + 2], "little", signed=True) for at in range(0, len(even), 2)]


@pytest.mark.parametrize("kind", VOICES)
async def test_less_the_second_time(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A service that then has less to say than was heard has said all: there is nothing more to hear."""
    once(simulator, Cut(30000, "abort"))

    class ShorterTheSecondTime:
        times = 0

        async def speak(self, *_: object) -> AsyncGenerator[bytes]:
            self.times += 1
            whole = spoken(kind, SENTENCES[0])
            yield whole if self.times == 1 else whole[:29000]

    simulator.synthesizer = ShorterTheSecondTime()
    samples, _, error = await heard_of(make_service(kind, limits=LIMITS), kind, SENTENCES[0])
    assert error is None
    assert samples == spoken(kind, SENTENCES[0])[:30000]


@pytest.mark.parametrize("kind", VOICES)
async def test_another_sample_rate(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """The listener was told the first one: what comes at another is converted."""
    once(simulator, Cut(3000, "abort"))
    service = make_service(kind, limits=LIMITS)
    speaking = asyncio.create_task(heard_of(service, kind))
    await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
    simulator.habits.vivoka.sample_rate = simulator.habits.knovvu.other_rate = 16000
    simulator.habits.knovvu.wav_header = "plain"
    samples, metrics, error = await speaking
    assert (error, metrics.left_out) == (None, 0)
    assert samples.startswith(spoken(kind)[:3000])
    # Within the overlap that is looked for, and a sample a part.
    assert abs(len(samples) - len(spoken(kind))) < 2 * 24000 * 0.03


async def test_a_header_before_each_audio(simulator: Simulator, make_service: MakeService) -> None:
    """The WAV header of the second connection is no audio."""
    simulator.habits.knovvu.wav_header = "joined"
    once(simulator, Cut(3000, "abort"))
    samples, _, error = await heard_of(make_service("knovvu", limits=LIMITS), "knovvu")
    assert (samples, error) == (spoken("knovvu"), None)


@pytest.mark.parametrize("kind", VOICES)
async def test_the_service_says_no(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """In mid-speech it is not believed until it has stayed so; then it costs its sentence."""
    once(simulator, Cut(3000, "abort"))
    service, metrics = make_service(kind, limits=LIMITS), SynthesisMetrics()
    speaking = asyncio.create_task(heard_of(service, kind, " ".join(SENTENCES), metrics=metrics))
    await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
    simulator.habits.cut = Cut(0, "error", error="this is too long")
    simulator.habits.failures = None
    first = spoken(kind, SENTENCES[0])[:3000]
    if TESTED[kind].client.one_segment_a_request:
        while not metrics.left_out:
            await asyncio.sleep(0.005)
        simulator.habits.cut = None
        samples, _, error = await speaking
        assert (samples, error, metrics.left_out) == (first + spoken(kind, SENTENCES[1]), None, 1)
    else:
        samples, _, error = await speaking
        assert isinstance(error, SynthesisError)
        assert samples == first
    assert metrics.resumes > 1


async def test_every_sentence_is_refused(simulator: Simulator, make_service: MakeService) -> None:
    """Of a service that says no to all of them, not each is waited for."""
    once(simulator, Cut(3000, "abort"))
    settings = replace(VOICES["vivoka"], sentence_pause=100)
    text = " ".join(f"{number} is the number." for number in ("One", "Two", "Three", "Four", "Five"))
    service = make_service("vivoka", limits=LIMITS)
    speaking = asyncio.create_task(heard_of(service, "vivoka", text, settings))
    await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
    begun = asyncio.get_running_loop().time()
    simulator.habits.cut = None
    simulator.habits.statuses = {"synthesize": 400}
    simulator.habits.failures = None
    samples, metrics, error = await speaking
    assert isinstance(error, ProtocolError)
    # The second one had been asked for before.
    first, second = spoken("vivoka", "One is the number.")[:3000], spoken("vivoka", "Two is the number.")
    assert samples == first + bytes(22050 // 10 * 2) + second
    assert metrics.left_out == 2
    assert asyncio.get_running_loop().time() - begun < 4 * LIMITS.resume


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("stays", [False, True])
async def test_refused_meanwhile(
    kind: str, stays: bool, simulator: Simulator, make_service: MakeService
) -> None:
    """A refusal of the credentials is believed when it has stayed so."""
    simulator.habits.token = "right"
    once(simulator, Cut(3000, "abort"))
    speaking = asyncio.create_task(heard_of(make_service(kind, limits=LIMITS, token="right"), kind))
    await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
    simulator.habits.token = "another"
    if not stays:
        await asyncio.sleep(LIMITS.resume / 2)
        simulator.habits.token = "right"
    samples, _, error = await speaking
    if stays:
        assert isinstance(error, InvalidAuthError)
        assert samples == spoken(kind)[:3000]
    else:
        assert (samples, error) == (spoken(kind), None)


@pytest.mark.parametrize("kind", VOICES)
async def test_broken_eight_times(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """Each time at another place, before and behind what was heard already: it is whole all the same."""
    simulator.habits.failures = 1
    speaking = asyncio.create_task(heard_of(make_service(kind, limits=LIMITS), kind, SENTENCES[0]))
    places = (9000, 20000, 5000, 22000, 24000, 26000, 28000, 30000)
    for number, after in enumerate(places):
        simulator.habits.cut = Cut(after, "abort")
        simulator.habits.failures = 1
        await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
        await wait_for(lambda count=number: len(simulator.requests) > count)  # type: ignore[misc]
    samples, metrics, error = await speaking
    assert (samples, error) == (spoken(kind, SENTENCES[0]), None)
    assert metrics.resumes == len(places)


@pytest.mark.parametrize("failures", [1, 3, 5])
@pytest.mark.parametrize("kind", VOICES)
async def test_not_there_for_a_moment(
    kind: str, failures: int, simulator: Simulator, make_service: MakeService
) -> None:
    """A service that restarts refuses connections for a while, and then takes one."""
    once(simulator, Cut(3000, "abort"))
    speaking = asyncio.create_task(heard_of(make_service(kind, limits=LIMITS), kind, SENTENCES[0]))
    await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
    simulator.habits.cut = None
    simulator.habits.statuses = {"synthesize": 502, "socket": 502}
    simulator.habits.failures = failures
    samples, metrics, error = await speaking
    assert (samples, error) == (spoken(kind, SENTENCES[0]), None)
    assert metrics.resumes == failures + 1


async def test_not_there_for_the_next_sentence(simulator: Simulator, make_service: MakeService) -> None:
    """What was not asked for yet when the service went away is a part of the speech as well."""

    async def text() -> AsyncGenerator[str]:
        yield f"{SENTENCES[0]} "
        while not (simulator.requests and simulator.requests[-1].ended):
            await asyncio.sleep(0.01)
        simulator.habits.statuses = {"synthesize": 502}
        simulator.habits.failures = 5
        yield SENTENCES[1]

    service = make_service("vivoka", limits=LIMITS)
    samples, metrics, error = await heard_of(service, "vivoka", TextSegments(TextStream(text())))
    assert (samples, error) == (spoken("vivoka", "".join(SENTENCES)), None)
    # Nothing was interrupted.
    assert (metrics.resumes, metrics.retries) == (0, 5)


@pytest.mark.parametrize("kind", VOICES)
async def test_not_there_any_more(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """Nobody tries for ever."""
    once(simulator, Cut(3000, "abort"))
    speaking = asyncio.create_task(heard_of(make_service(kind, limits=LIMITS), kind, SENTENCES[0]))
    await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
    simulator.habits.cut = None
    simulator.habits.statuses = {"synthesize": 502, "socket": 502}
    simulator.habits.failures = None
    samples, metrics, error = await speaking
    assert isinstance(error, CannotConnectError)
    assert samples == spoken(kind, SENTENCES[0])[:3000]
    assert metrics.resumes > 3
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_all_channels_are_taken_meanwhile(
    kind: str, simulator: Simulator, make_service: MakeService
) -> None:
    """The channel is waited for, before those who have not begun; and not for ever."""
    simulator.habits.channels = 1
    service = make_service(kind, limits=replace(LIMITS, busy=5.0))
    once(simulator, Cut(3000, "abort"))
    speaking = asyncio.create_task(heard_of(service, kind))
    await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
    simulator.habits.channels = 0
    await wait_for(lambda: simulator.refused > 0)
    waiting = asyncio.create_task(heard_of(service, kind, "Me, too."))
    await asyncio.sleep(0.05)
    simulator.habits.channels = 1
    samples, _, error = await speaking
    assert (samples, error) == (spoken(kind), None)
    samples, _, error = await waiting
    assert (samples, error) == (spoken(kind, "Me, too."), None)
    asked = [request.texts[0][:4] for request in simulator.requests]
    assert asked.index("Me, ") > [at for at, text in enumerate(asked) if text == TEXT[:4]][1]


@pytest.mark.parametrize("kind", VOICES)
async def test_patience_for_a_channel_has_an_end(
    kind: str, simulator: Simulator, make_service: MakeService
) -> None:
    """As for a speech that has not begun."""
    once(simulator, Cut(3000, "abort"))
    speaking = asyncio.create_task(heard_of(make_service(kind, limits=replace(LIMITS, busy=0.6)), kind))
    await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
    simulator.habits.channels = 0
    samples, _, error = await speaking
    assert isinstance(error, BusyError)
    assert samples == spoken(kind)[:3000]


@pytest.mark.parametrize("kind", VOICES)
async def test_all_break_at_once(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A proxy restarts in the middle of five announcements: each is whole."""
    service = make_service(kind, limits=LIMITS)
    simulator.habits.speed = 5.0
    texts = [f"This is announcement number {number}, and it is long enough." for number in range(5)]
    all_metrics = [SynthesisMetrics() for _ in texts]
    speaking = [
        asyncio.create_task(heard_of(service, kind, text, metrics=metrics))
        for text, metrics in zip(texts, all_metrics, strict=True)
    ]
    await wait_for(lambda: all(metrics.first_audio is not None for metrics in all_metrics))
    for transport in list(simulator.transports):
        assert transport
        transport.abort()
    for text, task in zip(texts, speaking, strict=True):
        samples, metrics, error = await task
        assert (samples, error) == (spoken(kind, text), None)
        assert metrics.resumes == 1
    await all_closed(simulator)


@pytest.mark.parametrize("kind", VOICES)
async def test_the_listener_pauses(kind: str, simulator: Simulator, make_service: MakeService) -> None:
    """A listener who takes nothing for a while misses nothing, and little is kept for him."""
    once(simulator, Cut(20000, "abort"))
    segments = TextSegments(TextStream.of(SENTENCES[0]))
    limits = replace(LIMITS, held=4096)
    heard, most = bytearray(), 0
    async with make_service(kind, limits=limits).speak(segments, VOICES[kind]) as buffer:
        while part := await buffer.next(segments):
            heard += part
            await asyncio.sleep(0.02)
            most = max(most, buffer.held)
    assert heard == spoken(kind, SENTENCES[0])
    assert most <= 2 * 4096


@pytest.mark.parametrize("when", ["it waits", "it skips"])
@pytest.mark.parametrize("kind", VOICES)
async def test_the_listener_goes_away(
    kind: str, when: str, simulator: Simulator, make_service: MakeService
) -> None:
    """While the rest is asked for: everything is closed at once."""
    once(simulator, Cut(3000, "abort"))
    limits = replace(LIMITS, retry_pause=30.0 if when == "it waits" else 0.05)
    segments = TextSegments(TextStream.of(SENTENCES[0]))
    async with make_service(kind, limits=limits).speak(segments, VOICES[kind]) as buffer:
        await buffer.next(segments)
        await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
        if when == "it skips":
            simulator.habits.cut = Cut(1000, "stall")
            simulator.habits.failures = None
            await wait_for(lambda: len(simulator.requests) == 2)
    await all_closed(simulator)


async def test_audio_that_nobody_has_heard_yet(simulator: Simulator, make_service: MakeService) -> None:
    """What was read ahead breaks off, before its turn: it is asked again, and heard once."""
    simulator.habits.speed = 4.0
    service = make_service("vivoka", limits=LIMITS)
    speaking = asyncio.create_task(heard_of(service, "vivoka", " ".join(SENTENCES)))
    await wait_for(lambda: len(simulator.requests) == 1)
    once(simulator, Cut(3000, "stall"))
    await wait_for(lambda: (simulator.habits.failures or 0) <= 0)
    simulator.habits.speed = 0.0
    samples, metrics, error = await speaking
    assert (samples, error) == (spoken("vivoka", "".join(SENTENCES)), None)
    assert metrics.resumes == 1


async def test_silence_while_it_is_resumed(simulator: Simulator, make_service: MakeService) -> None:
    """Who has heard something gets something to play while the service is waited for."""
    once(simulator, Cut(3000, "abort"))
    limits = replace(LIMITS, fill_after=0.2, retry_pause=1.0)
    samples, metrics, error = await heard_of(make_service("knovvu", limits=limits), "knovvu", SENTENCES[0])
    assert error is None
    first = spoken("knovvu", SENTENCES[0])
    silence = len(samples) - len(first)
    assert samples == first[:3000] + bytes(silence) + first[3000:]
    assert metrics.silence == pytest.approx(silence / 2 / 24000)
    assert 0.7 < metrics.silence < 1.0


async def test_no_silence_before_anything_was_heard(simulator: Simulator, make_service: MakeService) -> None:
    """A complete text is waited for in silence only by those who have heard something."""
    simulator.habits.first_audio_latency = 0.4
    limits = replace(LIMITS, fill_after=0.1)
    samples, metrics, error = await heard_of(make_service("knovvu", limits=limits), "knovvu", SENTENCES[0])
    assert (samples, metrics.silence, error) == (spoken("knovvu", SENTENCES[0]), 0, None)


async def test_knovvu_that_drops_what_is_still_to_come(
    simulator: Simulator, make_service: MakeService
) -> None:
    """A server that takes finalize-synthesis for "close now" is found out in mid-speech: it goes on."""
    simulator.habits.knovvu.finalize_drops = True
    simulator.habits.first_audio_latency = 0.02
    service = make_service("knovvu", limits=LIMITS)

    async def text() -> AsyncGenerator[str]:
        yield "This is heard. T"
        await asyncio.sleep(0.1)
        yield "his is not. And this is not either, " * 20

    samples, metrics, error = await heard_of(service, "knovvu", TextSegments(TextStream(text())))
    assert error is None
    assert samples == spoken("knovvu", "This is heard. T" + "his is not. And this is not either, " * 20)
    assert (metrics.resumes, metrics.doubts) == (0, 1)
    assert service.quirks["finalize_late"] is True
