"""Removal of secrets and spoken text from errors."""

from collections.abc import Callable, Iterable, Iterator
import copy
from html import unescape
import re
import unicodedata
from urllib.parse import unquote

from .exceptions import SpeechError

HIDDEN = "***"
_SHORTEST_SECRET = 4
"""Characters; anything shorter is not a secret, and could occur in any message."""
_LONG = 12
"""Length from which any sequence of letters and digits of the text is hidden."""
_SHORT = 8
"""The same for sequences of at least three words."""
_FEW_WORDS = 3
_SHORT_SENTENCE = 4
"""Letters and digits from which a whole sentence is hidden; "No." could occur anywhere."""
_SENTENCE_END = re.compile(r"[.!?\n\u2026\u3002\uff01\uff1f]+")
_DENSE = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENSITY = 3
"""Number of letters that a character of such a script counts as."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrt])")
_TAG = re.compile(r"<[^>]*>")


def without_secrets[E: SpeechError](err: E, secrets: Iterable[str]) -> E:
    """Return the error with every secret replaced by ***."""

    def hidden(message: str) -> str:
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                message = message.replace(secret, HIDDEN)
        return message

    return _rewritten(err, hidden)


def without_text[E: SpeechError](err: E, texts: Iterable[str]) -> E:
    """Return the error with everything that it repeats of the texts replaced by ***.

    These are whole sentences and longer sequences of words, regardless of case, white space, punctuation and
    escapes of JSON, HTML and URLs. The cause of the error is dropped, since it may contain the same.
    """
    texts = list(texts)
    return _rewritten(err, lambda message: hide_text(message, texts))


def hide_text(message: str, texts: Iterable[str]) -> str:
    """Return a message with everything that it repeats of the texts replaced by ***."""
    readable = _readable(message)
    parts: list[str] = []
    position = 0
    for start, end in sorted(span for span in _repeated(readable, list(texts)) if span[0] < span[1]):
        if start > position or not parts:
            parts += [readable[position:start], HIDDEN]
        position = max(position, end)
    return "".join([*parts, readable[position:]]) if parts else message


def _readable(message: str) -> str:
    """Return a message without the escapes of JSON, HTML and URLs."""
    plain = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else " ", message)
    # A lone surrogate is not a character.
    plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unquote(unescape(plain))


def _rewritten[E: SpeechError](err: E, rewrite: Callable[[str], str]) -> E:
    """Return the same error with a rewritten message, and without its cause."""
    other = copy.copy(err)
    other.args = (rewrite(str(err)),)
    for name, value in vars(err).items():
        if isinstance(value, dict):
            # The placeholders of the translated message.
            setattr(other, name, {key: rewrite(text) for key, text in value.items()})
    return other


def _repeated(message: str, texts: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the start and end of every part of a message that repeats the texts."""
    letters, places = _letters(message)
    known: set[str] = set()
    whole = " ".join(texts)
    for text in {whole, _TAG.sub(" ", whole)}:
        spoken, _ = _letters(text)
        known.update(spoken[start : start + _SHORT] for start in range(len(spoken) - _SHORT + 1))
    for text in texts:
        yield from _sentences(message, letters, places, _TAG.sub(" ", text))
    start = 0
    while start <= len(letters) - _SHORT:
        end = start
        while letters[end : end + _SHORT] in known:
            end += 1
        if end > start:
            first, last = places[start], places[end + _SHORT - 2] + 1
            words = len(re.findall(r"[^\W_]+", message[first:last]))
            if end - start + _SHORT - 1 >= _LONG or words >= _FEW_WORDS:
                yield _whole_words(message, first, last)
        start = end + 1


def _sentences(message: str, letters: str, places: list[int], text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of whole sentences that are too short to be found as sequences."""
    for sentence in {_letters(sentence)[0] for sentence in (text, *_SENTENCE_END.split(text))}:
        if not _SHORT_SENTENCE <= len(sentence) < _LONG:
            continue
        for found in re.finditer(re.escape(sentence), letters):
            first, last = places[found.start()], places[found.end() - 1] + 1
            if _is_boundary(message, first) and _is_boundary(message, last):
                yield first, last


def _whole_words(message: str, first: int, last: int) -> tuple[int, int]:
    """Return the start and end of a part of a message, shrunk to whole words."""
    while first < last and not (message[first].isalnum() and _is_boundary(message, first)):
        first += 1
    while first < last and not (message[last - 1].isalnum() and _is_boundary(message, last)):
        last -= 1
    return first, last


def _is_boundary(message: str, place: int) -> bool:
    """Return whether a position is not within a word."""
    around = message[max(place - 1, 0) : place + 1]
    return len(around) < 2 or not around.isalnum() or bool(_DENSE.search(around))


def _letters(text: str) -> tuple[str, list[int]]:
    """Return only the letters and digits, in one case and without accents, and the position of each."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for plain in unicodedata.normalize("NFKD", character.casefold()):
            if plain.isalnum():
                count = _DENSITY if _DENSE.match(plain) else 1
                letters += [plain] * count
                places += [place] * count
    return "".join(letters), places
