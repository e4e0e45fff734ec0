"""A conversation agent that writes as slowly as a language model, to try Assist with.

What it is asked is JSON: "text" is what it writes, "words_per_second" how fast, "at_once" whether it keeps
all of it until it has finished, and "pauses" maps numbers of words to seconds that it is silent after them,
as during the call of a tool.
"""

import asyncio
from collections.abc import AsyncGenerator
import json
from typing import Literal, override

from homeassistant.components.conversation import (
    AssistantContentDeltaDict,
    ChatLog,
    ConversationEntity,
    ConversationInput,
    ConversationResult,
    async_get_result_from_chat_log,
)
from homeassistant.components.conversation.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

ENTITY_ID = "conversation.slow_writer"


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Add the agent."""
    await hass.data[DATA_COMPONENT].async_add_entities([SlowWriter()])
    return True


class SlowWriter(ConversationEntity):
    """Writes what it is asked to write."""

    _attr_name = "Slow writer"
    _attr_unique_id = "slow_writer"
    _attr_supports_streaming = True

    def __init__(self) -> None:
        """Have a fixed entity id."""
        self.entity_id = ENTITY_ID

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        return "*"

    @override
    async def _async_handle_message(
        self, user_input: ConversationInput, chat_log: ChatLog
    ) -> ConversationResult:
        deltas = _written(**json.loads(user_input.text))
        async for _ in chat_log.async_add_delta_content_stream(self.entity_id, deltas):
            pass
        return async_get_result_from_chat_log(user_input, chat_log)


async def _written(
    text: str, words_per_second: float, *, at_once: bool = False, pauses: dict[str, float] | None = None
) -> AsyncGenerator[AssistantContentDeltaDict]:
    words = [f"{word} " for word in text.split()]
    yield {"role": "assistant"}
    for number, word in enumerate(words, 1):
        if not at_once:
            yield {"content": word}
        await asyncio.sleep(1 / words_per_second + (pauses or {}).get(str(number), 0))
    if at_once:
        yield {"content": "".join(words)}
