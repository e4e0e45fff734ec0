"""All voice settings: their form fields and their defaults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.const import CONF_LANGUAGE
from homeassistant.helpers.selector import (
    BooleanSelector,
    MediaSelector,
    MediaSelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
)

from ..announcement.chime import CHIMES, NO_CHIME
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
    MAX_SILENCE,
)
from ..speech import Pronunciation, Range, SpeechClient, VoiceSettings


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting other than voice and language."""

    key: str
    default: Any
    """None for a setting that can be left empty."""
    selector: Selector[Any] | None
    """None if it depends on the service or on the voice profile."""
    restore: Callable[[Any], Any] = lambda value: value
    """Converts the input of the form to the stored value."""
    show: Callable[[Any], Any] = lambda value: value
    """Converts the stored value to what the form shows."""


def _slider(allowed: Range) -> Selector[Any]:
    return NumberSelector(
        NumberSelectorConfig(
            min=allowed.minimum, max=allowed.maximum, step=0.01, mode=NumberSelectorMode.SLIDER
        )
    )


def _choice(key: str, options: list[str]) -> Selector[Any]:
    return SelectSelector(SelectSelectorConfig(options=options, translation_key=key))


def _complete(entries: list[dict[str, str]] | None) -> list[dict[str, str]]:
    return [entry for entry in entries or [] if entry[CONF_WRITTEN].strip()]


_MILLISECONDS = NumberSelector(
    NumberSelectorConfig(
        min=0, max=MAX_SILENCE, step=50, mode=NumberSelectorMode.BOX, unit_of_measurement="ms"
    )
)
_WORDS = ObjectSelector(
    ObjectSelectorConfig(
        fields={
            CONF_WRITTEN: {"selector": {"text": {}}, "required": True},
            CONF_SPOKEN: {"selector": {"text": {}}},
            CONF_LANGUAGE: {"selector": {"language": {}}},
        },
        multiple=True,
        label_field=CONF_WRITTEN,
        description_field=CONF_SPOKEN,
        translation_key=CONF_PRONUNCIATIONS,
    )
)
_FORMATS = [AUDIO_FORMAT_AUTO, AUDIO_FORMAT_WAV]
_NORMAL = VoiceSettings(voice="")
SETTINGS = (
    Setting(CONF_RATE, _NORMAL.rate, _slider(SpeechClient.rate_range)),
    Setting(CONF_VOLUME, _NORMAL.volume, _slider(SpeechClient.volume_range)),
    Setting(CONF_SAMPLE_RATE, _NORMAL.sample_rate, None, int, str),
    Setting(CONF_AUDIO_FORMAT, AUDIO_FORMAT_AUTO, _choice(CONF_AUDIO_FORMAT, _FORMATS)),
    Setting(CONF_LEAD_IN, 0, _MILLISECONDS, int),
    Setting(CONF_LEAD_OUT, 0, _MILLISECONDS, int),
    Setting(CONF_SENTENCE_PAUSE, 0, _MILLISECONDS, int),
    Setting(CONF_CLEAN_TEXT, default=True, selector=BooleanSelector()),
    Setting(CONF_CHIME, NO_CHIME, _choice(CONF_CHIME, list(CHIMES))),
    Setting(CONF_CHIME_FILE, None, MediaSelector(MediaSelectorConfig(accept=["audio/*"]))),
    Setting(CONF_PRONUNCIATIONS, None, _WORDS, _complete),
    Setting(CONF_FALLBACK, None, None),
)
"""Settings in a collapsed section of the form."""


def voice_settings(options: Mapping[str, Any]) -> VoiceSettings:
    """Return the voice settings of the client library."""
    return VoiceSettings(
        voice=options[CONF_VOICE],
        rate=float(options.get(CONF_RATE, _NORMAL.rate)),
        volume=float(options.get(CONF_VOLUME, _NORMAL.volume)),
        sample_rate=int(options.get(CONF_SAMPLE_RATE, _NORMAL.sample_rate)),
        sentence_pause=int(options.get(CONF_SENTENCE_PAUSE, _NORMAL.sentence_pause)),
    )


def pronunciations(options: Mapping[str, Any]) -> list[Pronunciation]:
    """Return the pronunciations of a voice profile."""
    return [
        Pronunciation(entry[CONF_WRITTEN], entry.get(CONF_SPOKEN, ""), entry.get(CONF_LANGUAGE, ""))
        for entry in options.get(CONF_PRONUNCIATIONS, [])
    ]


def settings_of(service: SpeechClient) -> list[Setting]:
    """Return the settings that a service supports."""
    supported = {CONF_RATE: service.has_rate, CONF_SAMPLE_RATE: bool(service.sample_rates)}
    return [setting for setting in SETTINGS if supported.get(setting.key, True)]


def setting_values(service: SpeechClient, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value, or else the default, of every setting that a service supports."""
    return {
        setting.key: setting.restore(options.get(setting.key, setting.default))
        for setting in settings_of(service)
    }
