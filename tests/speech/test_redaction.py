"""Errors without what must not be seen in them.

A service may repeat the text whole or cut off, a sentence or a few words of it, in other cases, with other
white space, escaped for JSON, HTML or URLs, or in the SSML that it was sent as.
"""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech import SynthesisError
from custom_components.websocket_tts.speech.exceptions import BusyError
from custom_components.websocket_tts.speech.redaction import hide_text, without_secrets, without_text
from simulator import Cut, Simulator

from .speaking import VOICES, MakeService, speak

TEXTS = [
    "Der Code für die Haustür ist 4711, bitte nicht weitersagen.",
    "Hans kommt um 9!",
    "Müller",
    "我的密码是一二三四。",
    "<speak>Meet <emphasis>Anna</emphasis> at noon</speak>",
]


@pytest.mark.parametrize(
    ("message", "hidden"),
    [
        ("too long", "too long"),
        ("bad text: " + " ".join(TEXTS), "bad text: ***"),
        (f"bad text '{TEXTS[0]}' in line 1", "bad text '***.' in line 1"),
        ("near 'die Haustür ist 4711' of", "near '***' of"),
        ("near 'DIE  HAUSTÜR\nIST 4711'", "near '***'"),
        ("near 'Haustür ist 47...'", "near '***...'"),
        ("near '4711, bitte nicht'", "near '***'"),
        ("near die Haustu\u0308r ist", "near ***"),
        (r"near die Haust\u00fcr ist\n4711", "near ***"),
        ("near die Haust&uuml;r ist", "near ***"),
        ("near die%20Haust%C3%BCr%20ist", "near ***"),
        ("cannot say Hans kommt um 9", "cannot say ***"),
        ("Müller is bad, and so is MULLER", "*** is bad, and so is ***"),
        ("xDer Code für die Haustür ist 4711y", "xDer *** 4711y"),
        ("Müllerin is another", "Müllerin is another"),
        ("错误: 密码是一二", "错误: ***"),
        ("Meet Anna at noon is bad", "*** is bad"),
        ("Meet &lt;emphasis&gt;Anna&lt;/emphasis&gt;", "***"),
        ("status 4711", "status 4711"),
        ("die Tür", "die Tür"),
        ("100 % of \\u00fc are fine", "100 % of \\u00fc are fine"),
        ("", ""),
    ],
)
def test_text(message: str, hidden: str) -> None:
    """Whole sentences and several words in a row are hidden; what any error may say stays."""
    found = hide_text(message, TEXTS)
    assert found.replace("***>", "***").replace("<***", "***") == hidden
    assert hide_text(message, []) == message


def test_sentence_within_a_text() -> None:
    """A short sentence among others is one, too; one of three letters is not."""
    text = "Good. No. Anna is here now."
    assert hide_text("no good in line 3, goodness", [text]) == "no *** in line 3, goodness"


@given(
    words=st.lists(
        st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8), min_size=1, max_size=9
    ),
    before=st.text(max_size=9),
    after=st.text(max_size=9),
)
@settings(derandomize=True, database=None, deadline=None, max_examples=300)
def test_long_text_never_shows(words: list[str], before: str, after: str) -> None:
    """Whatever is around it, and whatever the script."""
    text = " ".join(["unmistakable", *words, "unmistakable"])
    assert "unmistakable" not in hide_text(f"{before} {text} {after}", [text])


def test_escapes_of_half_a_character() -> None:
    """Halves of a character that do not belong together do not break what shows the error."""
    text = "a text that is long enough"
    found = hide_text(rf"\ud83d {text} \ud83d\ude00", [text])
    assert "***" in found
    assert found.encode()


def test_rest_of_an_error_stays() -> None:
    """Its kind, and when to come again; not what it was raised from."""
    err = BusyError("busy with my secret words for token")
    err.__cause__ = ValueError("my secret words")
    err.retry_after = 3
    vars(err)["placeholders"] = {"error": "my secret words"}
    found = without_text(without_secrets(err, ["token"]), ["These are my secret words."])
    assert type(found) is BusyError
    assert str(found) == "busy with *** for ***"
    assert found.retry_after == 3
    assert vars(found)["placeholders"] == {"error": "***"}
    assert found.__cause__ is found.__context__ is None


@pytest.mark.parametrize("sentence_pause", [0, 50])
@pytest.mark.parametrize("kind", VOICES)
async def test_service_that_repeats_the_text(
    kind: str, sentence_pause: int, simulator: Simulator, make_service: MakeService
) -> None:
    """Neither the error nor what it was raised from has the text."""
    text = "Nobody must know that. Hans comes at nine. And this is the third sentence."
    settings_ = type(VOICES[kind])(VOICES[kind].voice, sentence_pause=sentence_pause)
    simulator.habits.cut = Cut(0, "error", error=f"cannot speak '{text[:40]}'")
    with pytest.raises(SynthesisError, match=r"cannot speak '\*\*\*'") as raised:
        await speak(make_service(kind), settings_, text)
    assert raised.value.__cause__ is raised.value.__context__ is None
