"""Subentry flow: a voice profile is added or changed."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.tts import DOMAIN as TTS_DOMAIN
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

from ..client import speech_client
from ..const import CONF_VOICE, DOMAIN
from ..state import async_hand_over
from .settings import from_settings, suggested_voice, to_settings, voice_schema
from .steps import VoiceSteps
from .titles import new_title


class VoiceSubentryFlow(
    VoiceSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]], ConfigSubentryFlow
):
    """Handles the flow of a voice profile."""

    def __init__(self) -> None:
        """Initialize the flow."""
        super().__init__()
        self._unreachable: dict[str, str] = {}
        """Why the service did not list its voices."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the name and the voice of a new profile."""
        self._unreachable = await self._async_list_voices(speech_client(self.hass, self._get_entry().data))
        if user_input is None:
            if self._unreachable:
                return self.async_abort(reason="cannot_connect")
            return self._show_voice_form(suggested_voice(self.hass, self._voices))
        if self._unreachable:
            return self._show_voice_form(user_input, self._unreachable)
        self._entered, self._settings = user_input, to_settings(self._service, user_input)
        return await self._async_test_voice()

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the voice and its settings; the service may be unreachable."""
        stored = self._profile.data
        self._unreachable = await self._async_list_voices(speech_client(self.hass, self._get_entry().data))
        if user_input is None:
            return self._show_voice_form(from_settings(self._service, stored))
        self._entered, self._settings = user_input, to_settings(self._service, user_input)
        if CONF_LANGUAGE in stored:
            self._settings[CONF_LANGUAGE] = stored[CONF_LANGUAGE]
        is_new = self._settings[CONF_VOICE] != stored[CONF_VOICE]
        if is_new and not self._unreachable:
            return await self._async_test_voice()
        if self._unreachable and not is_new and CONF_LANGUAGE not in stored:
            # The service has stated its language.
            return self._finish()
        return await self.async_step_language()

    @callback
    @override
    def _get_entry(self) -> ConfigEntry:
        if entry := self.hass.config_entries.async_get_entry(self._entry_id):
            return entry
        # It was removed while the form was open.
        raise AbortFlow("removed")

    @property
    def _profile(self) -> ConfigSubentry:
        """Return the voice profile that is changed."""
        if profile := self._get_entry().subentries.get(self._reconfigure_subentry_id):
            return profile
        raise AbortFlow("removed")

    @override
    def _show_voice_form(
        self, shown: Mapping[str, Any], errors: dict[str, str] | None = None
    ) -> SubentryFlowResult:
        if self.source == SOURCE_USER:
            fields = voice_schema(self._service, self._voices).schema
            schema = vol.Schema({vol.Optional(CONF_NAME): TextSelector(), **fields})
            return self._show_form("user", schema, shown, errors)
        own = er.async_get(self.hass).async_get_entity_id(TTS_DOMAIN, DOMAIN, self._profile.subentry_id)
        schema = voice_schema(self._service, self._voices, own_entity=own)
        return self._show_form("reconfigure", schema, shown, errors, name=self._profile.title)

    @override
    def _finish(self) -> SubentryFlowResult:
        entry = self._get_entry()
        if not self._unreachable:
            async_hand_over(self.hass, entry.data, self._service, self._voices)
        if self.source == SOURCE_USER:
            voice = self._settings[CONF_VOICE]
            names = {listed.id: listed.name for listed in self._voices}
            title = new_title(self.hass, self._entered.get(CONF_NAME, "").strip() or names.get(voice, voice))
            return self.async_create_entry(title=title, data=self._settings)
        return self.async_update_and_abort(entry, self._profile, data=self._settings)
