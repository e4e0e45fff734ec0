"""Conversion of error responses to errors of this library: codes decide, and words where no code does."""

from collections.abc import Iterator, Mapping
import re

from ..exceptions import BusyError, InvalidAuthError, SpeechError, SynthesisError, VoiceNotFoundError

_MAX_WORDS = 300
MAX_DEPTH = 5
"""Levels of nested objects that are looked into."""

# Keys of Knovvu, Vivoka, OAuth and problem details (RFC 9457), in the form of comparable_keys().
_MESSAGE_KEYS = ("errormessage", "errordescription", "message", "msg", "detail", "title")
_INNER_KEYS = ("error", "errors")
_CODE_KEYS = ("errorcode", "codestring", "code", "statuscode")
_KIND_KEYS = ("typestring", "type", "name")
_REPORTING_KEYS = ("error", "errors", "errormessage", "errorcode")
_NOTHING = {"", "none", "null", "ok", "success", "noerror", "false", "200"}
"""Values of an error or error code that mean there is none."""

# Codes and names of HTTP, WebSocket, OAuth (RFC 6749, 6750), gRPC and Knovvu, without case and punctuation.
_AUTH_CODES = {
    *("401", "unauthorized", "forbidden", "unauthenticated", "permissiondenied", "accessdenied"),
    *("invalidclient", "invalidgrant", "unauthorizedclient", "invalidtoken", "invalidlicense"),
}
_BUSY_CODES = {
    *("429", "503", "1013", "toomanyrequests", "serviceunavailable", "tryagainlater"),
    *("temporarilyunavailable", "unavailable", "resourceexhausted"),
}
_SHOWN_CODE = re.compile("[0-9]{1,5}|invalid-request|invalid-license|internal-server-error", re.IGNORECASE)
"""Codes that are shown even of an error whose words are not."""


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{phrase})\b" for phrase in phrases))


_AUTH = _any_of(
    "(?:un|not )(?:authori[sz]ed|authenticated)",
    "(?:access|permission) denied|auth[a-z]+ (?:has been |is )?(?:failed|required|denied)",
    "(?:invalid|expired) (?:licen[sc]e|credentials|api key)",
    "licen[sc]e (?:has |is )?(?:expired|invalid|not valid)",
    "(?:access|bearer|expired) token|token (?:has |is )?expired|invalid token(?=[.:]|$)",
    "(?:http|status|error|code) 40[13]",
)
_BUSY = _any_of(
    "too many (?:[a-z]+ )?(?:requests|connections|sessions|channels)",
    "(?:channels?|licen[sc]es?|connections|sessions|concurrent) (?:[a-z]+ ){0,3}"
    "(?:in use|busy|taken|reached|exceeded)",
    "no free (?:channel|licen[sc]e)|no (?:[a-z]+ ){0,2}(?:channel|licen[sc]e)s? (?:available|left)",
    "(?:server|service) (?:is )?(?:[a-z]+ )?(?:busy|overloaded|unavailable)",
    "try again (?:later|in)",
)
_VOICE = _any_of(
    "(?:unknown|invalid|unsupported|no such) voice(?! (?:rate|format))",
    "voice (?!serv|synth|model|licen)(?:[^ .;!?]+ ){0,5}?(?:was |is |does )?not (?:found|exist)",
)


def service_error(error: object, name: str = "", *, has_own_tokens: bool = False) -> SpeechError:
    """Return the error that a service reports as a string, a number, or an object of any shape.

    name is the name of the message, if any. With has_own_tokens, the tokens in errors are not credentials of
    the user. An error that is not clearly of another kind is a SynthesisError with the service's message.
    """
    words, name = error_words(error), name[:_MAX_WORDS]
    told = [*_codes(error), f"{name} {words}"]
    if has_own_tokens:
        told = [re.sub("token", "", part, flags=re.IGNORECASE) for part in told]
    words = words or name or "the service reports an error without words"
    code = next(filter(_SHOWN_CODE.fullmatch, told), "")
    return (_kind(*told) or SynthesisError)(words, error=words, code=code)


def refusal_kind(status: int, payload: object) -> type[SpeechError] | None:
    """Return the class of error that an HTTP response indicates, if any."""
    codes = list(_codes(payload))
    kind = _kind(*codes, str(status), error_words(payload))
    if status < 500 or kind is BusyError:
        return kind
    # The message of a failing server, or of a proxy, is not about our request.
    return _kind(*codes, "")


def is_error(fields: Mapping[str, object]) -> bool:
    """Return whether a message, by comparable key, reports an error that is more than a warning."""
    if has_failed(fields):
        return True
    inner = fields.get("error")
    told = {**fields, **comparable_keys(inner)} if isinstance(inner, Mapping) else fields
    # As Vivoka's headers name them.
    if any(str(told.get(key)).casefold() in ("warning", "info") for key in _KIND_KEYS):
        return False
    return any(_is_something(fields.get(key)) for key in _REPORTING_KEYS)


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
    return _words(error, MAX_DEPTH)[:_MAX_WORDS]


def _words(error: object, depth: int) -> str:
    if isinstance(error, list) and depth:
        return next(filter(None, (_words(item, depth - 1) for item in error)), "")
    if isinstance(error, Mapping) and depth:
        fields = {key: value for key, value in comparable_keys(error).items() if _is_something(value)}

        def first(keys: tuple[str, ...]) -> str:
            return next(filter(None, (_words(fields[key], depth - 1) for key in keys if key in fields)), "")

        parts = dict.fromkeys(map(first, (_MESSAGE_KEYS, _INNER_KEYS, _CODE_KEYS)))
        return ": ".join(filter(None, parts)) or first(_KIND_KEYS)
    return " ".join(str(error).split()) if _is_word(error) else ""


def _codes(error: object, depth: int = MAX_DEPTH) -> Iterator[str]:
    """Yield all possible codes."""
    if isinstance(error, list) and depth:
        for item in error:
            yield from _codes(item, depth - 1)
    elif isinstance(error, Mapping) and depth:
        fields = comparable_keys(error)
        for key in (*_CODE_KEYS, "status", *_KIND_KEYS, *_INNER_KEYS):
            yield from _codes(fields.get(key), depth - 1)
    elif _is_word(error) and len(str(error).split()) == 1:
        yield str(error).strip()


def _kind(*told: str) -> type[SpeechError] | None:
    """Return the class of error for codes, or else for the words behind them, if any."""
    *codes, words = told
    known = {re.sub(r"[\W_]+", "", code.casefold()) for code in codes}
    plain = re.sub(r"[-_]|(?<=[a-z])(?=[A-Z])", " ", words).casefold().replace("n't", " not")
    evidence: tuple[tuple[type[SpeechError], object], ...] = (
        (InvalidAuthError, known & _AUTH_CODES),
        (BusyError, known & _BUSY_CODES),
        (InvalidAuthError, _AUTH.search(plain)),
        (BusyError, _BUSY.search(plain)),
        # Some services respond with 403 to too many requests.
        (InvalidAuthError, "403" in known),
        (VoiceNotFoundError, _VOICE.search(plain)),
    )
    return next((kind for kind, found in evidence if found), None)


def _is_word(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _is_something(value: object) -> bool:
    if isinstance(value, str | int | float):
        text = re.sub(r"[\W_]+", "", str(value).casefold())
        return text not in _NOTHING and text.strip("0") != ""
    return bool(value)
