"""What a voice says to be listened to before it is chosen."""

from dataclasses import dataclass

from .audio.pcm import PcmFormat

_SENTENCES = {
    "ar": "هذا هو صوتي.",
    "cs": "Takhle zní můj hlas.",
    "da": "Sådan lyder min stemme.",
    "de": "So klingt meine Stimme.",
    "el": "Έτσι ακούγεται η φωνή μου.",
    "en": "This is what my voice sounds like.",
    "es": "Así suena mi voz.",
    "fi": "Tältä ääneni kuulostaa.",
    "fr": "Voici ma voix.",
    "hu": "Így szól a hangom.",
    "it": "Questa è la mia voce.",
    "ja": "これが私の声です。",
    "ko": "제 목소리는 이렇습니다.",
    "nb": "Slik høres stemmen min ut.",
    "nl": "Zo klinkt mijn stem.",
    "pl": "Tak brzmi mój głos.",
    "pt": "É assim que soa a minha voz.",
    "ro": "Așa sună vocea mea.",
    "ru": "Так звучит мой голос.",
    "sv": "Så här låter min röst.",
    "tr": "Sesim böyle duyuluyor.",
    "uk": "Так звучить мій голос.",
    "zh": "这是我的声音。",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """The audio of a few words."""

    audio_format: PcmFormat
    samples: bytes


def preview_text(language: str | None) -> str:
    """Return a short sentence in a language (BCP 47), or a name that every other language knows."""
    return _SENTENCES.get((language or "").partition("-")[0], "Home Assistant")
