"""Language tags (BCP 47)."""

import re

_FULL_TAGS = (
    "ar-001 ar-SA bg-BG bn-IN ca-ES cs-CZ da-DK de-DE el-GR en-AU en-GB en-IE en-IN en-US en-ZA es-AR "
    "es-CL es-CO es-ES es-MX eu-ES fa-IR fi-FI fr-BE fr-CA fr-FR gl-ES he-IL hi-IN hr-HR hu-HU id-ID "
    "it-IT ja-JP ko-KR mr-IN ms-MY nb-NO nl-BE nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sl-SI sv-SE "
    "ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-HK zh-CN zh-TW"
)
KNOWN_TAGS = tuple(sorted({tag for full in _FULL_TAGS.split() for tag in (full, full.partition("-")[0])}))
"""The languages to choose from if a service does not state the language of a voice."""
_TAG = re.compile(r"([a-zA-Z]{2,3})(?:[-_]([a-zA-Z]{4}))?(?:[-_]([a-zA-Z]{2}|\d{3}))?")


def language_tag(code: str) -> str | None:
    """Return the BCP 47 tag for a language tag in any spelling ("tr_tr"); None for anything else."""
    if not (match := _TAG.fullmatch(code.strip())):
        return None
    language, script, region = match.groups()
    parts = [language.lower(), script and script.title(), region and region.upper()]
    return "-".join(part for part in parts if part)
