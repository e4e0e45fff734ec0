"""The steps of all flows in which a voice is chosen: its form, its language, and listening to it."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, override

from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
import voluptuous as vol

from ..const import CONF_VOICE
from ..speech import SpeechClient, Voice
from .errors import SCHEMES, FormErrors, form_errors
from .preview import PreviewPlayer
from .schemas import language_schema
from .settings import voice_settings


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
        self._preview: PreviewPlayer | None = None

    @abstractmethod
    def _show_voice_form(self, shown: Mapping[str, Any], errors: FormErrors | None = None) -> ResultT:
        """Show the form with the voice."""

    @abstractmethod
    def _finish(self) -> ResultT:
        """Finish with the settings."""

    def _show_form(
        self,
        step_id: str,
        schema: vol.Schema,
        shown: Mapping[str, Any],
        errors: FormErrors | None = None,
        **placeholders: str,
    ) -> ResultT:
        errors = errors or FormErrors()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors.errors,
            description_placeholders={**SCHEMES, **placeholders, **errors.placeholders},
        )

    async def _async_list_voices(self, service: SpeechClient) -> FormErrors:
        """Get the voices of a service, sorted by language; an earlier list stays if it does not answer."""
        self._service = service
        with form_errors() as errors:
            voices = await service.voices()
            self._voices = sorted(voices, key=lambda voice: (voice.language or "", voice.name))
        return errors

    async def _async_test_voice(self) -> ResultT:
        """Let the voice speak, keep that for the user to listen to, and continue."""
        with form_errors() as errors:
            spoken = await self._service.verify_voice(voice_settings(self._settings), self._told_language)
            self._preview = PreviewPlayer(self.hass, spoken)
        return self._show_voice_form(self._entered, errors) if errors else await self._async_voice_chosen()

    async def _async_voice_chosen(self) -> ResultT:
        """Continue after the voice form."""
        return await (self._async_language_known() if self._told_language else self.async_step_language())

    @property
    def _told_language(self) -> str | None:
        """Return the language of the voice, if the service states it."""
        voice = self._settings[CONF_VOICE]
        return next((listed.language for listed in self._voices if listed.id == voice), None)

    async def async_step_language(self, user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Ask for the language of the voice, if the service does not state it."""
        if user_input is None:
            schema = language_schema(self.hass, self._language or self._settings.get(CONF_LANGUAGE))
            return self._show_form("language", schema, {}, voice=self._settings[CONF_VOICE])
        self._settings |= user_input
        self._language = user_input[CONF_LANGUAGE]
        return await self._async_language_known()

    async def _async_language_known(self) -> ResultT:
        if self._preview and self._preview.can_play:
            return await self.async_step_listen()
        return self._finish()

    async def async_step_listen(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Let the user listen to the voice."""
        if TYPE_CHECKING:
            assert self._preview
        return self.async_show_menu(
            step_id="listen",
            menu_options=["use_voice", "choose_another"],
            description_placeholders={"player": self._preview.async_player()},
        )

    async def async_step_use_voice(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Finish with the voice."""
        return self._finish()

    async def async_step_choose_another(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Show the voice form again, with the values that were entered."""
        self._drop_preview()
        return self._show_voice_form(self._entered)

    @callback
    @override
    def async_remove(self) -> None:
        # Called when the flow has ended, also if it was abandoned.
        self._drop_preview()

    def _drop_preview(self) -> None:
        if self._preview:
            self._preview.async_drop()
        self._preview = None
