"""The address of a service, from whatever people paste."""

import pytest

from custom_components.websocket_tts.speech.knovvu.client import KnovvuClient
from custom_components.websocket_tts.speech.transport.address import parse_address
from custom_components.websocket_tts.speech.vivoka.client import VivokaClient


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.168.1.20", "http://192.168.1.20:39806/"),
        ("  vdk.local:39806 ", "http://vdk.local:39806/"),
        ("vdk", "http://vdk:39806/"),
        ("http://192.168.1.20", "http://192.168.1.20:39806/"),
        ("http://192.168.1.20:80", "http://192.168.1.20/"),
        ("HTTP://VDK.local:1234/v1/", "http://vdk.local:1234/"),
        ("ws://vdk.local/v1/ws/abc", "http://vdk.local:39806/"),
        ("https://proxy.example/path/", "https://proxy.example/path"),
        ("https://proxy.example/path/v1/voice-synthesis/voices", "https://proxy.example/path"),
        ("[::1]:39806", "http://[::1]:39806/"),
        ("::1", "http://[::1]:39806/"),
        ("vdk.local?x=1", "http://vdk.local:39806/"),
        ("vdk.local#top", "http://vdk.local:39806/"),
        ("[fe80::1]", "http://[fe80::1]:39806/"),
        ("my_server.lan", "http://my_server.lan:39806/"),
    ],
)
def test_vivoka_address(text: str, expected: str) -> None:
    """What people paste for a service in their network."""
    assert str(parse_address(text, VivokaClient)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tts.example.com", "https://tts.example.com/"),
        ("wss://tts.example.com/synthesizer", "https://tts.example.com/"),
        ("https://tts.example.com/base/synthesizer/", "https://tts.example.com/base"),
        ("https://tts.example.com/v1/speech/synthesis/voices/", "https://tts.example.com/"),
        ("ws://10.0.0.5:8080/synthesizer", "http://10.0.0.5:8080/"),
        ("http://10.0.0.5", "http://10.0.0.5/"),
        ("tts.example.com:8443", "https://tts.example.com:8443/"),
        ("xn--n3h.net", "https://xn--n3h.net/"),
    ],
)
def test_knovvu_address(text: str, expected: str) -> None:
    """What people paste for a service in the cloud or on premises."""
    assert str(parse_address(text, KnovvuClient)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "http://",
        "ftp://vdk.local",
        "vdk local",
        "vdk.local:port",
        "vdk.local:99999",
        "vdk.local:",
        "vdk..local",
        "-vdk.local",
        "::g",
        "[::1",
        "[vdk]",
        "1.2.3.4.5:80:90",
        "user:password@vdk.local",
        "https://user@vdk.local",
        "[@",
        "[::1%a b]",
        "xn--zz",
        "192.168.1.256",
        "192.168.1",
        "http://192.168.1.20.5:80/",
        "4711",
        "vdk.local\\share",
        "http:/vdk.local",
        "<host>",
        "a" * 300,
    ],
)
def test_no_address(text: str) -> None:
    """What is none is refused, and so are a user name and a password, which would be seen in logs."""
    with pytest.raises(ValueError, match="address"):
        parse_address(text, VivokaClient)
