"""What services say in JSON, and which error it is: codes decide, and words where no code does."""

from functools import lru_cache
import re

from ..exceptions import BusyError, InvalidAuthError, SpeechError, SynthesisError, VoiceNotFoundError

_MAX_WORDS = 300
MAX_DEPTH = 5
"""Levels of nested objects that are looked into."""

# Keys of Knovvu, Vivoka, OAuth and problem details (RFC 9457), in the form of comparable().
NAME_KEY = "messagename"
_MESSAGE_KEYS = ("errormessage", "errordescription", "message", "msg", "detail", "title")
_INNER_KEYS = ("error", "errors")
_CODE_KEYS = ("errorcode", "codestring", "code", "statuscode")
_KIND_KEYS = ("typestring", "type")
_ALL_CODE_KEYS = (*_CODE_KEYS, "status", *_KIND_KEYS, *_INNER_KEYS)
_NOTHING = {"", "none", "null", "ok", "success", "noerror", "false", "200"}
"""Values of an error or error code that mean there is none."""
_SHOWN_CODE = re.compile("[0-9]{1,5}|invalid-request|invalid-license|internal-server-error", re.IGNORECASE)
"""Codes that are shown even of an error whose words are not."""
# Of HTTP, WebSocket, OAuth (RFC 6749, 6750), gRPC, Knovvu, and of services with so many channels.
_PHRASES: dict[type[SpeechError], tuple[str, ...]] = {
    InvalidAuthError: (
        "^(?:401|forbidden|invalid client|invalid grant)$|(?:un|not )(?:authori[sz]ed|authenticated)",
        "(?:access|permission) denied|auth[a-z]+ (?:has been |is )?(?:failed|required|denied)",
        "invalid licen[sc]e|licen[sc]e (?:has |is )?(?:expired|invalid|not valid)",
        "(?:access|bearer|expired) token|token (?:has |is )?expired|invalid token(?=[.:]|$)",
    ),
    BusyError: (
        "^(?:429|503|1013|(?:temporarily )?unavailable|resource exhausted)$|try again (?:later|in)",
        "too many (?:[a-z]+ )?(?:requests|connections|sessions|channels)",
        "(?:server|service) (?:is )?(?:[a-z]+ )?(?:busy|overloaded|unavailable)",
        "(?:channel|licen[sc]e|connection|session)s? (?:[a-z]+ ){0,3}(?:in use|busy|taken|reached|exceeded)",
        "no free (?:channel|licen[sc]e)|no (?:[a-z]+ ){0,2}(?:channel|licen[sc]e)s? (?:available|left)",
    ),
    VoiceNotFoundError: (
        "(?:unknown|invalid|unsupported|no such) voice(?! (?:rate|format))",
        "voice (?!serv|synth|model|licen)(?:[^ .;!?]+ ){0,5}?(?:was |is |does )?not (?:found|exist)",
    ),
}


class Reading:
    """What a message says: the fields of its objects by comparable key, the outer ones first."""

    def __init__(self, message: object) -> None:
        """Read JSON; what is no object is an error by itself."""
        self.objects: list[dict[str, object]] = []
        found, depth = [message if isinstance(message, dict) else {"error": message}], MAX_DEPTH
        while found and depth:
            level = [{comparable(key): value for key, value in item.items()} for item in found]
            self.objects += level
            values = [
                value for fields in level for value in fields.values() if isinstance(value, (dict, list))
            ]
            found = [item for value in values for item in _items(value) if isinstance(item, dict)]
            depth -= 1

    def values(self, *keys: str) -> list[object]:
        """Return the values of these keys, of all objects; those in a list one by one."""
        return [item for part in self.objects for key in keys if key in part for item in _items(part[key])]

    def words(self, *keys: str) -> list[str]:
        """Return the texts and numbers among them that say something, in one line each, which is not long."""
        words = [value for value in self.values(*keys) if isinstance(value, str | int) and value is not True]
        return [" ".join(str(value).split())[:_MAX_WORDS] for value in words if _is_something(value)]

    @property
    def is_error(self) -> bool:
        """Return whether it reports an error that is more than a warning."""
        is_named = "error" in str(self.values(NAME_KEY)).casefold()
        is_reported = any(map(_is_something, self.values(*_INNER_KEYS, "errormessage", "errorcode")))
        return self.has_failed or is_named or (is_reported and not self.is_warning)

    @property
    def has_failed(self) -> bool:
        """Return whether it has a success field that is false."""
        return any(str(value).casefold() in ("false", "0", "no") for value in self.values("success"))

    @property
    def is_warning(self) -> bool:
        """Return whether it has a type that Vivoka's headers tell from that of an error, and no such one."""
        kinds = {str(kind).casefold() for kind in self.values(*_KIND_KEYS)}
        return not kinds.isdisjoint(("warning", "info")) and "error" not in kinds

    @property
    def error_words(self) -> str:
        """Return the message and the code of an error in one line."""
        names = ("codestring", "typestring")
        groups = (_MESSAGE_KEYS, _INNER_KEYS, names, _CODE_KEYS, (*_KIND_KEYS, NAME_KEY))
        message, inner, name, code, kind = (next(iter(self.words(*keys)), "") for keys in groups)
        parts = (message, inner, code) if message or inner else (name, code)
        return (": ".join(filter(None, dict.fromkeys(parts))) or kind)[:_MAX_WORDS]

    def error(self, *, has_own_tokens: bool = False) -> SpeechError:
        """Return the error; with has_own_tokens, the tokens in it are not credentials of the user."""
        kind = self.error_kind(has_own_tokens=has_own_tokens) or SynthesisError
        words = self.error_words or "the service reports an error without words"
        code = next(filter(_SHOWN_CODE.fullmatch, self.words(*_ALL_CODE_KEYS)), "")
        return kind(words, error=words, code=code)

    def error_kind(self, status: int = 0, *, has_own_tokens: bool = False) -> type[SpeechError] | None:
        """Return the class of the error, if it is clear, also from the status of the HTTP response."""

        def plain(word: str) -> str:
            text = re.sub(r"[-_]|(?<=[a-z])(?=[A-Z])", " ", word).casefold().replace("n't", " not")
            return text.replace("token", "") if has_own_tokens else text

        codes = [*(plain(code) for code in self.words(*_ALL_CODE_KEYS) if " " not in code), str(status)]
        by_words = _kind_of([plain(word) for word in self.words(*_MESSAGE_KEYS, *_ALL_CODE_KEYS, NAME_KEY)])
        if status >= 500 and by_words is not BusyError:
            # The message of a failing server, or of a proxy, is not about our request.
            by_words = None
        # Some services respond with 403 to too many requests.
        return _kind_of(codes) or by_words or (InvalidAuthError if "403" in codes else None)


@lru_cache
def comparable(key: str) -> str:
    """Return a key in lower case, without "-" and "_"."""
    return key.casefold().replace("-", "").replace("_", "")


def _kind_of(told: list[str]) -> type[SpeechError] | None:
    rows = ((kind, phrase) for kind, phrases in _PHRASES.items() for phrase in phrases)
    found = (kind for kind, phrase in rows for word in told if re.search(rf"\b(?:{phrase})\b", word))
    return next(found, None)


def _items(value: object) -> list[object] | tuple[object]:
    return value if isinstance(value, list) else (value,)


def _is_something(value: object, depth: int = MAX_DEPTH) -> bool:
    """Return whether what a key for errors holds is one; an object may say no more than that none is."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return not depth or any(_is_something(item, depth - 1) for item in inner)
    text = re.sub(r"[\W_]+", "", str(value).casefold())
    return text not in _NOTHING and text.strip("0") != ""
