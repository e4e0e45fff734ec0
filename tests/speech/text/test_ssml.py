"""SSML: found in a text, made for a rate, and turned into plain text."""

from array import array
from xml.etree import ElementTree as ET

from aiohttp.test_utils import TestServer
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.text.ssml import (
    is_ssml,
    passages,
    plain_text,
    well_formed,
    with_rate,
)
from simulator import Simulator
from tests.speech.speaking import VOICES, MakeService, speak

_PROSODY = "{http://www.w3.org/2001/10/synthesis}prosody"


def test_nothing_to_change() -> None:
    """A text at its normal rate stays as it is, and so does SSML."""
    assert with_rate("A < B & C", 1, "en-US") == "A < B & C"
    ssml = "<speak>Hello</speak>"
    assert with_rate(ssml, 2, "en-US") == ssml


@pytest.mark.parametrize(("rate", "asked"), [(1.5, "+50%"), (0.33, "-67%"), (3.0, "+200%")])
def test_well_formed(rate: float, asked: str) -> None:
    """Whatever the text, it is well-formed SSML in the language of the voice."""
    text = "A < B & \"C\" 'D' ]]> é"
    root = ET.fromstring(with_rate(text, rate, "en-US"))  # noqa: S314
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-US"
    (prosody,) = root
    assert (prosody.tag, prosody.attrib, prosody.text) == (_PROSODY, {"rate": asked}, text)


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=50))
def test_anything_is_well_formed(text: str) -> None:
    """Neither control characters nor halves of surrogate pairs get into the XML."""
    if not is_ssml(text):
        ET.fromstring(with_rate(text, 2, "en-US"))  # noqa: S314


@pytest.mark.parametrize(
    ("text", "ssml"),
    [
        ("<speak>a</speak>", True),
        ("  <speak version='1.0'>a</speak>", True),
        ("<speak\n  version='1.0'\n>a</speak >", True),
        ("<SPEAK>a</SPEAK>", True),
        ("<ssml:speak xmlns:ssml='x'>a</ssml:speak>", True),
        ("<speak/>", True),
        ("<?xml version='1.0'?>\n<speak>a</speak>", True),
        ("<?xml version='1.0'?><!DOCTYPE speak SYSTEM 'x'>\n<!-- <b> -->\n<speak>a</speak>", True),
        ("<!DOCTYPE speak [<!ENTITY a 'b'>]><speak>a</speak>", True),
        ("Say <speak>a</speak>", False),
        ("<speaker>a</speaker>", False),
        ("<!-- a --> b", False),
        ("&lt;speak&gt;", False),
        ("<speak", False),
    ],
)
def test_is_ssml(text: str, *, ssml: bool) -> None:
    """It begins with <speak>, or with what XML may have before that."""
    assert is_ssml(text) is ssml


@pytest.mark.parametrize(
    ("ssml", "mended"),
    [
        ("<speak>Tom & Jerry</speak>", "<speak>Tom &amp; Jerry</speak>"),
        ("<speak>2 < 3 > 1, a<b & c</speak>", "<speak>2 &lt; 3 &gt; 1, a&lt;b &amp; c</speak>"),
        ("<speak>AT&T; R&D &amp; &#33; &lt;</speak>", "<speak>AT&amp;T; R&amp;D &amp; ! &lt;</speak>"),
        ("<speak>22&nbsp;&deg;C &copy &nosuch;</speak>", "<speak>22\xa0°C &amp;copy &amp;nosuch;</speak>"),
        (
            "<speak><sub alias='A & B'>x</sub> & y</speak>",
            "<speak><sub alias='A &amp; B'>x</sub> &amp; y</speak>",
        ),
        ("<speak><![CDATA[a & <b>]]> & c</speak>", "<speak><![CDATA[a & <b>]]> &amp; c</speak>"),
        ("<x:speak><x:p>a & b</x:p></x:speak>", "<x:speak><x:p>a &amp; b</x:p></x:speak>"),
        ("<?xml version='1.0'?>\n<speak>a & b</speak>", "<?xml version='1.0'?>\n<speak>a &amp; b</speak>"),
        ("<speak>Tom & <break/>", "<speak>Tom &amp; <break/></speak>"),
        # Not to be mended.
        ("<speak><b>Tom</speak>", ""),
        ("<SPEAK>Tom</speak>", ""),
        ("<speak>Hi <break time='1s", ""),
        ("<speak><prosody rate=slow>Tom</prosody></speak>", ""),
        ("Tom & Jerry", ""),
    ],
)
def test_mended(ssml: str, mended: str) -> None:
    """Lone characters are escaped, and what is markup stays; what else is wrong is not guessed at."""
    assert well_formed(ssml) == mended


