"""SSML: detecting it in a text, creating it, and converting it to plain text."""

from collections.abc import Iterator
from html import escape, unescape as unescape_one
import re
from xml.parsers.expat import ExpatError, ParserCreate

_PREFIX = r"(?:[a-z_][\w.-]{0,31}:)?"

# An XML declaration, comments, a document type.
_PROLOG = r"(?:(?:<\?xml.*?\?>|<!--.*?-->|<!doctype[^<>\[]*(?:\[[^\]]*\]\s*)?>)\s*)*+"
BEGIN = re.compile(rf"{_PROLOG}<{_PREFIX}speak(?:\s[^<>]*)?/?>", re.IGNORECASE | re.DOTALL)
"""The beginning of a document, up to its content."""
END = re.compile(rf"</{_PREFIX}speak\s{{0,16}}>", re.IGNORECASE)
UNFINISHED = re.compile(
    rf"{_PROLOG}(?:<(?:\?(?:x(?:m(?:l.*)?)?)?|!(?:-(?:-.*)?|d[a-z]{{0,5}}|doctype.*)?|/[\w.:-]{{0,40}}\s{{0,16}}"
    rf"|(?:[a-z_][\w.-]{{0,31}}(?::[a-z]{{0,5}})?)?|{_PREFIX}speak(?:\s[^<>]*|/)?|lang\s[^<>]*))?\Z",
    re.IGNORECASE | re.DOTALL,
)
"""The end of a text that may become such a beginning, an end, or a passage when more arrives."""

