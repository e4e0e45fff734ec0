"""Every fault, through Home Assistant, both ways: the right error, soon, and nothing left behind."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
import logging
from pathlib import Path
from time import monotonic
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.components import tts
from homeassistant.components.tts import TTSAudioRequest
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.websocket_tts.speech import Limits
from custom_components.websocket_tts.tts import SpeechEntity
from simulator import Simulator, tones
from tests.in_home_assistant import ENTITY, MakeEntry, SetLimits, kind_of
from tests.services import SERVICES
from tests.speech.speaking import TEXT, all_closed
from tests.speech.test_services import set_habits

from .proxy import Line, Proxy, proxy
from .table import FAULTS, HEARD, Fault, rows

SOON = 3.0
"""Seconds in which every fault must be over, with the patience below."""
ALSO_WHOLE = ("no fault", "reset in mid-audio")
CELLS = [
    pytest.param(fault, kind, streaming, id=f"{fault.name} - {kind} - {'stream' if streaming else 'whole'}")
    for fault in FAULTS
    for kind in fault.kinds
    if fault.can_happen_to(kind)
    # Home Assistant itself only ever streams; the other way has the same speech behind it.
    for streaming in ((True, False) if fault.name in ALSO_WHOLE else (True,))
]


IMPATIENT = Limits(connect=0.5, first_audio=0.5, between_audio=0.4, max_quiet=0.6, busy=1.0, retry_pause=0.1)


@pytest.fixture(autouse=True)
def little_patience(set_limits: SetLimits) -> None:
    """Wait for tenths of seconds instead of seconds."""
    set_limits(IMPATIENT)


@pytest.fixture
async def line(server: TestServer) -> AsyncGenerator[tuple[Proxy, int]]:
    """Run a line to both services."""
    async with proxy(server.port or 0) as running:
        yield running


def speaking_entity(hass: HomeAssistant, kind: str) -> SpeechEntity:
    """Return the entity of a service."""
    entity = hass.data[DATA_COMPONENT].get_entity(ENTITY[kind])
    assert isinstance(entity, SpeechEntity)
    return entity


async def listen(entity: SpeechEntity, text: str, *, streaming: bool, heard: bytearray) -> None:
    """Speak a text, in either way; what comes is in heard, also when it breaks off."""
    options = dict(entity.default_options or {})
    if not streaming:
        _, data = await entity.async_get_tts_audio(text, "en-US", options)
        heard.extend(data or b"")
        return

    async def written() -> AsyncGenerator[str]:
        yield text

    response = await entity.async_stream_tts_audio(TTSAudioRequest("en-US", options, written()))
    async for chunk in response.data_gen:
        heard.extend(chunk)


def apply(fault: Fault, kind: str, simulator: Simulator, proxied: Proxy) -> None:
    """Let it go wrong."""
    set_habits(simulator, kind, dict(fault.habits), dict(fault.own))
    proxied.line = Line(**fault.line)


@pytest.mark.parametrize(("fault", "kind", "streaming"), CELLS)
async def test_fault(
    hass: HomeAssistant,
    fault: Fault,
    kind: str,
    *,
    streaming: bool,
    simulator: Simulator,
    line: tuple[Proxy, int],
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The user gets what the table says; then all is closed, and the next announcement is whole."""
    proxied, port = line
    learned: dict[str, Any] = {"finalize_late": False} if kind == "knovvu" else {}
    if fault.own.get("finalize_drops"):
        learned = {}
    await make_entry(kind, data={"host": f"http://127.0.0.1:{port}", "learned": learned})
    # The connection that the list of voices has left would not see the fault.
    await proxied.end()
    await asyncio.sleep(0.01)
    simulator.calls.clear()
    simulator.requests.clear()
    apply(fault, kind, simulator, proxied)
    entity, heard, begun = speaking_entity(hass, kind), bytearray(), monotonic()
    error: HomeAssistantError | None = None
    try:
        await listen(entity, TEXT, streaming=streaming, heard=heard)
    except HomeAssistantError as err:
        error = err
    assert monotonic() - begun < SOON
    assert (kind_of(error) if error else None) == fault.error
    samples = bytes(heard[44:])
    rate = simulator.requests[-1].sample_rate if simulator.requests else 0
    if fault.error is None:
        assert samples == tones.pcm(TEXT, rate)
    elif fault.heard and streaming:
        assert len(samples) > 0
        if not fault.habits.get("endless"):
            assert tones.pcm(TEXT, rate).startswith(samples)
    else:
        assert samples == b""
    if fault.habits.get("cut") and fault.heard and streaming:
        assert len(samples) % HEARD == 0
    if not fault.line:
        route = SERVICES[kind].speech_route
        first = len(TEXT.split(". ", maxsplit=1)[0])
        texts = [
            text for request in simulator.requests for text in request.texts if text[:first] == TEXT[:first]
        ]
        assert simulator.calls.count(route) >= (fault.tries or 3)
        assert fault.tries is None or len(texts) <= fault.tries
    await hass.async_block_till_done(wait_background_tasks=True)
    await all_closed(simulator)
    set_habits(simulator, kind, {}, {})
    proxied.line = Line()
    # What was asked meanwhile has left a connection with the fault in it.
    await proxied.end()
    await asyncio.sleep(0.01)
    again = bytearray()
    await listen(entity, TEXT, streaming=streaming, heard=again)
    assert again[44:] == tones.pcm(TEXT, simulator.requests[-1].sample_rate)
    await all_closed(simulator)
    # Home Assistant's own coordinator tells all at the level of debugging.
    assert not [record for record in caplog.records if record.exc_info and record.levelno > logging.DEBUG]


