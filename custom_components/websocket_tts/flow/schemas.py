"""Schemas of the forms of a voice."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    LanguageSelector,
    LanguageSelectorConfig,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import language as language_util
import voluptuous as vol

from ..const import CONF_FALLBACK, CONF_SAMPLE_RATE, CONF_VOICE, SECTION_ADVANCED
from ..speech import KNOWN_TAGS, SpeechClient, Voice
from .settings import Setting, setting_values, settings_of


def voice_selector(service: SpeechClient, voices: Sequence[Voice]) -> SelectSelector:
    """Return a selector of voices; one that is not listed can be entered where the list is not complete."""
    labels = [
        SelectOptionDict(
            value=voice.id, label=f"{voice.name}, {voice.language}" if voice.language else voice.name
        )
        for voice in voices
    ]
    # A plain list shows names; a list that allows custom values shows the value itself.
    is_complete = service.lists_all_voices and bool(voices)
    return SelectSelector(
        SelectSelectorConfig(options=labels, custom_value=not is_complete, mode=SelectSelectorMode.DROPDOWN)
    )


def suggested_voice(hass: HomeAssistant, voices: Sequence[Voice]) -> dict[str, str]:
    """Return a voice in the language closest to Home Assistant's, or else in English, as input of a form."""
    by_language: dict[str, str] = {}
    for voice in voices:
        if voice.language:
            by_language.setdefault(voice.language, voice.id)
    for language, country in ((hass.config.language, hass.config.country), ("en", None)):
        if closest := language_util.matches(language, by_language, country):
            return {CONF_VOICE: by_language[closest[0]]}
    return {}


def voice_schema(service: SpeechClient, voices: Sequence[Voice], own_entity: str | None = None) -> vol.Schema:
    """Return the schema of the voice form; own_entity cannot be selected as the fallback."""
    rates = [str(rate) for rate in service.sample_rates]
    of_profile: dict[str, Selector[Any]] = {
        CONF_SAMPLE_RATE: SelectSelector(
            SelectSelectorConfig(options=rates, mode=SelectSelectorMode.DROPDOWN)
        ),
        CONF_FALLBACK: EntitySelector(
            EntitySelectorConfig(domain="tts", exclude_entities=[own_entity] if own_entity else [])
        ),
    }
    advanced = {
        _marker(setting): setting.selector or of_profile[setting.key] for setting in settings_of(service)
    }
    return vol.Schema(
        {
            vol.Required(CONF_VOICE): voice_selector(service, voices),
            vol.Required(SECTION_ADVANCED): section(vol.Schema(advanced), {"collapsed": True}),
        }
    )


def _marker(setting: Setting) -> vol.Marker:
    if setting.default is None:
        return vol.Optional(setting.key)
    return vol.Required(setting.key, default=setting.show(setting.default))


def language_schema(hass: HomeAssistant, language: str | None) -> vol.Schema:
    """Return the schema of the language form; it suggests the previous language, or Home Assistant's."""
    closest = language_util.matches(hass.config.language, KNOWN_TAGS, hass.config.country)
    shown = language or next(iter(closest), vol.UNDEFINED)
    tags = list(dict.fromkeys([*KNOWN_TAGS, *([language] if language else [])]))
    selector = LanguageSelector(LanguageSelectorConfig(languages=tags))
    return vol.Schema({vol.Required(CONF_LANGUAGE, default=shown): selector})


def to_settings(service: SpeechClient, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a voice profile from the input of the voice form."""
    return {
        CONF_VOICE: user_input[CONF_VOICE].strip(),
        **setting_values(service, user_input[SECTION_ADVANCED]),
    }


def from_settings(service: SpeechClient, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the voice form shows from the data of a voice profile."""
    values = setting_values(service, settings)
    shown = {
        setting.key: setting.show(values[setting.key])
        for setting in settings_of(service)
        if values[setting.key] is not None
    }
    return {CONF_VOICE: settings[CONF_VOICE], SECTION_ADVANCED: shown}
