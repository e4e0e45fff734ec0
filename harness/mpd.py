"""A real media player, MPD, that records what it plays."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import struct

from .process import free_port, running

START_TIMEOUT = 15.0
PLAY_TIMEOUT = 60.0
_HEADER_SIZE = 44
# Without an output in real time: a recorder alone plays as fast as possible.
_CONFIGURATION = """
bind_to_address "127.0.0.1"
port "{port}"
zeroconf_enabled "no"
input {{
  plugin "curl"
}}
audio_output {{
  type "recorder"
  name "recorder"
  encoder "wave"
  path "{recording}"
}}
"""


class MpdError(Exception):
    """The player failed to start or to play."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorded audio (mono), in its original format."""

    sample_rate: int
    bits: int
    data: bytes


class Mpd:
    """A running player."""

    def __init__(self, port: int, recording: Path) -> None:
        """Initialize with its port on the loopback address, and the folder of its recordings."""
        self.port = port
        self._recording = recording

    async def status(self) -> dict[str, str]:
        """Return its status fields, such as error. Raises OSError if it does not respond."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"status\nclose\n")
        lines = (await reader.read()).decode().splitlines()
        writer.close()
        return dict(line.split(": ", 1) for line in lines if ": " in line)

    async def recorded(self) -> Recording:
        """Wait until it has played its queue, and return the recording. Raises MpdError if it failed."""
        # MPD names the file only when it is complete.
        async with asyncio.timeout(PLAY_TIMEOUT):
            while not self._recording.exists():
                if error := (await self.status()).get("error"):
                    raise MpdError(error)
                await asyncio.sleep(0.05)
        wav = self._recording.read_bytes()
        self._recording.unlink()
        channels, sample_rate, _, _, bits = struct.unpack_from("<HIIHH", wav, 22)
        if channels != 1:
            raise MpdError(f"it played {channels} channels")
        return Recording(sample_rate, bits, wav[_HEADER_SIZE:])

    async def wait_until_it_answers(self, process: asyncio.subprocess.Process) -> None:
        """Wait until it accepts commands. Raises MpdError if the process ends instead."""
        async with asyncio.timeout(START_TIMEOUT):
            while process.returncode is None:
                try:
                    await self.status()
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    return
        raise MpdError("MPD ended instead of starting")


@asynccontextmanager
async def mpd(folder: Path) -> AsyncGenerator[Mpd]:
    """Run MPD with all its files in this folder; its output is in mpd.log."""
    port, recording = free_port(), folder / "recording.wav"
    configuration = folder / "mpd.conf"
    configuration.write_text(_CONFIGURATION.format(port=port, recording=recording), encoding="utf-8")
    command = ["mpd", "--no-daemon", "--stderr", str(configuration)]
    async with running(command, folder / "mpd.log", folder) as process:
        player = Mpd(port, recording)
        await player.wait_until_it_answers(process)
        yield player
