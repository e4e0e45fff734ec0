"""Where the CPU time for an announcement of a minute goes: python -m benchmarks.profile [COUNT]."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from .installation import SERVICES, WAV, Installation

MINUTE = "This is text {:06}. " + "This is one of many sentences. " * 47
_MOST_LINES = 12
# The innermost frame that is in here decides: part of "file:line:function".
_PARTS = {
    "base64.py": "base64",
    "speech/trace.py": "wire trace",
    "transport/http.py:parse_json": "JSON, reading a message",
    "vivoka/messages.py": "JSON, reading a message",
    "knovvu/messages.py": "JSON, reading a message",
    "audio/pcm.py:decode_base64": "JSON, reading a message",
    "speech/text/": "text: sentences, segments",
    "audio/buffer.py:put": "buffer: taking samples, waking the listener",
    "audio/buffer.py": "buffer: handing out, waiting for more",
    "audio/": "samples: header, splice, volume",
    "speech/request.py:feed": "samples: header, splice, volume",
    "speech/request.py:_put": "samples: header, splice, volume",
    "knovvu/end_of_speech.py": "deadline, state of the session",
    "transport/websocket.py:receive": "deadline, state of the session",
    "transport/websocket.py:open_socket": "asking: HTTP, handshake, sending text",
    "transport/http.py": "asking: HTTP, handshake, sending text",
    "knovvu/session.py:_send": "asking: HTTP, handshake, sending text",
    "knovvu/session.py:_tell": "asking: HTTP, handshake, sending text",
    "aiohttp/client_ws.py": "aiohttp: receiving frames",
    "aiohttp/client_proto.py": "aiohttp: receiving frames",
    "knovvu/session.py": "deadline, state of the session",
    "vivoka/client.py:_receive_audio": "deadline, state of the session",
    "speech/": "the rest of the client library",
    "websocket_tts/": "the entity, records, sensors",
    "tts/__init__.py:async_load_data": "Home Assistant: cache, its join at the end, queue",
    "tts/__init__.py:get": "Home Assistant: writing to the player",
    "tts/__init__.py": "Home Assistant: cache, its join at the end, queue",
    "aiohttp/web_response.py": "Home Assistant: writing to the player",
    "aiohttp/web": "Home Assistant: request, authentication",
    "homeassistant/runner.py": "event loop",
    "homeassistant/__main__.py": "event loop",
    "homeassistant/": "Home Assistant: the rest",
    "_read_ready": "sockets: receiving",
    "asyncio/": "event loop",
    "selectors.py": "event loop",
}


def _part(stack: list[str]) -> str:
    for frame in stack:
        file, _, function = frame.rsplit(":", 2)
        for place, part in _PARTS.items():
            name, _, wanted = place.partition(":")
            if (name in file or name == function) and wanted in ("", function):
                if part != "event loop":
                    return part
                break
    return "event loop"


def _show(name: str, samples: list[list[str | int]], milliseconds: float) -> None:
    parts, lines = Counter[str](), Counter[str]()
    for *stack, count in samples:
        frames = [str(frame) for frame in stack]
        parts[_part(frames)] += int(count)
        if frames:
            file, line, function = frames[0].rsplit(":", 2)
            lines[f"{'/'.join(file.split('/')[-2:])}:{line} ({function})"] += int(count)
    total = parts.total()
    print(f"\n{name}: {milliseconds:.3f} ms of CPU time for a second of audio, {total} samples")
    for counted in (parts.most_common(), lines.most_common(_MOST_LINES)):
        print()
        for what, count in counted:
            print(f"| {what} | {count / total:.1%} | {count / total * milliseconds * 1000:.0f} us |")


async def _main(count: int) -> None:
    async with AsyncExitStack() as stack:
        installation = Installation()
        await installation.start(stack)
        folder = Path(stack.enter_context(TemporaryDirectory()))
        hass, habits = installation.hass, installation.simulator.habits
        habits.first_audio_latency = habits.speed = 0
        for entity in (f"{service}.rtt0" for service in SERVICES):
            await installation.hear(entity, WAV, MINUTE)
            await hass.call("POST", "/api/services/sampler/start", {})
            before, seconds = hass.cpu_seconds(), 0.0
            for _ in range(count):
                seconds += len((await installation.hear(entity, WAV, MINUTE)).audio.data) / 48000
            spent = (hass.cpu_seconds() - before) / seconds * 1000
            file = folder / entity
            await hass.call("POST", "/api/services/sampler/stop", {"file": str(file)})
            _show(entity, json.loads(file.read_text(encoding="utf-8")), spent)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