@pytest.mark.parametrize("kind", ENTITY)
async def test_truncated_audio_is_not_cached(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What broke off is asked for anew the next time, also by those who use Home Assistant's cache."""
    await make_entry(kind, data={"learned": {"finalize_late": False} if kind == "knovvu" else {}})
    source = tts.generate_media_source_id(
        hass, TEXT, ENTITY[kind], options={"preferred_format": "wav"}, cache=True
    )
    set_habits(simulator, kind, dict(next(f for f in FAULTS if f.name == "reset in mid-audio").habits), {})
    with pytest.raises(HomeAssistantError):
        await tts.async_get_media_source_audio(hass, source)
    await hass.async_block_till_done(wait_background_tasks=True)
    folder = Path(hass.config.path("tts"))
    assert not await asyncio.to_thread(lambda: list(folder.glob("*")))
    set_habits(simulator, kind, {}, {})
    _, data = await tts.async_get_media_source_audio(hass, source)
    assert data[44:] == tones.pcm(TEXT, simulator.requests[-1].sample_rate)


class OneLongSound:
    """A synthesizer that makes so many bytes of sound of the first text, and none of the rest."""

    def __init__(self, size: int) -> None:
        """Take the size."""
        self.size = size
        self._first: str | None = None

    async def speak(
        self, text: str, voice: str, sample_rate: int, rate: float, volume: float
    ) -> AsyncGenerator[bytes]:
        """Yield it all at once."""
        del voice, sample_rate, rate, volume
        self._first = self._first or text
        if text == self._first:
            yield bytes([1, 2]) * (self.size // 2)


MIB = 1024 * 1024


@pytest.mark.needs("websocket")
@pytest.mark.parametrize("kind", ENTITY)
@pytest.mark.parametrize(("frame", "error"), [(48 * MIB, ""), (65 * MIB, "cannot_connect")])
async def test_frame_sizes(
    hass: HomeAssistant,
    kind: str,
    frame: int,
    error: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    set_limits: SetLimits,
) -> None:
    """A message of 48 MiB is taken; one over the limit ends the request, without being kept in memory."""
    set_limits(replace(IMPATIENT, first_audio=20.0))
    await make_entry(kind, data={"learned": {"finalize_late": False} if kind == "knovvu" else {}})
    # In JSON three bytes take four.
    size = frame if kind == "knovvu" else frame * 3 // 4 // 2 * 2
    simulator.synthesizer = OneLongSound(size)
    simulator.habits.vivoka.one_frame = True
    simulator.habits.chunk_size = size
    heard = bytearray()
    # One piece, so long that it may sound for half an hour.
    text = f"<speak>{' '.join(f'long{number}' for number in range(130))}</speak>"
    failed = ""
    try:
        await listen(speaking_entity(hass, kind), text, streaming=True, heard=heard)
    except HomeAssistantError as err:
        failed = kind_of(err)
    assert failed == error
    assert error or len(heard) - 44 == size
    await hass.async_block_till_done(wait_background_tasks=True)
    await all_closed(simulator)


@pytest.mark.parametrize("kind", ENTITY)
async def test_nobody_there(
    hass: HomeAssistant, kind: str, make_entry: MakeEntry, server: TestServer
) -> None:
    """A service that does not run any more refuses connections."""
    await make_entry(kind)
    await server.close()
    with pytest.raises(HomeAssistantError) as raised:
        await listen(speaking_entity(hass, kind), TEXT, streaming=True, heard=bytearray())
    assert kind_of(raised.value) == "cannot_connect"
    await hass.async_block_till_done(wait_background_tasks=True)


def test_table_is_documented() -> None:
    """The table for readers is the one that is tested."""
    text = Path(__file__).with_name("README.md").read_text("utf-8")
    assert "\n".join(rows()) in text
