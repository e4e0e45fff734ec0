"""Client library for speech services that stream over WebSockets. It does not depend on Home Assistant."""

from .client import SpeechClient
from .knovvu.client import KnovvuClient
from .vivoka.client import VivokaClient

SERVICES: dict[str, type[SpeechClient]] = {
    "vivoka": VivokaClient,
    "knovvu": KnovvuClient,
}
"""All services by their key; a new service is registered here."""
