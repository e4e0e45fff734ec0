"""Starting and ending tasks."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

type CreateTask = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]
"""Starts a task with a name."""


def create_own_task(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Start a task of our own."""
    return asyncio.create_task(work, name=name)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its cleanup; its exception is ignored."""
    if not task.done():
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