# What cannot be spoken, or seen: control characters, surrogates and noncharacters, of which XML 1.0 forbids
# many, soft hyphens, word joiners, and marks of direction. Joiners of letters stay.
_NO_CHARACTER = (
    r"[^\t\n\r\x20-\x7e\x85\xa0-\xac\xae-\u061b\u061d-\u200d\u2010-\u2029\u202f-\u205f\u2070-\ud7ff"
    r"\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufff8\ufffc\ufffd\U00010000-\U0010ffff]"
)
_CONTROL_SPACE = r"[\x0b\x0c\x1c-\x1f]"
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<[?!][^<>]*>"
    r"|<(?P<close>/?)\s*(?:[\w.-]+:)?(?P<tag>[a-zA-Z][\w.-]*)"
    r"(?P<attributes>(?:\"[^\"<]*\"|'[^'<]*'|[^'\"<>])*)>"
    # The text ended within a tag.
    r"|<(?:/[a-zA-Z][\w.:-]*|[a-zA-Z][\w.:-]*\s+[\w:-]+\s*=[^<>]*)\Z"
    r"|(?P<text>[^<]+|<)",
    re.DOTALL,
)
_CLOSED = re.compile(r"</\s*(?:[\w.-]+:)?([a-zA-Z][\w.-]*)")
_ATTRIBUTE = re.compile(r"([\w.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_PASSAGE = re.compile(rf"<{_PREFIX}lang\s", re.IGNORECASE)
_ROOT_LANGUAGE = re.compile(rf"(<{_PREFIX}speak\s[^<>]*?\bxml:lang\s*=\s*[\"'])[^\"'<>]*", re.IGNORECASE)
_LONE = re.compile(r"&(?!#?\w+;)")
_SPACE = re.compile(r"\s+")
_TIME = re.compile(r"\s*\+?(\d*\.?\d+)\s*(m?s)?\s*", re.IGNORECASE)
_SENTENCES = frozenset(("p", "s", "paragraph", "sentence"))
_NOT_SPOKEN = frozenset(("desc", "metadata", "lexicon"))
_STRENGTHS = {"none": 0, "x-weak": 0, "weak": 250, "medium": 500, "strong": 750, "x-strong": 1000}
LONGEST_PAUSE = 10_000
"""Milliseconds."""


def is_ssml(text: str) -> bool:
    """Return whether a text is an SSML document."""
    return BEGIN.match(text.lstrip()) is not None


def with_rate(text: str, rate: float, language: str | None) -> str:
    """Return a text as SSML 1.0 with a rate; unchanged if it is 1.

    SSML is returned unchanged, since it defines how it is spoken.
    """
    if rate == 1 or is_ssml(text):
        return text
    spoken_in = f' xml:lang="{escape(language)}"' if language else ""
    return (
        f'<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis"{spoken_in}>'
        f'<prosody rate="{round((rate - 1) * 100):+d}%">'
        f"{escape(speakable(text), quote=False)}</prosody></speak>"
    )


def speakable(text: str) -> str:
    """Return a text without the characters that cannot be spoken or that XML 1.0 does not allow."""
    if text.isprintable():
        return text
    return re.sub(_NO_CHARACTER, "", re.sub(_CONTROL_SPACE, " ", text))


def unescape(text: str) -> str:
    """Return a text with its entities replaced by their characters; a lone "&" stays."""
    return speakable(_ENTITY.sub(lambda entity: unescape_one(entity[0]).replace("\ufffd", ""), text))


def well_formed(ssml: str) -> str:
    """Return SSML unchanged if it is well-formed, else with lone characters escaped; empty if in vain."""
    mended = _MARKUP.sub(_mended, ssml)
    for text in (ssml, mended, f"{mended}</speak>"):
        try:
            ParserCreate().Parse(text, True)  # noqa: FBT003 (it has no name)
        except ExpatError:
            continue
        return text
    return ""


def _mended(part: re.Match[str]) -> str:
    if part["text"]:
        return escape(unescape(part["text"]), quote=False)
    return _LONE.sub("&amp;", part[0]) if part["cdata"] is None else part[0]


def passages(ssml: str) -> Iterator[tuple[str, str]]:
    """Yield SSML, and the passages in it in other languages as documents of their own, with their languages.

    The language is empty outside of passages; what is open around a passage is open in it as well.
    """
    if not _PASSAGE.search(ssml):
        yield ssml, ""
        return
    languages, opened, part = [""], list[re.Match[str]](), ""
    for match in _MARKUP.finditer(ssml):
        tag = (match["tag"] or "").lower()
        is_empty = (match["attributes"] or "").endswith("/")
        if tag == "lang" and not is_empty:
            yield from _document(part, opened, languages[-1])
            inner = _attributes(match["attributes"]).get("lang", "").strip()
            languages = (languages[:-1] or [""]) if match["close"] else [*languages, inner or languages[-1]]
            part = "".join(tag[0] for tag in opened)
            continue
        if tag and match["close"]:
            opened = opened[:-1]
        elif tag and not is_empty:
            opened = [*opened, match]
        part += match[0]
    yield from _document(part, opened, languages[-1])


def _document(part: str, opened: list[re.Match[str]], language: str) -> Iterator[tuple[str, str]]:
    """Yield a part of a document with its end, unless it has neither words nor a pause."""
    text = part + "".join(f"</{tag[0][1:].split(maxsplit=1)[0].rstrip('>')}>" for tag in reversed(opened))
    if language:
        text = _ROOT_LANGUAGE.sub(rf"\g<1>{language}", text, count=1)
    if next(plain_text(text), None):
        yield text, language


def plain_text(ssml: str) -> Iterator[tuple[str, int]]:
    """Yield the plain text of SSML in parts, each with the milliseconds of silence before it.

    The last part may be empty: then they are at the end. A blank line separates sentences. Markup that is not
    well-formed is accepted.
    """
    words, pause = "", 0
    for part in (*_spoken_parts(ssml), 0):
        if isinstance(part, str):
            words += part
            continue
        if text := "\n\n".join(filter(None, (" ".join(line.split()) for line in words.split("\n\n")))):
            yield text, pause
            words, pause = "", 0
        pause = min(pause + part, LONGEST_PAUSE)
    if pause:
        yield "", pause


def _spoken_parts(ssml: str) -> Iterator[str | int]:
    """Yield the text of SSML, blank lines between its sentences, and its breaks in milliseconds."""
    closed = {match[1].lower(): match.start() for match in _CLOSED.finditer(ssml)}
    skipped = ""
    for match in _MARKUP.finditer(ssml):
        tag = (match["tag"] or "").lower()
        if skipped:
            skipped = "" if match["close"] and tag == skipped else skipped
        elif not tag:
            yield _SPACE.sub(" ", unescape(match["text"] or "") or match["cdata"] or "")
        elif tag in _SENTENCES:
            yield "\n\n"
        elif tag == "break" and not match["close"]:
            yield _pause(match["attributes"]) or " "
        elif not match["close"]:
            alias = _attributes(match["attributes"]).get("alias", "") if tag == "sub" else ""
            yield _SPACE.sub(" ", unescape(alias))
            goes_on = not match["attributes"].endswith("/") and closed.get(tag, -1) > match.start()
            skipped = tag if goes_on and (alias or tag in _NOT_SPOKEN) else ""


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(text)}


def _pause(text: str) -> int:
    """Return the length of a break with these attributes, in milliseconds."""
    attributes = _attributes(text)
    if time := _TIME.fullmatch(attributes.get("time", "")):
        factor = 1000 if (time[2] or "").lower() == "s" else 1
        return int(min(float(time[1]) * factor, LONGEST_PAUSE))
    return _STRENGTHS.get(attributes.get("strength", "").strip().lower(), _STRENGTHS["medium"])
