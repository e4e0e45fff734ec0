"""The end of a task."""

import asyncio


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has cleaned up; what it raises is of no interest any more."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
