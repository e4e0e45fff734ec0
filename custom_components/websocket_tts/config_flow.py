"""Config flow: setup, reauthentication and reconfiguration."""

from collections.abc import Mapping
from contextlib import suppress
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

from .client import speech_client
from .const import CONF_SERVICE, CONF_TOKEN_URL, DOMAIN, SUBENTRY_VOICE
from .flow.cleartext import cleartext_host
from .flow.connection import (
    CREDENTIALS,
    ConnectionForm,
    connection_form,
    credentials_form,
    without_secrets,
)
from .flow.errors import SCHEMES, FormErrors, form_errors
from .flow.schemas import suggested_voice, to_settings, voice_schema
from .flow.settings import voice_settings
from .flow.steps import VoiceSteps
from .flow.titles import new_title
from .flow.voice import VoiceSubentryFlow
from .speech import SERVICES, VoiceNotFoundError
from .state import async_hand_over


class WebSocketTTSConfigFlow(VoiceSteps[ConfigFlowContext, ConfigFlowResult, str], ConfigFlow, domain=DOMAIN):
    """Handles a config flow: the connection to a service, then the voice of its first profile."""

    VERSION = 1
    _form: ConnectionForm

    def __init__(self) -> None:
        """Initialize the flow."""
        super().__init__()
        self._data: dict[str, Any] = {}
        self._unencrypted: str | None = None
        """The host to which the user has agreed to send credentials unencrypted."""

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        return {SUBENTRY_VOICE: VoiceSubentryFlow}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the menu of services; each is a step."""
        return self.async_show_menu(step_id="user", menu_options=list(SERVICES))

    async def async_step_vivoka(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the connection to a Vivoka service."""
        return await self.async_connect(connection_form("vivoka", {CONF_SERVICE: "vivoka"}), user_input)

    async def async_step_knovvu(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the connection to a Knovvu service."""
        return await self.async_connect(connection_form("knovvu", {CONF_SERVICE: "knovvu"}), user_input)

    async def async_step_reauth(self, _entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start after the service rejected the credentials."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for new credentials."""
        return await self.async_connect(credentials_form(self._entry.data), user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for new connection details; the voice profiles stay."""
        return await self.async_connect(connection_form("reconfigure", self._entry.data), user_input)

    async def async_connect(
        self, form: ConnectionForm, user_input: Mapping[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for a connection, test it, and continue with it."""
        if user_input is None:
            return self._show_connection(form, without_secrets(form.stored))
        self._form, self._entered = form, user_input
        self._data, errors = form.check(form.stored, user_input)
        if not errors:
            self._abort_if_configured()
            if cleartext_host(self._data) not in (None, self._unencrypted, cleartext_host(form.stored)):
                return await self.async_step_unencrypted()
            errors = await self._async_try()
        if errors:
            return self._show_connection(form, user_input, errors)
        if self.source == SOURCE_USER:
            return await self.async_step_voice()
        async_hand_over(self.hass, self._data, self._service, self._voices)
        return self.async_update_and_abort(self._entry, data=self._data)

    async def async_step_unencrypted(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Warn before credentials are sent unencrypted."""
        return self.async_show_menu(
            step_id="unencrypted",
            menu_options=["change_address", "send_unencrypted"],
            description_placeholders={"host": cleartext_host(self._data) or "", **SCHEMES},
        )

    async def async_step_change_address(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the form again, with the values that were entered."""
        form, entered = self._form, self._entered
        if self.source == SOURCE_REAUTH:
            # Its form has no address.
            form, entered = connection_form("reconfigure", form.stored), {**form.stored, **entered}
        return self._show_connection(form, without_secrets(entered))

    async def async_step_send_unencrypted(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Continue without encryption, as the user has confirmed."""
        self._unencrypted = cleartext_host(self._data)
        return await self.async_connect(self._form, self._entered)

    async def async_step_voice(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the voice, and test it."""
        if user_input is None:
            return self._show_voice_form(suggested_voice(self.hass, self._voices))
        self._entered, self._settings = user_input, to_settings(self._service, user_input)
        return await self._async_test_voice()

    @override
    def _show_voice_form(
        self, shown: Mapping[str, Any], errors: FormErrors | None = None
    ) -> ConfigFlowResult:
        return self._show_form("voice", voice_schema(self._service, self._voices), shown, errors)

    @override
    def _finish(self) -> ConfigFlowResult:
        # Another flow may have created the same entry in the meantime.
        self._abort_if_configured()
        async_hand_over(self.hass, self._data, self._service, self._voices)
        entries = [entry.title for entry in self._async_current_entries()]
        title = new_title(self.hass, self._service.name, entries)
        profile = ConfigSubentryData(
            data=self._settings, subentry_type=SUBENTRY_VOICE, title=title, unique_id=None
        )
        return self.async_create_entry(title=title, data=self._data, subentries=[profile])

    @property
    def _entry(self) -> ConfigEntry:
        """Return the entry that the flow changes."""
        return self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()

    def _show_connection(
        self, form: ConnectionForm, shown: Mapping[str, Any], errors: FormErrors | None = None
    ) -> ConfigFlowResult:
        name = {} if self.source == SOURCE_USER else {"name": self._entry.title}
        return self._show_form(form.step_id, form.schema, shown, errors, **name)

    def _abort_if_configured(self) -> None:
        self._async_abort_entries_match({key: self._data[key] for key in (CONF_SERVICE, CONF_HOST)})

    async def _async_try(self) -> FormErrors:
        """Test the connection: its credentials, its list of voices, and the first voice of an entry."""
        service = speech_client(self.hass, self._data)
        with form_errors(CONF_TOKEN_URL) as errors:
            await service.issue_token()
        match errors.errors.get(CONF_TOKEN_URL):
            case "invalid_auth":
                errors = FormErrors({"base": "invalid_auth"})
            case "protocol_error" | "not_a_service" | "communication_error":
                errors = FormErrors({CONF_TOKEN_URL: "invalid_token_url"})
        errors = errors or await self._async_list_voices(service) or await self._async_try_voice()
        if errors.errors.get("base") == "invalid_auth" and not any(key in self._data for key in CREDENTIALS):
            return FormErrors({CONF_TOKEN: "token_required"})
        return errors

    async def _async_try_voice(self) -> FormErrors:
        if self.source == SOURCE_USER:
            has_none = self._service.lists_all_voices and not self._voices
            return FormErrors({"base": "no_voices"} if has_none else {})
        # Without its voice the connection is valid all the same; the user can select another one.
        with form_errors() as errors, suppress(VoiceNotFoundError):
            for profile in list(self._entry.subentries.values())[:1]:
                await self._service.verify_voice(voice_settings(profile.data))
        return errors
