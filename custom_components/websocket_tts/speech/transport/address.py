"""Parsing of addresses that users enter."""

from ipaddress import ip_address
import re

from yarl import URL

from ..client import SpeechClient

_SCHEMES = {"http": "http", "ws": "http", "https": "https", "wss": "https"}
_NAME = re.compile(r"(?!.{254})(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*")
_ZONE = re.compile(r"[\w.-]*")


def parse_address(text: str, service: type[SpeechClient]) -> URL:
    """Return the http or https base address of the API.

    Accepts a host name, an IP address, host:port, and any http, https, ws or wss URL, with or without the
    path of the API; a query is dropped. Raises ValueError for anything else, and for a user name or password
    in the address, which would appear in logs.
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator or not scheme.isalpha():
        scheme, rest = service.default_scheme, text.strip()
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    tail = rest.removeprefix(authority)
    if authority.count(":") > 1 and "[" not in authority:
        authority = f"[{authority}]"
    # A password may contain "?" or "#".
    if authority.endswith(":") or "@" in rest.partition("/")[0]:
        raise ValueError("not the address of a service")
    try:
        url = URL(f"{_SCHEMES.get(scheme.lower(), '')}://{authority}{tail}")
        # Not everything that begins with xn-- can be decoded.
        host = ((url.host and url.raw_host) or "").replace("%25", "%").removesuffix(".")
    except ValueError:
        raise ValueError("not the address of a service") from None
    if not is_host(host) or not url.port:
        raise ValueError("not the address of a service")
    path = url.raw_path
    for api_path in service.api_paths:
        path = f"{path}/".partition(f"{api_path}/")[0]
    port = url.explicit_port or _own_port(url, service)
    return url.with_host(host).with_port(port).with_path(path.rstrip("/") or "/", encoded=True)


def format_address(address: URL, service: type[SpeechClient]) -> str:
    """Return the text that parse_address() reads as this address, with the port if it is not the default."""
    has_port = _own_port(address, service) or not address.is_default_port()
    port = f":{address.port}" if has_port else ""
    return f"{address.scheme}://{address.host_subcomponent}{port}{address.raw_path.rstrip('/')}"


def is_host(host: str) -> bool:
    """Return whether this is a valid host name or IP address."""
    try:
        ip_address(host)
    except ValueError:
        # A name of digits alone is a mistyped IPv4 address.
        return _NAME.fullmatch(host) is not None and not host.replace(".", "").isdecimal()
    return _ZONE.fullmatch(host.partition("%")[2]) is not None


def _own_port(address: URL, service: type[SpeechClient]) -> int | None:
    """Return the default port of the service if it is not that of the scheme."""
    return service.default_port if address.scheme == "http" else None
