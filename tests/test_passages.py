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

from simulator import Simulator, tones

from .in_home_assistant import MakeEntry, fetch
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
    merged: list[tuple[str, str]] = []
    for voice, said in spoken(simulator):
        if merged and merged[-1][0] == voice:
            merged[-1] = voice, f"{merged[-1][1]} {said}"
        else:
            merged.append((voice, said))
    assert merged == expected(kind, parts)


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
