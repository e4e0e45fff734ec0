"""The simulator as a process of its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sys

from .process import free_port, running

START_TIMEOUT = 30.0


@asynccontextmanager
async def simulator(log: Path, *arguments: str, port: int | None = None) -> AsyncGenerator[int]:
    """Start both simulated services; return their port on the loopback address, which may be a given one."""
    port = port or free_port()
    command = [sys.executable, "-m", "simulator", "--port", str(port), *arguments]
    async with running(command, log) as process:
        async with asyncio.timeout(START_TIMEOUT):
            while not await _listens(port):
                if process.returncode is not None:
                    raise RuntimeError(f"the simulator ended instead of starting, see {log}")
                await asyncio.sleep(0.05)
        yield port


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
