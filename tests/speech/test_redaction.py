"""Errors without what must not be seen in them: the words of a service as they are, or none of them.

A service may repeat the text whole or cut off, a sentence or a word of it, in other cases, with other white
space, escaped for JSON, HTML or URLs, or in the SSML that it was sent as.
"""

from urllib.parse import quote

from hypothesis import given, settings, strategies as st
import orjson
import pytest

from custom_components.websocket_tts.speech.exceptions import (
    BusyError,
    CannotConnectError,
    SpeechError,
    SynthesisError,
)
from custom_components.websocket_tts.speech.redaction import without_secrets, without_text
from custom_components.websocket_tts.speech.transport.errors import Reading
from simulator import Cut, Simulator
from simulator.habits import Route

from .speaking import VOICES, MakeService, speak

TEXTS = [
    "Der Code für die Haustür ist 4711, bitte nicht weitersagen.",
    "Hans kommt um 9!",
    "Müller",
    "Bob ist da.",
    "我的密码是一二三四。",
    "บ้านเลขที่สิบสอง",
    "비밀번호는 하나둘셋",
    "मेरा पासवर्ड गुप्त है",
    "<speak>Meet <sub alias='Anna'>A.</sub> at noon</speak>",
]
HIDDEN = "no code (its words repeat the text or a secret, and are not shown)"


def shown(err: SpeechError) -> list[str]:
    """Return all that can be read of an error."""
    return [str(err), repr(err), *err.placeholders.values(), str(err.__cause__), str(err.__context__)]


@pytest.mark.parametrize(
    "message",
    [
        " ".join(TEXTS),
        f"bad text '{TEXTS[0]}' in line 1",
        "near 'die Haustür ist 4711' of",
        "near 'DIE  HAUSTÜR\nIST'",
        "near 'Haust...'",
        "Status 4711",
        "near die Haustu\u0308r ist",
        r"near die Haust\u00fcr ist\nnicht",
        "near die Haust&uuml;r ist",
        "near die%20Haust%C3%BCr%20ist",
        "near_die_Haustür_ist",
        "cannot say Hans",
        "Müller is bad",
        "MULLER",
        "cannot say: BOB IST DA",
        "错误: 密码是一二",
        "错误密码",
        "错误: บ้านเลข",
        "오류: 비밀번호",
        "पासवर्ड गलत",
        "no alias Anna",
        "Meet &lt;emphasis&gt;Anna&lt;/emphasis&gt;",
    ],
)
def test_text(message: str) -> None:
    """A single word of the text is enough to show none of the service's words."""
    found = without_text(Reading(message).error(), TEXTS)
    assert type(found) is type(Reading(message).error())
    assert str(found) == HIDDEN
    assert (found.reason, found.placeholders) == (None, {})
    assert str(without_text(Reading(message).error(), [])) == str(Reading(message).error())


@pytest.mark.parametrize(
    "message",
    [
        "too long",
        "Voice Emily_Premium not found",
        "License expired",
        "Too many connections",
        "all channels are in use",
        "the engine has failed",
        "status 471",
        "die Tür",
        "Kommando",
        "Bob",
        "错误",
        "100 % of \\u00fc are fine \\",
        "halves of a character: \\ud83d",
    ],
)
@pytest.mark.parametrize(
    "texts", [TEXTS, ["The door is open.", "An error was found: the voice has no limit."]]
)
def test_other_words(message: str, texts: list[str]) -> None:
    """What any error may say stays, also where the text is about the same."""
    found = without_text(Reading(message).error(), texts)
    assert (str(found), found.placeholders["error"]) == (message, message)


@pytest.mark.parametrize("text", ["no connection to the speech service", "connection_lost", "host:1"])
def test_words_of_ours(text: str) -> None:
    """They are not the service's: they stay, whatever the text is, with their reason."""
    err = CannotConnectError("no connection to host:1", reason="cannot_connect", place="host:1")
    found = without_text(err, [text])
    assert (str(found), found.reason, found.placeholders) == (str(err), err.reason, err.placeholders)


@pytest.mark.parametrize(
    ("error", "shows"),
    [
        ({"message": "bad: Müller", "code": 422}, "code 422 ("),
        ({"ErrorMessage": "bad: Müller", "ErrorCode": "Invalid-Request"}, "code Invalid-Request ("),
        ({"message": "bad", "code": "Müller"}, "no code ("),
        ({"message": "bad: Müller", "code": 4711}, "no code ("),
    ],
)
def test_code(error: object, shows: str) -> None:
    """The code stays, unless it is in the text, too."""
    assert str(without_text(Reading(error).error(), TEXTS)).startswith(shows)


