"""Demo: a real Home Assistant speaks through both protocols. scripts/demo ["Any text"] [--serve]."""

import argparse
from array import array
import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
import signal
import struct
import sys
from tempfile import TemporaryDirectory
from typing import Any

from .home_assistant import (
    PASSWORD,
    USERNAME,
    WAV_HEADER_SIZE,
    Fetched,
    HomeAssistant,
    HomeAssistantError,
    home_assistant,
)
from .simulator_process import simulator

DOMAIN = "websocket_tts"
FOLDER = Path(__file__).parents[1] / "demo"
TOKEN = "demo-token"  # noqa: S105 (the simulator asks for it)
CLIENT_ID = "demo-client"
CLIENT_SECRET = "demo-secret"  # noqa: S105 (the same)
PLAYER = Path(__file__).parent / "browser_player"
GUIDE = """
Home Assistant   {url}
User             {username}
Password         {password}

Both services are set up already. These are not, so that you can set them up by hand:

Vivoka VDK Service
  Host           127.0.0.1:{port}
  Access token   {token}

Knovvu TTS
  Host           ws://127.0.0.1:{port}/synthesizer
  Access token   {token}
or, instead of the access token:
  Client ID      {client_id}
  Client secret  {client_secret}
  Token URL      http://127.0.0.1:{port}/connect/token

What to try first, in a browser on this computer:
1. Settings > Tools > Actions: select the action "Speak", a voice as its target, the media player
   "Kitchen", and enter a message. You hear it in the browser, in every tab with this Home Assistant.
2. Select YAML mode there, and paste an example of the README with tts.speak.
3. Media > Text-to-speech: listen to other voices and languages.
4. Settings > Devices & services > Add integration: search for Vivoka or Knovvu, and enter the above.
5. Settings > Devices & services > WebSocket TTS > Add voice: try a chime, or another volume.

Ctrl-C ends everything."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the demo, and the input for its config flow."""

    kind: str
    host: str
    voice: str
    connection: dict[str, str]

    def answers(self, port: int) -> list[dict[str, Any]]:
        """Return the input of the form."""
        return [
            {"next_step_id": self.kind},
            {"host": self.host.format(port=port), "verify_ssl": True, **self.connection},
            {"voice": self.voice, "advanced": {}},
        ]


SERVICES = (
    Service("vivoka", "127.0.0.1:{port}", "enu,evan,embedded-pro", {"token": TOKEN}),
    Service("knovvu", "ws://127.0.0.1:{port}/synthesizer", "Emily_Premium", {"token": TOKEN}),
)
KINDS = tuple(service.kind for service in SERVICES)


class DemoError(Exception):
    """The audio is not as expected."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The result of one service; times in seconds."""

    service: Service
    sample_rate: int
    length: float
    first_audio_wav: float
    first_audio_mp3: float


def exact_wav(streamed: bytes) -> bytes:
    """Return a streamed WAV with exact sizes, so that every player opens it."""
    size = len(streamed) - WAV_HEADER_SIZE
    return (
        streamed[:4]
        + struct.pack("<I", size + WAV_HEADER_SIZE - 8)
        + streamed[8:40]
        + struct.pack("<I", size)
        + streamed[WAV_HEADER_SIZE:]
    )


def check_speech(wav: Fetched, mp3: Fetched, text: str) -> tuple[int, float]:
    """Return sample rate (Hz) and duration (s) of the audio. Raises DemoError if it cannot be the text."""
    if wav.data[:4] != b"RIFF" or wav.content_type not in ("audio/x-wav", "audio/wav", "audio/vnd.wave"):
        raise DemoError(f"this is no WAV but {wav.content_type}")
    (sample_rate,) = struct.unpack_from("<I", wav.data, 24)
    samples = array("h", wav.data[WAV_HEADER_SIZE:])
    length = len(samples) / sample_rate
    loudest = max(map(abs, samples), default=0)
    if loudest < 1000:
        raise DemoError(f"this is silence: the loudest sample is {loudest}")
    if not 0.02 * len(text) < length < 5 + 0.3 * len(text):
        raise DemoError(f"{length:.1f} s cannot be the speech of {len(text)} characters")
    if len(mp3.data) < 1000 * length:
        raise DemoError(f"{len(mp3.data)} bytes of MP3 cannot be {length:.1f} s")
    return sample_rate, length