@pytest.mark.parametrize(
    "ssml",
    [
        "<speak>a &amp; b &lt; c > d</speak>",
        "<speak version='1.0' xml:lang=\"en-US\">\n <p>a</p>\t<break\n time='1s' /></speak >",
        "<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE speak [<!ENTITY a 'b'>]><speak>&a;</speak>",
        "<speak><!-- a & b < c --><![CDATA[ a & b < c ]]><?pi?></speak>",
        "<speak><amazon:effect name='whispered'>no namespace</amazon:effect></speak>",
        "<speak>日本語 👍 &#128512;</speak>",
        "<speak/>",
    ],
)
def test_well_formed_ssml_stays(ssml: str) -> None:
    """Byte by byte."""
    assert well_formed(ssml) == ssml


@pytest.mark.parametrize(
    ("ssml", "parts"),
    [
        ("<speak>Hello <b>you</b>!</speak>", [("Hello you!", 0)]),
        ("<speak>\n  Hello\n  you\n</speak>", [("Hello you", 0)]),
        ("<speak>a<sub alias='World Wide Web'>WWW</sub>b</speak>", [("aWorld Wide Webb", 0)]),
        ("<speak><sub>WWW</sub> <sub alias='x'/>y</speak>", [("WWW xy", 0)]),
        ('<speak><sub alias="a &amp; b">WWW</sub></speak>', [("a & b", 0)]),
        ("<speak>a<break time='500ms'/>b</speak>", [("a", 0), ("b", 500)]),
        ("<speak>a<break time='1.5s'></break>b</speak>", [("a", 0), ("b", 1500)]),
        ("<speak>a<break/>b</speak>", [("a", 0), ("b", 500)]),
        ("<speak>a<break strength='strong'/>b</speak>", [("a", 0), ("b", 750)]),
        ("<speak>a<break strength='none'/>b</speak>", [("a b", 0)]),
        ("<speak>a<break time='0s' strength='strong'/>b</speak>", [("a b", 0)]),
        ("<speak>a<break time='soon'/>b</speak>", [("a", 0), ("b", 500)]),
        ("<speak>a<break time='1s'/> <break time='250ms'/>b</speak>", [("a", 0), ("b", 1250)]),
        ("<speak>a<break time='1h'/>b<break time='99999s'/>c</speak>", [("a", 0), ("b", 500), ("c", 10_000)]),
        ("<speak><break time='1s'/>a<break time='1s'/></speak>", [("a", 1000), ("", 1000)]),
        ("<speak><p>a</p><p><s>b</s> <s>c</s></p>d</speak>", [("a\n\nb\n\nc\n\nd", 0)]),
        ("<speak>a<desc>b</desc><metadata>c</metadata><lexicon uri='x'/>d</speak>", [("ad", 0)]),
        ("<speak><audio src='x'>a<desc>b</desc></audio> c</speak>", [("a c", 0)]),
        ("<speak>a<!-- b <break/> -->c<?pi?><![CDATA[<d> & &amp;]]></speak>", [("ac<d> & &amp;", 0)]),
        ("<speak>a &amp;amp; b &lt;speak&gt; &#x21;</speak>", [("a &amp; b <speak> !", 0)]),
        ("<x:speak><x:p>a</x:p><x:break time='1s'/>b</x:speak>", [("a", 0), ("b", 1000)]),
        ("<SPEAK>a<BREAK TIME='1S'/>b</SPEAK>", [("a", 0), ("b", 1000)]),
        ("<?xml version='1.0'?><!DOCTYPE speak><speak>a</speak>", [("a", 0)]),
        ("<speak></speak>", []),
        # Not well-formed.
        ("<speak>a <b>c", [("a c", 0)]),
        ("<speak>a </b> c <desc>d", [("a c d", 0)]),
        ("<speak>2 < 3 <b", [("2 < 3 <b", 0)]),
        ("<speak>a <sub alias='x'>b", [("a xb", 0)]),
        ("<speak>a <b c='<d>'>e", [("a <b c=''>e", 0)]),
        ("<speak>Hello <break time='1s", [("Hello", 0)]),
        ("<speak>Hello</p", [("Hello", 0)]),
        ("<speak>2 < 3 <", [("2 < 3 <", 0)]),
    ],
)
def test_plain_text(ssml: str, parts: list[tuple[str, int]]) -> None:
    """The words stay, the tags go, and a break is silence."""
    assert list(plain_text(ssml)) == parts


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<speak>", "</speak>", "<break/>", "<break time='", "1s'/>", "<sub alias='b'>", "</sub>", "<p>"]
            + [
                "<desc>",
                "</desc>",
                "<!--",
                "-->",
                "<![CDATA[",
                "]]>",
                "<",
                ">",
                "&amp;",
                "'",
                '"',
                "/",
                "=",
                " ",
            ]
        )
        | st.text(max_size=5),
        max_size=20,
    ).map("".join)
)
def test_no_markup_raises(ssml: str) -> None:
    """Whatever it is made of, there are words and pauses, or none."""
    for text, pause in plain_text(ssml):
        assert text == text.strip()
        assert text or pause
        assert 0 <= pause <= 10_000
    mended = well_formed(ssml)
    assert mended in ("", well_formed(mended))


