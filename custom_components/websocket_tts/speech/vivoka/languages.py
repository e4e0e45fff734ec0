"""Language codes of Vivoka's engine, Cerence."""

import re

from ..languages import language_tag

CODES = {
    "arg": "ar-SA",
    "arw": "ar-001",
    "bae": "eu-ES",
    "bei": "bn-IN",
    "bgb": "bg-BG",
    "cae": "ca-ES",
    "cah": "yue-HK",
    "crh": "hr-HR",
    "czc": "cs-CZ",
    "dad": "da-DK",
    "dub": "nl-BE",
    "dun": "nl-NL",
    "ena": "en-AU",
    "ene": "en-IE",
    "eng": "en-GB",
    "eni": "en-IN",
    "ens": "en-GB",
    "enu": "en-US",
    "enz": "en-ZA",
    "fif": "fi-FI",
    "frb": "fr-BE",
    "frc": "fr-CA",
    "frf": "fr-FR",
    "ged": "de-DE",
    "gle": "gl-ES",
    "grg": "el-GR",
    "hei": "he-IL",
    "hii": "hi-IN",
    "huh": "hu-HU",
    "idi": "id-ID",
    "iti": "it-IT",
    "jpj": "ja-JP",
    "kok": "ko-KR",
    "mai": "mr-IN",
    "mnc": "zh-CN",
    "mnt": "zh-TW",
    "msm": "ms-MY",
    "non": "nb-NO",
    "pef": "fa-IR",
    "plp": "pl-PL",
    "ptb": "pt-BR",
    "ptp": "pt-PT",
    "ror": "ro-RO",
    "rur": "ru-RU",
    "sks": "sk-SK",
    "sls": "sl-SI",
    "spa": "es-AR",
    "spc": "es-CO",
    "spe": "es-ES",
    "spl": "es-CL",
    "spm": "es-MX",
    "sws": "sv-SE",
    "tai": "ta-IN",
    "tei": "te-IN",
    "tht": "th-TH",
    "trt": "tr-TR",
    "uku": "uk-UA",
    "vae": "ca-ES",
    "viv": "vi-VN",
}
"""The three-letter language codes of Cerence, as used in the names of its voice packages."""


def cerence_tag(code: str) -> str | None:
    """Return the BCP 47 tag for a Cerence code or a language tag; None for anything else.

    Three letters alone are read as a Cerence code, never as a language tag.
    """
    if tag := CODES.get(code.lower()):
        return tag
    return None if re.fullmatch(r"[a-zA-Z]{3}", code) else language_tag(code)
