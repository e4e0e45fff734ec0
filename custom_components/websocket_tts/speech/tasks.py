"""Tasks: how they begin, and how they end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

type CreateTask = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]
"""Starts a task of this name."""


def create_own_task(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Start a task that belongs to nobody else."""
    return asyncio.create_task(work, name=name)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has cleaned up; what it raises is of no interest any more."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait until one of these has ended; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
