"""Parsing of addresses that users enter."""

from ipaddress import IPv4Address, IPv6Address
import re
import unicodedata

from yarl import URL

from ..client import SpeechClient

_SCHEMES = {"http": "http", "ws": "http", "https": "https", "wss": "https"}
_ADDRESS = re.compile(
    r"(?:\[(?P<ipv6>[^\]]+)\]|(?P<name>[^:/@\[\]\\]+))(?::(?P<port>[0-9]+))?(?P<path>/[^\\]*)?"
)
_BARE_IPV6 = re.compile(r"[0-9a-fA-F.]*:[0-9a-fA-F.]*:[0-9a-fA-F:.]*(%[\w.-]+)?")
_USER = re.compile(r"[^/]*@")
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_ZONE = re.compile(r"[\w.-]*")
_MAX_NAME = 253
_MAX_PORT = 65535


def parse_address(text: str, service: type[SpeechClient]) -> URL:
    """Return the http or https base address of the API.

    Accepts a host name, an IP address, host:port, and any http, https, ws or wss URL, with or without the
    path of the API; a query is dropped. Raises ValueError for anything else, and for a user name or password
    in the address, which would appear in logs.
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator or not scheme.isalpha():
        scheme, rest = service.default_scheme, text.strip()
    scheme = _SCHEMES.get(scheme.lower(), "")
    address = re.split(r"[?#]", rest, maxsplit=1)[0]
    parts = _ADDRESS.fullmatch(f"[{address}]" if _BARE_IPV6.fullmatch(address) else address)
    # A password may contain "?" or "#".
    if not scheme or not parts or _USER.match(rest):
        raise ValueError("not the address of a service")
    host = _host(parts["ipv6"], parts["name"])
    port = _port(parts["port"], service.default_port if scheme == "http" else None)
    # Parsed as a whole, so that quoted parts are not quoted again.
    url = URL(f"{scheme}://{host}{port}{parts['path'] or '/'}")
    return url.with_path(_base_path(url.raw_path, service.api_paths), encoded=True)


def format_address(address: URL, service: type[SpeechClient]) -> str:
    """Return the text that parse_address() reads as this address, with the port if it is not the default."""
    default_port = service.default_port if address.scheme == "http" else None
    text = str(address).rstrip("/")
    if address.is_default_port() and default_port not in (None, address.port):
        authority = f"{address.scheme}://{address.host_subcomponent}"
        text = text.replace(authority, f"{authority}:{address.port}", 1)
    return text


def is_host(host: str) -> bool:
    """Return whether this is a valid host name or IP address."""
    try:
        return bool(_host(host, None) if ":" in host else _host(None, host))
    except ValueError:
        return False


def _host(ipv6: str | None, name: str | None) -> str:
    if ipv6:
        host, _, zone = ipv6.replace("%25", "%").partition("%")
        try:
            compressed = IPv6Address(host).compressed
        except ValueError:
            raise ValueError("no IPv6 address looks like this") from None
        if not _ZONE.fullmatch(zone):
            raise ValueError("no IPv6 address looks like this")
        return f"[{compressed}%{zone}]" if zone else f"[{compressed}]"
    # As a URL has it: a superscript 2 is a 2.
    host = unicodedata.normalize("NFKC", name or "").removesuffix(".").lower()
    if not _is_name(host):
        raise ValueError("no host has an address like this")
    return host


def _is_name(host: str) -> bool:
    """Return whether this is a valid host name or IPv4 address."""
    if len(host) > _MAX_NAME or not all(map(_LABEL.fullmatch, host.split("."))):
        return False
    try:
        if host.replace(".", "").isdecimal():
            # A name of digits alone is an IPv4 address, or a mistyped one.
            IPv4Address(host)
        # Not everything that begins with xn-- is a valid name.
        return bool(URL.build(scheme="http", host=host).host)
    except ValueError:
        return False


def _port(port: str | None, default: int | None) -> str:
    if port is None:
        return f":{default}" if default else ""
    if not 0 < int(port) <= _MAX_PORT:
        raise ValueError("the port in the address is out of range")
    return f":{port}"


def _base_path(path: str, api_paths: tuple[str, ...]) -> str:
    for api_path in api_paths:
        path = f"{path}/".partition(f"{api_path}/")[0]
    return path.rstrip("/") or "/"
