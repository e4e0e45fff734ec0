"""The steps of a flow after its voice form: the language of the voice, and listening to it."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, override

from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult

from .const import CONF_VOICE
from .form_errors import FormErrors, async_errors_of
from .schemas import asks_language, language_schema
from .settings import voice_settings
from .speech import SpeechClient, Voice
from .trial import Trial


class VoiceSteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FlowHandler[ContextT, ResultT, HandlerT]
):
    """Steps of the first setup and of the flow of a voice profile."""

    def __init__(self) -> None:
        """Initialize the flow."""
        super().__init__()
        self._settings: dict[str, Any] = {}
        """Data of the voice profile."""
        self._language: str | None = None
        """The language that was chosen; another choice of the voice begins with it."""
        self._voices: list[Voice] = []
        self._trial: Trial | None = None
        self._choose_another: Callable[[], ResultT]

    @abstractmethod
    def _finish(self) -> ResultT:
        """Finish with the settings."""

    async def _async_test_voice(self, service: SpeechClient) -> FormErrors:
        """Let the voice speak, and keep that for the user to listen to."""
        self._drop_trial()

        async def speak() -> None:
            voice = self._settings[CONF_VOICE]
            language = next((listed.language for listed in self._voices if listed.id == voice), None)
            self._trial = Trial(
                self.hass, await service.verify_voice(voice_settings(self._settings), language)
            )

        return await async_errors_of(speak())

    async def _async_voice_chosen(self, choose_another: Callable[[], ResultT]) -> ResultT:
        """Continue after the voice form; choose_another shows that form again."""
        self._choose_another = choose_another
        if self._asks_language():
            return await self.async_step_language()
        return await self._async_language_known()

    def _asks_language(self) -> bool:
        return asks_language(self._voices, self._settings[CONF_VOICE])

    async def async_step_language(self, user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Ask for the language of the voice, if the service does not state it."""
        if user_input is None:
            return self.async_show_form(
                step_id="language",
                data_schema=language_schema(self.hass, self._language or self._settings.get(CONF_LANGUAGE)),
                description_placeholders={"voice": self._settings[CONF_VOICE]},
            )
        self._settings |= user_input
        self._language = user_input[CONF_LANGUAGE]
        return await self._async_language_known()

    async def _async_language_known(self) -> ResultT:
        if self._trial and self._trial.can_play:
            return await self.async_step_listen()
        return self._finish()

    async def async_step_listen(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Let the user listen to the voice."""
        if TYPE_CHECKING:
            assert self._trial
        return self.async_show_menu(
            step_id="listen",
            menu_options=["use_voice", "choose_another"],
            description_placeholders={"player": self._trial.async_player()},
        )

    async def async_step_use_voice(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Finish with the voice."""
        return self._finish()

    async def async_step_choose_another(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Show the voice form again, with the values that were entered."""
        self._drop_trial()
        return self._choose_another()

    @callback
    @override
    def async_remove(self) -> None:
        # Called when the flow has ended, also if it was abandoned.
        self._drop_trial()

    def _drop_trial(self) -> None:
        if self._trial:
            self._trial.async_drop()
        self._trial = None