async def speak(hass: HomeAssistant, service: Service, entity_id: str, text: str) -> Spoken:
    """Let one service speak a text, and save the audio as WAV and MP3."""
    wav = await hass.fetch_speech(entity_id, text, {"preferred_format": "wav"})
    mp3 = await hass.fetch_speech(entity_id, text, {})
    sample_rate, length = check_speech(wav, mp3, text)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{service.kind}.wav").write_bytes(exact_wav(wav.data))
    (FOLDER / f"{service.kind}.mp3").write_bytes(mp3.data)
    return Spoken(service, sample_rate, length, wav.first_audio, mp3.first_audio)


def show(spoken: list[Spoken]) -> None:
    """Print the results."""
    print(f"\n{'':8}{'voice':24}{'sample rate':>12}{'length':>10}{'first audio: WAV':>19}{'MP3':>10}")
    for one in spoken:
        print(
            f"{one.service.kind:8}{one.service.voice:24}{one.sample_rate:>9} Hz{one.length:>8.2f} s"
            f"{one.first_audio_wav * 1000:>16.0f} ms{one.first_audio_mp3 * 1000:>7.0f} ms"
        )
    for one in spoken:
        print(f"demo/{one.service.kind}.wav  demo/{one.service.kind}.mp3")


def simulated_services(folder: Path) -> AbstractAsyncContextManager[int]:
    """Return what runs both services, with their credentials, on a port of their own."""
    credentials = ("--token", TOKEN, "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET)
    return simulator(folder / "simulator.log", *credentials)


def guide(url: str, port: int) -> str:
    """Return what a person needs: the address, what a service is set up with, and what to try."""
    return GUIDE.format(
        url=url,
        port=port,
        username=USERNAME,
        password=PASSWORD,
        token=TOKEN,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )


async def run(text: str, *, serve: bool) -> None:
    """Start everything, speak, and end everything; with serve, only on a signal."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="websocket-tts-demo-")))
        log = folder / "output.log"
        try:
            print("Starting the simulator of both services ...", flush=True)
            port = await stack.enter_async_context(simulated_services(folder))
            print("Starting Home Assistant (the first time takes longest) ...", flush=True)
            hass = await stack.enter_async_context(
                home_assistant(folder, more="browser_player:\n", integrations=[PLAYER])
            )
            await hass.onboard()
            spoken = []
            for service in SERVICES:
                print(f"Setting up {service.kind} through its config flow ...", flush=True)
                entry = await hass.add_entry(DOMAIN, *service.answers(port))
                entity_id = await hass.entity_of(entry)
                print(f"Speaking with {entity_id} ...", flush=True)
                spoken.append(await speak(hass, service, entity_id, text))
        except Exception:
            print("\nThe last lines of Home Assistant's log:", file=sys.stderr)
            lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else ["(none)"]
            print("\n".join(lines[-20:]), file=sys.stderr)
            raise
        show(spoken)
        if serve:
            # Others than those that are set up: a service cannot be added twice.
            unused = await stack.enter_async_context(simulated_services(folder))
            print(guide(hass.url, unused), flush=True)
            await asyncio.Event().wait()


async def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("text", nargs="?", default="I want a coffee", help="text to speak (%(default)s)")
    parser.add_argument("--serve", action="store_true", help="keep everything running, to open in a browser")
    arguments = parser.parse_args()
    demo = asyncio.create_task(run(arguments.text, serve=arguments.serve))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, demo.cancel)
    try:
        await demo
    except asyncio.CancelledError:
        print("\nEnded.")
        return 0 if arguments.serve else 130
    except (DemoError, HomeAssistantError, TimeoutError) as err:
        print(f"\nThe demo failed: {err or 'it took too long'}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
