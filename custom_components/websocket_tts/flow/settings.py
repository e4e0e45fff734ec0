"""The settings of a voice profile: their forms, their defaults, and what they are for the client library."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    LanguageSelector,
    MediaSelector,
    NumberSelector,
    NumberSelectorMode,
    ObjectSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorMode,
)
import voluptuous as vol

from ..announcement.chime import CHIMES, NO_CHIME
from ..announcement.voices import KNOWN_TAGS, closest_language
from ..const import (
    AUDIO_FORMAT_AUTO,
    AUDIO_FORMAT_WAV,
    CONF_AUDIO_FORMAT,
    CONF_CHIME,
    CONF_CHIME_FILE,
    CONF_CLEAN_TEXT,
    CONF_FALLBACK,
    CONF_LEAD_IN,
    CONF_LEAD_OUT,
    CONF_PRONUNCIATIONS,
    CONF_RATE,
    CONF_SAMPLE_RATE,
    CONF_SENTENCE_PAUSE,
    CONF_SPOKEN,
    CONF_VOICE,
    CONF_VOLUME,
    CONF_WRITTEN,
    SECTION_ADVANCED,
)
from ..speech.client import SpeechClient
from ..speech.models import Range, Voice, VoiceSettings
from ..speech.text.pronunciation import Pronunciation


def _slider(allowed: Range) -> NumberSelector:
    return NumberSelector(
        {"min": allowed.minimum, "max": allowed.maximum, "step": 0.01, "mode": NumberSelectorMode.SLIDER}
    )


def _choice(key: str, options: Sequence[str]) -> SelectSelector:
    return SelectSelector({"options": list(options), "translation_key": key})


_NORMAL = VoiceSettings(voice="")
_MILLISECONDS = vol.All(
    NumberSelector(
        {"min": 0, "max": 3000, "step": 50, "mode": NumberSelectorMode.BOX, "unit_of_measurement": "ms"}
    ),
    vol.Coerce(int),
)
_WORDS = ObjectSelector(
    {
        "fields": {
            CONF_WRITTEN: {"selector": {"text": {}}, "required": True},
            CONF_SPOKEN: {"selector": {"text": {}}},
            CONF_LANGUAGE: {"selector": {"language": {"languages": KNOWN_TAGS}}},
        },
        "multiple": True,
        "label_field": CONF_WRITTEN,
        "description_field": CONF_SPOKEN,
        "translation_key": CONF_PRONUNCIATIONS,
    }
)


def voice_schema(service: SpeechClient, voices: Sequence[Voice], own_entity: str | None = None) -> vol.Schema:
    """Return the schema of the voice form; own_entity cannot be selected as the fallback."""
    advanced = section(_settings_schema(service, own_entity), {"collapsed": True})
    selector = voice_selector(service, voices)
    return vol.Schema({vol.Required(CONF_VOICE): selector, vol.Required(SECTION_ADVANCED): advanced})


def _settings_schema(service: SpeechClient, own_entity: str | None = None) -> vol.Schema:
    """Return the schema of all settings that a service supports; own_entity cannot be the fallback."""
    rates = [str(rate) for rate in service.sample_rates]
    not_selectable = [own_entity] if own_entity else []
    fields: dict[vol.Marker, Any] = {
        vol.Required(CONF_RATE, default=_NORMAL.rate): _slider(service.rate_range),
        vol.Required(CONF_VOLUME, default=_NORMAL.volume): _slider(service.volume_range),
        vol.Required(CONF_SAMPLE_RATE, default=str(_NORMAL.sample_rate)): vol.All(
            SelectSelector({"options": rates, "mode": SelectSelectorMode.DROPDOWN}), vol.Coerce(int)
        ),
        vol.Required(CONF_AUDIO_FORMAT, default=AUDIO_FORMAT_AUTO): _choice(
            CONF_AUDIO_FORMAT, [AUDIO_FORMAT_AUTO, AUDIO_FORMAT_WAV]
        ),
        vol.Required(CONF_LEAD_IN, default=0): _MILLISECONDS,
        vol.Required(CONF_LEAD_OUT, default=0): _MILLISECONDS,
        vol.Required(CONF_SENTENCE_PAUSE, default=0): _MILLISECONDS,
        vol.Required(CONF_CLEAN_TEXT, default=True): BooleanSelector(),
        vol.Required(CONF_CHIME, default=NO_CHIME): _choice(CONF_CHIME, CHIMES),
        vol.Optional(CONF_CHIME_FILE): MediaSelector({"accept": ["audio/*"]}),
        vol.Optional(CONF_PRONUNCIATIONS): _WORDS,
        vol.Optional(CONF_FALLBACK): EntitySelector({"domain": "tts", "exclude_entities": not_selectable}),
    }
    supported = {CONF_RATE: service.has_rate, CONF_SAMPLE_RATE: bool(rates)}
    return vol.Schema({key: field for key, field in fields.items() if supported.get(str(key), True)})


def voice_selector(service: SpeechClient, voices: Sequence[Voice]) -> SelectSelector:
    """Return a selector of voices; one that is not listed can be entered where the list is not complete."""
    labels = [
        SelectOptionDict(value=voice.id, label=", ".join(filter(None, (voice.name, voice.language))))
        for voice in voices
    ]
    # A plain list shows names; a list that allows custom values shows the value itself.
    is_complete = service.lists_all_voices and bool(voices)
    return SelectSelector(
        {"options": labels, "custom_value": not is_complete, "mode": SelectSelectorMode.DROPDOWN}
    )


def suggested_voice(hass: HomeAssistant, voices: Sequence[Voice]) -> dict[str, str]:
    """Return a voice in the language closest to Home Assistant's, or else in English, as input of a form."""
    by_language = {voice.language: voice.id for voice in reversed(voices) if voice.language}
    for language, country in ((hass.config.language, hass.config.country), ("en", None)):
        if closest := closest_language(language, by_language, country):
            return {CONF_VOICE: by_language[closest]}
    return {}


