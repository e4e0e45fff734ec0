"""The settings of a voice profile: their forms, their defaults, and what they are for the client library."""

from collections.abc import Mapping, Sequence
from typing import Any, override

from homeassistant.const import CONF_LANGUAGE, CONF_NAME
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
    TextSelector,
)
import voluptuous as vol

from ..announcement.chime import CHIMES, NO_CHIME
from ..announcement.voices import KNOWN_TAGS, closest_language
from ..const import (
    AUDIO_FORMAT_AUTO,
    AUDIO_FORMAT_WAV,
    CHIME_FILE,
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
from ..speech.text.pronunciation import Pronunciation, Pronunciations


def _choice(key: str, options: Sequence[str]) -> SelectSelector:
    return SelectSelector({"options": list(options), "translation_key": key})


_NOT_HEARD = (CONF_NAME, CONF_LANGUAGE, CONF_AUDIO_FORMAT, CONF_FALLBACK)
_NORMAL = VoiceSettings(voice="")
LONGEST_SILENCE = 3000
"""Milliseconds before, after, and between sentences."""


class _AnyNumber(NumberSelector):
    """Takes any number: Home Assistant would refuse one out of range in English, without naming the range."""

    @override
    def __call__(self, data: Any) -> float:
        number: float = vol.Coerce(float)(data)
        return number


def _slider(allowed: Range) -> NumberSelector:
    return _AnyNumber(
        {"min": allowed.minimum, "max": allowed.maximum, "step": 0.01, "mode": NumberSelectorMode.SLIDER}
    )


_MILLISECONDS = vol.All(
    _AnyNumber(
        {
            "min": 0,
            "max": LONGEST_SILENCE,
            "step": 50,
            "mode": NumberSelectorMode.BOX,
            "unit_of_measurement": "ms",
        }
    ),
    vol.Coerce(int),
)
WORDS = ObjectSelector(
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


def voice_schema(
    service: SpeechClient, labels: Mapping[str, str], not_as_fallback: str | None = None
) -> vol.Schema:
    """Return the schema of the voice form; its own entity cannot be the fallback."""
    advanced = section(_settings_schema(service, not_as_fallback), {"collapsed": True})
    return vol.Schema(
        {
            vol.Optional(CONF_NAME): TextSelector(),
            vol.Required(CONF_VOICE): voice_selector(labels),
            vol.Required(SECTION_ADVANCED): advanced,
        }
    )


def _settings_schema(service: SpeechClient, not_as_fallback: str | None = None) -> vol.Schema:
    """Return the schema of all additional settings that a service supports."""
    rates = [str(rate) for rate in service.sample_rates]
    excluded = [not_as_fallback] if not_as_fallback else []
    fields: dict[vol.Marker, Any] = {
        vol.Required(CONF_RATE, default=_NORMAL.rate): _slider(service.rate_range),
        vol.Required(CONF_VOLUME, default=_NORMAL.volume): _slider(service.volume_range),
        # Not converted here: what was entered may have to be shown again.
        vol.Required(CONF_SAMPLE_RATE, default=str(_NORMAL.sample_rate)): SelectSelector(
            {"options": rates, "mode": SelectSelectorMode.DROPDOWN}
        ),
        vol.Required(CONF_AUDIO_FORMAT, default=AUDIO_FORMAT_AUTO): _choice(
            CONF_AUDIO_FORMAT, [AUDIO_FORMAT_AUTO, AUDIO_FORMAT_WAV]
        ),
        vol.Required(CONF_LEAD_IN, default=0): _MILLISECONDS,
        vol.Required(CONF_LEAD_OUT, default=0): _MILLISECONDS,
        vol.Required(CONF_SENTENCE_PAUSE, default=0): _MILLISECONDS,
        vol.Required(CONF_CLEAN_TEXT, default=True): BooleanSelector(),
        vol.Required(CONF_CHIME, default=NO_CHIME): _choice(CONF_CHIME, (*CHIMES, CHIME_FILE)),
        vol.Optional(CONF_PRONUNCIATIONS): WORDS,
        vol.Optional(CONF_FALLBACK): EntitySelector({"domain": "tts", "exclude_entities": excluded}),
    }
    supported = {CONF_RATE: service.has_rate, CONF_SAMPLE_RATE: bool(rates)}
    return vol.Schema({key: field for key, field in fields.items() if supported.get(str(key), True)})


def chime_file_schema() -> vol.Schema:
    """Return the form of the audio file that is the chime."""
    return vol.Schema({vol.Optional(CONF_CHIME_FILE): MediaSelector({"accept": ["audio/*"]})})


def chime_file_settings(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings from the input of the form of the file: without a file, no chime."""
    file = user_input.get(CONF_CHIME_FILE) or {}
    return {CONF_CHIME_FILE: file} if file.get("media_content_id") else {CONF_CHIME: NO_CHIME}


def voice_selector(labels: Mapping[str, str]) -> SelectSelector:
    """Return a selector of voices by their labels; an ID or a name can be entered as well."""
    options = [SelectOptionDict(value=label, label=label) for label in labels.values()]
    # Only a list that allows custom values can be searched, and it shows the value itself.
    return SelectSelector({"options": options, "custom_value": True, "mode": SelectSelectorMode.DROPDOWN})


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
    values = {key: options.get(key, default) for key, default in defaults.items()}
    return values | ({CONF_SAMPLE_RATE: int(values[CONF_SAMPLE_RATE])} if service.sample_rates else {})


def to_settings(service: SpeechClient, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a voice profile from the input of the voice form."""
    values = setting_values(service, user_input[SECTION_ADVANCED])
    name = user_input.get(CONF_NAME, "").strip()
    named = {CONF_NAME: name} if name else {}
    words = values[CONF_PRONUNCIATIONS] or []
    return {**named, CONF_VOICE: user_input[CONF_VOICE].strip(), **values, CONF_PRONUNCIATIONS: words}


def setting_error(hass: HomeAssistant, service: SpeechClient, settings: Mapping[str, Any]) -> str | None:
    """Return what is wrong with settings that were entered, if anything."""
    if settings.get(CONF_RATE, _NORMAL.rate) not in service.rate_range:
        return "rate_out_of_range"
    if settings.get(CONF_VOLUME, _NORMAL.volume) not in service.volume_range:
        return "volume_out_of_range"
    silences = [settings.get(key, 0) for key in (CONF_LEAD_IN, CONF_LEAD_OUT, CONF_SENTENCE_PAUSE)]
    if not all(0 <= silence <= LONGEST_SILENCE for silence in silences):
        return "silence_out_of_range"
    if has_blank_word(settings):
        return "blank_pronunciation"
    if (fallback := settings.get(CONF_FALLBACK)) and not hass.states.get(fallback):
        return "fallback_gone"
    return None


def has_blank_word(settings: Mapping[str, Any]) -> bool:
    """Return whether a pronunciation is for no word."""
    return any(not entry[CONF_WRITTEN].strip() for entry in settings.get(CONF_PRONUNCIATIONS, ()))


def from_settings(service: SpeechClient, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the voice form shows from the data of a voice profile."""
    values = setting_values(service, settings)
    shown = {key: value for key, value in values.items() if value is not None}
    if service.sample_rates:
        shown[CONF_SAMPLE_RATE] = str(shown[CONF_SAMPLE_RATE])
    named = {key: settings[key] for key in (CONF_NAME, CONF_VOICE) if key in settings}
    return {**named, SECTION_ADVANCED: shown}


def heard(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that make a difference to what is heard."""
    return {key: value for key, value in settings.items() if key not in _NOT_HEARD}


def voice_settings(options: Mapping[str, Any]) -> VoiceSettings:
    """Return the voice settings of the client library."""
    return VoiceSettings(
        voice=options[CONF_VOICE],
        rate=float(options.get(CONF_RATE, _NORMAL.rate)),
        volume=float(options.get(CONF_VOLUME, _NORMAL.volume)),
        sample_rate=options.get(CONF_SAMPLE_RATE, _NORMAL.sample_rate),
        sentence_pause=options.get(CONF_SENTENCE_PAUSE, _NORMAL.sentence_pause),
    )


def pronunciations_for(
    of_service: Mapping[str, Any], of_voice: Mapping[str, Any], language: str
) -> Pronunciations:
    """Return the pronunciations of entry data and of a voice profile, which go first, for a language."""
    return Pronunciations(_pronunciations(of_voice), language, _pronunciations(of_service))


def _pronunciations(options: Mapping[str, Any]) -> list[Pronunciation]:
    return [
        Pronunciation(entry[CONF_WRITTEN], entry.get(CONF_SPOKEN, ""), entry.get(CONF_LANGUAGE, ""))
        for entry in options.get(CONF_PRONUNCIATIONS) or ()
    ]
