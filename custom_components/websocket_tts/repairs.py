"""The ways out of what only the user can repair."""

from typing import TYPE_CHECKING

from homeassistant.components.repairs import RepairsFlow
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .client import speech_client
from .const import CONF_VOICE
from .issues import Issue
from .schemas import voice_selector, voice_to_suggest
from .speech import SpeechError

if TYPE_CHECKING:
    from homeassistant.components.repairs import RepairsFlowResult

    from .coordinator import WebSocketTTSConfigEntry


class _EntryFlow(RepairsFlow):
    """A flow that changes an entry, which mends it."""

    def __init__(self, entry: WebSocketTTSConfigEntry, said: dict[str, str]) -> None:
        """Take what the issue said."""
        self._entry = entry
        self._said = said

    def _mended(self) -> RepairsFlowResult:
        self.hass.config_entries.async_schedule_reload(self._entry.entry_id)
        return self.async_create_entry(data={})


class VoiceGoneFlow(_EntryFlow):
    """Lets the user choose another voice."""

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_voice()

    async def async_step_voice(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask for the voice."""
        if user_input is not None:
            options = {**self._entry.options, **user_input}
            self.hass.config_entries.async_update_entry(self._entry, options=options)
            return self._mended()
        service = speech_client(self.hass, self._entry.data)
        try:
            voices = await service.voices()
        except SpeechError:
            return self.async_abort(reason="cannot_connect")
        selector = voice_selector(voices, own_voice=not service.lists_all_voices)
        suggested = voice_to_suggest(voices, self.hass.config.language)
        return self.async_show_form(
            step_id="voice",
            data_schema=vol.Schema({vol.Required(CONF_VOICE, default=suggested or vol.UNDEFINED): selector}),
            description_placeholders=self._said,
        )


class CertificateFlow(_EntryFlow):
    """Lets the user do without the verification."""

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask whether the network is trusted."""
        if user_input is not None:
            data = {**self._entry.data, CONF_VERIFY_SSL: False}
            self.hass.config_entries.async_update_entry(self._entry, data=data)
            return self._mended()
        return self.async_show_form(
            step_id="confirm", data_schema=vol.Schema({}), description_placeholders=self._said
        )


_FLOWS: dict[str, type[_EntryFlow]] = {
    Issue.VOICE_GONE: VoiceGoneFlow,
    Issue.CERTIFICATE: CertificateFlow,
}


async def async_create_fix_flow(
    hass: HomeAssistant, _issue_id: str, data: dict[str, str] | None
) -> RepairsFlow:
    """Return the flow that mends an issue."""
    said = data or {}
    entry = hass.config_entries.async_get_known_entry(said["entry_id"])
    return _FLOWS[said["issue"]](entry, said)
