"""The fields of all config and options forms."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeassistant.const import (
    CONF_CLIENT_ID,
    CONF_CLIENT_SECRET,
    CONF_HOST,
    CONF_LANGUAGE,
    CONF_TOKEN,
    CONF_VERIFY_SSL,
)
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
import voluptuous as vol

from .const import CONF_TOKEN_URL, CONF_VOICE, SECTION_ADVANCED
from .settings import SETTINGS, Service, settings_of
from .speech import DEFAULT_TOKEN_URL, KNOWN_TAGS, Voice

_TEXT = TextSelector()
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))

CREDENTIALS = (CONF_TOKEN, CONF_CLIENT_ID, CONF_CLIENT_SECRET)

_CREDENTIAL_FIELDS: dict[str, dict[vol.Marker, Any]] = {
    "vivoka": {vol.Optional(CONF_TOKEN): _SECRET},
    "knovvu": {
        vol.Optional(CONF_TOKEN): _SECRET,
        vol.Optional(CONF_CLIENT_ID): _TEXT,
        vol.Optional(CONF_CLIENT_SECRET): _SECRET,
        vol.Optional(CONF_TOKEN_URL, default=DEFAULT_TOKEN_URL): _URL,
    },
}


def credentials_schema(kind: str) -> vol.Schema:
    """Return the fields that let one in."""
    return vol.Schema(_CREDENTIAL_FIELDS[kind])


def connection_schema(kind: str) -> vol.Schema:
    """Return the fields of the way to a service."""
    return vol.Schema(
        {
            vol.Required(CONF_HOST): _TEXT,
            **_CREDENTIAL_FIELDS[kind],
            vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
        }
    )


def voice_selector(voices: Iterable[Voice], *, own_voice: bool) -> SelectSelector:
    """Return the list of voices, by language; own_voice lets one type the name of one that is not listed."""
    labels = [
        SelectOptionDict(
            value=voice.id, label=f"{voice.language}: {voice.name}" if voice.language else voice.name
        )
        for voice in sorted(voices, key=lambda voice: (voice.language or "", voice.name))
    ]
    return SelectSelector(
        SelectSelectorConfig(options=labels, custom_value=own_voice, mode=SelectSelectorMode.DROPDOWN)
    )


def voice_to_suggest(voices: Sequence[Voice], language: str) -> str | None:
    """Return the id of a voice of a language if there is one, else of any."""
    fitting = [voice for voice in voices if (voice.language or "").startswith(language)]
    return next((voice.id for voice in fitting or voices), None)


def voice_schema(service: Service, voices: Iterable[Voice], *, own_voice: bool) -> vol.Schema:
    """Return the fields of how to speak."""
    advanced = {
        vol.Required(setting.key, default=setting.show(setting.default)): selector
        for setting in SETTINGS
        if (selector := setting.selector(service))
    }
    return vol.Schema(
        {
            vol.Required(CONF_VOICE): voice_selector(voices, own_voice=own_voice),
            vol.Required(CONF_LANGUAGE): LanguageSelector(LanguageSelectorConfig(languages=list(KNOWN_TAGS))),
            vol.Required(SECTION_ADVANCED): section(vol.Schema(advanced), {"collapsed": True}),
        }
    )


def to_options(service: Service, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of an entry, from what the voice form gave."""
    return {
        CONF_VOICE: user_input[CONF_VOICE].strip(),
        CONF_LANGUAGE: user_input[CONF_LANGUAGE],
        **settings_of(service, user_input[SECTION_ADVANCED]),
    }


def from_options(service: Service, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the voice form shows, from the options of an entry."""
    values = settings_of(service, options)
    advanced = {
        setting.key: setting.show(values[setting.key]) for setting in SETTINGS if setting.key in values
    }
    return {key: options[key] for key in (CONF_VOICE, CONF_LANGUAGE) if key in options} | {
        SECTION_ADVANCED: advanced
    }
