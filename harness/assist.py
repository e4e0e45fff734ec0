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
"""The part of configuration.yaml that Assist needs."""


async def add_assistant(
    hass: HomeAssistant, name: str, entity_id: str, language: str, ears: str | None = None
) -> str:
    """Create a voice assistant with a text-to-speech and an optional speech-to-text entity; return its ID."""
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
    """A running Assist pipeline; times are in seconds of the monotonic clock."""

    _socket: aiohttp.ClientWebSocketResponse
    asked_at: float
    text_at: float | None = None
    """When text-to-speech got the first text."""

    async def event(self, wanted: str) -> dict[str, Any]:
        """Wait for an event; return its data. Raises HomeAssistantError if the run ends first."""
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
    """Request an answer, written as slow_writer defines; leaving the context early ends the run."""
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
    """The audio of an answer, and the time of its text."""

    audio: Fetched
    text_at: float
    """When text-to-speech got the first text, in seconds of the monotonic clock."""

    @property
    def speech_after_text(self) -> float:
        """Return the seconds from the first text to the first speech."""
        return self.audio.first_speech_at - self.text_at


async def hear_answer(hass: HomeAssistant, assistant: str, **writing: object) -> Answer:
    """Request an answer, written as slow_writer defines, and fetch its audio as soon as there is a URL.

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
