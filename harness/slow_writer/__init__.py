"""A conversation agent that writes as slowly as a language model, for testing Assist.

Its input is JSON with the fields of Writing.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
import json
import re
from typing import Any, Literal, override

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
from homeassistant.helpers import config_validation as cv, llm
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

DOMAIN = "slow_writer"
ENTITY_ID = f"conversation.{DOMAIN}"
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Set up the agent."""
    await hass.data[DATA_COMPONENT].async_add_entities([SlowWriter()])
    return True


class SlowTool(llm.Tool):
    """A slow tool."""

    name = "take_time"
    description = "Takes so many seconds."
    integration = DOMAIN
    parameters = vol.Schema({vol.Required("seconds"): cv.positive_float})

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: llm.ToolInput, llm_context: llm.LLMContext
    ) -> Any:
        await asyncio.sleep(self.parameters(tool_input.tool_args)["seconds"])
        # Home Assistant 2026.10 and older requires the plain object, which newer versions deprecate.
        result: JsonObjectType = {"done": True}
        return llm.ToolResult(data=result) if hasattr(llm, "ToolResult") else result


class SlowAPI(llm.API):
    """The LLM API with the tool."""

    @override
    async def async_get_api_instance(self, llm_context: llm.LLMContext) -> llm.APIInstance:
        return llm.APIInstance(self, "", llm_context, [SlowTool()])


class AgentFailedError(Exception):
    """The error of a model whose provider fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A text, and how it is written."""

    text: str
    """Written word by word, with the white space after each."""
    words_per_second: float
    at_once: bool = False
    """Whether it is sent as a whole when it is complete."""
    pauses: dict[str, float] = field(default_factory=dict)
    """Pauses in seconds, by the number of the word before."""
    tool_seconds: float = 0.0
    """Duration of a tool call after the text, in seconds; 0 for none."""
    answer: str = ""
    """The message after the tool call."""
    end: Literal["ends", "raises", "hangs"] = "ends"
    """What happens after the last word."""

    async def deltas(self) -> AsyncGenerator[AssistantContentDeltaDict]:
        """Yield the text like the provider of a language model."""
        yield {"role": "assistant"}
        async for delta in self._message(self.text):
            yield delta
        if self.tool_seconds:
            call = llm.ToolInput(SlowTool.name, {"seconds": self.tool_seconds})
            yield {"tool_calls": [call]}
            # Home Assistant waits for the tool before it continues.
            yield {"role": "assistant"}
            async for delta in self._message(self.answer):
                yield delta
        if self.end == "raises":
            raise AgentFailedError("the model has failed")
        if self.end == "hangs":
            await asyncio.Event().wait()

    async def _message(self, text: str) -> AsyncGenerator[AssistantContentDeltaDict]:
        for number, word in enumerate(re.findall(r"\s*\S+\s*", text), 1):
            if not self.at_once:
                yield {"content": word}
            await asyncio.sleep(1 / self.words_per_second + self.pauses.get(str(number), 0))
        if self.at_once:
            yield {"content": text}


class SlowWriter(ConversationEntity):
    """A conversation entity that writes the requested text."""

    _attr_name = "Slow writer"
    _attr_unique_id = DOMAIN
    _attr_supports_streaming = True

    def __init__(self) -> None:
        """Initialize with a fixed entity ID."""
        self.entity_id = ENTITY_ID

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        return "*"

    @override
    async def _async_handle_message(
        self, user_input: ConversationInput, chat_log: ChatLog
    ) -> ConversationResult:
        writing = Writing(**json.loads(user_input.text))
        api = SlowAPI(hass=self.hass, id=DOMAIN, name="Slow writer")
        await chat_log.async_provide_llm_data(user_input.as_llm_context(DOMAIN), api)
        async for _ in chat_log.async_add_delta_content_stream(self.entity_id, writing.deltas()):
            pass
        return async_get_result_from_chat_log(user_input, chat_log)
