"""Subentry flow: a voice profile is added or changed."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.const import CONF_LANGUAGE, CONF_NAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import TextSelector
import voluptuous as vol

from ..const import CONF_VOICE
from ..state import async_hand_over
from .errors import FormErrors
from .schemas import from_settings, suggested_voice, to_settings, voice_schema
from .steps import VoiceSteps
from .titles import new_profile_title


class VoiceSubentryFlow(
    VoiceSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]], ConfigSubentryFlow
):
    """Handles the flow of a voice profile."""

    def __init__(self) -> None:
        """Initialize the flow."""
        super().__init__()
        self._unreachable = FormErrors()
        """Why the service did not list its voices."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the name and the voice of a new profile."""
        if user_input is None:
            if await self._async_list_voices(self._get_entry().data):
                return self.async_abort(reason="cannot_connect")
            return self._show_voice_form(suggested_voice(self.hass, self._voices))
        self._entered, self._settings = user_input, to_settings(self._service, user_input)
        return await self._async_test_voice()

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the voice and its settings; the service may be unreachable."""
        stored = self._profile.data
        self._unreachable = await self._async_list_voices(self._get_entry().data)
        if user_input is None:
            return self._show_voice_form(from_settings(self._service, stored))
        self._entered, self._settings = user_input, to_settings(self._service, user_input)
        if CONF_LANGUAGE in stored:
            self._settings[CONF_LANGUAGE] = stored[CONF_LANGUAGE]
        if self._is_new_voice and not self._unreachable:
            return await self._async_test_voice()
        self._drop_preview()
        return await self._async_voice_chosen()

    @callback
    @override
    def _get_entry(self) -> ConfigEntry:
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None:
            # It was removed while the form was open.
            raise AbortFlow("removed")
        return entry

    @property
    def _profile(self) -> ConfigSubentry:
        """Return the voice profile that is changed."""
        profile = self._get_entry().subentries.get(self._reconfigure_subentry_id)
        if profile is None:
            raise AbortFlow("removed")
        return profile

    @property
    def _is_new_voice(self) -> bool:
        return bool(self._settings[CONF_VOICE] != self._profile.data[CONF_VOICE])

    @property
    @override
    def _asks_language(self) -> bool:
        if self._unreachable and CONF_LANGUAGE not in self._settings and not self._is_new_voice:
            # The service has stated it.
            return False
        return super()._asks_language

    @override
    def _show_voice_form(
        self, shown: Mapping[str, Any], errors: FormErrors | None = None
    ) -> SubentryFlowResult:
        if self.source == SOURCE_USER:
            schema = voice_schema(self._service, self._voices, {vol.Optional(CONF_NAME): TextSelector()})
            return self._show_form("user", schema, shown, errors)
        entities = er.async_entries_for_config_entry(er.async_get(self.hass), self._entry_id)
        own = [
            entity.entity_id
            for entity in entities
            if entity.config_subentry_id == self._profile.subentry_id
        ]
        schema = voice_schema(self._service, self._voices, own_entities=own)
        return self._show_form("reconfigure", schema, shown, errors, name=self._profile.title)

    @override
    def _finish(self) -> SubentryFlowResult:
        entry = self._get_entry()
        if not self._unreachable:
            async_hand_over(self.hass, entry.data, self._service, self._voices)
        if self.source == SOURCE_USER:
            name, voice = self._entered.get(CONF_NAME, ""), self._settings[CONF_VOICE]
            title = new_profile_title(self.hass, name, voice, self._voices)
            return self.async_create_entry(title=title, data=self._settings)
        return self.async_update_and_abort(entry, self._profile, data_updates=self._settings)
