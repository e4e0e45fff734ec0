"""Conversion of error responses to errors of this library. Codes take precedence over messages."""

from collections.abc import Iterator, Mapping
import re

from ..exceptions import BusyError, InvalidAuthError, SpeechError, SynthesisError, VoiceNotFoundError
from .phrases import AUTH, BUSY, FOR_NOW, LATER, TOKEN, VOICE, comparable

_MAX_WORDS = 300
_MAX_DEPTH = 5
"""Levels of nested objects in which messages and codes are searched for."""

# Keys in lower case, without "-" and "_". Knovvu uses ErrorMessage, ErrorCode and Success.
_MESSAGE_KEYS = ("errormessage", "errordescription", "message", "msg", "description", "detail", "details")
_MORE_MESSAGE_KEYS = ("reason", "title")
_INNER_KEYS = ("error", "errors")
_CODE_KEYS = ("errorcode", "code", "statuscode", "status")
_KIND_KEYS = ("type", "name")
_REPORTING_KEYS = ("error", "errors", "errormessage", "errorcode")
_NOTHING = {"", "none", "null", "ok", "success", "noerror", "false", "200"}
"""Values of an error or error code that mean there is none."""

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
    """Return the error that a service reports as a string, a number, or an object of any shape.

    name is the name of the message, if any. With has_own_tokens, the tokens in errors are not credentials of
    the user. An error that is not clearly of another kind is a SynthesisError with the service's message.
    """
    words = error_words(error) or name or "the service reports an error without words"
    codes = set(_codes(error))
    if has_own_tokens:
        codes = {code for code in codes if "token" not in code}
    kind = _kind(codes, comparable(f"{name} {error_words(error)}"), with_tokens=not has_own_tokens)
    return (kind or SynthesisError)(words)


def refusal_kind(status: int, payload: object) -> type[SpeechError] | None:
    """Return the class of error that an HTTP response indicates, if any."""
    codes, words = set(_codes(payload)), comparable(error_words(payload))
    kind = _kind(codes | {str(status)}, words)
    if status < 500 or kind is BusyError:
        return kind
    # The message of a failing server, or of a proxy, is not about our request.
    return _kind(codes, "")


def is_error(fields: Mapping[str, object]) -> bool:
    """Return whether a message, by comparable key, reports an error."""
    return any(_is_something(fields.get(key)) for key in _REPORTING_KEYS) or has_failed(fields)


def has_failed(fields: Mapping[str, object]) -> bool:
    """Return whether a message has a success field that is false."""
    return str(fields.get("success", "")).casefold() in ("false", "0", "no")


def comparable_keys(message: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a message, with keys in lower case, without "-" and "_"; the first wins."""
    fields: dict[str, object] = {}
    for key, value in message.items():
        fields.setdefault(str(key).casefold().replace("-", "").replace("_", ""), value)
    return fields


def error_words(error: object) -> str:
    """Return the message and the code of an error in one line, wherever they are nested."""
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
        # A status that is not a number ("error") adds nothing.
        if _is_something(code) and isinstance(code, str | int) and (key != "status" or str(code).isdigit()):
            return " ".join(str(code).split())
    return ""


def _codes(error: object, depth: int = _MAX_DEPTH) -> Iterator[str]:
    """Yield all possible codes, in lower case and without punctuation."""
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
    """Return the class of error for codes, or else for words in the form of comparable(), if any."""
    evidence: tuple[tuple[type[SpeechError], object], ...] = (
        (InvalidAuthError, codes & _AUTH_CODES),
        (BusyError, codes & _BUSY_CODES),
        (VoiceNotFoundError, codes & _VOICE_CODES),
        (InvalidAuthError, "401" in codes),
        # Some services respond with 403 to too many requests.
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
