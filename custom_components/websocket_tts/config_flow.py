"""First setup, reauthentication and reconfiguration."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult, OptionsFlow
from homeassistant.const import (
    CONF_CLIENT_ID,
    CONF_CLIENT_SECRET,
    CONF_HOST,
    CONF_LANGUAGE,
    CONF_TOKEN,
    CONF_VERIFY_SSL,
)
from homeassistant.core import callback
import voluptuous as vol
from yarl import URL

from .attempt import Attempt
from .cleartext import cleartext_host
from .client import persistent_data, speech_client
from .const import CONF_ISSUED, CONF_LEARNED, CONF_SERVICE, CONF_VOICE, DOMAIN
from .coordinator import WebSocketTTSConfigEntry
from .options_flow import WebSocketTTSOptionsFlow
from .schemas import (
    CREDENTIALS,
    connection_schema,
    credentials_schema,
    to_options,
    voice_schema,
    voice_to_suggest,
)
from .settings import voice_settings
from .speech import SERVICES, Voice, VoiceNotFoundError, format_address, parse_address


class WebSocketTTSConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for the way to a service, then for the voice."""

    VERSION = 1

    def __init__(self) -> None:
        """Start without a service."""
        self._data: dict[str, Any] = {}
        self._voices: list[Voice] = []
        self._goes_unencrypted = False
        """Whether the user wants the credentials sent although others could read them."""
        self._resume: Callable[[], Awaitable[ConfigFlowResult]]

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: WebSocketTTSConfigEntry) -> OptionsFlow:
        return WebSocketTTSOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let the user choose the kind of service."""
        return self.async_show_menu(step_id="user", menu_options=list(SERVICES))

    async def async_step_vivoka(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the way to a Vivoka VDK Service."""
        return await self._async_step_connection("vivoka", user_input)

    async def async_step_knovvu(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the way to Knovvu TTS."""
        return await self._async_step_connection("knovvu", user_input)

    async def _async_step_connection(self, kind: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        attempt = Attempt()
        if user_input is not None:
            data = _connection_data(kind, user_input, attempt)
            if not attempt.failed and self._must_warn(data):
                self._resume = partial(self._async_step_connection, kind, user_input)
                return self._async_warn(data)
            if not attempt.failed:
                self._async_abort_entries_match({CONF_SERVICE: kind, CONF_HOST: data[CONF_HOST]})
                async with attempt:
                    self._voices = await speech_client(self.hass, data).voices()
            if SERVICES[kind].lists_all_voices and not self._voices and not attempt.failed:
                attempt.fail("no_voices")
            if not attempt.failed:
                self._data = data
                return await self.async_step_voice()
        return self.async_show_form(
            step_id=kind,
            data_schema=self.add_suggested_values_to_schema(connection_schema(kind), user_input),
            errors=attempt.errors,
            description_placeholders=attempt.placeholders,
        )

    def _must_warn(self, data: Mapping[str, Any]) -> bool:
        return cleartext_host(data) is not None and not self._goes_unencrypted

    def _async_warn(self, data: Mapping[str, Any]) -> ConfigFlowResult:
        return self.async_show_form(
            step_id="unencrypted",
            data_schema=vol.Schema({}),
            description_placeholders={"host": cleartext_host(data) or ""},
        )

    async def async_step_unencrypted(self, _user_input: dict[str, Any]) -> ConfigFlowResult:
        """Go on although the credentials are not encrypted: the user has been warned."""
        self._goes_unencrypted = True
        return await self._resume()

    async def async_step_voice(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the voice, and try it."""
        service = speech_client(self.hass, self._data)
        attempt = Attempt()
        if user_input is not None:
            options = to_options(service, user_input)
            async with attempt:
                await service.verify_voice(voice_settings(options))
            if not attempt.failed:
                return self.async_create_entry(
                    title=f"{service.name} ({URL(self._data[CONF_HOST]).host})",
                    data={**self._data, **persistent_data(service)},
                    options=options,
                )
        schema = voice_schema(service, self._voices, own_voice=not service.lists_all_voices)
        return self.async_show_form(
            step_id="voice",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or self._suggested_voice()),
            errors=attempt.errors,
            description_placeholders=attempt.placeholders,
        )

    def _suggested_voice(self) -> dict[str, Any]:
        """Return a voice of Home Assistant's own language, if there is one."""
        language = self.hass.config.language
        suggested: dict[str, Any] = {CONF_LANGUAGE: language}
        if voice := voice_to_suggest(self._voices, language):
            suggested |= {CONF_VOICE: voice}
        return suggested

    async def async_step_reauth(self, _entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin when the service has refused the credentials."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for new credentials."""
        entry = self._get_reauth_entry()
        kind = entry.data[CONF_SERVICE]
        attempt = Attempt()
        if user_input is not None:
            _check_credentials(user_input, attempt)
            data = _with_credentials(entry.data, user_input)
            await self._async_try(data, entry.options, attempt)
            if not attempt.failed:
                return self.async_update_reload_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=self.add_suggested_values_to_schema(credentials_schema(kind), user_input),
            errors=attempt.errors,
            description_placeholders={"name": entry.title, **attempt.placeholders},
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for another way to the same service; its voice and options stay."""
        entry = self._get_reconfigure_entry()
        kind = entry.data[CONF_SERVICE]
        attempt = Attempt()
        if user_input is not None:
            changed = _connection_data(kind, user_input, attempt)
            if not attempt.failed:
                self._async_abort_entries_match({CONF_SERVICE: kind, CONF_HOST: changed[CONF_HOST]})
            data = {**entry.data, **changed}
            if any(user_input.get(key) for key in CREDENTIALS):
                data = _with_credentials(data, user_input)
            if not attempt.failed and self._must_warn(data):
                self._resume = partial(self.async_step_reconfigure, user_input)
                return self._async_warn(data)
            if data.get(CONF_HOST) != entry.data[CONF_HOST]:
                data.pop(CONF_LEARNED, None)
                data.pop(CONF_ISSUED, None)
            await self._async_try(data, entry.options, attempt)
            if not attempt.failed:
                return self.async_update_reload_and_abort(entry, data=data)
        # Secrets are never shown again; a field that stays empty keeps what is stored.
        shown = {key: value for key, value in entry.data.items() if key not in CREDENTIALS}
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(connection_schema(kind), user_input or shown),
            errors=attempt.errors,
            description_placeholders={"name": entry.title, **attempt.placeholders},
        )

    async def _async_try(self, data: Mapping[str, Any], options: Mapping[str, Any], attempt: Attempt) -> None:
        """Try the way to a service by speaking with the voice of the entry, if it has that voice."""
        if attempt.failed:
            return
        async with attempt:
            service = speech_client(self.hass, data)
            await service.voices()
            # Another voice can be chosen in the options: then the way to the service is right all the same.
            with suppress(VoiceNotFoundError):
                await service.verify_voice(voice_settings(options))


def _connection_data(kind: str, user_input: Mapping[str, Any], attempt: Attempt) -> dict[str, Any]:
    """Return the data of an entry from what the connection form gave; empty fields are left out."""
    data = {key: value for key, value in user_input.items() if value not in (None, "")}
    _check_credentials(user_input, attempt)
    try:
        data[CONF_HOST] = format_address(parse_address(user_input[CONF_HOST], SERVICES[kind]), SERVICES[kind])
    except ValueError:
        attempt.fail("invalid_host", CONF_HOST)
    return {CONF_SERVICE: kind, **data}


def _check_credentials(user_input: Mapping[str, Any], attempt: Attempt) -> None:
    """Client id and secret go together, and not with a token."""
    token, client_id, secret = (user_input.get(key) for key in CREDENTIALS)
    if bool(client_id) != bool(secret):
        attempt.fail("missing_credential", CONF_CLIENT_SECRET if client_id else CONF_CLIENT_ID)
    elif token and client_id:
        attempt.fail("two_credentials", CONF_TOKEN)


def _with_credentials(data: Mapping[str, Any], user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an entry with other credentials instead of all it had."""
    kept = {key: value for key, value in data.items() if key not in (*CREDENTIALS, CONF_ISSUED)}
    return kept | {
        key: value for key, value in user_input.items() if value and key not in (CONF_HOST, CONF_VERIFY_SSL)
    }
