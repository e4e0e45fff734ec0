"""Language tags (BCP 47)."""

from pathlib import Path
import re

import orjson

_TAG = re.compile(
    r"(?:zh-(?=cmn|yue))?(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2,3}|\d{3}))?(?:-(?P<variant>[a-z\d]{5,8}|\d[a-z\d]{3}))?",
    re.IGNORECASE,
)
# Older and narrower codes of the same language, and codes of three letters: ISO 639-3, ISO 3166-1 alpha-3.
_SHORTER: dict[str, dict[str, str]] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
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
    language = _SHORTER["languages"].get(language.lower(), language.lower())
    if language == "yue":
        return CANTONESE
    # Home Assistant would take an unknown one with three letters for another region.
    region = _SHORTER["regions"].get(region.upper(), "" if region[2:].isalpha() else region.upper())
    return "-".join(filter(None, (language, region or script.title(), variant.lower())))
