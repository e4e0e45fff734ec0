"""Soak test of a real Home Assistant with faulty services: scripts/soak.

Makes a hundred concurrent announcements, then thousands in sequence with faults, reloads, changed options,
listeners that leave, and texts that never end. The resources in use at the end are compared with those after
the first hundred.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from itertools import cycle, islice
import logging
from random import Random
import re
import sys
from time import monotonic, time_ns
from typing import Any
from unittest.mock import patch

from aiohttp import web
from homeassistant.components import tts
from homeassistant.components.tts.const import DATA_COMPONENT, DATA_TTS_MANAGER
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigSubentryData,
    SubentryFlowContext,
)
from homeassistant.const import CONF_HOST, CONF_LANGUAGE, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError

from custom_components.websocket_tts import client
from custom_components.websocket_tts.client import speech_client
from custom_components.websocket_tts.const import (
    CONF_LEAD_IN,
    CONF_SERVICE,
    CONF_STAND_BY,
    CONF_VOICE,
    DOMAIN,
    SECTION_ADVANCED,
    SUBENTRY_VOICE,
)
from custom_components.websocket_tts.flow.settings import from_settings
from custom_components.websocket_tts.speech.limits import Limits
from simulator import Habits, Simulator, tones

from . import chaos
from .faults import FAULTS, NO_FAULT, Fault
from .held import Held, grown
from .home import MockConfigEntry, home

VOICE = {"vivoka": "enu,evan,embedded-pro", "knovvu": "Emily_Premium"}
ENTRIES = {"vivoka": "vivoka", "knovvu": "knovvu", "standing": "knovvu"}
"""The kind of service of each entry; the last one keeps a connection ready."""
_AT_ONCE = 100
_BASELINE = 100
"""Announcements after which growth is measured."""
_KEEPALIVE = 1.0
"""Seconds for which the server keeps idle connections, so that none is left when they are counted."""
_KEPT = 1
"""Seconds, instead of five minutes, for which Home Assistant keeps audio in memory."""
_SETTLED = 15.0
"""Seconds until all of that has been released."""
_LONGEST = 0.03
"""Longest time, in seconds, until a listener leaves."""
_STALL = 0.5
"""Seconds, instead of half a minute, after which an incomplete text counts as abandoned."""
_GIVEN_UP = 5.0
"""Seconds within which that must happen."""
_INTERRUPTED = ("text never ends", "text raises", "text never ends, listener left")
"""How the text ends if an Assist run is interrupted, or its model fails."""


class Day:
    """A Home Assistant instance, both services, and the results."""

    def __init__(self, hass: HomeAssistant, simulator: Simulator, server: web.Server, seed: int) -> None:
        self.hass = hass
        self.counts: Counter[str] = Counter()
        self.complaints: list[str] = []
        self._simulator = simulator
        self._server = server
        self._random = Random(seed)  # noqa: S311 (faults, not secrets)
        self._entries: dict[str, ConfigEntry[Any]] = {}
        self._number = 0

    async def add(self, name: str, host: str) -> None:
        """Set up an entry."""
        kind = ENTRIES[name]
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=name.title(),
            data={
                CONF_SERVICE: kind,
                CONF_HOST: host,
                CONF_VERIFY_SSL: True,
                CONF_STAND_BY: name == "standing",
            },
            subentries_data=[
                ConfigSubentryData(
                    data={CONF_VOICE: VOICE[kind], CONF_LANGUAGE: "en"},
                    subentry_type=SUBENTRY_VOICE,
                    title=name.title(),
                    unique_id=None,
                )
            ],
        )
        entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        self._entries[name] = entry

    async def at_once(self, count: int) -> None:
        """Speak this number of announcements at once."""
        names = islice(cycle(ENTRIES), count)
        await asyncio.gather(*(self._hear(name, NO_FAULT) for name in names))

    async def go_on(self, first: int, last: int) -> None:
        """Speak the announcements from one number to another, in sequence."""
        for index in range(first, last + 1):
            name = self._random.choice(list(ENTRIES))
            if index % 200 == 0:
                await self._change_voice(name)
            elif index % 100 == 0:
                await self._reload(name)
            fault = self._random.choice(FAULTS) if index % 10 == 0 else NO_FAULT
            self.counts["with a fault"] += fault is not NO_FAULT
            self._simulator.habits = fault.habits()
            self._simulator.requests.clear()
            if index % 7 == 0:
                await self._go_away(name)
            else:
                await self._hear(name, fault)
            self._simulator.habits = Habits()
            if index % 50 == 0:
                await asyncio.gather(
                    *(self._interrupt(name, how) for name in ENTRIES for how in _INTERRUPTED)
                )

    async def held(self) -> Held:
        """Wait until everything that ends by itself has ended; return the resources in use."""
        # After a fault, no connection may be ready: an announcement of each entry restores it.
        await self.at_once(len(ENTRIES))
        manager = self.hass.data[DATA_TTS_MANAGER]
        self._simulator.requests.clear()
        self._simulator.calls.clear()
        await self.hass.async_block_till_done()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLED):
                while manager.mem_cache or manager.token_to_stream or self._idle():  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        return Held.now(self._simulator.open_sockets)

    def _idle(self) -> int:
        """Return the number of open connections without a WebSocket."""
        return len(self._server.connections) - self._simulator.open_sockets

    def _text(self) -> str:
        """Return a new text."""
        self._number += 1
        return f"Number {self._number}. It is said."

    async def _hear(self, name: str, fault: Fault) -> None:
        """Listen to an announcement; record a complaint if the audio is not as expected."""
        begun = monotonic()
        outcome = await self._outcome(name)
        self.counts[outcome] += 1
        # Knovvu's clients keep a connection ready for a while after each announcement.
        stood = any(request.started < begun for request in self._simulator.requests)
        passed_by = fault.connecting and stood and outcome == "heard"
        if (outcome == "heard") != fault.heard and not passed_by:
            self.complaints.append(f"{name}, {fault.name}: {outcome}")

    async def _outcome(self, name: str) -> str:
        text = self._text()
        stream = tts.async_create_stream(self.hass, _entity_id(name), options={"preferred_format": "wav"})
        stream.use_file_cache = False
        stream.async_set_message(text)
        try:
            data = b"".join([chunk async for chunk in stream.async_stream_result()])
        except HomeAssistantError as err:
            return f"failed: {err.translation_key}"
        except Exception as err:  # noqa: BLE001 (recorded as a complaint, so that the test goes on)
            return f"raised {err!r}"
        rate = int.from_bytes(data[24:28], "little")
        return "heard" if data.endswith(tones.pcm(text, rate)) else "damaged"

    async def _go_away(self, name: str) -> None:
        """Listen directly, without Home Assistant's cache, which would receive all audio, and leave early."""
        listening = asyncio.create_task(self._listen(name))
        await asyncio.wait([listening], timeout=self._random.uniform(0, _LONGEST))
        done = listening.done()
        listening.cancel()
        await asyncio.wait([listening])
        self.counts["over before the listener left" if done else "listener left"] += 1
        err = None if listening.cancelled() else listening.exception()
        if err and not isinstance(err, HomeAssistantError):
            self.complaints.append(f"{name}, listener left: {err!r}")

    async def _interrupt(self, name: str, how: str) -> None:
        """Speak a text that stops in the middle, as in an Assist run that is interrupted."""

        async def text() -> AsyncGenerator[str]:
            async for word in _written(f"{self._text()} And this has no"):
                yield word
            if how == "text raises":
                raise _AgentFailedError
            await asyncio.Event().wait()

        stream = tts.async_create_stream(self.hass, _entity_id(name), options={"preferred_format": "wav"})
        stream.async_set_message_stream(text())
        listening = asyncio.create_task(_to_the_end(stream))
        left = "listener left" in how
        await asyncio.wait([listening], timeout=self._random.uniform(0, _STALL) if left else _GIVEN_UP)
        if not listening.done() and not left:
            self.complaints.append(f"{name}, {how}: it goes on after {_GIVEN_UP:.0f} s")
        listening.cancel()
        await asyncio.wait([listening])
        err = None if listening.cancelled() else listening.exception()
        if err and not isinstance(err, HomeAssistantError | _AgentFailedError):
            self.complaints.append(f"{name}, {how}: {err!r}")
        self.counts[how] += 1

    async def _listen(self, name: str) -> None:
        entity = self.hass.data[DATA_COMPONENT].get_entity(_entity_id(name))
        assert entity
        options = dict(entity.default_options or {})
        text = _written(self._text())
        response = await entity.async_stream_tts_audio(tts.TTSAudioRequest("en-US", options, text))
        async with aclosing(response.data_gen) as audio:
            async for _ in audio:
                await asyncio.sleep(0)

    async def _reload(self, name: str) -> None:
        assert await self.hass.config_entries.async_reload(self._entries[name].entry_id)
        self.counts["reloads"] += 1

    async def _change_voice(self, name: str) -> None:
        """Submit the form of the voice profile, which changes it without a reload."""
        entry = self._entries[name]
        (profile,) = entry.subentries.values()
        answers = from_settings(speech_client(self.hass, entry.data), profile.data)
        advanced = answers[SECTION_ADVANCED]
        advanced[CONF_LEAD_IN] = 50 - advanced[CONF_LEAD_IN]
        flows = self.hass.config_entries.subentries
        context = SubentryFlowContext(source=SOURCE_RECONFIGURE, subentry_id=profile.subentry_id)
        flow = await flows.async_init((entry.entry_id, SUBENTRY_VOICE), context=context)
        result = await flows.async_configure(flow["flow_id"], answers)
        if result["type"] is FlowResultType.MENU:
            # It has been heard how the voice sounds now.
            result = await flows.async_configure(flow["flow_id"], {"next_step_id": "use_voice"})
        assert result["type"] is FlowResultType.ABORT, result
        assert result["reason"] == "reconfigure_successful", result
        await self.hass.async_block_till_done()
        self.counts["changes of voices"] += 1


