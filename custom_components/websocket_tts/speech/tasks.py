"""The end of tasks."""

import asyncio
from collections.abc import Coroutine
from typing import Any


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
