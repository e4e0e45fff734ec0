"""A sentence as written -> as spoken: Markdown marks and emoji go, words stay."""

import regex

from ..text.segments import is_ssml

# The order matters: what is inside of code and links may look like another mark.
_INLINE = [
    (regex.compile(pattern), replacement)
    for pattern, replacement in (
        # The fence around a block of code, with the language behind it.
        (r"(?m)^\s*(?:```|~~~)[\w+-]*[ \t]*$|```", ""),
        # [^1] is a footnote; images and links are what they show; <https://...> is what it says.
        (r"\[\^[^\]\s]+\]:?", ""),
        (r"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)|\[[^\[\]]*\])", r"\1"),
        (r"<((?:https?://|mailto:)[^<>\s]+)>", r"\1"),
        (r"(`+)([^`]+)\1", r"\2"),
        (r"(?i)<br\s*/?>", " "),
        (
            r"(?i)</?(?:[bius]|em|strong|p|[uo]l|li|code|pre|su[bp]|small|span|div|h\d)(?:\s+\w+=[^<>]*)?\s*/?>",
            "",
        ),
        # Bold and italics; between two words or numbers a mark is none: 2*3*4, 2**8, snake_case.
        (r"(?<![\w*\\])(\*{1,3})(?=[^\s*])([^\n]*?[^\s*\\])\1(?!\*)", r"\2"),
        (r"(?<![*\\])(\*{1,3})(?=[^\s*])([^\n]*?[^\s*\\])\1(?![\w*])", r"\2"),
        (r"(?<![\w\\])(_{1,3})(?=[^\s_])([^\n]*?[^\s_\\])\1(?!\w)", r"\2"),
        (r"~~(?=\S)([^\n]*?\S)~~", r"\1"),
        # The half of a pair whose other half is in another sentence.
        (
            r"(?<![\w*\\])\*{1,3}(?=\w)|(?<=[\w.!?…:,;)])\*{1,3}(?![\w*])|(?<!\w)__(?=\w)|(?<=[\w.!?…])__(?!\w)",
            "",
        ),
        (r"(?<!\S)~~|~~(?!\S)|`", ""),
        (r"\\([\\*_`#>|~\[\](){}!+-])", r"\1"),
    )
]

_WORD = regex.compile(r"\w")
# Words, and the punctuation that is no mark: most sentences have nothing else.
_PLAIN = regex.compile(r"[\p{L}\p{Nd}](?:[\p{L}\p{Nd}\s.,;:!?'’\"()]|(?<=\w)-(?=\w))*")  # noqa: RUF001
_LINE_START_ASTERISK = regex.compile(r"(?m)^(\s*)\*(?=\s)")
_RULE = regex.compile(r"\s*(?:(?:[-*_=]\s*){3,}|[|:+\s-]*-[|:+\s-]*\|[|:+\s-]*)")
_QUOTE = regex.compile(r"(?:\s*>)+\s?(?!\d)")
_HEADING = regex.compile(r"\s*#{1,6}\s+(.*?)[\s#]*")
_BULLET = regex.compile(r"\s*[-*+•]\s+(?:\[[ xX]\]\s+)?(.*)")
_TABLE_ROW = regex.compile(r"\s*\|(.*)\|\s*")
_STOPPED = regex.compile(r".*[.!?…:;,。！？؟।](?:[\"'”’)»\]*_]*)", regex.DOTALL)  # noqa: RUF001

# A keycap keeps its digit. Of the pictographs those stay that are read as words.
_KEYCAP = regex.compile(r"([0-9#*])\uFE0F?\u20E3")
_EMOJI = regex.compile(
    r"[\p{Extended_Pictographic}--[©®™]]|\p{Regional_Indicator}|\p{Emoji_Modifier}|[\uFE0E\uFE0F\u200D\U000E0020-\U000E007F]",
    regex.VERSION1,
)
# With the space that would be left before a comma.
_EMOJI_BEFORE_STOP = regex.compile(rf"(?:[ \t]*(?:{_EMOJI.pattern}))+(?=[.,!?;:])", regex.VERSION1)


def strip_markdown(sentence: str) -> str:
    """Return what is to be said of a sentence; empty where it is made of nothing but marks.

    SSML stays as it is.
    """
    if is_ssml(sentence):
        return sentence
    if not _PLAIN.fullmatch(sentence):
        sentence = "\n".join(map(_line, _without_inline(_without_emoji(sentence)).splitlines()))
    text = "\n".join(filter(None, (" ".join(line.split()) for line in sentence.splitlines())))
    return text if _WORD.search(text) else ""


def _without_emoji(text: str) -> str:
    return _EMOJI.sub("", _EMOJI_BEFORE_STOP.sub("", _KEYCAP.sub(r"\1", text)))


def _without_inline(text: str) -> str:
    # What begins a line is a bullet, not the start of italics.
    text = _LINE_START_ASTERISK.sub(r"\1-", text)
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text


def _line(line: str) -> str:
    """Take away what makes a line a heading, a quote, an item or a row; such a line is a sentence."""
    if _RULE.fullmatch(line):
        return ""
    if quote := _QUOTE.match(line):
        line = line[quote.end() :]
    for block in (_HEADING, _BULLET):
        if match := block.fullmatch(line):
            return _sentence(match[1])
    if row := _TABLE_ROW.fullmatch(line):
        return _sentence(", ".join(filter(None, (cell.strip() for cell in row[1].split("|")))))
    return line


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or _STOPPED.fullmatch(text) else f"{text}."
