"""Every fault, through Home Assistant: the right error, soon, without a secret, and nothing left behind."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
import logging
from pathlib import Path
from time import monotonic
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.components import tts
from homeassistant.components.tts import TextToSpeechEntity, TTSAudioRequest
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.websocket_tts.const import CONF_TOKEN_URL
from custom_components.websocket_tts.speech.knovvu.client import KnovvuClient
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.tts import SpeechEntity
from simulator import Simulator, tones
from tests import visible
from tests.in_home_assistant import ENTITY, MakeEntry, SetLimits, kind_of
from tests.services import SERVICES
from tests.speech.speaking import TEXT, all_closed, set_habits
from tests.visible import CLIENT_SECRET, CREDENTIALS, SECRET

from .proxy import Line, Proxy, proxy
from .table import FAULTS, HEARD, Fault, rows

SOON = 8.0
"""Seconds in which every fault must be over, with the patience below."""
CELLS = [
    pytest.param(fault, kind, id=f"{fault.name} - {kind}")
    for fault in FAULTS
    for kind in fault.kinds
    if fault.can_happen_to(kind)
]

IMPATIENT = Limits(
    connect=0.5,
    first_audio=0.5,
    between_audio=0.4,
    max_quiet=0.6,
    resume=1.0,
    doubt=0.5,
    busy=1.0,
    retry_pause=0.1,
    # Silence while the service is waited for has tests of its own.
    fill_after=60.0,
)


@pytest.fixture(autouse=True)
def little_patience(set_limits: SetLimits) -> None:
    """Wait for tenths of seconds instead of seconds."""
    set_limits(IMPATIENT)


@pytest.fixture(autouse=True)
def no_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make no connection ahead: here every utterance is to meet the fault, and leave nothing open."""
    monkeypatch.setattr(KnovvuClient, "preconnect", lambda _self, _duration=None: None)


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


async def listen(entity: TextToSpeechEntity, text: str, heard: bytearray) -> None:
    """Speak a text; what comes is in heard, also when it breaks off."""

    async def written() -> AsyncGenerator[str]:
        yield text

    request = TTSAudioRequest("en-US", dict(entity.default_options or {}), written())
    async for chunk in (await entity.async_stream_tts_audio(request)).data_gen:
        heard.extend(chunk)


def apply(fault: Fault, kind: str, simulator: Simulator, proxied: Proxy) -> None:
    """Let it go wrong."""
    set_habits(simulator, kind, dict(fault.habits), dict(fault.own))
    proxied.line = Line(**fault.line)


async def remedy(simulator: Simulator, kind: str, proxied: Proxy) -> None:
    """Let all be well again, also what was connected meanwhile."""
    set_habits(simulator, kind, {}, {})
    proxied.line = Line()
    await forget_connections(proxied)


async def forget_connections(proxied: Proxy) -> None:
    """End the connections that stand: they would not see what changes."""
    await proxied.end()
    await asyncio.sleep(0.01)


def assert_heard(fault: Fault, samples: bytes, rate: int) -> None:
    """Assert that there was as much audio as the table says, and no other."""
    if fault.heard:
        assert len(samples) > 0
        assert fault.habits.get("endless") or are_beginnings(samples, rate)
        assert not fault.habits.get("cut") or len(samples) % HEARD == 0
    elif fault.error is None:
        assert samples == tones.pcm(TEXT, rate)
    else:
        assert samples == b""


def are_beginnings(samples: bytes, rate: int) -> bool:
    """Return whether this is the beginning of the text, and perhaps that of the text after a sentence."""
    whole, rest = tones.pcm(TEXT, rate), tones.pcm(TEXT.partition(". ")[2], rate)
    first = range(len(samples), 0, -2)
    return any(whole.startswith(samples[:size]) and rest.startswith(samples[size:]) for size in first)


def assert_asked(fault: Fault, kind: str, simulator: Simulator) -> None:
    """Assert that the service was asked as often as the table says."""
    route = SERVICES[kind].speech_route
    first = len(TEXT.split(". ", maxsplit=1)[0])
    texts = [text for request in simulator.requests for text in request.texts if text[:first] == TEXT[:first]]
    if isinstance(fault.tries, int):
        assert simulator.calls.count(route) >= fault.tries
        assert len(texts) <= fault.tries
    else:
        assert simulator.calls.count(route) >= 3


@pytest.fixture
def credentials(kind: str, simulator: Simulator, server: TestServer) -> dict[str, Any]:
    """Return the data of an entry that has secrets."""
    simulator.client = ("client", CLIENT_SECRET)
    token_url = str(server.make_url("/connect/token"))
    return {
        **CREDENTIALS["client" if SERVICES[kind].client.token_url else "token"],
        CONF_TOKEN_URL: token_url,
    }


@pytest.mark.parametrize(("fault", "kind"), CELLS)
async def test_fault(
    hass: HomeAssistant,
    fault: Fault,
    kind: str,
    credentials: dict[str, Any],
    simulator: Simulator,
    line: tuple[Proxy, int],
    make_entry: MakeEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The user gets what the table says, without a secret; then all is closed, and the next one is whole."""
    caplog.set_level(logging.DEBUG)
    proxied, port = line
    knows = kind == "knovvu" and not fault.own.get("finalize_drops")
    quirks = {"finalize_late": False} if knows else {}
    data = {CONF_HOST: f"http://127.0.0.1:{port}", **credentials}
    entry = await make_entry(kind, data=data, quirks=quirks)
    await forget_connections(proxied)
    simulator.calls.clear()
    simulator.requests.clear()
    apply(fault, kind, simulator, proxied)
    entity, heard, begun = speaking_entity(hass, kind), bytearray(), monotonic()
    error: HomeAssistantError | None = None
    try:
        await listen(entity, TEXT, heard)
    except HomeAssistantError as err:
        error = err
    assert monotonic() - begun < SOON
    assert (kind_of(error) if error else None) == fault.error
    assert_heard(fault, bytes(heard[44:]), simulator.requests[-1].sample_rate if simulator.requests else 0)
    if not fault.line:
        assert_asked(fault, kind, simulator)
    await hass.async_block_till_done(wait_background_tasks=True)
    await all_closed(simulator)
    await remedy(simulator, kind, proxied)
    again = bytearray()
    await listen(entity, TEXT, again)
    assert again[44:] == tones.pcm(TEXT, simulator.requests[-1].sample_rate)
    await all_closed(simulator)
    # Home Assistant's own coordinator tells all at the level of debugging.
    assert not [record for record in caplog.records if record.exc_info and record.levelno > logging.DEBUG]
    said = visible.in_error(error) + await visible.in_home_assistant(hass, entry, caplog)
    assert not [text for text in said if SECRET in text]


@pytest.mark.parametrize("kind", ENTITY)
async def test_truncated_audio_is_not_cached(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What broke off is asked for anew the next time, also by those who use Home Assistant's cache."""
    await make_entry(kind, quirks={"finalize_late": False} if kind == "knovvu" else {})
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
    await make_entry(kind, quirks={"finalize_late": False} if kind == "knovvu" else {})
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
        await listen(speaking_entity(hass, kind), text, heard)
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
        await listen(speaking_entity(hass, kind), TEXT, bytearray())
    assert kind_of(raised.value) == "cannot_connect"
    await hass.async_block_till_done(wait_background_tasks=True)


def test_table_is_documented() -> None:
    """The table for readers is the one that is tested."""
    text = Path(__file__).with_name("README.md").read_text("utf-8")
    assert "\n".join(rows()) in text