def test_unknown_language() -> None:
    """A voice whose language is not known is asked in none."""
    assert "xml:lang" not in with_rate("Hello", 2, None)


async def test_it_is_heard(simulator: Simulator, server: TestServer, make_service: MakeService) -> None:
    """A real synthesizer speaks faster, and softer."""
    assert server
    simulator.synthesizer = Simulator().synthesizer
    service = make_service("vivoka")
    voice = VOICES["vivoka"].voice

    async def loudness_and_length(rate: float, volume: float) -> tuple[int, int]:
        _, samples = await speak(service, VoiceSettings(voice, rate, volume), "I want a coffee, please.")
        values = array("h", samples)
        return max(map(abs, values)), len(values)

    loud, length = await loudness_and_length(1, 1)
    _, short = await loudness_and_length(2, 1)
    soft, _ = await loudness_and_length(1, 0.5)
    assert short < 0.75 * length
    assert soft < 0.75 * loud


@pytest.mark.parametrize(
    ("ssml", "parts"),
    [
        ("<speak>A & B</speak>", [("<speak>A & B</speak>", "")]),
        ('<speak><lang xml:lang="de">A</lang></speak>', [("<speak>A</speak>", "de")]),
        (
            "<speak>A<lang lang='de'>B<break/></lang><break time='1s'/><lang xml:lang='fr'>C</lang></speak>",
            [
                ("<speak>A</speak>", ""),
                ("<speak>B<break/></speak>", "de"),
                ("<speak><break time='1s'/></speak>", ""),
                ("<speak>C</speak>", "fr"),
            ],
        ),
        (
            '<s:speak xml:lang="en"><s:p>A <s:lang xml:lang="de">B</s:lang> C</s:p></s:speak>',
            [
                ('<s:speak xml:lang="en"><s:p>A </s:p></s:speak>', ""),
                ('<s:speak xml:lang="de"><s:p>B</s:p></s:speak>', "de"),
                ('<s:speak xml:lang="en"><s:p> C</s:p></s:speak>', ""),
            ],
        ),
        (
            '<speak>A<lang xml:lang="de">B<lang xml:lang="fr">C</lang>D</lang>E</speak>',
            [
                ("<speak>A</speak>", ""),
                ("<speak>B</speak>", "de"),
                ("<speak>C</speak>", "fr"),
                ("<speak>D</speak>", "de"),
                ("<speak>E</speak>", ""),
            ],
        ),
        ('<speak>A<lang xml:lang="de">B', [("<speak>A</speak>", ""), ("<speak>B</speak>", "de")]),
        (
            '<speak><lang xml:lang="de">A</lang></lang>B</speak>',
            [("<speak>A</speak>", "de"), ("<speak>B</speak>", "")],
        ),
        ('<speak>A<lang xml:lang="de"/>B</speak>', [('<speak>A<lang xml:lang="de"/>B</speak>', "")]),
        ("<speak>A<lang >B</lang>C</speak>", [(f"<speak>{word}</speak>", "") for word in "ABC"]),
    ],
)
def test_passages(ssml: str, parts: list[tuple[str, str]]) -> None:
    """Each is a document of its own, in which is open what was open around it; other SSML stays as it is."""
    assert list(passages(ssml)) == parts
