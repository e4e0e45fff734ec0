"""Options flow: the voice and its settings."""

from collections.abc import Iterable
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_LANGUAGE
from homeassistant.helpers import entity_registry as er

from .client import speech_client
from .const import CONF_VOICE
from .coordinator import async_free_channel
from .form_errors import FormErrors, async_errors_of
from .schemas import asks_language, from_options, language_schema, to_options, voice_schema
from .settings import voice_settings
from .speech import SpeechClient, Voice


class WebSocketTTSOptionsFlow(OptionsFlowWithReload):
    """Handles an options flow."""

    def __init__(self) -> None:
        """Initialize the flow."""
        self._options: dict[str, Any] = {}

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the voice and its settings; the service may be unreachable."""
        stored = self.config_entry.options
        service = speech_client(self.hass, self.config_entry.data)
        voices: list[Voice] = []

        async def list_voices() -> None:
            voices.extend(await service.voices())

        await async_errors_of(list_voices())
        errors = FormErrors()
        if user_input is not None:
            self._options = dict(stored) | to_options(service, user_input)
            errors = await self._async_try(service, voices)
            if not errors and self._asks_language(voices):
                return await self.async_step_language()
            if not errors:
                return self.async_create_entry(data=self._options)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                # A plain list shows names; a list that allows custom values shows the value itself.
                voice_schema(
                    service,
                    voices,
                    own_voice=not (service.lists_all_voices and voices),
                    own_entities=self._own_entities,
                ),
                user_input or from_options(service, stored),
            ),
            errors=errors.errors,
            description_placeholders=errors.placeholders,
        )

    @property
    def _own_entities(self) -> list[str]:
        registry, entry_id = er.async_get(self.hass), self.config_entry.entry_id
        return [entity.entity_id for entity in er.async_entries_for_config_entry(registry, entry_id)]

    async def _async_try(self, service: SpeechClient, voices: Iterable[Voice]) -> FormErrors:
        """Test a new voice, if the service is reachable."""
        known = {voice.id for voice in voices}
        if not known or self._options[CONF_VOICE] in known | {self.config_entry.options[CONF_VOICE]}:
            return FormErrors()
        await async_free_channel(self.config_entry)
        return await async_errors_of(service.verify_voice(voice_settings(self._options)))

    def _asks_language(self, voices: list[Voice]) -> bool:
        stored = self.config_entry.options
        if not voices and self._options[CONF_VOICE] == stored[CONF_VOICE] and CONF_LANGUAGE not in stored:
            # The service, which is unreachable now, has stated it.
            return False
        return asks_language(voices, self._options[CONF_VOICE])

    async def async_step_language(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the language of the voice, if the service does not state it."""
        if user_input is not None:
            return self.async_create_entry(data=self._options | user_input)
        return self.async_show_form(
            step_id="language",
            data_schema=language_schema(self.hass, self._options.get(CONF_LANGUAGE)),
            description_placeholders={"voice": self._options[CONF_VOICE]},
        )
