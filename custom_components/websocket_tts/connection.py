"""Convert the input of the connection forms to entry data. Stored secrets are sent to no other host."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN
from yarl import URL

from .const import (
    CONF_REMOVE_CREDENTIALS,
    CONF_SERVICE,
    CONF_TOKEN_URL,
)
from .form_errors import FormErrors
from .speech import SERVICES, format_address, is_host, parse_address

CREDENTIALS = (CONF_TOKEN, CONF_CLIENT_ID, CONF_CLIENT_SECRET)
SECRETS = (CONF_TOKEN, CONF_CLIENT_SECRET)

type Data = Mapping[str, Any]


def new_connection(kind: str, user_input: Data) -> tuple[dict[str, Any], FormErrors]:
    """Return the data of a new entry, and the errors in it."""
    data = {CONF_SERVICE: kind, **_filled(user_input)}
    return _checked(data, data)


def changed_connection(stored: Data, user_input: Data) -> tuple[dict[str, Any], FormErrors]:
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


def changed_credentials(stored: Data, user_input: Data) -> tuple[dict[str, Any], FormErrors]:
    """Return the data of an entry with all its credentials replaced, and the errors in it."""
    entered = _filled(user_input)
    data = {**_without(stored, *CREDENTIALS), **entered}
    return data, _check_credentials(entered)


def shown_connection(stored: Data) -> dict[str, Any]:
    """Return the entry data that a form shows, without secrets."""
    host = format_address(URL(stored[CONF_HOST]), SERVICES[stored[CONF_SERVICE]])
    return {**_without(stored, *SECRETS), CONF_HOST: host}


def _filled(user_input: Data) -> dict[str, Any]:
    """Return the fields that are not empty."""
    stripped = {key: value.strip() if isinstance(value, str) else value for key, value in user_input.items()}
    return {key: value for key, value in stripped.items() if value not in (None, "")}


def _without(data: Data, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}


def _checked(data: dict[str, Any], entered: Data) -> tuple[dict[str, Any], FormErrors]:
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
    url = URL(data[CONF_HOST])
    return (url.scheme, url.host, url.port, data.get(CONF_TOKEN_URL) if stored.get(CONF_CLIENT_ID) else None)