class _AgentFailedError(Exception):
    """A language model fails in the middle of its reply."""


async def _to_the_end(stream: tts.ResultStream) -> None:
    async for _ in stream.async_stream_result():
        pass


def _entity_id(name: str) -> str:
    return f"tts.{name}"


async def _written(text: str) -> AsyncGenerator[str]:
    """Yield a text like a language model, but faster."""
    for word in re.findall(r"\S+\s*", text):
        yield word
        await asyncio.sleep(_LONGEST / 10)


@asynccontextmanager
async def _day(seed: int) -> AsyncIterator[Day]:
    """Run both services, and a Home Assistant instance with an entry for each."""
    simulator = Simulator(tones=True)
    runner = web.AppRunner(simulator.app(), keepalive_timeout=_KEEPALIVE, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    assert runner.server
    async with home(_KEPT) as hass:
        day = Day(hass, simulator, runner.server, seed)
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: day.complaints.append(f"nobody took {context}")
        )
        for name in ENTRIES:
            await day.add(name, f"http://127.0.0.1:{runner.addresses[0][1]}")
        yield day
    await runner.cleanup()


async def _timed(work: Callable[[], Any], what: str) -> None:
    begun = monotonic()
    await work()
    print(f"soak: {what}: {monotonic() - begun:.1f} s", file=sys.stderr, flush=True)


