"""Language codes of Vivoka's engine, Cerence."""

from ..languages import language_tag

_CODES = (
    "arg:ar-SA arw:ar-001 bae:eu-ES bei:bn-IN bgb:bg-BG bhi:bho-IN cae:ca-ES cah:yue-HK czc:cs-CZ dad:da-DK "
    "doc:zh-CN-dongbei dub:nl-BE dun:nl-NL ena:en-AU ene:en-IE eng:en-GB eni:en-IN ens:en-GB enu:en-US "
    "enz:en-ZA fai:fa-IR fif:fi-FI frb:fr-BE frc:fr-CA frf:fr-FR ged:de-DE gle:gl-ES grg:el-GR hei:he-IL "
    "hii:hi-IN hrh:hr-HR huh:hu-HU idi:id-ID iti:it-IT jpj:ja-JP kai:kn-IN kok:ko-KR mai:mr-IN mnc:zh-CN "
    "mnt:zh-TW msm:ms-MY non:nb-NO plp:pl-PL ptb:pt-BR ptp:pt-PT ror:ro-RO rur:ru-RU shc:wuu-CN "
    "sic:zh-CN-sichuan sks:sk-SK sls:sl-SI spa:es-AR spc:es-CO spe:es-ES spl:es-CL spm:es-MX sws:sv-SE "
    "sxc:zh-CN-shaanxi tai:ta-IN tei:te-IN tht:th-TH trt:tr-TR uku:uk-UA vae:ca-ES-valencia viv:vi-VN"
)
CODES = dict(pair.split(":") for pair in _CODES.split())
"""The three-letter language codes of Cerence, as used in the names of its voice packages."""


def cerence_tag(code: str) -> str | None:
    """Return the BCP 47 tag for a Cerence code or a language tag; None for anything else.

    Three letters alone are read as a Cerence code, never as a language tag.
    """
    code = code.strip()
    return language_tag(CODES.get(code.lower(), "") if len(code) == 3 else code)
