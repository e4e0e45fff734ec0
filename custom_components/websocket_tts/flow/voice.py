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
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow

from ..state import async_hand_over
from .settings import suggested_voice, voice_schema
from .steps import VoiceSteps
from .titles import own_entity, voice_title


class VoiceSubentryFlow(
    VoiceSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]], ConfigSubentryFlow
):
    """Handles the flow of a voice profile."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the name and the voice of a new profile."""
        self._connect(self._get_entry().data)
        await self._async_list_voices()
        if user_input is None:
            if self._unreachable:
                return self.async_abort(reason="cannot_connect")
            return self._show_voice_form(suggested_voice(self.hass, self._voices))
        return self._show_voice_form(user_input) if self._unreachable else await self._async_take(user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the voice and its settings."""
        self._entry_data, self._before = self._get_entry().data, self._profile.data
        return await self._async_change(user_input)

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
        errors = errors or self._list_errors
        if self.source == SOURCE_USER:
            schema = voice_schema(self._service, self._labels)
            return self._show_form("user", schema, shown, errors, **self._limits)
        schema = voice_schema(self._service, self._labels, own_entity(self.hass, self._profile))
        name = self._profile.title
        return self._show_form("reconfigure", schema, shown, errors, name=name, **self._limits)

    @override
    def _finish(self) -> SubentryFlowResult:
        entry = self._get_entry()
        if not self._unreachable:
            async_hand_over(self.hass, entry.data, self._service, self._voices)
        settings, before = self._settings, None if self.source == SOURCE_USER else self._profile
        title = voice_title(self.hass, type(self._service), settings, before)
        if before is None:
            return self.async_create_entry(title=title, data=settings)
        return self.async_update_and_abort(entry, before, title=title, data=settings)
