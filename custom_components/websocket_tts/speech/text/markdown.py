"""Removal of Markdown, HTML and emoji from a sentence. The words stay."""

from itertools import pairwise
import re
import unicodedata

from .marks import DRAWN, EMOJI, SET_APART
from .ssml import BEGIN, unescape

# Noncharacters, which do not occur in text: the end of an HTML block, and a literal underscore.
_BLOCK_END = "\ufdd0"
_UNDERSCORE = "\ufdd1"

_ATTRIBUTE = r"(?:\s+[\w:-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>]+))"
# The target of a link, and its title.
_TARGET = r"\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+(?:\"[^\"]*\"|'[^']*'))?\)"
_INLINE_TAGS = "[bisu]|em|strong|code|su[bp]|small|span|mark|del|ins|kbd|font"
# SSML tags, which language models also write without <speak>.
_SPEECH_TAGS = "speak|prosody|emphasis|say-as|phoneme|voice|lang"
_BLOCK_TAGS = (
    "p|div|li|[uod]l|d[td]|h[1-6r]|pre|blockquote|table|thead|tbody|tr|section|article|details|summary"
)
# The order matters: the content of code and links may look like other markup.
_INLINE = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # A bullet, not the start of italics.
        (r"(?m)^(\s*)\*(?=\s)", r"\1-"),
        (r"(?s)<!--.*?-->", ""),
        # The fences of a code block, with the language.
        (r"(?m)^\s*(?:```|~~~)[\w+-]*[ \t]*$|```", ""),
        # [1][2] are citations, [^1] is a footnote.
        (r"(?:\[\d{1,3}\]){2,}(?!\()|(?<=[.,;:!?)\"”’»。！？])\[\d{1,3}\](?!\()", ""),  # noqa: RUF001
        (r"\[\^[^\]\s]+\]:?", ""),
        # Images and links: the text that they show; <https://...>: the URL.
        (rf"!?\[([^\[\]]*)\](?:{_TARGET}|\[[^\[\]]*\])", r"\1"),
        # Half of a link whose other half is in another sentence.
        (rf"\]{_TARGET}|(?<!\\)!?\[(?=[^\[\]]*\Z)", ""),
        (r"<((?:https?://|mailto:)[^<>\s]+)>", r"\1"),
        (r"(`+)([^`]+)\1", r"\2"),
        (rf"(?i)<br\s*/?>|</?break{_ATTRIBUTE}*\s*/?>", " "),
        (
            rf"(?i)</?(?:{_INLINE_TAGS}|{_SPEECH_TAGS}){_ATTRIBUTE}*\s*/?>|<(?:a|img){_ATTRIBUTE}+\s*/?>|</a\s*>",
            "",
        ),
        (r"(?i)</t[dh]\s*>\s*(?=<t[dh]\b)", ", "),
        (rf"(?i)</(?:{_BLOCK_TAGS})\s*>", f"{_BLOCK_END}\n"),
        (rf"(?i)<(?:{_BLOCK_TAGS}){_ATTRIBUTE}*\s*/?>", "\n"),
        (rf"(?i)</?t[dh]{_ATTRIBUTE}*\s*>", " "),
        # __init__.py is a name.
        (r"(?<!\w)__(?=[^\W_])(\w*[^\W_])__(?=\.\w)", rf"{_UNDERSCORE * 2}\1{_UNDERSCORE * 2}"),
        # Bold and italics, but not marks between words or numbers: 2*3*4, 2**8, snake_case.
        (r"(?<![\w*\\])(\*{1,3})(?=[^\s*])([^\n]*?[^\s*\\])\1(?!\*)", r"\2"),
        (r"(?<![*\\])(?!(?<=\d)\*{1,3}\d)(\*{1,3})(?=[^\s*])([^\n]*?[^\s*\\])\1(?![\w*])", r"\2"),
        (r"(?<![\w\\])(_{1,3})(?=[^\s_])([^\n]*?[^\s_\\])\1(?!\w)", r"\2"),
        (r"~~(?=\S)([^\n]*?\S)~~", r"\1"),
        # Half of a pair whose other half is in another sentence.
        (r"(?<![\w*\\])\*{1,3}(?=\w)|(?:(?<=[\w.!?:,;)])|(?<=[^\x00-\x7f\s]))\*{1,3}(?![\w*])", ""),
        (r"(?<!\w)__(?=[^\W_])|(?:(?<=[^\W_])|(?<=[.!?…]))__(?!\w)", ""),
        (r"(?<!\S)~~|~~(?!\S)|`", ""),
        # Marks around something that is spoken apart.
        (r"\A\s*(?:\*{2,3}|_{1,3})(?=\s|\Z)|(?<=\s)(?:\*{1,3}|_{1,3})\s*\Z", ""),
        (r"\\([\\*_`#>|~\[\](){}!+-])", r"\1"),
    )
]

