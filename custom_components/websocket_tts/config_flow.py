"""Config flow: setup, reauthentication and reconfiguration."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowContext,
    ConfigFlowResult,
    ConfigSubentryData,
    ConfigSubentryFlow,
)
from homeassistant.const import CONF_HOST, CONF_TOKEN
from homeassistant.core import callback
import voluptuous as vol

from .cleartext import cleartext_host
from .client import async_issue_token, speech_client
from .connection import (
    CREDENTIALS,
    SECRETS,
    changed_connection,
    changed_credentials,
    new_connection,
    shown_connection,
)
from .const import CONF_SERVICE, CONF_TOKEN_URL, CONF_VOICE, DOMAIN, SUBENTRY_VOICE
from .form_errors import SCHEMES, FormErrors, async_errors_of
from .schemas import (
    connection_schema,
    credentials_schema,
    to_settings,
    voice_schema,
    voice_to_suggest,
)
from .settings import voice_settings
from .speech import SERVICES, SpeechClient, VoiceNotFoundError
from .state import async_hand_over
from .titles import new_title
from .voice_flow import VoiceSubentryFlow
from .voice_steps import VoiceSteps


class WebSocketTTSConfigFlow(VoiceSteps[ConfigFlowContext, ConfigFlowResult, str], ConfigFlow, domain=DOMAIN):
    """Handles a config flow: the connection to a service, then the voice of its first profile."""

    def __init__(self) -> None:
        """Initialize the flow."""
        super().__init__()
        self._data: dict[str, Any] = {}
        self._warned_of: str | None = None
        self._unencrypted: str | None = None
        """The host to which the user has agreed to send credentials unencrypted."""
        self._go_back: Callable[[], ConfigFlowResult]
        self._go_on: Callable[[], Awaitable[ConfigFlowResult]]
        for kind in SERVICES:
            # The menu leads to a step that is called by the kind of the service.
            setattr(self, f"async_step_{kind}", partial(self._async_step_connection, kind))

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        return {SUBENTRY_VOICE: VoiceSubentryFlow}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the menu of services."""
        return self.async_show_menu(step_id="user", menu_options=list(SERVICES))

    async def _async_step_connection(self, kind: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Ask for the connection to a service."""
        show = partial(self._show_form, kind, connection_schema(kind, {}))
        if user_input is None:
            return show({})
        data, errors = new_connection(kind, user_input)
        if not errors:
            self._abort_if_configured(data)
            if self._must_warn(data):
                go_back = partial(show, _without_secrets(user_input))
                return await self._async_warn(go_back, partial(self._async_step_connection, kind, user_input))
            errors = await self._async_try(data)
        if not errors and SERVICES[kind].lists_all_voices and not self._voices:
            errors = FormErrors({"base": "no_voices"})
        if not errors:
            return await self.async_step_voice()
        return show(user_input, errors)

    async def async_step_voice(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the voice, and test it."""
        service = speech_client(self.hass, self._data)
        schema = voice_schema(service, self._voices, own_voice=not service.lists_all_voices)
        show = partial(self._show_form, "voice", schema)
        if user_input is None:
            voice = voice_to_suggest(self.hass, self._voices)
            return show({CONF_VOICE: voice} if voice else {})
        self._settings = to_settings(service, user_input)
        errors = await self._async_test_voice(service)
        if errors:
            return show(user_input, errors)
        async_hand_over(self.hass, self._data, service, self._voices)
        return await self._async_voice_chosen(partial(show, user_input))

    @override
    def _finish(self) -> ConfigFlowResult:
        # Another flow may have created the same entry in the meantime.
        self._abort_if_configured(self._data)
        title = new_title(self.hass, self._data)
        profile = ConfigSubentryData(
            data=self._settings, subentry_type=SUBENTRY_VOICE, title=title, unique_id=None
        )
        return self.async_create_entry(title=title, data=self._data, subentries=[profile])

    async def async_step_reauth(self, _entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start after the service rejected the credentials."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for new credentials."""
        stored = self._entry.data
        schema = credentials_schema(stored[CONF_SERVICE], stored)
        if user_input is None:
            return self._show_form("reauth_confirm", schema, shown_connection(stored))
        data, errors = changed_credentials(stored, user_input)
        if not errors:
            if self._must_warn(data):
                # The reauthentication form has no address field.
                shown = shown_connection(stored) | _without_secrets(user_input)
                go_back = partial(self._show_form, "reconfigure", self._reconfigure_schema, shown)
                return await self._async_warn(go_back, partial(self.async_step_reauth_confirm, user_input))
            errors = await self._async_try(data, self._first_profile)
        if errors:
            return self._show_form("reauth_confirm", schema, user_input, errors)
        return self.async_update_and_abort(self._entry, data=self._data)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for new connection details; the voice profiles stay."""
        stored = self._entry.data
        show = partial(self._show_form, "reconfigure", self._reconfigure_schema)
        if user_input is None:
            return show(shown_connection(stored))
        data, errors = changed_connection(stored, user_input)
        if not errors:
            self._abort_if_configured(data)
            if self._must_warn(data):
                go_back = partial(show, _without_secrets(user_input))
                return await self._async_warn(go_back, partial(self.async_step_reconfigure, user_input))
            errors = await self._async_try(data, self._first_profile)
        if errors:
            return show(user_input, errors)
        return self.async_update_and_abort(self._entry, data=self._data)

    @property
    def _entry(self) -> ConfigEntry:
        """Return the entry that the flow changes."""
        return self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()

    @property
    def _first_profile(self) -> Mapping[str, Any] | None:
        """Return the settings of the first voice profile, if there is one."""
        return next((profile.data for profile in self._entry.subentries.values()), None)

    @property
    def _reconfigure_schema(self) -> vol.Schema:
        return connection_schema(self._entry.data[CONF_SERVICE], self._entry.data)

    def _show_form(
        self,
        step_id: str,
        schema: vol.Schema,
        suggested: Mapping[str, Any],
        errors: FormErrors | None = None,
    ) -> ConfigFlowResult:
        errors = errors or FormErrors()
        name = {} if self.source == SOURCE_USER else {"name": self._entry.title}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors.errors,
            description_placeholders={**SCHEMES, **name, **errors.placeholders},
        )

    def _abort_if_configured(self, data: Mapping[str, Any]) -> None:
        self._async_abort_entries_match({CONF_SERVICE: data[CONF_SERVICE], CONF_HOST: data[CONF_HOST]})

    def _must_warn(self, data: Mapping[str, Any]) -> bool:
        stored = {} if self.source == SOURCE_USER else self._entry.data
        self._warned_of = cleartext_host(data)
        return self._warned_of not in (None, self._unencrypted, cleartext_host(stored))

    async def _async_warn(
        self, go_back: Callable[[], ConfigFlowResult], go_on: Callable[[], Awaitable[ConfigFlowResult]]
    ) -> ConfigFlowResult:
        self._go_back, self._go_on = go_back, go_on
        return await self.async_step_unencrypted()

    async def async_step_unencrypted(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Warn before credentials are sent unencrypted."""
        return self.async_show_menu(
            step_id="unencrypted",
            menu_options=["change_address", "send_unencrypted"],
            description_placeholders={"host": self._warned_of or "", **SCHEMES},
        )

    async def async_step_change_address(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the form again, with the values that were entered."""
        return self._go_back()

    async def async_step_send_unencrypted(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Continue without encryption, as the user has confirmed."""
        self._unencrypted = self._warned_of
        return await self._go_on()

    async def _async_try(
        self, data: Mapping[str, Any], profile: Mapping[str, Any] | None = None
    ) -> FormErrors:
        """Test a connection, with a voice profile also by speaking, and keep its data."""
        self._data = dict(data)
        errors = await async_errors_of(async_issue_token(self.hass, self._data), CONF_TOKEN_URL)
        match errors.errors.get(CONF_TOKEN_URL):
            case "invalid_auth":
                return FormErrors({"base": "invalid_auth"})
            case "protocol_error" | "not_a_service" | "communication_error":
                return FormErrors({CONF_TOKEN_URL: "invalid_token_url"})
        service = speech_client(self.hass, self._data)
        errors = errors or await async_errors_of(self._async_use(service, profile))
        if errors.errors.get("base") == "invalid_auth" and not any(key in data for key in CREDENTIALS):
            return FormErrors({CONF_TOKEN: "token_required"})
        return errors

    async def _async_use(self, service: SpeechClient, profile: Mapping[str, Any] | None) -> None:
        self._voices = await service.voices()
        if profile:
            # The connection is valid all the same; the user can select another voice in the profile.
            with suppress(VoiceNotFoundError):
                await service.verify_voice(voice_settings(profile))
        async_hand_over(self.hass, self._data, service, self._voices)


def _without_secrets(user_input: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in user_input.items() if key not in SECRETS}
