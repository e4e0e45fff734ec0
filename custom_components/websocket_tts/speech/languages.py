"""Language tags (BCP 47)."""

import re

_TAG = re.compile(
    r"(?:zh-(?=cmn|yue))?(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2,3}|\d{3}))?(?:-(?P<variant>[a-z\d]{5,8}|\d[a-z\d]{3}))?",
    re.IGNORECASE,
)
# Older and narrower codes of the same language, and codes of three letters: ISO 639-3, ISO 3166-1 alpha-3.
_LANGUAGES = (
    "in:id iw:he ji:yi no:nb tl:fil tgl:fil cmn:zh zho:zh ara:ar aze:az ben:bn bul:bg cat:ca ces:cs dan:da "
    "deu:de ell:el eng:en eus:eu fas:fa fin:fi fra:fr glg:gl heb:he hin:hi hrv:hr hun:hu ind:id ita:it "
    "jpn:ja kan:kn kor:ko kur:ku mar:mr msa:ms nld:nl nob:nb nor:nb pol:pl por:pt ron:ro rus:ru slk:sk "
    "slv:sl spa:es swe:sv tam:ta tel:te tha:th tur:tr ukr:uk urd:ur vie:vi"
)
_REGIONS = (
    "ARE:AE ARG:AR AUS:AU AUT:AT AZE:AZ BEL:BE BGR:BG BRA:BR CAN:CA CHE:CH CHL:CL CHN:CN COL:CO CZE:CZ "
    "DEU:DE DNK:DK ESP:ES FIN:FI FRA:FR GBR:GB GRC:GR HKG:HK HRV:HR HUN:HU IDN:ID IND:IN IRL:IE IRN:IR "
    "IRQ:IQ ISR:IL ITA:IT JPN:JP KOR:KR MEX:MX MYS:MY NLD:NL NOR:NO PAK:PK PHL:PH POL:PL PRT:PT ROU:RO "
    "RUS:RU SAU:SA SVK:SK SVN:SI SWE:SE THA:TH TUR:TR TWN:TW UKR:UA USA:US VNM:VN ZAF:ZA"
)
_SHORTER = dict(pair.split(":") for pair in f"{_LANGUAGES} {_REGIONS}".split())
CANTONESE = "zh-HK"
"""As Home Assistant names it; elsewhere it is yue."""


def language_tag(code: str) -> str | None:
    """Return the BCP 47 tag for a language tag in any spelling ("tr_tr"); None for anything else.

    There is one tag for each language, whichever of its codes is used ("cmn-CN", "in-ID"). The script is left
    out if there is a region: it is not heard.
    """
    if not (match := _TAG.fullmatch(code.strip().replace("_", "-"))):
        return None
    language, script, region, variant = match.groups("")
    language = _SHORTER.get(language.lower(), language.lower())
    if language == "yue":
        return CANTONESE
    # Home Assistant would take an unknown one with three letters for another region.
    region = _SHORTER.get(region.upper(), "" if region[2:].isalpha() else region.upper())
    return "-".join(filter(None, (language, region or script.title(), variant.lower())))