LIMITS = Limits(first_audio=2.0, between_audio=1.0, max_quiet=1.0, busy=1.0, resume=1.0, stall=_STALL)
"""Short limits, so that faults end soon."""


async def _soak(utterances: int, seed: int) -> int:
    """Run the test; return the exit code."""
    with patch.object(client, "LIMITS", LIMITS):
        async with _day(seed) as day:
            await _timed(lambda: day.at_once(_AT_ONCE), f"{_AT_ONCE} at once")
            await _timed(lambda: day.go_on(1, _BASELINE), f"the first {_BASELINE} in a row")
            before = await day.held()
            await _timed(lambda: day.go_on(_BASELINE + 1, utterances), f"{utterances} in a row")
            after = await day.held()
    print(f"{_AT_ONCE} at once, then {utterances} in a row (seed {seed}):")
    for what, count in sorted(day.counts.items()):
        print(f"  {what:<34}{count:>7}")
    print(f"Held after the first {_BASELINE} in a row, and at the end:")
    wrong = grown(before, after) + [f"not as it should be: {what}" for what in day.complaints[:20]]
    for what in wrong:
        print(what)
    return min(len(wrong), 1)


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--utterances", type=int, help="default: 5000 in a row, 2000 scenes in chaos")
    parser.add_argument("--seed", type=int, help="decides what happens when (default: 6)")
    parser.add_argument("--chaos", action="store_true", help="everything that people do, and that may happen")
    parser.add_argument("--fallback", action="store_true", help="in chaos: every voice has a fallback")
    parser.add_argument("--only", type=int, help="in chaos: this scene alone")
    parser.add_argument("--minutes", type=float, help="in chaos: for so long, with a new seed")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else time_ns() if arguments.minutes else 6
    if arguments.chaos:
        logging.getLogger().addHandler(logging.NullHandler())
        return asyncio.run(
            chaos.run(
                arguments.utterances or 2000,
                seed,
                with_fallback=arguments.fallback,
                only=arguments.only,
                minutes=arguments.minutes,
            )
        )
    # Home Assistant logs every fault, as expected.
    logging.disable(logging.ERROR)
    return asyncio.run(_soak(arguments.utterances or 5000, seed))


if __name__ == "__main__":
    sys.exit(main())
