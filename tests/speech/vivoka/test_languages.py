"""The languages in the names of voices."""

import pytest

from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.speech.vivoka.client import VivokaClient
from custom_components.websocket_tts.speech.vivoka.languages import cerence_tag

CODES = (
    "arg ar-SA, arw ar-001, bae eu-ES, bei bn-IN, bgb bg-BG, bhi bho-IN, cae ca-ES, cah zh-HK, czc cs-CZ, "
    "dad da-DK, dub nl-BE, dun nl-NL, ena en-AU, ene en-IE, eng en-GB, eni en-IN, ens en-GB, enu en-US, "
    "enz en-ZA, fai fa-IR, fif fi-FI, frb fr-BE, frc fr-CA, frf fr-FR, ged de-DE, gle gl-ES, grg el-GR, "
    "hei he-IL, hii hi-IN, hrh hr-HR, huh hu-HU, idi id-ID, iti it-IT, jpj ja-JP, kai kn-IN, kok ko-KR, "
    "mai mr-IN, mnc zh-CN, mnt zh-TW, msm ms-MY, non nb-NO, plp pl-PL, ptb pt-BR, ptp pt-PT, ror ro-RO, "
    "rur ru-RU, sks sk-SK, sls sl-SI, spa es-AR, spc es-CO, spe es-ES, spl es-CL, spm es-MX, sws sv-SE, "
    "tai ta-IN, tei te-IN, tht th-TH, trt tr-TR, uku uk-UA, vae ca-ES-valencia, viv vi-VN, doc "
    "zh-CN-dongbei, sxc zh-CN-shaanxi, sic zh-CN-sichuan, shc wuu-CN"
)
HEADERS = (
    "cmn-CHN zh-CN, eng-USA en-US, deu-DEU de-DE, jpn-JPN ja-JP, yue-HKG zh-HK, por-BRA pt-BR, kan-IND kn-IN"
)
TAGS = "de-AT de-AT, cmn-CN zh-CN, no-NO nb-NO"


@pytest.mark.parametrize("row", [row.strip() for row in f"{CODES}, {HEADERS}, {TAGS}".split(",")])
def test_cerence_tag(row: str) -> None:
    """A code of Cerence, as in the names of voices and in its headers, or a tag; in either case."""
    code, tag = row.split()
    assert cerence_tag(code) == cerence_tag(code.upper()) == cerence_tag(f" {code} ") == tag
    voice = VivokaClient.voice(Voice(f"{code},ann,embedded-pro", "", "fr-FR"))
    assert (voice.full_name, voice.language) == ("Ann (embedded-pro)", tag)


@pytest.mark.parametrize("code", ["xyz", "english", "", "cmn", "deu", "tur", "crh", "pef"])
def test_no_code(code: str) -> None:
    """Three letters that are no code of Cerence are not taken for a language."""
    assert cerence_tag(code) is None
    assert VivokaClient.voice(Voice(f"{code},ann,neural")).language is None
