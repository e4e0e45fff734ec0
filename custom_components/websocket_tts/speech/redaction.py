"""Errors without secrets and spoken text: their words are shown as they are, or not at all."""

from collections.abc import Iterable
import copy
from html import unescape
from pathlib import Path
import re
import unicodedata
from urllib.parse import unquote

import orjson

from .exceptions import SpeechError

_SHORTEST = 4
"""Characters of a secret, a word or a text; anything shorter could occur in any message."""
_ESCAPE = r"(?i)\\(?:u([0-9a-f]{4})|([nrt]?))"
_DENSE = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Scripts without spaces between words: two of their letters are a word."""
_WORD = rf"(?=([{_DENSE}]{{2}}))|([^\W_{_DENSE}]{{{_SHORTEST},}})"
_WORDS: list[str] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
_ORDINARY = rf"(?:{'|'.join(_WORDS)})(?:s|d|ed|ing)?"
"""Words that errors are made of, whatever the text is."""


def without_secrets[E: SpeechError](err: E, secrets: Iterable[str]) -> E:
    """Return the error, without any words if they contain a secret in any case, escaped or URL-quoted."""
    said = "\n".join([str(err), *err.placeholders.values()])
    forms = f"{said}\n{_readable(said)}".casefold()
    known = [secret.casefold() for secret in secrets if len(secret) >= _SHORTEST]
    return _shown(err, "\n".join(known), is_private=any(secret in forms for secret in known))


def without_text[E: SpeechError](err: E, texts: Iterable[str]) -> E:
    """Return the error without its cause, and without any words if those of the service repeat the texts.

    They do if a word of theirs, of four letters or digits at least, is a word of the texts or begins one,
    unless errors are made of such words whatever the text is ("voice", "found"); of Chinese, Japanese, Khmer,
    Lao and Thai, any two letters. Shorter words count where they are all of a text. Case and accents make no
    difference. So useful words are lost rather than spoken ones shown. Words of our own always stay.
    """
    said, spoken = _words(err.placeholders.get("error", "")), [_words(text) for text in texts]
    parts = {
        dense or f" {word}" for dense, word in re.findall(_WORD, said) if not re.fullmatch(_ORDINARY, word)
    }
    parts.update(text for text in spoken if len(text.strip()) >= _SHORTEST)
    everything = "".join(spoken)
    return _shown(err, everything, is_private=any(part in said and part in everything for part in parts))


def _shown[E: SpeechError](err: E, private: str, *, is_private: bool) -> E:
    """Return a copy of an error, which has no cause; with its code alone if it is private."""
    other = copy.copy(err)
    if is_private:
        codes = [err.placeholders.get(key, "") for key in ("status", "code")]
        code = next((f"code {code}" for code in codes if code and code not in private), "no code")
        other.args = (f"{code} (its words repeat the text or a secret, and are not shown)",)
        other.reason, other.placeholders = None, {}
    return other


def _readable(said: str) -> str:
    """Return a message without the escapes of JSON, HTML and URLs."""
    # A backslash alone is before a quotation mark or a slash.
    plain = re.sub(_ESCAPE, lambda escape: chr(int(escape[1], 16)) if escape[1] else escape[2] and " ", said)
    return unquote(unescape(plain))


def _words(text: str) -> str:
    """Return the words of a text, without case and accents, each after one space."""
    letters = unicodedata.normalize("NFKD", _readable(text).casefold())
    plain = "".join(letter for letter in letters if unicodedata.category(letter)[0] != "M")
    return f" {' '.join(re.findall(r'[^\W_]+', plain))} "
