"""What is stored of an address is read as the same address, whatever was pasted."""

from ipaddress import IPv4Address, IPv6Address
import re

from hypothesis import example, given, strategies as st
import pytest
from yarl import URL

from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.transport.address import format_address, parse_address
from custom_components.websocket_tts.speech.vivoka.client import VivokaClient
from tests.services import SERVICES

LABEL = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,10}[A-Za-z0-9_])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=4).map(".".join).filter(re.compile("[^0-9.]").search)
SPECIAL = st.sampled_from(["localhost", "Bücher.example", "xn--bcher-kva.example", "xn--zz", "vdk.local."])
IPV6 = st.ip_addresses(v=6).map(str)
HOST = NAME | SPECIAL | st.ip_addresses(v=4).map(str) | IPV6.map("[{}]".format)
PORT = st.sampled_from(["", ":80", ":443", ":39806"]) | st.integers(1, 65535).map(":{}".format)
SCHEME = st.sampled_from(["", "http://", "https://", "ws://", "wss://", "HTTP://", "Https://"])
SEGMENT = st.sampled_from(
    ["v1", "synthesizer", "speech", "a b", "%20", "%2F", "%76%31", "..", ".", "", "ü", "x@y"]
) | st.text("abc%._-~+", max_size=5)
PATH = st.lists(SEGMENT, max_size=4).map(lambda segments: "".join(f"/{segment}" for segment in segments))
TAIL = st.sampled_from(["", "/", "?token=secret", "#top", "?a=b#c", "/?u=http://x", " ", "\n"])
ADDRESS = st.builds("".join, st.tuples(SCHEME, HOST, PORT, PATH, TAIL)) | IPV6
SERVICE = st.sampled_from([service.client for service in SERVICES.values()])


def parsed(text: str, service: type[SpeechClient]) -> URL | None:
    """Return what a text is read as; None where it is no address."""
    try:
        return parse_address(text, service)
    except ValueError:
        return None


@given(ADDRESS | st.text(max_size=30), SERVICE)
@example("http://h:80/x", VivokaClient)
@example("xn--zz", VivokaClient)
@example("²", VivokaClient)
@example("⑴", VivokaClient)
@example("/x/%76%31/", VivokaClient)
def test_what_is_stored_is_read_as_it_is(text: str, service: type[SpeechClient]) -> None:
    """It says the same again, has nothing of a query or of a user, and can be asked."""
    if not (address := parsed(text, service)):
        return
    stored = format_address(address, service)
    again = parse_address(stored, service)
    assert str(again) == str(address)
    assert again.port == address.port
    assert format_address(again, service) == stored
    assert str(URL(stored) / "v1") == str(address / "v1")
    assert (address.query_string, address.fragment, address.user, address.password) == ("", "", None, None)
    assert address.host


@given(HOST, PORT, SCHEME, PATH, TAIL)
def test_every_host_is_taken(host: str, port: str, scheme: str, path: str, tail: str) -> None:
    """Names, IPv4 and IPv6 are read with every scheme, port, path and tail that can be pasted."""
    address = parsed(f"{scheme}{host}{port}{path}{tail}", VivokaClient)
    if host == "xn--zz":
        assert address is None
        return
    assert address
    assert address.scheme == {"": "http", "ws:": "http", "wss:": "https"}.get(
        scheme.lower().strip("/"), scheme.lower().strip(":/")
    )
    assert address.port == int(port[1:] or (443 if address.scheme == "https" else 39806))


@given(st.ip_addresses())
def test_ip_addresses(address: IPv4Address | IPv6Address) -> None:
    """An IP address is taken as it is, without brackets, too."""
    assert parse_address(str(address), VivokaClient).host == str(address)


@given(HOST, PORT, SCHEME, st.text("ab:#?/", max_size=4), st.booleans())
def test_no_user_in_an_address(host: str, port: str, scheme: str, password: str, slash: bool) -> None:
    """User name and password are refused, lest a part of them is taken for the host or the port."""
    with pytest.raises(ValueError, match="address"):
        parse_address(f"{scheme}user:{password}@{host}{port}{'/' if slash else ''}", VivokaClient)


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        ("http://192.168.1.20:80/x", "http://192.168.1.20:80/x"),
        ("http://192.168.1.20", "http://192.168.1.20:39806"),
        ("https://192.168.1.20:443", "https://192.168.1.20"),
        ("::1", "http://[::1]:39806"),
        ("[fe80::1%25eth0]:39806", "http://[fe80::1%eth0]:39806"),
        ("fe80::1%eth0", "http://[fe80::1%eth0]:39806"),
        ("vdk.local?token=secret", "http://vdk.local:39806"),
        ("VDK.local./v1/ws/secret", "http://vdk.local:39806"),
    ],
)
def test_stored(entered: str, stored: str) -> None:
    """A port that is not the service's own is kept, whatever a URL leaves out."""
    assert format_address(parse_address(entered, VivokaClient), VivokaClient) == stored
    assert format_address(parse_address(stored, VivokaClient), VivokaClient) == stored
