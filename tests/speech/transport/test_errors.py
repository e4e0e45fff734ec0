"""What services say when they refuse, and which error it is: in doubt it is their words, and no more.

How the world may differ from the simulator: other keys, other cases, codes as numbers, as texts or in texts,
objects in lists in objects, and a proxy that answers instead of the service. Words count only in English, and
only where no code says which error it is.
"""

import pytest

from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    InvalidAuthError,
    SpeechError,
    SynthesisError,
    VoiceNotFoundError,
)
from custom_components.websocket_tts.speech.transport.errors import Reading

AUTH: list[object] = [
    401,
    "401",
    403,
    {"code": 401},
    {"code": "403", "message": "nope"},
    {"error-code": "401"},
    {"error": {"code": 403}},
    {"errors": [{"status": 401, "title": "Nope"}]},
    {"Success": False, "ErrorMessage": "The license is not valid", "ErrorCode": "Invalid-License"},
    {"ErrorCode": "INVALID_LICENSE"},
    {"success": "false", "errorCode": "InvalidLicense", "errorMessage": "ç"},
    {"error": "invalid_token", "error_description": "The access token expired"},
    {"error": "invalid_client"},
    {"error": {"status": "PERMISSION_DENIED", "message": "nope"}},
    {"code": 401, "message": "All channels are busy"},
    "The license has expired",
    {"type": "UnauthorizedException"},
    {"type": "https://tools.ietf.org/html/rfc7235#section-3.1", "title": "Unauthorized", "status": 401},
    {"detail": "Not authenticated"},
    {"code": 500, "message": "Unauthorized"},
    "Unauthorized",
    "UNAUTHORISED ACCESS",
    "Request is not authorized.",
    "Authentication failed",
    "Authorization has been denied for this request.",
    "Access denied",
    "Forbidden",
    "the token has expired",
    "Token expired.",
    "Invalid access token",
    "Bearer token is missing",
    "Invalid token",
    "Invalid license",
    "Authentication failed. Please try again later.",
]
BUSY: list[object] = [
    429,
    "429",
    503,
    {"code": 1013},
    {"error": {"code": "503", "message": "Backend fetch failed"}},
    {"error-code": "Too-Many-Requests"},
    {"error": {"type": "RESOURCE_EXHAUSTED"}},
    {"event": {"data": {"error": {"code": 429}}}},
    {"error": "temporarily_unavailable"},
    {"code": 403, "message": "Too many requests"},
    {"code": 429, "message": "Unauthorized"},
    "All channels are busy",
    "All licenses are in use",
    "all 4 licensed channels are currently in use",
    "All TTS licences are taken!",
    "No free channel",
    "no TTS channel available",
    "No license available",
    "There is no more channel left",
    "Maximum number of concurrent sessions reached",
    "Max connections exceeded",
    "License limit exceeded",
    "Channel license count has been exceeded",
    "Too many connections",
    "too many simultaneous requests, slow down",
    "Server busy",
    "The server is too busy",
    "Service is overloaded",
    "Service Unavailable",
    "The voice Emily is not available right now, try again later",
    "An unexpected error occurred. Please try again later.",
    "Try again in 5 seconds",
]
VOICE: list[object] = [
    "Voice not found",
    "Voice not found: Emil",
    "unknown voice",
    "Voice 'Sestek Rae 24k' was not found",
    "Voice Sestek Gul 24k_HV_Premium does not exist.",
    "Invalid voice name: Emil",
    "Unsupported voice Emil",
    "No such voice",
    "The voice doesn't exist",
    {"error-code": "404", "error-message": "Voice not found"},
    {"error": {"message": "no", "code": "VOICE_NOT_FOUND"}},
    {"errors": [{"type": "UnknownVoiceError"}]},
    {"code_string": "voice not found", "message": "no"},
    {"code": "VOICE_NOT_FOUND", "message": "no"},
]
IN_DOUBT: list[object] = [
    "Unexpected token '<' in SSML",
    "Token limit exceeded",
    "not well-formed (invalid token): line 1, column 5",
    "Invalid token '&' at line 3",
    "missing token ')'",
    "Invalid token '<'",
    "Invalid token <speak>",
    "Invalid tokenizer",
    "The text has 401 characters",
    "4010",
    "Voice synthesis engine is not ready",
    "Voice server not found",
    "Voice service not found",
    "Invalid voice rate",
    "Unsupported voice format",
    "voice model file does not exist",
    "Voice license not found",
    "Choose a voice. The text is not supported!",
    "Voice Emily: language tr-TR is not supported",
    "The voice Emily is not supported with SSML",
    "Voice 'Emily' is currently unknown to this node",
    "Speech rate limit exceeded: 0.33 to 3.0",
    "The text is too long",
    "Monthly character quota exceeded",
    "2 channels are not supported",
    "rate is out of range",
    "Internal server error",
    500,
    "500",
    404,
    {"code": 404},
    {"code": 400, "message": "Bad request"},
    {"Success": False, "ErrorCode": "Invalid-Request", "ErrorMessage": "text is empty"},
    {"ErrorCode": "Internal-Server-Error"},
    {"detail": [{"loc": ["body"], "msg": "field required", "type": "value_error.missing"}]},
    "Der Text ist zu lang",
    "Zugriff verweigert",
    "テキストが長すぎます",
    "",
    None,
    True,
    [],
    {},
    3.5,
]
TABLE = [
    (error, kind)
    for errors, kind in (
        (AUTH, InvalidAuthError),
        (BUSY, BusyError),
        (VOICE, VoiceNotFoundError),
        (IN_DOUBT, SynthesisError),
    )
    for error in errors
]


