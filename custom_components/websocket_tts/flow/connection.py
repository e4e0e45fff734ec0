"""Forms of the connection to a service. Stored secrets are sent to no other host."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol
from yarl import URL

from ..const import CONF_REMOVE_CREDENTIALS, CONF_SERVICE, CONF_STAND_BY, CONF_TOKEN_URL
from ..speech import SERVICES, format_address, is_host, parse_address
from .errors import FormErrors

CREDENTIALS = (CONF_TOKEN, CONF_CLIENT_ID, CONF_CLIENT_SECRET)
_SECRETS = (CONF_TOKEN, CONF_CLIENT_SECRET)
_TEXT = TextSelector()
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))

type Data = Mapping[str, Any]
type Checked = tuple[dict[str, Any], FormErrors]
"""Entry data, and the errors in it."""


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """A form of the connection to a service."""

    step_id: str
    schema: vol.Schema
    shown: Data
    """The values that it shows."""
    check: Callable[[Data], Checked]
    """Converts its input to entry data."""


def form_of_new(kind: str) -> ConnectionForm:
    """Return the form of a new entry."""
    return ConnectionForm(kind, _connection_schema(kind, {}), {}, partial(_new_connection, kind))


def form_of_entry(stored: Data) -> ConnectionForm:
    """Return the form that reconfigures an entry; stored is its data."""
    schema = _connection_schema(stored[CONF_SERVICE], stored)
    return ConnectionForm("reconfigure", schema, without_secrets(stored), partial(_changed_connection, stored))


def form_of_credentials(stored: Data) -> ConnectionForm:
    """Return the form that replaces the credentials of an entry."""
    schema = vol.Schema(_credentials(stored[CONF_SERVICE], stored))
    return ConnectionForm("reauth_confirm", schema, without_secrets(stored), partial(_changed_credentials, stored))


def without_secrets(data: Data) -> dict[str, Any]:
    """Return what a form may show of its input, or of entry data."""
    return _without(data, *_SECRETS)


def _credentials(kind: str, stored: Data) -> dict[vol.Marker, Any]:
    """Return the credential fields."""
    fields: dict[vol.Marker, Any] = {vol.Optional(CONF_TOKEN): _SECRET}
    if token_url := SERVICES[kind].token_url:
        fields |= {
            vol.Optional(CONF_CLIENT_ID): _TEXT,
            vol.Optional(CONF_CLIENT_SECRET): _SECRET,
            vol.Optional(CONF_TOKEN_URL, default=stored.get(CONF_TOKEN_URL, token_url)): _URL,
        }
    return fields


def _connection_schema(kind: str, stored: Data) -> vol.Schema:
    has_credentials = any(key in stored for key in CREDENTIALS)
    removal = {vol.Optional(CONF_REMOVE_CREDENTIALS, default=False): BooleanSelector()}
    stand_by = {vol.Required(CONF_STAND_BY, default=False): BooleanSelector()}
    return vol.Schema(
        {
            vol.Required(CONF_HOST): _TEXT,
            **_credentials(kind, stored),
            **(removal if has_credentials else {}),
            vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
            **(stand_by if SERVICES[kind].can_stand_by else {}),
        }
    )


def _new_connection(kind: str, user_input: Data) -> Checked:
    """Return the data of a new entry, and the errors in it."""
    data = {CONF_SERVICE: kind, **_filled(user_input)}
    return _checked(data, data)


def _changed_connection(stored: Data, user_input: Data) -> Checked:
    """Return the data of a reconfigured entry, and the errors in it.

    Empty fields keep the stored credentials, unless these would then be sent elsewhere.
    """
    entered = _filled(user_input)
    removes = entered.pop(CONF_REMOVE_CREDENTIALS, False)
    given = {key: entered[key] for key in CREDENTIALS if key in entered}
    # The form shows the stored client ID.
    is_untouched = not given or given == {CONF_CLIENT_ID: stored.get(CONF_CLIENT_ID)}
    data, errors = _checked({**_without(stored, *CREDENTIALS), **entered}, _without(entered, *CREDENTIALS))
    if errors:
        return data, errors
    if is_untouched and removes:
        data = _without(data, *CREDENTIALS)
    elif is_untouched and _destination(data, stored) == _destination(stored, stored):
        data |= {key: stored[key] for key in CREDENTIALS if key in stored}
    return data, _check_credentials(data)


def _changed_credentials(stored: Data, user_input: Data) -> Checked:
    """Return the data of an entry with all its credentials replaced, and the errors in it."""
    entered = _filled(user_input)
    return {**_without(stored, *CREDENTIALS), **entered}, _check_credentials(entered)


def _filled(user_input: Data) -> dict[str, Any]:
    """Return the fields that are not empty."""
    stripped = {key: value.strip() if isinstance(value, str) else value for key, value in user_input.items()}
    return {key: value for key, value in stripped.items() if value not in (None, "")}


def _without(data: Data, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}


def _checked(data: dict[str, Any], entered: Data) -> Checked:
    """Return the data with the address in its stored form."""
    service = SERVICES[data[CONF_SERVICE]]
    errors = _check_credentials(entered)
    try:
        data[CONF_HOST] = format_address(parse_address(entered.get(CONF_HOST, ""), service), service)
    except ValueError:
        errors.errors[CONF_HOST] = "invalid_host"
    return data, errors


def _check_credentials(entered: Data) -> FormErrors:
    """Return errors unless there are both a client ID and a secret, or a token, or no credentials."""
    token, client_id, secret = (entered.get(key) for key in CREDENTIALS)
    errors = {}
    if bool(client_id) != bool(secret):
        errors[CONF_CLIENT_SECRET if client_id else CONF_CLIENT_ID] = "missing_credential"
    elif token and client_id:
        errors[CONF_TOKEN] = "two_credentials"
    if not _is_url(entered.get(CONF_TOKEN_URL)):
        errors[CONF_TOKEN_URL] = "invalid_token_url"
    elif "@" in URL(entered.get(CONF_TOKEN_URL, "")).raw_authority:
        # It is not a secret: forms and diagnostics show it.
        errors[CONF_TOKEN_URL] = "invalid_host"
    return FormErrors(errors)


def _is_url(text: str | None) -> bool:
    """Return whether a token URL is valid; an empty one is."""
    if text is None:
        return True
    try:
        url = URL(text)
        return url.scheme in ("http", "https") and is_host(url.host or "") and url.port is not None
    except ValueError:
        return False


def _destination(data: Data, stored: Data) -> tuple[object, ...]:
    """Return where the stored credentials would be sent."""
    token_url = data.get(CONF_TOKEN_URL) if stored.get(CONF_CLIENT_ID) else None
    return URL(data[CONF_HOST]).origin(), token_url
