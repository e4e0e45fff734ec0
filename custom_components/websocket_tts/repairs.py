"""Repair flows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .client import speech_client
from .const import CONF_VOICE
from .flow.settings import suggested_voice, voice_selector
from .flow.steps import VoiceSteps
from .issues import Issue
from .state import async_hand_over

if TYPE_CHECKING:
    from homeassistant.components.repairs import RepairsFlowResult
    from homeassistant.components.repairs.models import RepairsFlowContext  # noqa: F401 (a base class names it)
    from homeassistant.config_entries import ConfigEntry, ConfigSubentry


class VoiceGoneFlow(VoiceSteps["RepairsFlowContext", "RepairsFlowResult", str], RepairsFlow):
    """Lets the user select another voice, and tests it."""

    def __init__(self, entry: ConfigEntry, said: dict[str, str]) -> None:
        """Initialize the flow with the data of the issue."""
        super().__init__()
        self._entry = entry
        self._said = said

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Start the flow."""
        return await self.async_step_voice()

    async def async_step_voice(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask for the voice, and test it."""
        if user_input is None:
            if await self._async_list_voices(speech_client(self.hass, self._entry.data)):
                return self.async_abort(reason="cannot_connect")
            return self._show_voice_form(suggested_voice(self.hass, self._voices))
        settings = self._profile.data if self._profile else {}
        self._entered, self._settings = user_input, {**settings, CONF_VOICE: user_input[CONF_VOICE].strip()}
        return await self._async_test_voice()

    @override
    def _show_voice_form(
        self, shown: Mapping[str, Any], errors: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        schema = vol.Schema({vol.Required(CONF_VOICE): voice_selector(self._service, self._voices)})
        return self._show_form("voice", schema, shown, errors, **self._said)

    @override
    def _finish(self) -> RepairsFlowResult:
        async_hand_over(self.hass, self._entry.data, self._service, self._voices)
        # The profile may have been removed in the meantime, and the problem with it.
        if profile := self._profile:
            self.hass.config_entries.async_update_subentry(self._entry, profile, data=self._settings)
        return self.async_create_entry(data={})

    @property
    def _profile(self) -> ConfigSubentry | None:
        return self._entry.subentries.get(self._said["subentry_id"])


class CertificateFlow(ConfirmRepairFlow):
    """Turns off certificate verification, when the user has confirmed that the network is trusted."""

    def __init__(self, entry: ConfigEntry) -> None:
        """Initialize the flow."""
        self._entry = entry

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        if user_input is not None:
            data = {**self._entry.data, CONF_VERIFY_SSL: False}
            self.hass.config_entries.async_update_entry(self._entry, data=data)
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    hass: HomeAssistant, _issue_id: str, data: dict[str, str] | None
) -> RepairsFlow:
    """Return the repair flow of an issue."""
    said = data or {}
    entry = hass.config_entries.async_get_known_entry(said["entry_id"])
    return VoiceGoneFlow(entry, said) if said["issue"] == Issue.VOICE_GONE else CertificateFlow(entry)
