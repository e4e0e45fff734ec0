"""All voice settings: their form fields and their defaults."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeassistant.const import CONF_LANGUAGE
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
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
    SelectSelectorMode,
)

from .announcement.chime import CHIMES, NO_CHIME
from .const import (
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
    DEFAULT_RATE,
    DEFAULT_SAMPLE_RATE,
    DEFAULT_VOLUME,
    MAX_SILENCE,
)
from .speech import Pronunciation, Range, SpeechClient, VoiceSettings

type Service = SpeechClient | type[SpeechClient]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting other than voice and language."""

    key: str
    default: Any
    """None for a setting that can be left empty."""
    selector: Callable[[Service], Selector[Any]]
    restore: Callable[[Any], Any]
    """Converts the input of the form to the stored value."""
    is_known_to: Callable[[Service], bool] = lambda _: True
    """Whether a service supports it."""
    show: Callable[[Any], Any] = lambda value: value
    """Converts the stored value to what the form shows."""


def _slider(allowed: Range) -> Selector[Any]:
    return NumberSelector(
        NumberSelectorConfig(
            min=allowed.minimum, max=allowed.maximum, step=0.01, mode=NumberSelectorMode.SLIDER
        )
    )


def _sample_rates(service: Service) -> Selector[Any]:
    rates = [str(rate) for rate in service.sample_rates]
    return SelectSelector(SelectSelectorConfig(options=rates, mode=SelectSelectorMode.DROPDOWN))


def _milliseconds(_: Service) -> Selector[Any]:
    return NumberSelector(
        NumberSelectorConfig(
            min=0, max=MAX_SILENCE, step=50, mode=NumberSelectorMode.BOX, unit_of_measurement="ms"
        )
    )


def _audio_formats(_: Service) -> Selector[Any]:
    return SelectSelector(
        SelectSelectorConfig(options=[AUDIO_FORMAT_AUTO, AUDIO_FORMAT_WAV], translation_key=CONF_AUDIO_FORMAT)
    )


def _switch(_: Service) -> Selector[Any]:
    return BooleanSelector()


def _chimes(_: Service) -> Selector[Any]:
    return SelectSelector(SelectSelectorConfig(options=list(CHIMES), translation_key=CONF_CHIME))


def _audio_file(_: Service) -> Selector[Any]:
    return MediaSelector(MediaSelectorConfig(accept=["audio/*"]))


def _pronunciations(_: Service) -> Selector[Any]:
    return ObjectSelector(
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


def _complete(entries: list[dict[str, str]] | None) -> list[dict[str, str]]:
    return [entry for entry in entries or [] if entry[CONF_WRITTEN].strip()]


def fallback_selector(own_entities: Sequence[str] = ()) -> Selector[Any]:
    """Return a selector of fallback entities, without that of the profile itself."""
    return EntitySelector(EntitySelectorConfig(domain="tts", exclude_entities=list(own_entities)))


SETTINGS = (
    Setting(
        CONF_RATE,
        DEFAULT_RATE,
        lambda service: _slider(service.rate_range),
        float,
        lambda service: service.has_rate,
    ),
    Setting(CONF_VOLUME, DEFAULT_VOLUME, lambda service: _slider(service.volume_range), float),
    Setting(
        CONF_SAMPLE_RATE,
        DEFAULT_SAMPLE_RATE,
        _sample_rates,
        int,
        lambda service: bool(service.sample_rates),
        str,
    ),
    Setting(CONF_AUDIO_FORMAT, AUDIO_FORMAT_AUTO, _audio_formats, str),
    Setting(CONF_LEAD_IN, 0, _milliseconds, int),
    Setting(CONF_LEAD_OUT, 0, _milliseconds, int),
    Setting(CONF_SENTENCE_PAUSE, 0, _milliseconds, int),
    Setting(CONF_CLEAN_TEXT, default=True, selector=_switch, restore=bool),
    Setting(CONF_CHIME, NO_CHIME, _chimes, str),
    Setting(CONF_CHIME_FILE, None, _audio_file, lambda file: file),
    Setting(CONF_PRONUNCIATIONS, None, _pronunciations, _complete),
    Setting(CONF_FALLBACK, None, lambda _: fallback_selector(), lambda value: value),
)
"""Settings in a collapsed section of the form."""


def voice_settings(options: Mapping[str, Any]) -> VoiceSettings:
    """Return the voice settings of the client library."""
    return VoiceSettings(
        voice=options[CONF_VOICE],
        rate=float(options.get(CONF_RATE, DEFAULT_RATE)),
        volume=float(options.get(CONF_VOLUME, DEFAULT_VOLUME)),
        sample_rate=int(options.get(CONF_SAMPLE_RATE, DEFAULT_SAMPLE_RATE)),
        sentence_pause=int(options.get(CONF_SENTENCE_PAUSE, 0)),
    )


def pronunciations(options: Mapping[str, Any]) -> list[Pronunciation]:
    """Return the pronunciations of a voice profile."""
    return [
        Pronunciation(entry[CONF_WRITTEN], entry.get(CONF_SPOKEN, ""), entry.get(CONF_LANGUAGE, ""))
        for entry in options.get(CONF_PRONUNCIATIONS, [])
    ]


def settings_of(service: Service) -> list[Setting]:
    """Return the settings that a service supports."""
    return [setting for setting in SETTINGS if setting.is_known_to(service)]


def setting_values(service: Service, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value, or else the default, of every setting that a service supports."""
    return {
        setting.key: setting.restore(options.get(setting.key, setting.default))
        for setting in settings_of(service)
    }