# Words, and punctuation that is not markup: most sentences contain nothing else.
_PLAIN = re.compile(r"[^\W_](?:[^\W_]|[ .,;:!?'’\"()]|(?<=\w)-(?=\w))*")  # noqa: RUF001
_RULE = re.compile(r"\s*(?:(?:[-*_=]\s*){3,}|[|:+\s-]*-[|:+\s-]*\|[|:+\s-]*|\|\s*)")
_QUOTE = re.compile(r"(?:\s*>)+\s?(?!\d)")
_HEADING = re.compile(r"\s*#{1,6}\s+(.*?)(?:\s+#+)?\s*")
_BULLET = re.compile(r"\s*[-*+•]\s+(?:\[[ xX]\]\s+)?(.*)")
_TABLE_ROW = re.compile(r"\s*\|(.*)\|\s*")

# A keycap keeps its digit.
_PICTURE = rf"[{EMOJI}\uFE0E\uFE0F\u20E3\U000E0020-\U000E007F]\u200D?"
# Leave no space before a comma.
_PICTURES = re.compile(rf"(?:[ \t]*{_PICTURE})++(?=[.,!?;:])|{_PICTURE}")
_DRAWN = str.maketrans(
    {"❓": "?", "❔": "?", "❗": "!", "❕": "!", "‼": "!!", "⁇": "??", "⁈": "?!", "⁉": "!?"}
    | {"➕": "+", "➖": "−", "✖": "×", "➗": "÷", "🟰": "=", "💲": "$"}  # noqa: RUF001
)
# At the beginning, and behind a stop, they are ornaments, unless it is the sign of a number.
_ORNAMENT = re.compile(
    rf"(?m)^([\s>#*+•_-]*)(?:(?![➕➖💲]\uFE0F?\s*\d)(?:{_PICTURE}|[⁇⁈])\s*)+"  # noqa: RUF001
    rf"|(?<=[.!?…。！？])(?:[ \t]*(?![➕➖✖➗🟰💲])(?:{_PICTURE}|[⁇⁈]))+|[ \t]+(?=[{DRAWN}])"  # noqa: RUF001
)


def strip_markdown(sentence: str) -> str:
    """Return a sentence without Markdown, HTML and emoji; empty if nothing else is in it."""
    if _PLAIN.fullmatch(sentence):
        return " ".join(sentence.split())
    sentence = _without_emoji(sentence)
    for pattern, replacement in _INLINE:
        sentence = pattern.sub(replacement, sentence)
    lines = sentence.replace(_UNDERSCORE, "_").splitlines()
    sentence = "\n".join(_line(line, following) for line, following in pairwise([*lines, ""]))
    # Unescaped last: its characters must not be treated as markup.
    sentence = BEGIN.sub("speak", _without_emoji(unescape(sentence)))
    text = "\n".join(filter(None, (" ".join(line.split()) for line in sentence.splitlines())))
    return text if any(map(str.isalnum, text)) else ""


def with_stop(text: str) -> str:
    """Return a text with a full stop of its script, unless it ends in one or in similar punctuation."""
    text = text.strip()
    if not text or SET_APART.search(text):
        return text
    script = unicodedata.name(text[-1], "")
    if script.startswith(("CJK", "HIRAGANA", "KATAKANA")):
        return f"{text}。"
    return f"{text}।" if script.startswith("DEVANAGARI") else f"{text}."


def _without_emoji(text: str) -> str:
    return _PICTURES.sub("", _ORNAMENT.sub(r"\1", text).translate(_DRAWN))


def _line(line: str, following: str) -> str:
    """Return a heading, quote, list item or table row without its markup, ended like a sentence."""
    if _RULE.fullmatch(line):
        return ""
    if line.endswith(_BLOCK_END):
        return with_stop(_line(line.rstrip(_BLOCK_END), ""))
    if quote := _QUOTE.match(line):
        rest = _line(line[quote.end() :], "")
        return rest if _QUOTE.match(following) else with_stop(rest)
    for block in (_HEADING, _BULLET):
        if match := block.fullmatch(line):
            return with_stop(match[1])
    if row := _TABLE_ROW.fullmatch(line):
        return with_stop(", ".join(filter(None, (cell.strip() for cell in row[1].split("|")))))
    return line
