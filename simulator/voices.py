"""The voices of both services, and the voice of espeak-ng behind each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimulatedVoice:
    """A voice under its vendor's name; the language is a BCP 47 tag (to espeak-ng, British is just "en")."""

    id: str
    language: str
    gender: str
    espeak: str

    @property
    def reads_ssml(self) -> bool:
        """Return whether SSML is understood; the neural voices of Vivoka read it out as text."""
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
