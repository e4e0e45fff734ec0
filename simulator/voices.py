"""The simulated voices of both services, and the espeak-ng voice of each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimulatedVoice:
    """A voice with its vendor's name; language is a BCP 47 tag (espeak-ng calls British English "en")."""

    id: str
    language: str
    gender: str
    espeak: str

    @property
    def reads_ssml(self) -> bool:
        """Return whether the voice supports SSML; the neural voices of Vivoka read its tags aloud."""
        return not self.id.endswith(",neural")


VIVOKA = {
    voice.id: voice
    for voice in (
        SimulatedVoice("enu,evan,embedded-pro", "en-US", "male", "en-us"),
        SimulatedVoice("enu,zoe-ml,neural", "en-US", "female", "en-us+f3"),
        SimulatedVoice("eng,serena,embedded-high", "en-GB", "female", "en+f2"),
        SimulatedVoice("frf,audrey-ml,embedded-compact", "fr-FR", "female", "fr+f4"),
        SimulatedVoice("ged,anna-ml,embedded-pro", "de-DE", "female", "de+f1"),
        SimulatedVoice("trt,cem-ml,embedded-pro", "tr-TR", "male", "tr+m3"),
    )
}

KNOVVU = {
    voice.id: voice
    for voice in (
        SimulatedVoice("Emily_Premium", "en-US", "female", "en-us+f2"),
        SimulatedVoice("Sestek Rae 24k", "en-GB", "female", "en+f4"),
        SimulatedVoice("Sestek Gul 24k_HV_Premium", "tr-TR", "female", "tr+f1"),
        SimulatedVoice("Sestek Hans 24k", "de-DE", "male", "de+m2"),
        SimulatedVoice("Sestek Chloe 24k", "fr-FR", "female", "fr+f2"),
    )
}

ALL = VIVOKA | KNOVVU
