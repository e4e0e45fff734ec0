"""Text in, sentences out: the same ones however the text was chunked, and nothing lost."""

from collections.abc import Iterable
from time import process_time

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.websocket_tts.speech.text.finder import SentenceFinder
from custom_components.websocket_tts.speech.text.splitter import (
    HARD_LIMIT,
    SOFT_LIMIT,
    Sentence,
    SentenceSplitter,
)
from custom_components.websocket_tts.speech.text.ssml import speakable

TEXT = "First sentence. Second one! Third?"


def sentences_of(chunks: Iterable[str], language: str = "") -> list[Sentence]:
    """Return all sentences of a text in chunks."""
    finder = SentenceFinder(SentenceSplitter(language))
    return [*(one for chunk in chunks for one in finder.add(chunk)), *finder.finish()]


def split(chunks: Iterable[str], language: str = "") -> list[str]:
    """Return the texts of these sentences."""
    return [one.text for one in sentences_of(chunks, language)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n\t ", []),
        ("Hello", ["Hello"]),
        (TEXT, ["First sentence.", "Second one!", "Third?"]),
        ("It is 3.5 m, or 22,1 cm. Dr. Smith said so.", ["It is 3.5 m, or 22,1 cm.", "Dr. Smith said so."]),
        ("Is 2*3*4 = 24? **Yes** it is.", ["Is 2*3*4 = 24? **Yes** it is."]),
        ("1. Take it. 2. Drop it.", ["1. Take it.", "2. Drop it."]),
        ("There are some. 2.", ["There are some. 2."]),
        ("Merhaba dünya. Nasılsın?", ["Merhaba dünya.", "Nasılsın?"]),
        ("كيف حالك؟ بخير.", ["كيف حالك؟", "بخير."]),
        ("今天好！！」我们走。好的。", ["今天好！！」", "我们走。", "好的。"]),
        ("क्या हाल है। ठीक।", ["क्या हाल है।", "ठीक।"]),
        ("One\n\nTwo", ["One", "Two"]),
        ("Wait... what?", ["Wait... what?"]),
        ("Wait... What? Well… Yes.", ["Wait... What?", "Well… Yes."]),
        ("“So...” He left. Good.", ["“So...” He left.", "Good."]),
        ("好……我们走。好", ["好……我们走。", "好"]),
        ("Yes. One. Ja. Oui. Go!", ["Yes.", "One.", "Ja.", "Oui.", "Go!"]),
        ("Mr. J. R. R. Tolkien and Dr. Fu. End", ["Mr. J. R. R. Tolkien and Dr. Fu.", "End"]),
        ("Cities, e.g. Paris. Fine", ["Cities, e.g. Paris.", "Fine"]),
        ("Obst, z. B. Äpfel, usw. Gut. Ende", ["Obst, z. B. Äpfel, usw. Gut.", "Ende"]),
        ("Es sind ca. Hundert bzw. Tausend. Ja", ["Es sind ca. Hundert bzw. Tausend.", "Ja"]),
        ("Env. Dix, Mme. Dupont. M. Dupont. Fin", ["Env. Dix, Mme. Dupont.", "M. Dupont.", "Fin"]),
        ("Örn. Ankara vb. Şehirler. Son", ["Örn. Ankara vb. Şehirler.", "Son"]),
        ("It costs 3,5 €, i.e. 22.50 kr. Bye.", ["It costs 3,5 €, i.e. 22.50 kr.", "Bye."]),
        ("Ends with Dr.", ["Ends with Dr."]),
        ("See [Dr. Fu](https://a.b). End", ["See [Dr. Fu](https://a.b).", "End"]),
        ("Il dit «M. Fu» et ‘Dr. No’. Fin", ["Il dit «M. Fu» et ‘Dr. No’.", "Fin"]),
        ("My home—Mr. Fu's—is here. End", ["My home—Mr. Fu's—is here.", "End"]),
        ("It blows at 20 km/h. Stay in", ["It blows at 20 km/h.", "Stay in"]),
        ("See https://example.com/a.b?c=d. Bye.", ["See https://example.com/a.b?c=d.", "Bye."]),
        (
            "Say <speak>Hi. <break/> You.</speak> Then. Bye",
            ["Say", "<speak>Hi. <break/> You.</speak>", "Then.", "Bye"],
        ),
        ("<speak version='1.0'>Not. Closed", ["<speak version='1.0'>Not. Closed"]),
        ("The <speaker> is 2 < four. Good <spe", ["The <speaker> is 2 < four.", "Good <spe"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    """Where a text is cut, and where it is not."""
    assert split([text]) == sentences


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("de", "Am 24. Dezember im 2. Stock. Gut", ["Am 24. Dezember im 2. Stock.", "Gut"]),
        ("de-AT", "Es sind 3. Das ist gut.", ["Es sind 3.", "Das ist gut."]),
        ("en", "There are 3. Tables are out.", ["There are 3.", "Tables are out."]),
        ("en_US", "Elizabeth II. died.", ["Elizabeth II. died."]),
        ("cs", "Karel IV. Lucemburský žil. Pak", ["Karel IV. Lucemburský žil.", "Pak"]),
        ("cs", "Přijde 24. 12. 2024. Pak", ["Přijde 24. 12. 2024.", "Pak"]),
        ("tr", "Bu 1. Dünya Savaşı. Bitti", ["Bu 1. Dünya Savaşı.", "Bitti"]),
        ("da", "Den 24. december. Kl. 8. Nu", ["Den 24. december.", "Kl. 8.", "Nu"]),
        ("nb", "Den 24. Desember er det. Nå", ["Den 24. Desember er det.", "Nå"]),
        ("fi", "Se on 6. joulukuuta. Hyvä", ["Se on 6. joulukuuta.", "Hyvä"]),
        ("hu", "Ma 2024. május 5. van. Jó", ["Ma 2024. május 5. van.", "Jó"]),
        ("fr", "C'est le n° 5. 3. Non", ["C'est le n° 5. 3.", "Non"]),
        ("en", "Kitchen\n2. Bath\n3) Hall", ["Kitchen", "2. Bath", "3) Hall"]),
        ("en", "To do:\n- Wash\n* Cook\n# Then\nRest", ["To do:", "- Wash", "* Cook", "# Then\nRest"]),
        ("en", "So 2 - 1\n-5 degrees\n#1 of them", ["So 2 - 1\n-5 degrees\n#1 of them"]),
        ("en", "1. Kitchen. 2. Bath", ["1. Kitchen.", "2. Bath"]),
        ("en", "It is no. 5. Yes. No. 7 is", ["It is no. 5.", "Yes.", "No. 7 is"]),
        ("en", "One\n \t\nTwo\r\n\r\nThree\nfour", ["One", "Two", "Three\nfour"]),
        ("en", "Dr.\n\nSmith", ["Dr.", "Smith"]),
        ("es", "Son las 5. ¿Abro? ¡Sí! ¿qué?", ["Son las 5.", "¿Abro?", "¡Sí! ¿qué?"]),
        ("en", "It is high.[1][2] Then. It is [1]. So", ["It is high.[1][2]", "Then.", "It is [1].", "So"]),
        ("ja", "見て。はい", ["見て。", "はい"]),
        ("ru", "Это 5. Да. Нет", ["Это 5.", "Да.", "Нет"]),
        ("en", "Is \"it.\" Yes 'so.' No (or.) End", ['Is "it."', "Yes 'so.'", "No (or.)", "End"]),
    ],
)
def test_languages(language: str, text: str, sentences: list[str]) -> None:
    """What a full stop and a line break mean depends on the language."""
    assert split([text], language) == sentences
    assert split(text, language) == sentences


@pytest.mark.parametrize("language", ["", "en", "de", "tr"])
@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        # Greek, also with the mark of its own, and where ";" is none.
        ("Τι κάνεις; Καλά. Ναι; ναι", ["Τι κάνεις;", "Καλά.", "Ναι; ναι"]),
        ("Τι κάνεις\u037e Καλά.", ["Τι κάνεις\u037e", "Καλά."]),
        ("«Πού είναι το GPS 5;» Εδώ.", ["«Πού είναι το GPS 5;»", "Εδώ."]),
        ("Open it; Close it; Да; Нет", ["Open it; Close it; Да; Нет"]),
        # Urdu, Arabic, Armenian, Khmer, Burmese, Amharic, Hindi, half-width Japanese.
        ("یہ ہے۔ کیا؟ 5 بجے۔ iPhone", ["یہ ہے۔", "کیا؟", "5 بجے۔", "iPhone"]),
        ("”یہ ہے۔“ وہ", ["”یہ ہے۔“", "وہ"]),
        ("Բարև։ Ինչպես եք։ 5 րոպե", ["Բարև։", "Ինչպես եք։", "5 րոպե"]),
        ("នេះជា។ នោះ។ហើយ៕ ទៅ", ["នេះជា។", "នោះ។", "ហើយ៕", "ទៅ"]),
        ("ဒါ၊ က။ ဟို။သွား", ["ဒါ၊ က။", "ဟို။", "သွား"]),
        ("ሰላም፣ ነህ። እንዴት፧ ደህና", ["ሰላም፣ ነህ።", "እንዴት፧", "ደህና"]),
        ("हाँ। 5 बजे। OK", ["हाँ।", "5 बजे।", "OK"]),
        ("ﾊﾝｶｸ｡ﾃｽﾄ｡ｵﾜﾘ", ["ﾊﾝｶｸ｡", "ﾃｽﾄ｡", "ｵﾜﾘ"]),
        # Drawn.
        ("Fire❗ Leave the house❗ now", ["Fire❗", "Leave the house❗", "now"]),
        ("What❓❗Yes‼ no⁉️ ok", ["What❓❗", "Yes‼", "no⁉️", "ok"]),
        ("着火了❗️快走❗", ["着火了❗️", "快走❗"]),
        ("❗ Fire", ["❗ Fire"]),
        ("Fire. ❗ Leave", ["Fire. ❗", "Leave"]),
        # Lists with stops of their own.
        ("۱۔ دودھ\n۲۔ روٹی", ["۱۔ دودھ", "۲۔ روٹی"]),
        ("१। दूध\n२।रोटी", ["१। दूध", "२।रोटी"]),
        # A quotation that the sentence goes on with, and those that end it.
        ("「行こう！」と言った。はい。", ["「行こう！」と言った。", "はい。"]),
        ("『本当？』って。“はい。”という。", ["『本当？』って。", "“はい。”という。"]),
        ('"行こう！"と言った。（笑。）とか。', ['"行こう！"と言った。', "（笑。）とか。"]),
        ("彼は「はい。」と。彼は「はい。」と。", ["彼は「はい。」と。", "彼は「はい。」と。"]),
        ("「行こう！」「うん。」と。", ["「行こう！」", "「うん。」と。"]),
        ("「行こう！」\nとにかく。「はい。」 とても", ["「行こう！」", "とにかく。", "「はい。」", "とても"]),
        ("「行こう！」彼は。何？！え", ["「行こう！」", "彼は。", "何？！", "え"]),
        ("行こう！」", ["行こう！」"]),
        ("｢ﾊｲ｡｣と。｢ﾊｲ｡｣ﾊｲ", ["｢ﾊｲ｡｣と。", "｢ﾊｲ｡｣", "ﾊｲ"]),
        ('“走吧！”他说。他说："走！"好', ["“走吧！”", "他说。", '他说："走！"', "好"]),
        # Mixed.
        ("OK。Yes. 好！No؟ Да", ["OK。", "Yes.", "好！", "No؟", "Да"]),
    ],
)
def test_scripts(language: str, text: str, sentences: list[str]) -> None:
    """Each script has its own stops, for a voice of whatever language; and they are found in any chunks."""
    for size in (1, 2, 3, len(text)):
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        assert split(chunks, language) == sentences


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("prerequi\xadsites", "prerequisites"),
        ("\ufeffHello.\ufeff", "Hello."),
        ("\u202bשלום\u202c \u2067עולם\u2069\u200f \u200eok\u061c", "שלום עולם ok"),
        ("a\u2060b\u2063c", "abc"),
        ("a\x0bb\x00c\x07d", "a bcd"),
        ("\ufeff<speak>a\xadb</speak>", "<speak>ab</speak>"),
        ("Dr.\u200e\xad Fu", "Dr. Fu"),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"),
    ],
)
def test_what_nobody_sees(text: str, visible: str) -> None:
    """It goes, wherever it is, before anything else is decided; joiners of letters stay."""
    assert split([text]) == split(text) == [visible]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<?xml version='1.0'?>\n<speak>a</speak>b", ["<?xml version='1.0'?>\n<speak>a</speak>", "b"]),
        ("<!-- a. B --> <speak>c</speak>", ["<!-- a. B --> <speak>c</speak>"]),
        ("<!DOCTYPE speak [<!ENTITY a 'b'>]><speak>c</speak>", None),
        ("<x:speak xmlns:x='y'>a. B</x:speak >", None),
        ("<SPEAK\n>a. B</SPEAK\n>", None),
        ("<speak/>a", ["<speak/>", "a"]),
        ("<speak version='1.0'/>a", ["<speak version='1.0'/>", "a"]),
        ("a <!-- b --> c", None),
        ("<!-- b", None),
        ("<?xml version='1.0'?> c", None),
        ("a < b <c> <d:e> <sp", None),
        ("<speaker>a</speaker>", None),
        ("<!doctype a <speak>b</speak> c", ["<!doctype a", "<speak>b</speak>", "c"]),
        ("<!--" + "a " * 3000 + "--><speak>b</speak>", ["<speak>b</speak>"]),
        ("a\x00b\x1fc\ufffe\x85d", ["ab c\x85d"]),
        ("Hi \ud83d you \ude00", ["Hi  you"]),
    ],
)
def test_documents(text: str, found: list[str] | None) -> None:
    """SSML comes out whole, with its prolog; what only looks like it is plain text."""
    for chunks in ([text], text):
        pieces = split(chunks)
        assert pieces[-len(found or [text]) :] == (found or [text])


