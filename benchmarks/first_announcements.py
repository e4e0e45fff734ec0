"""The first announcement after a start and after a long silence, beside the usual one."""

import asyncio
from contextlib import AsyncExitStack
from statistics import median

from .installation import SERVICES, WAV, Figures, Installation

SILENCE = 65.0
"""Seconds after which all has ended that an hour would have ended: connections kept open for the next request
(15 s), names that were looked up (10 s), the connection made ahead in a conversation (60 s)."""
_SETTLED = 5.0
"""Seconds in which Home Assistant is busy with its start, once the entity is there."""
_USUAL_OF = 5
ENTITIES = (*(f"{service}.rtt0" for service in SERVICES), "wyoming")


def _name(entity: str, what: str) -> str:
    return f"first_over_usual.{entity.removesuffix('.rtt0')}.{what}"


async def _usual(installation: Installation, entity: str) -> float:
    return median([(await installation.hear(entity, WAV)).first_audio for _ in range(_USUAL_OF)])


async def after_silence(installation: Installation, rounds: int) -> Figures:
    """Return the time to the first audio after a long silence, divided by the usual."""
    ratios: dict[str, list[float]] = {entity: [] for entity in ENTITIES}
    for _ in range(rounds):
        await asyncio.sleep(SILENCE)
        for entity in ENTITIES:
            first = (await installation.hear(entity, WAV)).first_audio
            ratios[entity].append(first / await _usual(installation, entity))
    return {_name(entity, "silence"): median(values) for entity, values in ratios.items()}


async def after_start(rounds: int) -> Figures:
    """Return the time to the first audio after a start of Home Assistant, divided by the usual."""
    figures: Figures = {}
    async with AsyncExitStack() as stack:
        installation = Installation()
        await installation.start_services(stack)
        async with installation.home_assistant():
            await installation.set_up()
            await installation.hass.wait_until_started()
        for entity in ENTITIES:
            ratios = []
            for _ in range(rounds):
                async with installation.home_assistant():
                    await installation.hass.wait_for_state(installation.entities[entity])
                    await asyncio.sleep(_SETTLED)
                    first = (await installation.hear(entity, WAV)).first_audio
                    ratios.append(first / await _usual(installation, entity))
            figures[_name(entity, "start")] = median(ratios)
    return figures
