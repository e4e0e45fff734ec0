"""The voices of both services, and the voice of espeak-ng behind each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimulatedVoice:
    """A voice under its vendor's name; the language is a BCP 47 tag."""

    id: str
    language: str
    espeak: str


VIVOKA = {
    voice.id: voice
    for voice in (
        SimulatedVoice("enu,evan,embedded-pro", "en-US", "en-us"),
        SimulatedVoice("enu,zoe-ml,neural", "en-US", "en-us+f3"),
        SimulatedVoice("eng,serena,embedded-high", "en-GB", "en-gb+f2"),
        SimulatedVoice("frf,audrey-ml,embedded-compact", "fr-FR", "fr+f4"),
        SimulatedVoice("ged,anna-ml,embedded-pro", "de-DE", "de+f1"),
        SimulatedVoice("trt,cem-ml,embedded-pro", "tr-TR", "tr+m3"),
    )
}

KNOVVU = {
    voice.id: voice
    for voice in (
        SimulatedVoice("Emily_Premium", "en-US", "en-us+f2"),
        SimulatedVoice("Sestek Rae 24k", "en-GB", "en-gb+f4"),
        SimulatedVoice("Sestek Gul 24k_HV_Premium", "tr-TR", "tr+f1"),
        SimulatedVoice("Sestek Hans 24k", "de-DE", "de+m2"),
        SimulatedVoice("Sestek Chloe 24k", "fr-FR", "fr+f2"),
    )
}

ALL = VIVOKA | KNOVVU
