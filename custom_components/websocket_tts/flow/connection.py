"""Forms of the connection to a service, and where its credentials go.

Stored secrets are sent to no other host, and none over the internet unencrypted without a warning.
"""

from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorType
import voluptuous as vol
from yarl import URL

from ..const import CONF_PRONUNCIATIONS, CONF_REMOVE_CREDENTIALS, CONF_SERVICE, CONF_STAND_BY, CONF_TOKEN_URL
from ..speech import SERVICES
from ..speech.transport.address import format_address, is_host, parse_address
from .settings import WORDS, has_blank_word

_CREDENTIALS = (CONF_TOKEN, CONF_CLIENT_ID, CONF_CLIENT_SECRET)
_TEXT = TextSelector()
_SECRET = TextSelector({"type": TextSelectorType.PASSWORD, "autocomplete": "off"})
_URL = TextSelector({"type": TextSelectorType.URL})
_PRIVATE_DOMAINS = (".local", ".lan", ".home", ".internal", ".localdomain", ".home.arpa", ".fritz.box")

type Data = Mapping[str, Any]


def connection_schema(stored: Data) -> vol.Schema:
    """Return the form of all of a connection; of a new one, only the service is stored."""
    fields = {vol.Required(CONF_HOST): _TEXT, **credentials_schema(stored).schema}
    if credentials_of(stored):
        fields[vol.Optional(CONF_REMOVE_CREDENTIALS, default=False)] = BooleanSelector()
    fields[vol.Required(CONF_VERIFY_SSL, default=True)] = BooleanSelector()
    if SERVICES[stored[CONF_SERVICE]].can_stand_by:
        fields[vol.Required(CONF_STAND_BY, default=False)] = BooleanSelector()
    if CONF_HOST in stored:
        fields[vol.Optional(CONF_PRONUNCIATIONS)] = WORDS
    return vol.Schema(fields)


def credentials_schema(stored: Data) -> vol.Schema:
    """Return the form of new credentials."""
    fields: dict[vol.Marker, Any] = {vol.Optional(CONF_TOKEN): _SECRET}
    if token_url := SERVICES[stored[CONF_SERVICE]].token_url:
        fields |= {
            vol.Optional(CONF_CLIENT_ID): _TEXT,
            vol.Optional(CONF_CLIENT_SECRET): _SECRET,
            vol.Optional(CONF_TOKEN_URL, default=stored.get(CONF_TOKEN_URL, token_url)): _URL,
        }
    return vol.Schema(fields)


def credentials_of(data: Data) -> dict[str, str]:
    """Return the credentials among entry data or the input of a form."""
    return {key: data[key] for key in _CREDENTIALS if key in data}


def without_secrets(data: Data) -> dict[str, Any]:
    """Return what a form may show of its input, or of entry data."""
    return _without(data, CONF_TOKEN, CONF_CLIENT_SECRET)


def changed_connection(stored: Data, user_input: Data) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the data of an entry, and the errors in them by field.

    Empty fields keep the stored credentials, unless these would then be sent elsewhere. The form of new
    credentials, which has no host, replaces them all.
    """
    entered = _filled(user_input)
    removes = entered.pop(CONF_REMOVE_CREDENTIALS, False)
    # The full form shows the pronunciations that are stored: those that it does not return were removed.
    replaced = (*_CREDENTIALS, CONF_PRONUNCIATIONS) if CONF_HOST in user_input else _CREDENTIALS
    data = {**_without(stored, *replaced), **entered}
    if CONF_HOST not in user_input:
        return data, _credential_errors(data)
    if has_blank_word(data):
        return data, {CONF_PRONUNCIATIONS: "blank_pronunciation"}
    service = SERVICES[data[CONF_SERVICE]]
    try:
        data[CONF_HOST] = format_address(parse_address(entered.get(CONF_HOST, ""), service), service)
    except ValueError:
        return data, {CONF_HOST: "invalid_host"}
    given, kept = credentials_of(entered), credentials_of(stored)
    # The form shows the stored client ID.
    if not given or given == {CONF_CLIENT_ID: stored.get(CONF_CLIENT_ID)}:
        if removes:
            data = _without(data, *_CREDENTIALS)
        elif kept and _destination(data, stored) == _destination(stored, stored):
            data |= kept
    return data, _credential_errors(data)


def _filled(user_input: Data) -> dict[str, Any]:
    """Return the fields that are not empty."""
    stripped = {key: value.strip() if isinstance(value, str) else value for key, value in user_input.items()}
    return {key: value for key, value in stripped.items() if value != ""}


def _without(data: Data, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}


def _credential_errors(data: Data) -> dict[str, str]:
    """Return errors unless there are both a client ID and a secret, or a token, or no credentials."""
    token, client_id, secret = (data.get(key) for key in _CREDENTIALS)
    errors = {}
    if bool(client_id) != bool(secret):
        errors[CONF_CLIENT_SECRET if client_id else CONF_CLIENT_ID] = "missing_credential"
    elif token and client_id:
        errors[CONF_TOKEN] = "two_credentials"
    if CONF_TOKEN_URL in data and (error := _url_error(data[CONF_TOKEN_URL])):
        errors[CONF_TOKEN_URL] = error
    return errors


def _url_error(text: str) -> str | None:
    """Return what is wrong with a token URL, if anything."""
    with suppress(ValueError):
        url = URL(text)
        if url.scheme in ("http", "https") and is_host(url.host or "") and url.port is not None:
            # It is not a secret: forms and diagnostics show it.
            return "invalid_host" if "@" in url.raw_authority else None
    return "invalid_token_url"


def _destination(data: Data, stored: Data) -> tuple[object, ...]:
    """Return where the stored credentials would be sent."""
    token_url = data.get(CONF_TOKEN_URL) if stored.get(CONF_CLIENT_ID) else None
    return URL(data[CONF_HOST]).origin(), token_url


def cleartext_host(data: Data) -> str | None:
    """Return the public host that credentials would be sent to unencrypted; None if there is none."""
    addresses = [data[CONF_HOST]] if credentials_of(data) else []
    if CONF_CLIENT_ID in data:
        addresses.append(data.get(CONF_TOKEN_URL, ""))
    for url in map(URL, addresses):
        if url.scheme == "http" and url.host and _is_public(url.host):
            return url.host
    return None


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_DOMAINS)
