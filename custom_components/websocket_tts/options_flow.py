"""The options: everything that is no connection."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload

from .attempt import Attempt
from .client import speech_client
from .const import CONF_VOICE
from .schemas import from_options, to_options, voice_schema
from .settings import voice_settings


class WebSocketTTSOptionsFlow(OptionsFlowWithReload):
    """Asks how to speak."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the voice and the settings; the service may be away meanwhile."""
        entry = self.config_entry
        service = speech_client(self.hass, entry.data)
        listing = Attempt()
        voices = []
        async with listing:
            voices = await service.voices()
        attempt = Attempt()
        if user_input is not None:
            options = to_options(service, user_input)
            known = {voice.id for voice in voices} | {entry.options[CONF_VOICE]}
            if voices and options[CONF_VOICE] not in known:
                async with attempt:
                    await service.verify_voice(voice_settings(options))
            if not attempt.failed:
                return self.async_create_entry(data=options)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                # A list alone shows names; what can be typed in shows as it is.
                voice_schema(service, voices, own_voice=not (service.lists_all_voices and voices)),
                user_input or from_options(service, entry.options),
            ),
            errors=attempt.errors,
            description_placeholders=attempt.placeholders,
        )
