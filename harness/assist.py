"""Assist in a real Home Assistant, with a conversation agent that writes slowly."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp

from .home_assistant import Fetched, HomeAssistant, HomeAssistantError

_AGENT = "conversation.slow_writer"
INTEGRATION = Path(__file__).parent / "slow_writer"
CONFIGURATION = """
conversation:
assist_pipeline:
slow_writer:
"""
"""What Assist needs of configuration.yaml."""


async def add_assistant(
    hass: HomeAssistant, name: str, entity_id: str, language: str, ears: str | None = None
) -> str:
    """Make a voice assistant that speaks with an entity, and hears with one if it is to; return its id."""
    await hass.wait_for("assist_pipeline")
    assistant = await hass.command(
        type="assist_pipeline/pipeline/create",
        name=name,
        language="en",
        conversation_engine=_AGENT,
        conversation_language="en",
        stt_engine=ears,
        stt_language="en" if ears else None,
        tts_engine=entity_id,
        tts_language=language,
        tts_voice=None,
        wake_word_entity=None,
        wake_word_id=None,
    )
    return str(assistant["id"])


@dataclass(slots=True)
class Run:
    """A run of Assist that is under way; the times are of the monotonic clock, in seconds."""

    _socket: aiohttp.ClientWebSocketResponse
    asked_at: float
    text_at: float | None = None
    """When the first text was handed to text-to-speech."""

    async def event(self, wanted: str) -> dict[str, Any]:
        """Wait for an event; return its data. Raises HomeAssistantError if the run ends before."""
        while True:
            message = await self._socket.receive_json()
            if not message.get("success", True):
                raise HomeAssistantError(f"the assistant refused: {message['error']}")
            event = message.get("event", {})
            kind, data = event.get("type"), event.get("data") or {}
            if data.get("tts_start_streaming") or kind == "tts-start":
                self.text_at = self.text_at or monotonic()
            if kind == wanted:
                return dict(data)
            if kind in ("error", "run-end"):
                raise HomeAssistantError(f"the assistant ended without {wanted}: {data}")


@asynccontextmanager
async def run_assist(hass: HomeAssistant, assistant: str, **writing: object) -> AsyncGenerator[Run]:
    """Ask for an answer, written as slow_writer says; who leaves before its end has hung up."""
    async with hass.connect() as socket:
        asked_at = monotonic()
        await socket.send_json(
            {
                "id": 1,
                "type": "assist_pipeline/run",
                "start_stage": "intent",
                "end_stage": "tts",
                "input": {"text": json.dumps(writing)},
                "pipeline": assistant,
            }
        )
        yield Run(socket, asked_at)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was heard, and when its text was there."""

    audio: Fetched
    text_at: float
    """When the first text was handed to text-to-speech, in seconds of the monotonic clock."""

    @property
    def speech_after_text(self) -> float:
        """Return the seconds from the first text to the first speech."""
        return self.audio.first_speech_at - self.text_at


async def hear_answer(hass: HomeAssistant, assistant: str, **writing: object) -> Answer:
    """Ask for an answer, written as slow_writer says, and fetch its audio from when there is an address.

    Raises HomeAssistantError if the assistant fails.
    """
    async with run_assist(hass, assistant, **writing) as run:
        url = (await run.event("run-start"))["tts_output"]["url"]
        fetching = asyncio.create_task(hass.fetch_audio(url, run.asked_at))
        try:
            await run.event("run-end")
        except BaseException:
            fetching.cancel()
            raise
        audio = await fetching
    if not run.text_at:
        raise HomeAssistantError("the assistant has no voice")
    return Answer(audio, run.text_at)
