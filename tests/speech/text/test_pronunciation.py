"""What is spoken in the place of what is written."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import batched
import time
from typing import Unpack
import unicodedata

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.audio.buffer import AudioBuffer
from custom_components.websocket_tts.speech.exceptions import SynthesisError
from custom_components.websocket_tts.speech.models import VoiceSettings
from custom_components.websocket_tts.speech.text.pronunciation import Pronunciation, Pronunciations
from custom_components.websocket_tts.speech.text.segments import Segment, TextOptions, TextSegments
from custom_components.websocket_tts.speech.text.stream import TextStream
from simulator import Cut, Simulator
from tests.speech.speaking import MakeService


def table(*entries: str, language: str = "") -> Pronunciations:
    """Return a list of "written=spoken"."""
    return Pronunciations([Pronunciation(*entry.split("=", 1)) for entry in entries], language)


@pytest.mark.parametrize(
    ("entries", "text", "spoken"),
    [
        # Whole words.
        (["HVAC=h vac"], "The HVAC is on.", "The h vac is on."),
        (["HVAC=h vac"], "HVAC, (HVAC) HVAC-3: HVAC!", "h vac, (h vac) h vac-3: h vac!"),
        (["HVAC=h vac"], "HVACs HVAC2 my_HVAC XHVAC", "HVACs HVAC2 my_HVAC XHVAC"),
        (["haus=Hous"], "Das Hochhaus, die Haustür, das Haus.", "Das Hochhaus, die Haustür, das Hous."),
        (["A4=a four"], "A4, A40, A4.", "a four, A40, a four."),
        (["°C= degrees"], "22°C and 3 °C", "22degrees and 3 degrees"),
        (["%=percent"], "5% of it", "5percent of it"),
        (["C++=c plus plus"], "C++ or C+", "c plus plus or C+"),
        # Numbers are words of their own.
        (["1=one", "5=five"], "1 1.5 1,5 5:1 15 5", "one 1.5 1,5 5:1 15 five"),
        (["3.5=three and a half"], "3.5 13.5 3.55", "three and a half 13.5 3.55"),
        # Case: with a capital as written, without one in any case.
        (["IT=i t"], "IT is it. It is.", "i t is it. It is."),
        (["kWh=kilowatt hours"], "3 kWh 3 kwh 3 KWH", "3 kilowatt hours 3 kwh 3 KWH"),
        (["gif=jif"], "GIF, Gif, gif.", "jif, jif, jif."),
        (["Öz=Oez"], "Öz, öz, ÖZ", "Oez, öz, ÖZ"),
        (["straße=Schtrasse"], "Straße, STRASSE", "Schtrasse, Schtrasse"),
        (["istanbul=Isstanbul"], "İstanbul ISTANBUL", "Isstanbul Isstanbul"),
        (["US=u s", "us=uss"], "US us Us", "u s uss uss"),
        # Apostrophes end a word, and look different.
        (["Ankara=Angara"], "Ankara'da, Ankara’nın", "Angara'da, Angara’nın"),
        (["Don=Donn"], "Don's, Don, Don't, don’t", "Donn's, Donn, Don't, don’t"),
        (["HVAC=h vac"], "l'HVAC", "l'h vac"),
        (["O'Neill=Oneel"], "O’Neill O'Neill", "Oneel Oneel"),
        # The longest form first, and what was put in stays.
        (["New=old", "New York=Big Apple"], "New York, New Yorker", "Big Apple, old Yorker"),
        (["a b=x", "b c d=y"], "a b c d", "x c d"),
        (["one=two", "two=one"], "one two", "two one"),
        (["HVAC=HVAC HVAC"], "HVAC", "HVAC HVAC"),
        # Spaces of any kind.
        (["New York=NY"], "New\nYork New\xa0York New  York NewYork", "NY NY NY NewYork"),
        # Composed or not.
        (["Öz=Oez"], unicodedata.normalize("NFD", "Öz"), "Oez"),
        ([unicodedata.normalize("NFD", "Öz=Oez")], "Öz", "Oez"),
        (["Oz=o z"], unicodedata.normalize("NFD", "Öz"), unicodedata.normalize("NFD", "Öz")),
        # Scripts without spaces, and Korean.
        (["東京=とうきょう"], "私は東京に行く。", "私はとうきょうに行く。"),
        (["HVAC=h vac"], "打开HVAC系统", "打开h vac系统"),
        (["เชียงใหม่=X"], "ไปเชียงใหม่กัน", "ไปXกัน"),
        # Another vowel above the last letter is another syllable.
        (["กน=X"], "กนิ กน", "กนิ X"),
        (["서울=X"], "서울에서", "X에서"),
        # Devanagari: its vowel signs belong to the word.
        (["राम=X"], "राम रामा राम।", "X रामा X।"),
        # Persian: so does the joiner.
        (["می=X"], "می می‌خواهم", "X می‌خواهم"),
        # A stop in it, and the stop of the sentence.
        (["z. B.=zum Beispiel"], "Obst, z. B. Äpfel.", "Obst, zum Beispiel Äpfel."),
        (["z. B.=zum Beispiel"], "Obst z.B. hier", "Obst z.B. hier"),
        (["Bhf.=Bahnhof"], "Am Bhf.", "Am Bahnhof."),
        (["Bhf.=Bahnhof"], "Am Bhf.!", "Am Bahnhof!"),
        (["Bhf.=Bahnhof"], "Am Bhf. Süd", "Am Bahnhof Süd"),
        # Left out.
        (["lol="], "So, lol, yes", "So, , yes"),
        (["lol="], "lol.", ""),
        # Nothing to find.
        ([], "HVAC", "HVAC"),
        (["=x", " =y"], "a b", "a b"),
        (["HVAC=h vac"], "  nothing here ", "  nothing here "),
        (["B=bee"], "A & B <B> &amp; <i>B</i>", "A & bee <B> &amp; <i>bee</i>"),
    ],
)
def test_spoken(entries: list[str], text: str, spoken: str) -> None:
    """Only whole words are replaced, as the rules for case, borders and length say."""
    assert table(*entries).apply(text) == spoken


@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        ("de-AT", "Austria"),
        ("de-at", "Austria"),
        ("de_AT", "Austria"),
        ("de-DE", "German"),
        ("de", "German"),
        ("den", "all"),
        ("en-US", "all"),
        ("", "all"),
    ],
)
def test_language(language: str, spoken: str) -> None:
    """An entry is for its language and all of its regions; the closest one counts, whatever their order."""
    entries = [
        Pronunciation("x", "Austria", "de-AT"),
        Pronunciation("x", "old", "de"),
        Pronunciation("x", "German", "de"),
        Pronunciation("x", "all"),
    ]
    assert Pronunciations(entries, language).apply("x") == spoken


@pytest.mark.parametrize(
    ("ssml", "spoken"),
    [
        ("<speak>HVAC</speak>", "<speak>h &amp; vac</speak>"),
        ('<speak><p HVAC="HVAC">HVAC</p></speak>', '<speak><p HVAC="HVAC">h &amp; vac</p></speak>'),
        ("<speak><!-- HVAC <b> HVAC --><HVAC/></speak>", "<speak><!-- HVAC <b> HVAC --><HVAC/></speak>"),
        ("<speak><![CDATA[ HVAC < ]]></speak>", "<speak><![CDATA[ HVAC < ]]></speak>"),
        # What says how it is spoken is left alone.
        (
            '<speak><sub alias="x">HVAC <b>HVAC</b></sub> HVAC</speak>',
            '<speak><sub alias="x">HVAC <b>HVAC</b></sub> h &amp; vac</speak>',
        ),
        (
            '<speak><say-as interpret-as="characters">HVAC</say-as><phoneme ph="x"/>HVAC</speak>',
            '<speak><say-as interpret-as="characters">HVAC</say-as><phoneme ph="x"/>h &amp; vac</speak>',
        ),
        ("<speak></sub>HVAC</speak>", "<speak></sub>h &amp; vac</speak>"),
        ("<speak>AT&amp;T &amp; AT &lt; T</speak>", "<speak>a t t &amp; AT &lt; T</speak>"),
        ("<speak>New <b>York</b></speak>", "<speak>New <b>York</b></speak>"),
        ("<speak>amp &amp;</speak>", "<speak>ampere &amp;</speak>"),
    ],
)
def test_ssml(ssml: str, spoken: str) -> None:
    """Text between tags is replaced, and stays well-formed; tags, comments and what is spelled out stay."""
    entries = table("HVAC=h & vac", "AT&T=a t t", "New York=x", "amp=ampere", "b=bee", "p=pee")
    assert entries.apply(ssml) == spoken


async def segments_of(
    text: str, size: int, entries: Pronunciations, **options: Unpack[TextOptions]
) -> list[str]:
    """Return the segments of a text that comes in parts of so many characters."""

    async def parts() -> AsyncGenerator[str]:
        for part in batched(text, size, strict=False):
            yield "".join(part)

    found = []
    of_all: TextOptions = {"sentence_pause": 1, "pronunciations": entries}
    async with TextStream(parts(), language="de-DE", abbreviations=entries.abbreviations) as stream:
        segments = TextSegments(stream, **(of_all | options))
        while segment := await segments.next():
            found.append(segment.text)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
async def test_chunks(size: int) -> None:
    """However the text comes, the outcome is the same, in Markdown too.

    A stop within a form ends no sentence, any other one does: a form does not reach over it.
    """
    entries = table("HVAC=h vac", "Grp. Nord=Gruppe Nord", "Halt! Nein=x", "New York=Nu Jork")
    text = (
        "Die **HVAC** in [New York](https://example.com/HVAC/New) von Grp. Nord läuft. Halt! Nein. "
        "New\nYork ist so. <speak>Die <HVAC/>HVAC.</speak> Am Ende New. York und Grp. Nord"
    )
    assert await segments_of(text, size, entries, clean=True) == [
        "Die h vac in Nu Jork von Gruppe Nord läuft.",
        "Halt!",
        "Nein.",
        "Nu Jork ist so.",
        "<speak>Die <HVAC/>h vac.</speak>",
        "Am Ende New.",
        "York und Gruppe Nord",
    ]


async def test_ssml_for_a_voice_that_does_not_read_it() -> None:
    """The plain text that it gets is replaced."""
    ssml = '<speak>HVAC <sub alias="HVAC">x</sub></speak>'
    assert await segments_of(ssml, 5, table("HVAC=h vac"), reads_ssml=False) == ["h vac h vac"]


async def test_nothing_left() -> None:
    """A sentence whose words are all left out is none."""
    assert await segments_of("Lol. I see. Lol!", 3, table("lol=")) == ["I see."]
    assert await segments_of("Lol.", 3, table("lol=")) == []


async def test_first_sentence_waits_for_nothing() -> None:
    """A form that might begin at its end does not hold it back."""
    more = asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        yield "We are in New. Y"
        await more.wait()
        yield "ork."

    async with TextStream(text()) as stream:
        segments = TextSegments(stream, pronunciations=table("New York=x", "Y=z"))
        async with asyncio.timeout(5):
            assert await segments.next() == Segment("We are in New.")
        more.set()
        assert await segments.next() == Segment("York.")


@pytest.mark.parametrize(("kind", "voice"), [("vivoka", "enu,zoe-ml,neural"), ("knovvu", "Emily_Premium")])
async def test_errors_do_not_repeat_it(
    kind: str, voice: str, simulator: Simulator, make_service: MakeService
) -> None:
    """What a service repeats is what it was sent: that is hidden."""
    simulator.habits.cut = Cut(0, "error", error="cannot say 'my secret hideaway is near'")
    service = make_service(kind)
    settings = VoiceSettings(voice)
    text = TextStream.of("My HQ is near.")
    segments = service.segments(text, settings, pronunciations=table("HQ=secret hideaway"))
    buffer = service.speak(segments, settings)
    with pytest.raises(SynthesisError) as raised:
        await everything(buffer)
    assert simulator.requests[-1].texts == ["My secret hideaway is near."]
    assert "hideaway" not in str(raised.value)
    assert "are not shown" in str(raised.value)


async def everything(buffer: AudioBuffer) -> None:
    """Listen to the end."""
    async with buffer:
        while await buffer.next():
            pass


_WORDS = st.text(alphabet="aAbB .,'’<>&/-1東กิ́", max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_WORDS, _WORDS)), st.lists(_WORDS).map("".join))
def test_anything(entries: list[tuple[str, str]], text: str) -> None:
    """No list and no text is an error, and a list that is of another language changes nothing."""
    list_ = [Pronunciation(written, spoken, "tr") for written, spoken in entries]
    Pronunciations(list_, "tr").apply(text)
    assert Pronunciations(list_, "en").apply(text) == text


def test_many_entries() -> None:
    """A long list costs hardly more than a short one."""
    sentence = "The heating in the living room is on, and word249 is near."

    def seconds(count: int) -> float:
        entries = table(*(f"word{number}=spoken {number}" for number in range(count)))
        best = float("inf")
        for _ in range(5):
            begun = time.process_time()
            for _ in range(200):
                entries.apply(sentence)
            best = min(best, time.process_time() - begun)
        return best

    assert "spoken 249" in table(*(f"word{number}=spoken {number}" for number in range(500))).apply(sentence)
    assert seconds(500) < 4 * seconds(5)
