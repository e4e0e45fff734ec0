"""Subentry flow: a voice profile is added or changed."""

from functools import partial
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowContext,
    SubentryFlowResult,
    UnknownEntry,
    UnknownSubEntry,
)
from homeassistant.const import CONF_LANGUAGE, CONF_NAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers import entity_registry as er

from .client import speech_client
from .const import CONF_VOICE
from .form_errors import SCHEMES, FormErrors, async_errors_of
from .schemas import from_settings, to_settings, voice_schema, voice_to_suggest
from .speech import SpeechClient
from .titles import new_profile_title
from .voice_steps import VoiceSteps


class VoiceSubentryFlow(
    VoiceSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]], ConfigSubentryFlow
):
    """Handles the flow of a voice profile."""

    def __init__(self) -> None:
        """Initialize the flow."""
        super().__init__()
        self._name = ""
        self._unreachable = FormErrors()
        """Why the service did not list its voices."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the name and the voice of a new profile."""
        service = await self._async_list_voices()
        if user_input is None:
            if self._unreachable:
                return self.async_abort(reason="cannot_connect")
            voice = voice_to_suggest(self.hass, self._voices)
            return self._show_form(service, {CONF_VOICE: voice} if voice else {})
        if self._unreachable:
            return self._show_form(service, user_input, self._unreachable)
        self._name = user_input.get(CONF_NAME, "")
        self._settings = to_settings(service, user_input)
        return await self._async_take(service, user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the voice and its settings; the service may be unreachable."""
        service = await self._async_list_voices()
        stored = self._get_reconfigure_subentry().data
        if user_input is None:
            return self._show_form(service, from_settings(service, stored))
        self._settings = to_settings(service, user_input)
        if CONF_LANGUAGE in stored:
            self._settings[CONF_LANGUAGE] = stored[CONF_LANGUAGE]
        return await self._async_take(service, user_input)

    @callback
    @override
    def _get_entry(self) -> ConfigEntry:
        try:
            return super()._get_entry()
        except UnknownEntry as err:
            # It was removed while the form was open.
            raise AbortFlow("removed") from err

    @callback
    @override
    def _get_reconfigure_subentry(self) -> ConfigSubentry:
        try:
            return super()._get_reconfigure_subentry()
        except (UnknownEntry, UnknownSubEntry) as err:
            raise AbortFlow("removed") from err

    async def _async_list_voices(self) -> SpeechClient:
        """Return a client of the service, after it has listed its voices; an earlier list stays."""
        service = speech_client(self.hass, self._get_entry().data)

        async def list_voices() -> None:
            self._voices = await service.voices()

        self._unreachable = await async_errors_of(list_voices())
        return service

    def _show_form(
        self, service: SpeechClient, shown: dict[str, Any], errors: FormErrors | None = None
    ) -> SubentryFlowResult:
        errors = errors or FormErrors()
        schema = voice_schema(
            service,
            self._voices,
            # A plain list shows names; a list that allows custom values shows the value itself.
            own_voice=not (service.lists_all_voices and self._voices),
            asks_name=self.source == SOURCE_USER,
            own_entities=self._own_entities,
        )
        name = {} if self.source == SOURCE_USER else {"name": self._get_reconfigure_subentry().title}
        return self.async_show_form(
            step_id=self.source,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors.errors,
            description_placeholders={**SCHEMES, **name, **errors.placeholders},
        )

    @property
    def _own_entities(self) -> list[str]:
        if self.source == SOURCE_USER:
            return []
        entities = er.async_entries_for_config_entry(er.async_get(self.hass), self._entry_id)
        own = self._reconfigure_subentry_id
        return [entity.entity_id for entity in entities if entity.config_subentry_id == own]

    async def _async_take(self, service: SpeechClient, user_input: dict[str, Any]) -> SubentryFlowResult:
        """Test a new voice, if the service is reachable, and continue."""
        show = partial(self._show_form, service, user_input)
        self._drop_trial()
        is_tested = self._is_new_voice and not self._unreachable
        if is_tested and (errors := await self._async_test_voice(service)):
            return show(errors)
        return await self._async_voice_chosen(show)

    @property
    def _is_new_voice(self) -> bool:
        if self.source == SOURCE_USER:
            return True
        stored = self._get_reconfigure_subentry().data
        return bool(self._settings[CONF_VOICE] != stored[CONF_VOICE])

    @override
    def _asks_language(self) -> bool:
        if not self._voices and not self._is_new_voice and CONF_LANGUAGE not in self._settings:
            # The service, which is unreachable now, has stated it.
            return False
        return super()._asks_language()

    @override
    def _finish(self) -> SubentryFlowResult:
        entry = self._get_entry()
        if self.source == SOURCE_USER:
            voice = self._settings[CONF_VOICE]
            title = new_profile_title(self.hass, self._name, voice, self._voices)
            return self.async_create_entry(title=title, data=self._settings)
        profile = self._get_reconfigure_subentry()
        return self.async_update_and_abort(entry, profile, data_updates=self._settings)
