"""Repair flows."""

from typing import TYPE_CHECKING

from homeassistant.components.repairs import RepairsFlow
from homeassistant.const import CONF_LANGUAGE, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .client import speech_client
from .const import CONF_VOICE
from .issues import Issue
from .schemas import asks_language, language_schema, voice_selector, voice_to_suggest
from .speech import SpeechError, Voice

if TYPE_CHECKING:
    from homeassistant.components.repairs import RepairsFlowResult
    from homeassistant.config_entries import ConfigSubentry

    from .coordinator import WebSocketTTSConfigEntry


class _EntryFlow(RepairsFlow):
    """A repair flow that changes the config entry or one of its voice profiles."""

    def __init__(self, entry: WebSocketTTSConfigEntry, said: dict[str, str]) -> None:
        """Initialize the flow with the data of the issue."""
        self._entry = entry
        self._said = said


class VoiceGoneFlow(_EntryFlow):
    """Lets the user select another voice."""

    def __init__(self, entry: WebSocketTTSConfigEntry, said: dict[str, str]) -> None:
        """Initialize the flow with the data of the issue."""
        super().__init__(entry, said)
        self._voices: list[Voice] = []
        self._changed: dict[str, str] = {}

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Start the flow."""
        return await self.async_step_voice()

    async def async_step_voice(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask for the voice."""
        if user_input is not None:
            self._changed = {CONF_VOICE: user_input[CONF_VOICE].strip()}
            if asks_language(self._voices, self._changed[CONF_VOICE]):
                return await self.async_step_language()
            return self._change()
        service = speech_client(self.hass, self._entry.data)
        try:
            self._voices = await service.voices()
        except SpeechError:
            return self.async_abort(reason="cannot_connect")
        selector = voice_selector(self._voices, own_voice=not service.lists_all_voices)
        suggested = voice_to_suggest(self.hass, self._voices)
        return self.async_show_form(
            step_id="voice",
            data_schema=vol.Schema({vol.Required(CONF_VOICE, default=suggested or vol.UNDEFINED): selector}),
            description_placeholders=self._said,
        )

    async def async_step_language(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask for the language of the voice, if the service does not state it."""
        if user_input is not None:
            self._changed |= user_input
            return self._change()
        return self.async_show_form(
            step_id="language",
            data_schema=language_schema(self.hass, self._language),
            description_placeholders=self._said | self._changed,
        )

    def _change(self) -> RepairsFlowResult:
        # The profile may have been removed in the meantime, and the problem with it.
        if profile := self._profile:
            data = {**profile.data, **self._changed}
            self.hass.config_entries.async_update_subentry(self._entry, profile, data=data)
        return self.async_create_entry(data={})

    @property
    def _language(self) -> str | None:
        language: str | None = self._profile.data.get(CONF_LANGUAGE) if self._profile else None
        return language

    @property
    def _profile(self) -> ConfigSubentry | None:
        return self._entry.subentries.get(self._said["subentry_id"])


class CertificateFlow(_EntryFlow):
    """Lets the user turn off certificate verification."""

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Start the flow."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask the user to confirm that the network is trusted."""
        if user_input is not None:
            data = {**self._entry.data, CONF_VERIFY_SSL: False}
            self.hass.config_entries.async_update_entry(self._entry, data=data)
            return self.async_create_entry(data={})
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
    """Return the repair flow of an issue."""
    said = data or {}
    entry = hass.config_entries.async_get_known_entry(said["entry_id"])
    return _FLOWS[said["issue"]](entry, said)
