"""Repair flows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .const import CONF_CHIME, CONF_FALLBACK, CONF_VOICE, SECTION_ADVANCED
from .flow.settings import suggested_voice, voice_schema
from .flow.steps import VoiceSteps
from .flow.titles import own_entity, voice_title
from .issues import Issue
from .state import async_hand_over

if TYPE_CHECKING:
    from homeassistant.components.repairs import RepairsFlowResult
    from homeassistant.components.repairs.models import RepairsFlowContext  # noqa: F401 (a base class names it)
    from homeassistant.config_entries import ConfigEntry


_FIELDS = {Issue.VOICE_GONE: CONF_VOICE, Issue.FALLBACK_GONE: CONF_FALLBACK, Issue.CHIME_GONE: CONF_CHIME}
"""What is selected anew; the name of the step as well."""


class ProfileFlow(VoiceSteps["RepairsFlowContext", "RepairsFlowResult", str], RepairsFlow):
    """Lets the user select something else for what is gone of a voice profile."""

    def __init__(self, entry: ConfigEntry, said: dict[str, str]) -> None:
        """Initialize the flow with the data of the issue."""
        super().__init__()
        self._entry = entry
        self._entry_data = entry.data
        self._said = said
        self._field = _FIELDS[Issue(said["issue"])]
        self._profile = entry.subentries[said["subentry_id"]]
        self._before = self._profile.data

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Start the flow."""
        return await self._async_change(None)

    async def async_step_voice(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask for the voice, the fallback or the chime, and test it."""
        return await self._async_change(user_input)

    async_step_fallback = async_step_chime = async_step_voice

    @override
    def _settings_of(self, user_input: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._before, self._field: None, **user_input}

    @override
    async def _async_test_voice(self) -> RepairsFlowResult:
        return await super()._async_test_voice() if self._field == CONF_VOICE else self._finish()

    @override
    def _show_voice_form(
        self, shown: Mapping[str, Any], errors: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        if self._unreachable and self._field == CONF_VOICE:
            return self.async_abort(reason="cannot_connect")
        form = voice_schema(self._service, self._labels, own_entity(self.hass, self._profile)).schema
        fields = {**form, **form[SECTION_ADVANCED].schema.schema}
        schema = vol.Schema({key: field for key, field in fields.items() if key == self._field})
        if SECTION_ADVANCED in shown:
            # What is stored is gone.
            shown = suggested_voice(self.hass, self._voices)
        error = next(iter((errors or {}).values()), None)
        return self._show_form(
            self._field, schema, shown, {self._field: error} if error else {}, **self._said
        )

    @override
    def _finish(self) -> RepairsFlowResult:
        async_hand_over(self.hass, self._entry.data, self._service, self._voices)
        # The profile may have been removed in the meantime, and the problem with it.
        if self._profile.subentry_id in self._entry.subentries:
            title = voice_title(self.hass, type(self._service), self._settings, self._profile)
            self.hass.config_entries.async_update_subentry(
                self._entry, self._profile, title=title, data=self._settings
            )
        return self.async_create_entry(data={})


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
    return ProfileFlow(entry, said) if said["issue"] in _FIELDS else CertificateFlow(entry)
