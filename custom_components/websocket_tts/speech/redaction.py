"""Errors without what must not be seen in them: secrets, and the text that was to be spoken."""

from collections.abc import Callable, Iterable, Iterator
import copy
from html import unescape
import re
import unicodedata
from urllib.parse import unquote

from .exceptions import SpeechError

HIDDEN = "***"
_SHORTEST_SECRET = 4
"""Characters; a shorter one is none, and stands in any message."""
_LONG = 12
"""Letters and digits in a row that are hidden where the text has the same, whatever they are."""
_SHORT = 8
"""And those of at least three words."""
_FEW_WORDS = 3
_SHORT_SENTENCE = 4
"""Letters and digits of a whole sentence that is hidden; "No." may be anything."""
_SENTENCE_END = re.compile(r"[.!?\n\u2026\u3002\uff01\uff1f]+")
_DENSE = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENSITY = 3
"""Letters that a character of a script with many of them counts for."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrt])")
_TAG = re.compile(r"<[^>]*>")


def without_secrets[E: SpeechError](err: E, secrets: Iterable[str]) -> E:
    """Return the error with *** for every secret."""

    def hidden(message: str) -> str:
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                message = message.replace(secret, HIDDEN)
        return message

    return _rewritten(err, hidden)


def without_text[E: SpeechError](err: E, texts: Iterable[str]) -> E:
    """Return the error with *** for what it repeats of the texts: whole sentences, and words in a row.

    Case, white space, punctuation and the escapes of JSON, HTML and URLs make no difference. What the error
    was raised from does not come along: it may say the same.
    """
    texts = list(texts)
    return _rewritten(err, lambda message: hide_text(message, texts))


def hide_text(message: str, texts: Iterable[str]) -> str:
    """Return a message with *** for what it repeats of the texts."""
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
    # Half a character of the first 16 bits is none.
    plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unquote(unescape(plain))


def _rewritten[E: SpeechError](err: E, rewrite: Callable[[str], str]) -> E:
    """Return the same error with other words, and without what it was raised from."""
    other = copy.copy(err)
    other.args = (rewrite(str(err)),)
    for name, value in vars(err).items():
        if isinstance(value, dict):
            # What the translated text of the error mentions.
            setattr(other, name, {key: rewrite(text) for key, text in value.items()})
    return other


def _repeated(message: str, texts: list[str]) -> Iterator[tuple[int, int]]:
    """Yield from where to where a message repeats the texts."""
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
    """Yield where a message has whole sentences of a text that are too short to be found otherwise."""
    for sentence in {_letters(sentence)[0] for sentence in (text, *_SENTENCE_END.split(text))}:
        if not _SHORT_SENTENCE <= len(sentence) < _LONG:
            continue
        for found in re.finditer(re.escape(sentence), letters):
            first, last = places[found.start()], places[found.end() - 1] + 1
            if _is_boundary(message, first) and _is_boundary(message, last):
                yield first, last


def _whole_words(message: str, first: int, last: int) -> tuple[int, int]:
    """Return what there is in a part of a message without the end and the beginning of other words."""
    while first < last and not (message[first].isalnum() and _is_boundary(message, first)):
        first += 1
    while first < last and not (message[last - 1].isalnum() and _is_boundary(message, last)):
        last -= 1
    return first, last


def _is_boundary(message: str, place: int) -> bool:
    """Return whether no word goes over a place."""
    around = message[max(place - 1, 0) : place + 1]
    return len(around) < 2 or not around.isalnum() or bool(_DENSE.search(around))


def _letters(text: str) -> tuple[str, list[int]]:
    """Return the letters and digits alone, in one case and without accents, and where each of them stands."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for plain in unicodedata.normalize("NFKD", character.casefold()):
            if plain.isalnum():
                count = _DENSITY if _DENSE.match(plain) else 1
                letters += [plain] * count
                places += [place] * count
    return "".join(letters), places
