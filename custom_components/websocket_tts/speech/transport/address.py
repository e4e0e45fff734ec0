"""The address of a service, from whatever people paste."""

from ipaddress import IPv6Address
import re

from yarl import URL

from ..client import SpeechClient

_SCHEMES = {"http": "http", "ws": "http", "https": "https", "wss": "https"}
_ADDRESS = re.compile(
    r"(?:\[(?P<ipv6>[^\]]+)\]|(?P<name>[^:/?#@\[\]\\]+))(?::(?P<port>\d+))?(?P<path>/[^?#\\]*)?"
)
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_MAX_NAME = 253
_MAX_PORT = 65535


def parse_address(text: str, service: type[SpeechClient]) -> URL:
    """Return the http or https address below which the interface of the service begins.

    Takes a name, an IP address (also [::1]), host:port, and any http, https, ws or wss URL, with or
    without the path of the interface. Raises ValueError for anything else, and for a user name or
    password in the address, which would end up in logs.
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        scheme, rest = service.default_scheme, scheme
    parts = _ADDRESS.fullmatch(rest)
    if scheme.lower() not in _SCHEMES or not parts:
        raise ValueError("not the address of a service")
    scheme = _SCHEMES[scheme.lower()]
    return URL.build(
        scheme=scheme,
        host=_host(parts["ipv6"], parts["name"]),
        port=_port(parts["port"], service.default_port if scheme == "http" else None),
        path=_base_path(parts["path"] or "", service.api_paths),
    )


def _host(ipv6: str | None, name: str | None) -> str:
    if ipv6:
        try:
            return str(IPv6Address(ipv6))
        except ValueError:
            raise ValueError("no IPv6 address looks like this") from None
    labels = (name or "").removesuffix(".").split(".")
    if len(name or "") > _MAX_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("no host has an address like this")
    return ".".join(labels).lower()


def _port(port: str | None, default: int | None) -> int | None:
    if port is None:
        return default
    if not 0 < int(port) <= _MAX_PORT:
        raise ValueError("the port in the address is out of range")
    return int(port)


def _base_path(path: str, api_paths: tuple[str, ...]) -> str:
    for api_path in api_paths:
        path = f"{path}/".partition(f"{api_path}/")[0]
    return path.rstrip("/") or "/"
