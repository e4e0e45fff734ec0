"""Rate and volume of a service that takes them as SSML alone."""

from array import array
from xml.etree import ElementTree as ET

from aiohttp.test_utils import TestServer
import pytest

from custom_components.websocket_tts.speech import VoiceSettings
from custom_components.websocket_tts.speech.text.ssml import with_prosody
from simulator import Simulator
from tests.speech.speaking import VOICES, MakeService, speak

PLAIN = VoiceSettings("voice")
_PROSODY = "{http://www.w3.org/2001/10/synthesis}prosody"


def test_nothing_to_change() -> None:
    """A text at its normal rate and volume stays as it is, and so does SSML."""
    assert with_prosody("A < B & C", PLAIN, "en-US") == "A < B & C"
    ssml = "<speak>Hello</speak>"
    assert with_prosody(ssml, VoiceSettings("voice", rate=2), "en-US") == ssml


@pytest.mark.parametrize(
    ("rate", "volume", "asked"),
    [
        (1.5, 1.0, {"rate": "+50%"}),
        (0.33, 1.0, {"rate": "-67%"}),
        (1.0, 0.5, {"volume": "-50%"}),
        (3.0, 2.0, {"rate": "+200%", "volume": "+100%"}),
        (1.0, 0.0, {"volume": "-100%"}),
    ],
)
def test_well_formed(rate: float, volume: float, asked: dict[str, str]) -> None:
    """Whatever the text, it is well-formed SSML in the language of the voice."""
    text = "A < B & \"C\" 'D' ]]> é"
    root = ET.fromstring(with_prosody(text, VoiceSettings("voice", rate, volume), "en-US"))  # noqa: S314
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-US"
    (prosody,) = root
    assert (prosody.tag, prosody.attrib, prosody.text) == (_PROSODY, asked, text)


def test_unknown_language() -> None:
    """A voice whose language is not known is asked in none."""
    assert "xml:lang" not in with_prosody("Hello", VoiceSettings("voice", rate=2), None)


async def test_it_is_heard(simulator: Simulator, server: TestServer, make_service: MakeService) -> None:
    """A real synthesizer speaks faster, and softer."""
    assert server
    simulator.synthesizer = Simulator().synthesizer
    service = make_service("vivoka")
    voice = VOICES["vivoka"].voice

    async def loudness_and_length(rate: float, volume: float) -> tuple[int, int]:
        _, samples = await speak(service, VoiceSettings(voice, rate, volume), "I want a coffee, please.")
        values = array("h", samples)
        return max(map(abs, values)), len(values)

    loud, length = await loudness_and_length(1, 1)
    _, short = await loudness_and_length(2, 1)
    soft, _ = await loudness_and_length(1, 0.5)
    assert short < 0.75 * length
    assert soft < 0.75 * loud
