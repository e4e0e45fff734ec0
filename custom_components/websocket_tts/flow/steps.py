"""The steps of all flows in which a voice is chosen: its form, its language, and listening to it."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import logging
from typing import Any, override

from homeassistant.components.tts import ResultStream
from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
import voluptuous as vol

from ..const import CONF_VOICE
from ..errors import message_key, placeholders
from ..speech.client import SpeechClient
from ..speech.exceptions import SpeechError
from ..speech.models import Voice
from .preview import async_preview
from .settings import language_schema, voice_settings

_LOGGER = logging.getLogger(__name__)

SCHEMES = {"http": "http://", "https": "https://", "ws": "ws://"}
"""Placeholders in the texts of forms; translations must not contain URLs."""


class VoiceSteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FlowHandler[ContextT, ResultT, HandlerT]
):
    """Steps of the first setup, of the flow of a voice profile, and of the repair of a missing voice."""

    _service: SpeechClient

    def __init__(self) -> None:
        """Initialize the flow."""
        super().__init__()
        self._voices: list[Voice] = []
        self._entered: Mapping[str, Any] = {}
        """The input of the form that may have to be shown again."""
        self._settings: dict[str, Any] = {}
        """Data of the voice profile."""
        self._language: str | None = None
        """The language that was chosen; another choice of the voice begins with it."""
        self._preview: ResultStream | None = None
        self._error_placeholders: dict[str, str] = {}

    @abstractmethod
    def _show_voice_form(self, shown: Mapping[str, Any], errors: dict[str, str] | None = None) -> ResultT:
        """Show the form with the voice."""

    @abstractmethod
    def _finish(self) -> ResultT:
        """Finish with the settings."""

    def _show_form(
        self,
        step_id: str,
        schema: vol.Schema,
        shown: Mapping[str, Any],
        errors: dict[str, str] | None = None,
        **names: str,
    ) -> ResultT:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={**SCHEMES, **self._error_placeholders, **names},
        )

    @contextmanager
    def _form_errors(self, field: str = "base") -> Iterator[dict[str, str]]:
        """Collect the error of a test, for a field of the form, by default for the whole form."""
        errors: dict[str, str] = {}
        try:
            yield errors
        except SpeechError as err:
            key = message_key(err)
            errors[CONF_VOICE if key == "voice_not_found" else field] = key
            self._error_placeholders = placeholders(err)
        except Exception:
            _LOGGER.exception("Unexpected error")
            errors["base"] = "unknown"

    async def _async_list_voices(self, service: SpeechClient) -> dict[str, str]:
        """Get the voices of a service, sorted by language; an earlier list stays if it does not answer."""
        self._service = service
        with self._form_errors() as errors:
            voices = await service.voices()
            self._voices = sorted(voices, key=lambda voice: (voice.language or "", voice.name))
        return errors

    async def _async_test_voice(self) -> ResultT:
        """Let the voice speak, keep that for the user to listen to, and continue."""
        with self._form_errors() as errors:
            spoken = await self._service.verify_voice(voice_settings(self._settings), self._told_language)
            self._preview = async_preview(self.hass, spoken)
        if self._told_language:
            # What the user may have stated was the language of another voice.
            self._settings.pop(CONF_LANGUAGE, None)
        return self._show_voice_form(self._entered, errors) if errors else await self.async_step_language()

    @property
    def _told_language(self) -> str | None:
        """Return the language of the voice, if the service states it."""
        voice = self._settings[CONF_VOICE]
        return next((listed.language for listed in self._voices if listed.id == voice), None)

    async def async_step_language(self, user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Ask for the language of the voice, unless the service states it."""
        if self._told_language:
            return await self.async_step_listen()
        if user_input is None:
            schema = language_schema(self.hass, self._language or self._settings.get(CONF_LANGUAGE))
            return self._show_form("language", schema, {}, voice=self._settings[CONF_VOICE])
        self._settings |= user_input
        self._language = user_input[CONF_LANGUAGE]
        return await self.async_step_listen()

    async def async_step_listen(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Let the user listen to the voice, if it was tested and Home Assistant can play that."""
        if not self._preview:
            return self._finish()
        return self.async_show_menu(
            step_id="listen",
            menu_options=["use_voice", "choose_another"],
            # The frontend would take a link to this Home Assistant for a page.
            description_placeholders={"player": f'<audio controls src="{self._preview.url}"></audio>'},
        )

    async def async_step_use_voice(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Finish with the voice."""
        return self._finish()

    async def async_step_choose_another(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Show the voice form again, with the values that were entered."""
        self.async_remove()
        return self._show_voice_form(self._entered)

    @callback
    @override
    def async_remove(self) -> None:
        """Drop the preview; called when the flow has ended, also if it was abandoned."""
        if self._preview:
            self._preview.delete()
        self._preview = None
