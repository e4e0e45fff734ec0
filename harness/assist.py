"""Assist in a real Home Assistant, with a conversation agent that writes slowly."""

import asyncio
import json
from pathlib import Path
from time import monotonic

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


async def hear_answer(hass: HomeAssistant, assistant: str, **writing: object) -> Fetched:
    """Ask for an answer, written as slow_writer says, and fetch its audio from when there is an address.

    Raises HomeAssistantError if the assistant fails.
    """
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
        fetching: asyncio.Task[Fetched] | None = None
        while True:
            message = await socket.receive_json()
            if not message.get("success", True):
                raise HomeAssistantError(f"the assistant refused: {message['error']}")
            event = message.get("event", {})
            if event.get("type") == "run-start":
                url = event["data"]["tts_output"]["url"]
                fetching = asyncio.create_task(hass.fetch_audio(url, asked_at))
            if event.get("type") == "error":
                raise HomeAssistantError(f"the assistant failed: {event['data']}")
            if event.get("type") == "run-end":
                break
        if not fetching:
            raise HomeAssistantError("the assistant has no voice")
        return await fetching