FRAGMENTS = st.sampled_from(
    [
        "Hello ",
        "world. ",
        "3.14 ",
        "1. ",
        "Dr. ",
        "… ",
        "?! ",
        "\n\n",
        "- ",
        "* ",
        "。",
        "好",
        "」",
        "؟ ",
        "a" * 70,
    ]
    + ["<", "<speak>", "</speak>", "<sp", "eak>", "“Yes.” ", "U.S. ", "Ω ", "word " * 60, "\u200b", "ٱ", "."]
    + [
        "24. ",
        "Dezember ",
        "Das ",
        "V. ",
        "IV. ",
        "\n2. ",
        "\n2",
        ".",
        "\n- ",
        "\n",
        "# ",
        "2)",
        "No. ",
        "5. ",
        "Mo. ",
    ]
    + ["<!-- ", "-->", "<?xml ", "?>", "<!DOCTYPE s>", "<x:speak a='b'>", "</speak >", "<speak/>", "<speak"]
    + [
        "“",
        "« ",
        "\xa0»",
        "¿",
        "\r\n",
        " " * 90,
        "\n" + " " * 90,
        "。" * 70,
        "J.-",
        "\x00",
        "\ud83d",
        "\ude00",
        "…",
    ]
    + [
        "「",
        "！」",
        "と",
        '！"',
        "Τι ",
        ";",
        "۔ ",
        "၊",
        "။",
        "❗",
        "\ufe0f",
        "?",
        "\xad",
        "\u200d",
        "｡",
        "۲۔ ",
    ]
    + ["<think>", "</think>", "</thi", "nk>", "<THINKING>", "</thinking>"]
)
TEXTS = st.one_of(
    st.lists(FRAGMENTS, max_size=30).map("".join), st.text(st.characters(codec=None), max_size=200)
)
LANGUAGES = st.sampled_from(["", "cs", "da", "de", "en", "es", "fi", "fr", "hu", "pl", "tr", "zh"])


