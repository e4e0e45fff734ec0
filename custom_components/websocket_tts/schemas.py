"""Schemas of all forms."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeassistant.const import (
    CONF_CLIENT_ID,
    CONF_CLIENT_SECRET,
    CONF_HOST,
    CONF_LANGUAGE,
    CONF_NAME,
    CONF_TOKEN,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    LanguageSelector,
    LanguageSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import language as language_util
import voluptuous as vol

from .connection import CREDENTIALS
from .const import (
    CONF_FALLBACK,
    CONF_REMOVE_CREDENTIALS,
    CONF_STAND_BY,
    CONF_TOKEN_URL,
    CONF_VOICE,
    SECTION_ADVANCED,
)
from .settings import Service, Setting, fallback_selector, setting_values, settings_of
from .speech import KNOWN_TAGS, SERVICES, Voice

_TEXT = TextSelector()
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))


def credentials_schema(kind: str, stored: Mapping[str, Any]) -> vol.Schema:
    """Return the credential fields; stored is the data of the entry, if there is one."""
    fields: dict[vol.Marker, Any] = {vol.Optional(CONF_TOKEN): _SECRET}
    if token_url := SERVICES[kind].token_url:
        fields |= {
            vol.Optional(CONF_CLIENT_ID): _TEXT,
            vol.Optional(CONF_CLIENT_SECRET): _SECRET,
            vol.Optional(CONF_TOKEN_URL, default=stored.get(CONF_TOKEN_URL, token_url)): _URL,
        }
    return vol.Schema(fields)


def connection_schema(kind: str, stored: Mapping[str, Any]) -> vol.Schema:
    """Return the schema of a connection form; stored is the data of the entry, if there is one."""
    has_credentials = any(key in stored for key in CREDENTIALS)
    stand_by = {vol.Required(CONF_STAND_BY, default=False): BooleanSelector()}
    removal = {vol.Optional(CONF_REMOVE_CREDENTIALS, default=False): BooleanSelector()}
    return vol.Schema(
        {
            vol.Required(CONF_HOST): _TEXT,
            **credentials_schema(kind, stored).schema,
            **(removal if has_credentials else {}),
            vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
            **(stand_by if SERVICES[kind].can_stand_by else {}),
        }
    )


def voice_selector(voices: Iterable[Voice], *, own_voice: bool) -> SelectSelector:
    """Return a selector of voices, sorted by language; own_voice also allows a name that is not listed."""
    labels = [
        SelectOptionDict(
            value=voice.id, label=f"{voice.name}, {voice.language}" if voice.language else voice.name
        )
        for voice in _sorted(voices)
    ]
    return SelectSelector(
        SelectSelectorConfig(options=labels, custom_value=own_voice, mode=SelectSelectorMode.DROPDOWN)
    )


def _sorted(voices: Iterable[Voice]) -> list[Voice]:
    return sorted(voices, key=lambda voice: (voice.language or "", voice.name))


def voice_to_suggest(hass: HomeAssistant, voices: Iterable[Voice]) -> str | None:
    """Return the ID of a voice in the language closest to Home Assistant's, or else in English."""
    by_language: dict[str, str] = {}
    for voice in _sorted(voices):
        if voice.language:
            by_language.setdefault(voice.language, voice.id)
    for language, country in ((hass.config.language, hass.config.country), ("en", None)):
        if closest := language_util.matches(language, by_language, country):
            return by_language[closest[0]]
    return None


def voice_schema(
    service: Service,
    voices: Iterable[Voice],
    *,
    own_voice: bool,
    asks_name: bool = False,
    own_entities: Sequence[str] = (),
) -> vol.Schema:
    """Return the schema of the voice form; own_entities cannot be selected as the fallback."""
    advanced = {_marker(setting): setting.selector(service) for setting in settings_of(service)}
    advanced[vol.Optional(CONF_FALLBACK)] = fallback_selector(own_entities)
    name = {vol.Optional(CONF_NAME): _TEXT} if asks_name else {}
    return vol.Schema(
        {
            **name,
            vol.Required(CONF_VOICE): voice_selector(voices, own_voice=own_voice),
            vol.Required(SECTION_ADVANCED): section(vol.Schema(advanced), {"collapsed": True}),
        }
    )


def _marker(setting: Setting) -> vol.Marker:
    if setting.default is None:
        return vol.Optional(setting.key)
    return vol.Required(setting.key, default=setting.show(setting.default))


def asks_language(voices: Iterable[Voice], voice_id: str) -> bool:
    """Return whether the language of a voice must be asked for, since the service does not state it."""
    return not any(voice.language for voice in voices if voice.id == voice_id)


def language_schema(hass: HomeAssistant, language: str | None) -> vol.Schema:
    """Return the schema of the language form; it suggests the previous language, or Home Assistant's."""
    closest = language_util.matches(hass.config.language, KNOWN_TAGS, hass.config.country)
    shown = language or next(iter(closest), vol.UNDEFINED)
    tags = list(dict.fromkeys([*KNOWN_TAGS, *([language] if language else [])]))
    selector = LanguageSelector(LanguageSelectorConfig(languages=tags))
    return vol.Schema({vol.Required(CONF_LANGUAGE, default=shown): selector})


def to_settings(service: Service, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a voice profile from the input of the voice form."""
    return {
        CONF_VOICE: user_input[CONF_VOICE].strip(),
        **setting_values(service, user_input[SECTION_ADVANCED]),
    }


def from_settings(service: Service, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the voice form shows from the data of a voice profile."""
    values = setting_values(service, settings)
    advanced = {
        setting.key: setting.show(values[setting.key])
        for setting in settings_of(service)
        if values[setting.key] is not None
    }
    return {CONF_VOICE: settings[CONF_VOICE], SECTION_ADVANCED: advanced}