@pytest.mark.parametrize(("error", "kind"), TABLE, ids=str)
def test_kind(error: object, kind: type[SpeechError]) -> None:
    """As it is, and wrapped in an object; always with words."""
    for wrapped in (error, {"error": error}, {"errors": [error]}):
        found = Reading(wrapped).error()
        assert type(found) is kind
        assert str(found)


@pytest.mark.parametrize("error", ["Invalid token", "the token has expired", {"code": "invalid_token"}])
def test_tokens_that_are_not_credentials(error: object) -> None:
    """Where a service has tokens of its own, they say nothing of the user's."""
    assert type(Reading(error).error(has_own_tokens=True)) is SynthesisError
    assert type(Reading({"code": 401, "message": error}).error(has_own_tokens=True)) is InvalidAuthError


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("unauthorized-error", InvalidAuthError),
        ("error-server-busy", BusyError),
        ("voice-not-found-error", VoiceNotFoundError),
        ("synthesis-error", SynthesisError),
        ("error" * 60, SynthesisError),
    ],
)
def test_name_of_the_message(name: str, kind: type[SpeechError]) -> None:
    """The name of a message says what its other fields do not."""
    found = Reading({"message-name": name}).error()
    assert str(Reading({"message-name": name * 60}).error()) == (name * 60)[:300]
    assert (type(found), str(found)) == (kind, name)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("two\n lines", "two lines"),
        (7, "7"),
        ({"message": "too long", "code": 7}, "too long: 7"),
        ({"Message": "too long", "Error": {"Code": "E7"}}, "too long: E7"),
        (
            {"error": "invalid_client", "error_description": "unknown client"},
            "unknown client: invalid_client",
        ),
        ({"type": "too long"}, "too long"),
        ({"type": "about:blank", "title": "Bad gateway", "status": 502}, "Bad gateway"),
        ({"message": "", "code": 7, "type": 2, "code_string": "BadText"}, "BadText"),
        ({"message": "", "code": 0, "code_string": "BadText", "type_string": "Error"}, "BadText"),
        ({"message": "", "code": 0, "type": 2, "type_string": "EngineError"}, "EngineError"),
        ({"message": "", "code": 7, "type": 2, "type_string": "EngineError"}, "EngineError: 7"),
        ({"message": "too long", "code": 7, "type_string": "EngineError"}, "too long: 7"),
        ({"type_string": "Error", "error": {"message": "too long"}}, "too long"),
        ({"status": "error", "message": "too long"}, "too long"),
        ({"errors": [{}, {"detail": "too long"}]}, "too long"),
        ({"detail": [{"msg": "field required"}]}, "field required"),
        ({"ErrorMessage": None, "ErrorCode": "Internal-Server-Error"}, "Internal-Server-Error"),
        ({"error": True, "code": 0}, ""),
        ({"error": {"error": {"error": {"error": {"error": {"error": "deep"}}}}}}, ""),
        ("x" * 500, "x" * 300),
    ],
)
def test_words(error: object, words: str) -> None:
    """The message, the code, and nothing that says nothing; in one line."""
    assert Reading(error).error_words == words


def test_endless_words() -> None:
    """They are not searched to their end."""
    found = Reading({"message": "voice " * 300_000, "error": ["a " * 300, "Unauthorized"]}).error()
    assert type(found) is InvalidAuthError
    assert len(str(found)) == 300


@pytest.mark.parametrize(
    ("message", "reports"),
    [
        ({"error": {"message": "no phonemes", "type": "Warning"}}, False),
        ({"error": {"message": "no phonemes", "type": 1, "type_string": "info"}}, False),
        ({"error": "no phonemes", "type": "Warning"}, False),
        ({"error": {"message": "no phonemes", "type": "Error"}}, True),
        ({"error": {"message": "a warning", "type": 1}}, True),
        ({"error": "warning"}, True),
        ({"error": {"type": "Warning"}, "success": False}, True),
        ({"type": "warning"}, False),
    ],
)
def test_warnings(message: dict[str, object], reports: bool) -> None:
    """An error whose type says that it is none is none; what its words say does not matter."""
    assert Reading(message).is_error is reports


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"message": "too long", "code": 7}, "7"),
        ({"message": "too long", "code": 0, "type": 0}, ""),
        ({"ErrorCode": "Invalid-Request", "ErrorMessage": "no"}, "Invalid-Request"),
        ({"error": {"code": "BAD_TEXT", "status": 422}}, "422"),
        ({"code": "my-private-words", "message": "no"}, ""),
        ("too long", ""),
        (123456, ""),
    ],
)
def test_code(error: object, code: str) -> None:
    """What a service has said is told apart from its code, which is shown alone where the words are not."""
    assert Reading(error).error().placeholders == {"error": Reading(error).error_words, "code": code}
