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
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN
from homeassistant.core import callback

from .const import CONF_SERVICE, CONF_TOKEN_URL, DOMAIN, SUBENTRY_VOICE
from .flow.connection import (
    changed_connection,
    cleartext_host,
    connection_schema,
    credentials_of,
    credentials_schema,
    without_secrets,
)
from .flow.settings import suggested_voice, voice_schema, voice_settings
from .flow.steps import SCHEMES, VoiceSteps
from .flow.titles import new_title, voice_title
from .flow.voice import VoiceSubentryFlow
from .speech import SERVICES
from .speech.exceptions import VoiceNotFoundError
from .state import async_hand_over

_NO_TOKENS = ("protocol_error", "not_a_service", "no_such_page", "communication_error")
"""Errors of a server that issues no access tokens."""


class WebSocketTTSConfigFlow(VoiceSteps[ConfigFlowContext, ConfigFlowResult, str], ConfigFlow, domain=DOMAIN):
    """Handles a config flow: the connection to a service, then the voice of its first profile."""

    VERSION = 1
    _step: str
    """The form of the connection that was shown last."""

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
        return await self.async_connect("vivoka", user_input)

    async def async_step_knovvu(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the connection to a Knovvu service."""
        return await self.async_connect("knovvu", user_input)

    async def async_step_reauth(self, _entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start after the service rejected the credentials."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for new credentials."""
        return await self.async_connect("reauth_confirm", user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for new connection details; the voice profiles stay."""
        return await self.async_connect("reconfigure", user_input)

    async def async_connect(self, step: str, user_input: Mapping[str, Any] | None) -> ConfigFlowResult:
        """Ask for a connection in the form of a step, test it, and continue with it."""
        self._step = step
        if user_input is None:
            return self._show_connection(without_secrets(self._stored))
        self._entered = user_input
        self._data, errors = changed_connection(self._stored, user_input)
        if not errors:
            self._abort_if_configured()
            if cleartext_host(self._data) not in (None, self._unencrypted, cleartext_host(self._stored)):
                return await self.async_step_unencrypted()
            errors = await self._async_try()
        if errors:
            return self._show_connection(user_input, errors)
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
        shown = self._entered
        if self.source == SOURCE_REAUTH:
            # Its form has no address.
            self._step, shown = "reconfigure", {**self._stored, **shown}
        return self._show_connection(without_secrets(shown))

    async def async_step_send_unencrypted(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Continue without encryption, as the user has confirmed."""
        self._unencrypted = cleartext_host(self._data)
        return await self.async_connect(self._step, self._entered)

    async def async_step_voice(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the voice, and test it."""
        if user_input is None:
            return self._show_voice_form(suggested_voice(self.hass, self._voices))
        return await self._async_take(user_input)

    @override
    def _show_voice_form(
        self, shown: Mapping[str, Any], errors: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        schema = voice_schema(self._service, self._labels)
        return self._show_form("voice", schema, shown, errors or self._list_errors, **self._limits)

    @override
    def _finish(self) -> ConfigFlowResult:
        # Another flow may have created the same entry in the meantime.
        self._abort_if_configured()
        async_hand_over(self.hass, self._data, self._service, self._voices)
        entries = [entry.title for entry in self._async_current_entries()]
        title = new_title(self.hass, self._service.name, entries)
        profile = ConfigSubentryData(
            data=self._settings,
            subentry_type=SUBENTRY_VOICE,
            title=voice_title(self.hass, type(self._service), self._settings),
            unique_id=None,
        )
        return self.async_create_entry(title=title, data=self._data, subentries=[profile])

    @property
    def _entry(self) -> ConfigEntry:
        """Return the entry that the flow changes."""
        return self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()

    @property
    def _stored(self) -> Mapping[str, Any]:
        """Return the data of the entry; of a new one, which service the step is for."""
        return {CONF_SERVICE: self._step} if self.source == SOURCE_USER else self._entry.data

    def _show_connection(
        self, shown: Mapping[str, Any], errors: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        schema = credentials_schema if self._step == "reauth_confirm" else connection_schema
        name = {} if self.source == SOURCE_USER else {"name": self._entry.title}
        return self._show_form(self._step, schema(self._stored), shown, errors, **name)

    def _abort_if_configured(self) -> None:
        self._async_abort_entries_match({key: self._data[key] for key in (CONF_SERVICE, CONF_HOST)})

    async def _async_try(self) -> dict[str, str]:
        """Test the connection: its credentials, its list of voices, and the first voice of an entry."""
        self._connect(self._data)
        with self._form_errors(CONF_TOKEN_URL) as errors:
            await self._service.issue_token()
        if errors.get(CONF_TOKEN_URL) in _NO_TOKENS:
            return {CONF_TOKEN_URL: "invalid_token_url"}
        field = "base" if self._step == "reauth_confirm" else CONF_HOST
        errors = errors or await self._async_list_voices(field) or await self._async_try_voice(field)
        if "invalid_auth" not in errors.values():
            return errors
        if not credentials_of(self._data):
            return {CONF_TOKEN: "token_required"}
        return {CONF_CLIENT_SECRET if CONF_CLIENT_ID in self._data else CONF_TOKEN: "invalid_auth"}

    async def _async_try_voice(self, field: str) -> dict[str, str]:
        if self.source == SOURCE_USER:
            has_none = self._service.lists_all_voices and not self._voices
            return {field: "no_voices"} if has_none else {}
        # Without its voice the connection is valid all the same; the user can select another one.
        with self._form_errors(field) as errors, suppress(VoiceNotFoundError):
            for profile in list(self._entry.subentries.values())[:1]:
                await self._service.verify_voice(voice_settings(profile.data))
        return errors
