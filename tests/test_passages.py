"""A passage in another language is spoken by a voice of that language, in its place.

How the world may differ: the tag is cut by chunks, nested, never closed, or closed and never opened; nobody
speaks its language, or everybody does; it is in a reply that pauses, in SSML with other elements around it,
or in another spelling or region; the service has one channel.
"""

from array import array
import asyncio
from collections.abc import AsyncGenerator

from homeassistant.core import HomeAssistant
import pytest

from custom_components.websocket_tts.announcement.announcement import MOMENT
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat
from simulator import Simulator, tones

from .in_home_assistant import MakeEntry, fetch, profile
from .other_voice import OTHER, OtherVoice, add_voice
from .services import KINDS, SERVICES
from .test_tts import pcm_of

TEXT = 'Dinner is ready. <lang xml:lang="de-DE">Das Essen ist fertig.</lang> Come in.'
PARTS = [("en-US", "Dinner is ready."), ("de-DE", "Das Essen ist fertig."), ("en-US", "Come in.")]


def spoken(simulator: Simulator) -> list[tuple[str, str]]:
    """Return what the service was asked for, with the voice: the texts of a session as one."""
    return [(request.voice, " ".join(request.texts)) for request in simulator.requests]


def expected(kind: str, parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the same for parts of a text in languages."""
    return [(SERVICES[kind].voices[language], text) for language, text in parts]


async def written(text: str, size: int = 1, pause: float = 0) -> AsyncGenerator[str]:
    """Write a text in chunks of a size."""
    for start in range(0, len(text), size):
        yield text[start : start + size]
        await asyncio.sleep(pause)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
async def test_in_its_place(
    hass: HomeAssistant, kind: str, size: int, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Three voices in one announcement, in order, and every sample of them."""
    await make_entry(kind)
    rate, samples = pcm_of(await fetch(hass, kind, written(TEXT, size)))
    assert spoken(simulator) == expected(kind, PARTS)
    assert samples == b"".join(tones.pcm(text, rate) for _, text in PARTS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Say <lang lang='de'>Guten Tag</lang>.", [("en-US", "Say"), ("de-DE", "Guten Tag")]),
        ('<LANG XML:LANG="de_DE">Hallo.</LANG> Hello.', [("de-DE", "Hallo."), ("en-US", "Hello.")]),
        ('Hello. <lang xml:lang="de-DE">Hallo. Komm', [("en-US", "Hello."), ("de-DE", "Hallo. Komm")]),
        ("Hello.</lang> Come in.", [("en-US", "Hello. Come in.")]),
        ('<lang xml:lang="sw">Karibu.</lang> Hello.', [("en-US", "Karibu. Hello.")]),
        ('<lang xml:lang="en">Hello.</lang> Come in.', [("en-US", "Hello. Come in.")]),
        (
            '<lang xml:lang="de">Eins. <lang xml:lang="fr">Deux.</lang> Drei.</lang> Four.',
            [("de-DE", "Eins."), ("fr-FR", "Deux."), ("de-DE", "Drei."), ("en-US", "Four.")],
        ),
        ('One. <lang xml:lang="de"></lang> Two.', [("en-US", "One. Two.")]),
        (
            'One. <lang xml:lang="de">Am 24. Dezember.</lang>',
            [("en-US", "One."), ("de-DE", "Am 24. Dezember.")],
        ),
        ("<lang>Hello.</lang> Come in.", [("en-US", "Hello. Come in.")]),
        (
            '<think><lang xml:lang="de">Hm.</lang></think>Hello.',
            [("en-US", "Hello.")],
        ),
    ],
)
async def test_as_it_is_written(
    hass: HomeAssistant,
    kind: str,
    text: str,
    parts: list[tuple[str, str]],
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """However the tag is spelled, cut, nested or forgotten, the words are spoken."""
    await make_entry(kind)
    await fetch(hass, kind, text)
    assert joined(spoken(simulator)) == expected(kind, parts)


@pytest.mark.parametrize("kind", KINDS)
async def test_one_channel(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """With a licence of one channel, each part waits for the one before."""
    await make_entry(kind)
    simulator.habits.channels = 1
    rate, samples = pcm_of(await fetch(hass, kind, TEXT))
    # No tone has a sample that is 0, and silence is sent while the channel is waited for.
    heard = array("h", filter(None, array("h", samples))).tobytes()
    assert heard == b"".join(tones.pcm(text, rate) for _, text in PARTS)


@pytest.mark.parametrize("kind", KINDS)
async def test_settings_apply(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Pronunciations of its language, and the pause between sentences."""
    words = [
        {"written": "Essen", "spoken": "Abendessen", "language": "de"},
        {"written": "Dinner", "spoken": "Supper"},
        {"written": "fertig", "spoken": "done", "language": "en"},
    ]
    await make_entry(kind, pronunciations=words, sentence_pause=500)
    rate, samples = pcm_of(await fetch(hass, kind, TEXT))
    parts = ["Supper is ready.", "Das Abendessen ist fertig.", "Come in."]
    assert [text for _, text in spoken(simulator)] == parts
    assert samples == bytes(rate).join(tones.pcm(text, rate) for text in parts)


async def test_another_rate(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """It is converted to that of the announcement."""
    await make_entry("vivoka")
    rate = simulator.habits.vivoka.sample_rate

    async def text() -> AsyncGenerator[str]:
        yield "Dinner is ready. "
        await asyncio.sleep(0.3)
        simulator.habits.vivoka.sample_rate = 16000
        yield TEXT.removeprefix("Dinner is ready. ")

    told, samples = pcm_of(await fetch(hass, "vivoka", text()))
    assert told == rate
    seconds = sum(len(tones.pcm(said, rate)) for _, said in PARTS) / 2 / rate
    assert len(samples) / 2 / rate == pytest.approx(seconds, abs=0.02)


SSML = (
    '<speak version="1.0" xml:lang="en-US"><p><prosody rate="slow">'
    'Hi. <lang xml:lang="de-DE">Hallo.</lang> Bye.</prosody></p></speak>'
)


async def test_in_ssml(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """What is open around it applies to it, and each part is a document; other SSML is not changed."""
    await make_entry("vivoka")
    await fetch(hass, "vivoka", SSML)
    begin, end = '<speak version="1.0" xml:lang="{}"><p><prosody rate="slow">', "</prosody></p></speak>"
    assert spoken(simulator) == expected(
        "vivoka",
        [
            ("en-US", f"{begin.format('en-US')}Hi. {end}"),
            ("de-DE", f"{begin.format('de-DE')}Hallo.{end}"),
            ("en-US", f"{begin.format('en-US')} Bye.{end}"),
        ],
    )
    simulator.requests.clear()
    whole = SSML.replace('<lang xml:lang="de-DE">', "<s>").replace("</lang>", "</s>")
    await fetch(hass, "vivoka", whole)
    assert spoken(simulator) == expected("vivoka", [("en-US", whole)])


async def test_in_ssml_for_a_voice_without(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Where the service reads plain text, the words go to the voices all the same."""
    await make_entry("knovvu")
    await fetch(hass, "knovvu", SSML)
    assert spoken(simulator) == expected("knovvu", [("en-US", "Hi."), ("de-DE", "Hallo."), ("en-US", "Bye.")])


async def test_fallback(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """The fallback speaks all of it as plain text."""
    other = await add_voice(hass, OtherVoice())
    await make_entry("vivoka", fallback=OTHER)
    simulator.habits.statuses = {"synthesize": 500}
    await fetch(hass, "vivoka", TEXT)
    assert [" ".join(text.split()) for text in other.texts] == [" ".join(text for _, text in PARTS)]


@pytest.mark.parametrize("kind", KINDS)
async def test_while_it_is_written(
    hass: HomeAssistant, kind: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """What comes before a passage is spoken while the passage is still being written."""
    await make_entry(kind)
    asked: list[int] = []

    async def text() -> AsyncGenerator[str]:
        yield 'Dinner is ready. <lang xml:lang="de-DE">Das '
        await asyncio.sleep(0.3)
        asked.append(len(simulator.requests))
        yield "Essen ist fertig.</lang> Come in."

    await fetch(hass, kind, text())
    assert asked == [1]
    assert spoken(simulator) == expected(kind, PARTS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["de-CH-1901", "de-NA", "de-001", "fr-SN", "fr-FR"])
async def test_region_that_nobody_has(
    hass: HomeAssistant, kind: str, language: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The voice of the language speaks it, and that of the announcement its own."""
    await make_entry(kind)
    await fetch(hass, kind, f'Hello. <lang xml:lang="{language}">Restaurant.</lang>')
    other = {"de": "de-DE", "fr": "fr-FR"}[language[:2]]
    assert spoken(simulator) == expected(kind, [("en-US", "Hello."), (other, "Restaurant.")])
    simulator.requests.clear()
    await fetch(hass, kind, f'<lang xml:lang="{language}">Restaurant.</lang>', language=other)
    assert spoken(simulator) == expected(kind, [(other, "Restaurant.")])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [TEXT, TEXT.removeprefix("Dinner is ready. ")])
async def test_its_voice_is_refused(
    hass: HomeAssistant, kind: str, text: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """The usual voice speaks it: nobody has chosen the other one. It is neither blamed nor waited for."""
    entry = await make_entry(kind)
    voices = simulator.vivoka_voices if kind == "vivoka" else simulator.knovvu_voices
    del voices[SERVICES[kind].voices["de-DE"]]
    rate, samples = pcm_of(await fetch(hass, kind, text))
    parts = [said for _, said in PARTS][3 - text.count(".") :]
    assert samples == b"".join(tones.pcm(said, rate) for said in parts)
    assert profile(entry).last_failure is None
    assert not profile(entry).refusals
    assert not profile(entry).utterances[-1].is_flawless


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "<think>I say <lang xml:lang='de'> now.</think>It is <lang xml:lang='de'>Brot</lang>. Good.",
            [("en-US", "It is"), ("de-DE", "Brot"), ("en-US", "Good.")],
        ),
        ("<think>I say <lang xml:lang='de'>Hallo</think>Hello.", [("en-US", "Hello.")]),
        ("<lang xml:lang='de'>Eins. <think></lang></think>Zwei.</lang>", [("de-DE", "Eins. Zwei.")]),
        ("**<lang xml:lang='fr'>pain</lang>** is bread.", [("fr-FR", "pain"), ("en-US", "is bread.")]),
        ("It is __<lang xml:lang='fr'>pain</lang>__.", [("en-US", "It is"), ("fr-FR", "pain")]),
        ("- **<lang xml:lang='fr'>pain</lang>** – bread", [("fr-FR", "pain"), ("en-US", "– bread")]),
        (
            "| hi | <lang xml:lang='de'>Hallo</lang> |\n| **bye** | x |",
            [("en-US", "hi."), ("de-DE", "Hallo"), ("en-US", "bye, x.")],
        ),
        ("The <lang xml:lang='en-US'>color</lang> is red. Yes.", [("en-US", "The color is red. Yes.")]),
        (
            "Say <lang xml:lang='de'>Tag</lang>, please.",
            [("en-US", "Say"), ("de-DE", "Tag"), ("en-US", "please.")],
        ),
        ("Say <lang xml:lang='de'/>hello.", [("en-US", "Say hello.")]),
    ],
)
async def test_beside_markup(
    hass: HomeAssistant,
    kind: str,
    text: str,
    parts: list[tuple[str, str]],
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """In thoughts nobody changes the language; marks around a passage are not spoken."""
    await make_entry(kind)
    await fetch(hass, kind, text)
    assert joined(spoken(simulator)) == expected(kind, parts)


def joined(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return parts, with those of the same voice that follow each other as one."""
    merged: list[tuple[str, str]] = []
    for voice, said in parts:
        if merged and merged[-1][0] == voice:
            merged[-1] = voice, f"{merged[-1][1]} {said}"
        else:
            merged.append((voice, said))
    return merged


@pytest.mark.parametrize("kind", KINDS)
async def test_no_pause_within_a_sentence(hass: HomeAssistant, kind: str, make_entry: MakeEntry) -> None:
    """The pause between sentences is between sentences."""
    await make_entry(kind, sentence_pause=500)
    text = "The word <lang lang='de'>Brot</lang> means bread. Fine."
    rate, samples = pcm_of(await fetch(hass, kind, text))
    parts = [tones.pcm(said, rate) for said in ("The word", "Brot", "means bread.", "Fine.")]
    assert samples == b"".join(parts[:3]) + bytes(rate) + parts[3]


async def test_ssml_of_its_own_language(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Where nobody else speaks a passage, the document stays as it is."""
    await make_entry("vivoka")
    ssml = '<speak>Hi <lang xml:lang="en-US">color</lang> and <lang xml:lang="sw">karibu</lang>.</speak>'
    await fetch(hass, "vivoka", ssml)
    assert spoken(simulator) == expected("vivoka", [("en-US", ssml)])


async def test_ssml_without_words(hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry) -> None:
    """A lone stop behind a passage is no request, and tags are no letters."""
    await make_entry("vivoka")
    head = '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="{}">'
    ssml = head.format("en-US") + 'Please say <lang xml:lang="de-DE">Guten Tag</lang>.</speak>'
    await fetch(hass, "vivoka", ssml)
    parts = [("en-US", head.format("en-US") + "Please say </speak>")]
    parts.append(("de-DE", head.format("de-DE") + "Guten Tag</speak>"))
    assert spoken(simulator) == expected("vivoka", parts)
    rate, samples = pcm_of(await fetch(hass, "vivoka", "<speak></speak>"))
    assert samples == PcmFormat(rate).silence(MOMENT)


async def test_breaks_beside_a_passage(hass: HomeAssistant, make_entry: MakeEntry) -> None:
    """They are pauses also for a voice that does not read SSML."""
    await make_entry("knovvu")
    ssml = (
        '<speak>Hi.<break time="300ms"/> <lang xml:lang="de">Hallo.<break time="2s"/></lang> Bye.'
        '<break time="1s"/></speak>'
    )
    rate, samples = pcm_of(await fetch(hass, "knovvu", ssml))
    hi, hallo, bye = (tones.pcm(said, rate) for said in ("Hi.", "Hallo.", "Bye."))
    silence = PcmFormat(rate).silence
    assert samples == hi + silence(300) + hallo + silence(2000) + bye
