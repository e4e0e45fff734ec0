"""Detect credentials that would be sent over the internet unencrypted."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from homeassistant.const import CONF_CLIENT_ID, CONF_HOST, CONF_TOKEN
from yarl import URL

from ..const import CONF_TOKEN_URL

_PRIVATE_DOMAINS = (".local", ".lan", ".home", ".internal", ".localdomain", ".home.arpa", ".fritz.box")


def cleartext_host(data: Mapping[str, Any]) -> str | None:
    """Return the public host that credentials would be sent to unencrypted; None if there is none."""
    addresses = []
    if data.get(CONF_TOKEN) or data.get(CONF_CLIENT_ID):
        addresses.append(data[CONF_HOST])
    if data.get(CONF_CLIENT_ID):
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
