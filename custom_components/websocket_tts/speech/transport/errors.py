"""What a service says when it refuses -> an error of this library. Codes decide before words."""

from collections.abc import Iterator, Mapping
import re

from ..exceptions import BusyError, InvalidAuthError, SpeechError, SynthesisError, VoiceNotFoundError
from .phrases import AUTH, BUSY, FOR_NOW, LATER, TOKEN, VOICE, comparable

_MAX_WORDS = 300
_MAX_DEPTH = 5
"""Objects within each other in which words and codes are looked for."""

# Keys in lower case, without "-" and "_". The vendor of Knovvu has ErrorMessage, ErrorCode and Success.
_MESSAGE_KEYS = ("errormessage", "errordescription", "message", "msg", "description", "detail", "details")
_MORE_MESSAGE_KEYS = ("reason", "title")
_INNER_KEYS = ("error", "errors")
_CODE_KEYS = ("errorcode", "code", "statuscode", "status")
_KIND_KEYS = ("type", "name")
_REPORTING_KEYS = ("error", "errors", "errormessage", "errorcode")
_NOTHING = {"", "none", "null", "ok", "success", "noerror", "false", "200"}
"""What an error or its code is where there is none."""

_AUTH_CODES = {
    *("invalidlicense", "invalidlicence", "unauthorized", "unauthorised", "unauthenticated", "notauthorized"),
    *("notauthenticated", "forbidden", "accessdenied", "permissiondenied", "invalidcredentials"),
    *("invalidapikey", "authenticationfailed", "authenticationrequired", "authorizationfailed"),
    *("invalidclient", "invalidgrant", "unauthorizedclient"),
    *("invalidtoken", "invalidaccesstoken", "tokenexpired", "expiredtoken", "missingtoken"),
}
_BUSY_CODES = {
    *("busy", "serverbusy", "servicebusy", "overloaded", "serviceunavailable", "temporarilyunavailable"),
    *("toomanyrequests", "toomanyconnections", "toomanysessions", "ratelimit", "ratelimited", "throttled"),
    *("ratelimitexceeded", "resourceexhausted", "concurrencylimitexceeded", "connectionlimitexceeded"),
    *("channellimitexceeded", "licenselimitexceeded", "licencelimitexceeded", "sessionlimitexceeded"),
    *("nofreechannel", "nochannelavailable", "nolicenseavailable", "tryagainlater"),
}
_VOICE_CODES = {
    *("voicenotfound", "unknownvoice", "invalidvoice", "invalidvoicename", "invalidvoiceid", "nosuchvoice"),
    *("unsupportedvoice", "voicenotsupported", "voicedoesnotexist"),
}
_BUSY_NUMBERS = {"429", "503", "1013"}


def service_error(error: object, name: str = "", *, has_own_tokens: bool = False) -> SpeechError:
    """Return the error that a service reports: a text, a number, or an object of any shape.

    name is what the message was called, if anything. A service has tokens of its own where they are not the
    credentials of the user. What is not unmistakable is a SynthesisError with the words of the service.
    """
    words = error_words(error) or name or "the service reports an error without words"
    codes = set(_codes(error))
    if has_own_tokens:
        codes = {code for code in codes if "token" not in code}
    kind = _kind(codes, comparable(f"{name} {error_words(error)}"), with_tokens=not has_own_tokens)
    return (kind or SynthesisError)(words)


def refusal_kind(status: int, payload: object) -> type[SpeechError] | None:
    """Return which error an answer over HTTP says that it is, if any."""
    codes, words = set(_codes(payload)), comparable(error_words(payload))
    kind = _kind(codes | {str(status)}, words)
    if status < 500 or kind is BusyError:
        return kind
    # The words of a server that is ill, or of a proxy, are not about us.
    return _kind(codes, "")


def is_error(fields: Mapping[str, object]) -> bool:
    """Return whether a message, under comparable keys, reports an error."""
    return any(_is_something(fields.get(key)) for key in _REPORTING_KEYS) or has_failed(fields)


def has_failed(fields: Mapping[str, object]) -> bool:
    """Return whether a message says that it is no success."""
    return str(fields.get("success", "")).casefold() in ("false", "0", "no")


def comparable_keys(message: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a message with keys in lower case, without "-" and "_"; of two, the first."""
    fields: dict[str, object] = {}
    for key, value in message.items():
        fields.setdefault(str(key).casefold().replace("-", "").replace("_", ""), value)
    return fields


def error_words(error: object) -> str:
    """Return what an error says, in one line: its message and its code, wherever they are in it."""
    return _words(error, _MAX_DEPTH)[:_MAX_WORDS]


def _words(error: object, depth: int) -> str:
    if isinstance(error, str | int) and not isinstance(error, bool):
        return " ".join(str(error).split())
    if not depth:
        return ""
    if isinstance(error, list):
        return next(filter(None, (_words(item, depth - 1) for item in error)), "")
    if not isinstance(error, Mapping):
        return ""
    fields = comparable_keys(error)

    def first(*keys: str) -> str:
        return next(filter(None, (_words(fields[key], depth - 1) for key in keys if key in fields)), "")

    parts = [first(*_MESSAGE_KEYS, *_MORE_MESSAGE_KEYS), first(*_INNER_KEYS), _code_words(fields)]
    if not any(parts):
        parts = [first(*_KIND_KEYS)]
    return ": ".join(dict.fromkeys(filter(None, parts)))


def _code_words(fields: Mapping[str, object]) -> str:
    for key in _CODE_KEYS:
        code = fields.get(key)
        # A status in words ("error") says nothing.
        if _is_something(code) and isinstance(code, str | int) and (key != "status" or str(code).isdigit()):
            return " ".join(str(code).split())
    return ""


def _codes(error: object, depth: int = _MAX_DEPTH) -> Iterator[str]:
    """Yield everything that may be a code, in lower case and without punctuation."""
    if isinstance(error, str | int) and not isinstance(error, bool):
        text = str(error).strip()
        if text and not any(map(str.isspace, text)):
            code = re.sub(r"[\W_]+", "", text.casefold())
            for ending in ("exception", "error"):
                code = code.removesuffix(ending)
            yield code.removeprefix("http")
    elif isinstance(error, list) and depth:
        for item in error:
            yield from _codes(item, depth - 1)
    elif isinstance(error, Mapping) and depth:
        fields = comparable_keys(error)
        for key in (*_CODE_KEYS, *_KIND_KEYS, *_INNER_KEYS):
            yield from _codes(fields.get(key), depth - 1)


def _kind(codes: set[str], words: str, *, with_tokens: bool = True) -> type[SpeechError] | None:
    """Return the error that codes, or else words as comparable() makes them, stand for; None if any."""
    evidence: tuple[tuple[type[SpeechError], object], ...] = (
        (InvalidAuthError, codes & _AUTH_CODES),
        (BusyError, codes & _BUSY_CODES),
        (VoiceNotFoundError, codes & _VOICE_CODES),
        (InvalidAuthError, "401" in codes),
        # Some say with 403 that there are too many requests.
        (BusyError, codes & _BUSY_NUMBERS or BUSY.search(words)),
        (InvalidAuthError, "403" in codes or AUTH.search(words) or (with_tokens and TOKEN.search(words))),
        (BusyError, LATER.search(words)),
        (VoiceNotFoundError, VOICE.search(words) and not FOR_NOW.search(words)),
    )
    return next((kind for kind, found in evidence if found), None)


def _is_something(value: object) -> bool:
    if isinstance(value, str | int | float):
        text = re.sub(r"[\W_]+", "", str(value).casefold())
        return text not in _NOTHING and text.strip("0") != ""
    return bool(value)
