"""Bare clients that do the same as the vendors' sample programs, with a connection for every step."""

from base64 import b64decode
import json
from time import monotonic, process_time

import aiohttp

from simulator.voices import KNOVVU, VIVOKA

VIVOKA_VOICE = next(iter(VIVOKA))
KNOVVU_VOICE = next(iter(KNOVVU))
VOICES = {"vivoka": VIVOKA_VOICE, "knovvu": KNOVVU_VOICE}
_PREFIX = "data:audio/pcm;base64,"


async def vivoka(port: int, text: str, *, whole: bool = False) -> float:
    """Return the seconds to the first audio; with whole, the CPU seconds of all of it."""
    begun, cpu = monotonic(), process_time()
    base = f"127.0.0.1:{port}/v1"
    async with aiohttp.ClientSession() as session:
        body = {"text": text, "voice_id": VIVOKA_VOICE}
        async with session.post(f"http://{base}/voice-synthesis/synthesize", json=body) as response:
            token = (await response.json())["token"]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://{base}/ws/{token}", max_msg_size=0) as socket,
    ):
        async for message in socket:
            data = json.loads(message.data).get("data", "")
            if data.startswith(_PREFIX) and b64decode(data.removeprefix(_PREFIX)) and not whole:
                break
    return process_time() - cpu if whole else monotonic() - begun


async def knovvu(port: int, text: str, *, whole: bool = False) -> float:
    """Return the seconds to the first audio; with whole, the CPU seconds of all of it."""
    begun, cpu = monotonic(), process_time()
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://127.0.0.1:{port}/synthesizer", max_msg_size=0) as socket,
    ):
        await socket.send_json(first_message())
        await socket.send_json({"message-name": "add-tts-text", "text": text, "flush": "true"})
        await socket.send_json({"message-name": "finalize-synthesis"})
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY and not whole:
                break
    return process_time() - cpu if whole else monotonic() - begun


def first_message() -> dict[str, str]:
    """Return the first message of a conversation with Knovvu."""
    return {
        "message-name": "synthesize",
        "audio-format": "pcm",
        "voice-name": KNOVVU_VOICE,
        "sample-rate": "24000",
        "volume": "1.0",
        "rate": "1.0",
    }
