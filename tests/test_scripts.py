"""A sentence without tags in a script that the usual voice does not read is spoken by one that does.

How the world may differ: several languages of the service are written in it, or none; letters are of several
scripts, are shared by them, or have another width; nobody knows the language of the usual voice.
"""

from homeassistant.core import HomeAssistant
import pytest

from simulator import Simulator
from simulator.voices import SimulatedVoice

from .in_home_assistant import MakeEntry, fetch
from .services import KINDS, SERVICES
from .test_passages import spoken

EXTRA = {
    "vivoka": {
        "el-GR": "grg,melina,embedded-pro",
        "ru-RU": "rur,milena,embedded-pro",
        "uk-UA": "uku,lesya,embedded-pro",
        "ja-JP": "jpj,ayane,embedded-pro",
        "zh-CN": "mnc,linlin,embedded-pro",
        "ko-KR": "kok,sora,embedded-pro",
        "hi-IN": "hii,lekha,embedded-pro",
        "ar-SA": "arw,maged,embedded-pro",
        "mn-MN": "mn-MN,sara,embedded-pro",
        "pa-PK": "pa-PK,amir,embedded-pro",
        "zh-HK": "cah,sinji,embedded-pro",
        "": "xxx,nobody,embedded-pro",
    },
    "knovvu": {
        "el-GR": "Melina",
        "ru-RU": "Milena",
        "uk-UA": "Lesya",
        "ja-JP": "Ayane",
        "zh-CN": "Linlin",
        "ko-KR": "Sora",
        "hi-IN": "Lekha",
        "ar-SA": "Maged",
        "mn-MN": "Sara",
        "pa-PK": "Amir",
        "zh-HK": "Sinji",
        "": "Nobody",
    },
}


def add_voices(simulator: Simulator, kind: str, *languages: str) -> None:
    """Have the service speak more languages."""
    voices = simulator.vivoka_voices if kind == "vivoka" else simulator.knovvu_voices
    for language in languages:
        voice = EXTRA[kind][language]
        voices[voice] = SimulatedVoice(voice, language, "female", "en-us")


SCRIPTS = [
    (
        ["el-GR"],
        "en",
        "Hello. Καλημέρα. Bye.",
        [("en-US", "Hello."), ("el-GR", "Καλημέρα."), ("en-US", "Bye.")],
    ),
    (["el-GR"], "en", "Σ is Greek.", [("en-US", "Σ is Greek.")]),
    (["ru-RU"], "en", "Привет!", [("ru-RU", "Привет!")]),
    (["ru-RU", "uk-UA"], "en", "Привет!", [("en-US", "Привет!")]),
    (["ru-RU", "uk-UA"], "uk", "Привіт!", [("uk-UA", "Привіт!")]),
    (["zh-CN"], "en", "你好！", [("zh-CN", "你好！")]),
    (["zh-CN", "ja-JP"], "en", "こんにちは。", [("ja-JP", "こんにちは。")]),
    (["zh-CN", "ja-JP"], "en", "你好！", [("en-US", "你好！")]),
    (["zh-CN", "ja-JP"], "ja", "東京。", [("ja-JP", "東京。")]),
    (["hi-IN"], "en", "नमस्ते।", [("hi-IN", "नमस्ते।")]),
    (["ja-JP"], "en", "人々は元気です。", [("ja-JP", "人々は元気です。")]),
    (["zh-CN", "ja-JP"], "en", "時々雨が降ります。", [("ja-JP", "時々雨が降ります。")]),
    (["ja-JP"], "en", "ﾊﾟｿｺﾝです。", [("ja-JP", "ﾊﾟｿｺﾝです。")]),
    (["ja-JP"], "en", "ラーメン。", [("ja-JP", "ラーメン。")]),
    (["ja-JP"], "en", "外は5℃です。", [("ja-JP", "外は5℃です。")]),
    (["uk-UA"], "en", "У мене пʼять яблук.", [("uk-UA", "У мене пʼять яблук.")]),
    (["zh-CN", "zh-HK"], "en", "你好！", [("zh-CN", "你好！")]),
    (["zh-HK"], "en", "你好！", [("zh-HK", "你好！")]),
    (["ja-JP"], "en", "ーʼ。", [("en-US", "ーʼ。")]),
    ([], "en", "Привет!", [("en-US", "Привет!")]),
    (["ru-RU"], "en", "22.5 °C.", [("en-US", "22.5 °C.")]),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("more", "home", "text", "parts"), SCRIPTS)
async def test_script(
    hass: HomeAssistant,
    kind: str,
    more: list[str],
    home: str,
    text: str,
    parts: list[tuple[str, str]],
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """All letters of a sentence are of a script that the voice does not read: a voice that does speaks it."""
    add_voices(simulator, kind, *more)
    hass.config.language = home
    await make_entry(kind)
    await fetch(hass, kind, text, language="en-US")
    voices = {**SERVICES[kind].voices, **EXTRA[kind]}
    assert spoken(simulator) == [(voices[language], said) for language, said in parts]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("own", "text"),
    [
        ("zh-CN", "OK."),
        ("zh-CN", "東京。"),
        ("ja-JP", "你好！"),
        ("ko-KR", "漢字。"),
        ("zh-CN", "東京はいい。"),
        ("zh-HK", "你好！"),
        ("mn-MN", "Сайн байна уу."),
        ("pa-PK", "سلام۔"),
    ],
)
async def test_script_of_its_own(
    hass: HomeAssistant, kind: str, own: str, text: str, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """Latin letters stay, and Han is never taken from a voice of East Asia."""
    add_voices(simulator, kind, "zh-CN", "ja-JP", "ko-KR", "ru-RU", "ar-SA", own)
    await make_entry(kind, voice=EXTRA[kind][own])
    await fetch(hass, kind, text, language=own)
    assert spoken(simulator) == [(EXTRA[kind][own], text)]


@pytest.mark.parametrize(("kind", "is_listed"), [("vivoka", True), ("knovvu", True), ("knovvu", False)])
async def test_script_of_nobody_knows_which_language(
    hass: HomeAssistant, kind: str, is_listed: bool, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """A voice that an action names may read any script, unless the service states its language."""
    add_voices(simulator, kind, "ru-RU", *([""] if is_listed else []))
    await make_entry(kind)
    add_voices(simulator, kind, "")
    await fetch(hass, kind, "Привет!", voice=EXTRA[kind][""])
    assert spoken(simulator) == [(EXTRA[kind][""], "Привет!")]