def language_schema(hass: HomeAssistant, language: str | None) -> vol.Schema:
    """Return the schema of the language form; it suggests the previous language, or Home Assistant's."""
    shown = language or closest_language(hass.config.language, KNOWN_TAGS, hass.config.country)
    selector = LanguageSelector({"languages": KNOWN_TAGS})
    return vol.Schema({vol.Required(CONF_LANGUAGE, default=shown or vol.UNDEFINED): selector})


def setting_values(service: SpeechClient, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every setting that a service supports, or else its default, None if it has none."""
    schema = _settings_schema(service)
    defaults = dict.fromkeys(map(str, schema.schema)) | schema({})
    return {key: options.get(key, default) for key, default in defaults.items()}


def to_settings(service: SpeechClient, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a voice profile from the input of the voice form."""
    values = setting_values(service, user_input[SECTION_ADVANCED])
    words = [entry for entry in values[CONF_PRONUNCIATIONS] or [] if entry[CONF_WRITTEN].strip()]
    return {CONF_VOICE: user_input[CONF_VOICE].strip(), **values, CONF_PRONUNCIATIONS: words}


def from_settings(service: SpeechClient, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the voice form shows from the data of a voice profile."""
    values = setting_values(service, settings)
    shown = {key: value for key, value in values.items() if value is not None}
    if service.sample_rates:
        shown[CONF_SAMPLE_RATE] = str(shown[CONF_SAMPLE_RATE])
    return {CONF_VOICE: settings[CONF_VOICE], SECTION_ADVANCED: shown}


def voice_settings(options: Mapping[str, Any]) -> VoiceSettings:
    """Return the voice settings of the client library."""
    return VoiceSettings(
        voice=options[CONF_VOICE],
        rate=float(options.get(CONF_RATE, _NORMAL.rate)),
        volume=float(options.get(CONF_VOLUME, _NORMAL.volume)),
        sample_rate=options.get(CONF_SAMPLE_RATE, _NORMAL.sample_rate),
        sentence_pause=options.get(CONF_SENTENCE_PAUSE, _NORMAL.sentence_pause),
    )


def pronunciations(options: Mapping[str, Any]) -> list[Pronunciation]:
    """Return the pronunciations of a voice profile."""
    return [
        Pronunciation(entry[CONF_WRITTEN], entry.get(CONF_SPOKEN, ""), entry.get(CONF_LANGUAGE, ""))
        for entry in options.get(CONF_PRONUNCIATIONS, [])
    ]
