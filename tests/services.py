"""The services that tests go through, one after the other: a third one is one more row.

It needs no Home Assistant, as the client library does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from custom_components.websocket_tts.speech.client import SpeechClient
from custom_components.websocket_tts.speech.knovvu.client import KnovvuClient
from custom_components.websocket_tts.speech.vivoka.client import VivokaClient

type Ability = Literal["websocket"]
"""What a test may need, as its mark says (pytest.mark.needs); a service that cannot do it is left out there.

websocket: audio comes on a WebSocket, which is refused by itself, closed with a code, and has errors on it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service, as the simulator plays it."""

    client: type[SpeechClient]
    name: str
    """The product: its entries have it as their title."""
    manufacturer: str
    voices: Mapping[str, str]
    """One for each language."""
    german_name: str
    """What the picker of Assist shows for the German one."""
    sample_rate: int
    """Hz, of what it speaks unless it is asked for another."""
    speech_route: Literal["synthesize", "socket"]
    """What a speech begins with, in the simulator."""
    pasted_path: str
    """What people may copy along with its address."""
    form_defaults: Mapping[str, object] = field(default_factory=dict)
    """What its form has beside host and verify_ssl, filled in."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """What tests enter in the section of the voice form."""
    profile: Mapping[str, object] = field(default_factory=dict)
    """What its voice profiles then have beside the settings of every service."""
    cannot: frozenset[Ability] = frozenset()

    @property
    def voice(self) -> str:
        """Return the voice that tests speak with."""
        return self.voices["en-US"]


SERVICES: dict[str, Service] = {
    "vivoka": Service(
        client=VivokaClient,
        name="Vivoka VDK",
        manufacturer="Vivoka",
        voices={
            "en-US": "enu,evan,embedded-pro",
            "de-DE": "ged,anna-ml,embedded-pro",
            "fr-FR": "frf,audrey-ml,embedded-compact",
            "tr-TR": "trt,cem-ml,embedded-pro",
        },
        german_name="Anna (embedded-pro)",
        sample_rate=22050,
        speech_route="synthesize",
        pasted_path="v1/",
        profile={"rate": 1.0},
    ),
    "knovvu": Service(
        client=KnovvuClient,
        name="Knovvu TTS",
        manufacturer="SESTEK",
        voices={
            "en-US": "Emily_Premium",
            "de-DE": "Sestek Hans 24k",
            "fr-FR": "Sestek Chloe 24k",
            "tr-TR": "Sestek Gul 24k_HV_Premium",
        },
        german_name="Hans (24k)",
        sample_rate=24000,
        speech_route="socket",
        pasted_path="synthesizer",
        form_defaults={"token_url": "https://identity.ldm.knovvu.com/connect/token", "stand_by": False},
        settings={"rate": 1.5},
        profile={"rate": 1.5, "sample_rate": 24000},
    ),
}

KINDS = SERVICES.keys()
"""In their order, of all services there are."""