@settings(max_examples=1000, deadline=None)
@given(text=TEXTS, language=LANGUAGES, data=st.data())
def test_chunks_do_not_matter(text: str, language: str, data: st.DataObject) -> None:
    """Any chunking gives the same sentences; nothing is lost or doubled but white space."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    chunks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole = sentences_of([text], language)
    assert sentences_of(chunks, language) == whole
    assert sentences_of(text, language) == whole
    assert "".join("".join(one.text for one in whole).split()) == "".join(speakable(text).split())


@pytest.mark.parametrize("gap", [" " * 91 + "\n", "\r\n", " " * 91])
@pytest.mark.parametrize("word", [63, 64, 65, 70])
def test_chunks_do_not_matter_near_the_limit(gap: str, word: int) -> None:
    """Also where white space is shortened, and the sentence is nearly as long as one may be."""
    for before in range(SOFT_LIMIT - 160, SOFT_LIMIT, 5):
        text = f"{'Hello ' * before}"[: before - 1] + "o" + gap + "a" * word
        assert split(text) == split([text])


@pytest.mark.parametrize(
    "unit",
    ["word ", "a", " ", "\n", "<", "<!-- ", "<speak", "1. ", "\n1", "。", "好", "…", "Dr. ", "<speak>hi. "]
    + ["<think>hi. ", "</think>", "؟ ", "α;", "❗", "」と"],
)
def test_time_grows_with_the_text_alone(unit: str) -> None:
    """A text four times as long takes four times the time, however it is made and chunked."""

    def seconds(length: int, size: int) -> float:
        text = unit * (length // len(unit))
        begun = process_time()
        split(text[start : start + size] for start in range(0, len(text), size))
        return process_time() - begun

    for size in (1, 100_000):
        assert seconds(20_000, size) < 0.1 + 8 * min(seconds(5_000, size) for _ in range(2))


@pytest.mark.parametrize("word", ["word ", "w" * 40 + "\n", "x", "1 2 3... ", "Dr. ", "e.g. A "])
def test_long_text_without_a_stop(word: str) -> None:
    """A text without the end of a sentence is cut softly, at white space where there is any."""
    pieces = split([word * (5000 // len(word))])
    limit = 2 * SOFT_LIMIT if word.strip() != word else HARD_LIMIT + 64
    assert all(len(piece) <= limit for piece in pieces)
    assert len(pieces) >= 5000 // limit


def test_nothing_to_cut() -> None:
    """A pause before there are words is no end of a sentence."""
    splitter = SentenceSplitter()
    assert list(splitter.cut()) == []
    assert list(splitter.add(" \n- ")) == []
    assert list(splitter.cut()) == []
