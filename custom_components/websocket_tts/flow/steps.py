"""The steps of all flows in which a voice is chosen: its form, its language, and listening to it."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
import logging
from secrets import token_urlsafe
from typing import Any, override

from homeassistant.const import CONF_HOST, CONF_LANGUAGE
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
import voluptuous as vol
from yarl import URL

from ..announcement.chime import Chimes, chime_of
from ..announcement.names import matching_voice
from ..client import speech_client
from ..const import CHIME_FILE, CONF_CHIME, CONF_CHIME_FILE, CONF_RATE, CONF_VOICE, SECTION_ADVANCED
from ..errors import message_key, placeholders
from ..speech.client import SpeechClient
from ..speech.exceptions import NotFoundError, SpeechError
from ..speech.models import Voice
from ..state import async_known_server
from .preview import PreviewView, async_previews, async_speak_sample
from .settings import (
    chime_file_schema,
    chime_file_settings,
    from_settings,
    heard,
    language_schema,
    setting_error,
    to_settings,
)
from .titles import async_voice_labels

_LOGGER = logging.getLogger(__name__)
_OF_VOICE = ("voice_not_found", "no_audio")
"""Errors that another voice may not have."""

SCHEMES = {"http": "http://", "https": "https://", "ws": "ws://"}
"""Placeholders in the texts of forms; translations must not contain URLs."""


class VoiceSteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FlowHandler[ContextT, ResultT, HandlerT]
):
    """Steps of the first setup, of the flow of a voice profile, and of the repair of a missing voice."""

    _service: SpeechClient
    _entry_data: Mapping[str, Any]

    def __init__(self) -> None:
        """Initialize the flow."""
        super().__init__()
        self._voices: list[Voice] = []
        self._labels: Mapping[str, str] = {}
        self._unreachable: dict[str, str] = {}
        """Why the service did not list its voices."""
        self._entered: Mapping[str, Any] = {}
        """The input of the form that may have to be shown again."""
        self._before: Mapping[str, Any] = {}
        """Data of the voice profile, if it exists."""
        self._settings: dict[str, Any] = {}
        """Its new data."""
        self._language: str | None = None
        """The language that was chosen; another choice of the voice begins with it."""
        self._preview = ""
        """The token of what the voice has said, as long as that is served."""
        self._is_over = False
        self._error_placeholders: dict[str, str] = {}

    @property
    def _limits(self) -> dict[str, str]:
        """Return the limits of settings, for the texts of forms."""
        allowed = self._service.rate_range
        return {"slowest": str(allowed.minimum), "fastest": str(allowed.maximum)}

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
        if CONF_VOICE in shown:
            shown = {**shown, CONF_VOICE: self._labels.get(shown[CONF_VOICE], shown[CONF_VOICE])}
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
            key = "no_such_page" if isinstance(err, NotFoundError) else message_key(err)
            errors[CONF_VOICE if key in _OF_VOICE else field] = key
            path = URL(self._entry_data[CONF_HOST]).path.rstrip("/") + self._service.entrance
            self._error_placeholders = {**placeholders(err), "path": path}
        except Exception:
            _LOGGER.exception("Unexpected error")
            errors["base"] = "unknown"

    def _connect(self, data: Mapping[str, Any]) -> None:
        """Use the service of entry data from now on."""
        self._entry_data, self._service = data, speech_client(self.hass, data)

    async def _async_list_voices(self, field: str = CONF_VOICE) -> dict[str, str]:
        """Get the voices, sorted by language; those of an earlier list if the service does not answer."""
        voices = async_known_server(self.hass, self._entry_data).voices or []
        with self._form_errors(field) as errors:
            voices = await self._service.voices()
            if not voices:
                await self._service.check()
        self._unreachable = errors
        self._voices = sorted(voices, key=lambda voice: (voice.language or "", voice.full_name))
        self._labels = await async_voice_labels(self.hass, self._voices)
        return errors

    @property
    def _list_errors(self) -> dict[str, str]:
        """Return why the form has no list of voices, or perhaps an old one."""
        if self._unreachable or self._voices:
            return self._unreachable
        return {CONF_VOICE: "no_voices" if self._service.lists_all_voices else "no_list"}

    async def _async_change(self, user_input: Mapping[str, Any] | None) -> ResultT:
        """Ask for the settings of a voice profile that exists; the service may be unreachable."""
        self._connect(self._entry_data)
        await self._async_list_voices()
        if user_input is None:
            return self._show_voice_form(from_settings(self._service, self._before))
        return await self._async_take(user_input)

    async def _async_take(self, user_input: Mapping[str, Any]) -> ResultT:
        """Check what was entered for a voice, and continue."""
        self._entered, before = user_input, self._before
        self._settings = settings = self._settings_of(user_input)
        settings |= {key: before[key] for key in (CONF_LANGUAGE, CONF_CHIME_FILE) if key in before}
        voice = settings[CONF_VOICE] = self._voice_of(settings[CONF_VOICE])
        if self._service.lists_all_voices and voice not in (*self._labels, before.get(CONF_VOICE)):
            return self._show_voice_form(user_input, {CONF_VOICE: "voice_not_found"})
        if settings.get(CONF_RATE, 1) != 1 and not self._service.can_change_rate(voice):
            return self._show_voice_form(user_input, {CONF_VOICE: "rate_not_supported"})
        entered = user_input.get(SECTION_ADVANCED, user_input)
        if error := setting_error(self.hass, self._service, entered):
            return self._show_voice_form(user_input, {SECTION_ADVANCED: error})
        if entered.get(CONF_CHIME) == CHIME_FILE:
            return await self.async_step_chime_file()
        return await self._async_test_voice()

    def _voice_of(self, entered: str) -> str:
        """Return the ID of a voice that was selected by its label, or entered as its ID or name."""
        ids = {label: voice for voice, label in self._labels.items()}
        return ids.get(entered) or matching_voice(entered, self._voices, self._labels) or entered

    def _settings_of(self, user_input: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that were entered in the voice form."""
        return to_settings(self._service, user_input)

    async def async_step_chime_file(self, user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Ask for the audio file that is the chime, and check that it can be played."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._settings |= chime_file_settings(user_input)
            if await Chimes(self.hass).can_ring(chime_of(self._settings)):
                return await self._async_test_voice()
            errors = {CONF_CHIME_FILE: "chime_gone"}
        return self._show_form("chime_file", chime_file_schema(), self._settings, errors)

    async def _async_test_voice(self) -> ResultT:
        """Let the voice speak, keep that for the user to listen to, and continue."""
        settings, before = self._settings, self._before
        is_new = settings[CONF_VOICE] != before.get(CONF_VOICE)
        if self._told_language and is_new:
            # What the user may have stated was the language of another voice.
            settings.pop(CONF_LANGUAGE, None)
        if self._unreachable and not (self._told_language or is_new or CONF_LANGUAGE in settings):
            # The service has stated the language.
            return self._finish()
        if is_new or (heard(settings) != heard(before) and not self._unreachable):
            language = self._told_language or settings.get(CONF_LANGUAGE) or self.hass.config.language
            with self._form_errors() as errors:
                spoken = await async_speak_sample(
                    self.hass, self._service, self._entry_data, settings, language
                )
                self._serve(spoken)
            if errors and is_new:
                return self._show_voice_form(self._entered, errors)
        return await self.async_step_language()

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
        """Let the user listen to the voice, if it was tested."""
        if not self._preview:
            return self._finish()
        return self.async_show_menu(
            step_id="listen",
            menu_options=["use_voice", "choose_another"],
            description_placeholders={
                # It is shown as Markdown.
                "voice": escape(self._labels.get(voice := self._settings[CONF_VOICE], voice)),
                # The frontend would take a link to this Home Assistant for a page.
                "player": f'<audio controls src="{PreviewView.url.format(token=self._preview)}"></audio>',
            },
        )

    async def async_step_use_voice(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Finish with the voice."""
        return self._finish()

    async def async_step_choose_another(self, _user_input: Mapping[str, Any] | None = None) -> ResultT:
        """Show the voice form again, with the values that were entered."""
        self._serve(None)
        return self._show_voice_form(self._entered)

    def _serve(self, spoken: bytes | None) -> None:
        """Let the user listen to this, and not any more to what the voice has said before."""
        if self._preview:
            async_previews(self.hass).pop(self._preview, None)
        self._preview = token_urlsafe() if spoken and not self._is_over else ""
        if spoken and self._preview:
            async_previews(self.hass)[self._preview] = spoken

    @callback
    @override
    def async_remove(self) -> None:
        """Drop the preview; called when the flow has ended, also if it was abandoned."""
        self._is_over = True
        self._serve(None)