SECRET = "S3cret/Pass+phrase=="
"""With characters that are escaped in JSON by some, and in URLs by all."""


@pytest.mark.parametrize(
    "message",
    [
        SECRET,
        f"the token {SECRET}xyz is bad",
        SECRET.upper(),
        f"?token={quote(SECRET, safe='')}&x=1",
        SECRET.replace("/", "\\/"),
        SECRET.replace("S", "\\u0053"),
        SECRET.replace("+", "&#43;"),
    ],
)
def test_secrets(message: str) -> None:
    """Where a secret is, nothing of the error is shown but its kind and code."""
    for err in (
        Reading({"message": message, "code": 401}).error(),
        BusyError(f"answered with: {message}", error=message, status="401"),
        CannotConnectError(
            "sent on", reason="redirected", place="a:1", target=f"http://{message}", code="401"
        ),
    ):
        found = without_secrets(err, {"another", SECRET})
        assert type(found) is type(err)
        assert str(found).startswith("code 401 (")
        assert not [text for text in shown(found) if message in text]
        assert str(without_secrets(err, {"another", ""})) == str(err)


def test_short_secret() -> None:
    """Three characters are none: they could occur in any message."""
    assert str(without_secrets(SynthesisError("abc is bad"), {"abc"})) == "abc is bad"
    assert str(without_secrets(SynthesisError("abcd is bad"), {"abcd"})) == HIDDEN
    assert str(without_secrets(Reading({"message": "abc4711", "code": 4711}).error(), {"abc4711"})) == HIDDEN


@given(
    words=st.lists(
        st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8), min_size=1, max_size=9
    ),
    before=st.text(max_size=9),
    after=st.text(max_size=9),
    code=st.one_of(st.none(), st.integers(), st.text(max_size=5)),
    escaped=st.sampled_from([str, quote, orjson.dumps]),
)
@settings(derandomize=True, database=None, deadline=None, max_examples=300)
def test_text_never_shows(words: list[str], before: str, after: str, code: object, escaped: object) -> None:
    """Whatever is around it, whatever the script, and whatever else the error says."""
    text = " ".join(["unmistakable", *words])
    message = f"{before} {escaped(text)} {after}"  # type: ignore[operator]
    found = without_text(Reading({"message": message, "code": code}).error(), [text])
    assert "unmistakable" not in "".join(shown(found))


def test_rest_of_an_error_stays() -> None:
    """Its kind, and when to come again; not what it was raised from."""
    err = BusyError("busy with my secret words for token", error="busy with my secret words for token")
    err.__cause__ = ValueError("my secret words")
    err.retry_after = 3
    for found in (without_text(err, ["These are my secret words."]), without_text(err, ["Other ones."])):
        assert type(found) is BusyError
        assert found.retry_after == 3
        assert found.__cause__ is found.__context__ is None
    assert str(found) == str(err)


@pytest.mark.parametrize("sentence_pause", [0, 50])
@pytest.mark.parametrize("kind", VOICES)
async def test_service_that_repeats_the_text(
    kind: str, sentence_pause: int, simulator: Simulator, make_service: MakeService
) -> None:
    """Neither the error nor what it was raised from has the text."""
    text = "Nobody must know that. Hans comes at nine. And this is the third sentence."
    settings_ = type(VOICES[kind])(VOICES[kind].voice, sentence_pause=sentence_pause)
    simulator.habits.cut = Cut(0, "error", error=f"cannot speak '{text[:40]}'")
    with pytest.raises(SynthesisError, match=r"no code \(") as raised:
        await speak(make_service(kind), settings_, text)
    assert raised.value.__cause__ is raised.value.__context__ is None


@pytest.mark.parametrize("kind", VOICES)
async def test_service_that_refuses_and_repeats_the_text(
    kind: str, simulator: Simulator, make_service: MakeService
) -> None:
    """Neither has one that came with a status; which status it was shows."""
    route: Route = "synthesize" if kind == "vivoka" else "socket"
    for status in (400, 401, 429, 500):
        simulator.habits.statuses, simulator.habits.bodies = (
            {route: status},
            {route: {"error": "Hans is bad"}},
        )
        simulator.habits.retry_after = "30"
        with pytest.raises(SpeechError) as raised:
            await speak(make_service(kind), VOICES[kind], "Hans comes at nine.")
        assert str(status) in str(raised.value)
        assert "Hans" not in "".join(shown(raised.value))
