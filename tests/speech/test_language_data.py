"""The language data of the library, which native speakers amend: files of JSON beside the code."""

import json
from pathlib import Path
import unicodedata

import pytest

from custom_components.websocket_tts.speech.languages import language_tag
from custom_components.websocket_tts.speech.preview import preview_text

LIBRARY = Path(__file__).parents[2] / "custom_components" / "websocket_tts" / "speech"
FILES = sorted(path.relative_to(LIBRARY).as_posix() for path in LIBRARY.rglob("*.json"))
WORDS = "text/abbreviations.json"
SPLIT = ["cs", "da", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "pl", "pt", "sv", "tr", "zh"]
KINDS = {"abbreviations", "before_number", "beginners", "months"}


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON, whose keys are unique."""
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys)
    return dict(pairs)


def load(file: str) -> dict[str, object]:
    """Return the contents of a file."""
    text = (LIBRARY / file).read_text("utf-8")
    assert text == unicodedata.normalize("NFC", text)
    assert text.endswith("}\n")
    loaded = json.loads(text, object_pairs_hook=unique)
    assert isinstance(loaded, dict)
    return loaded


def test_all_files() -> None:
    """There is a file for each subject."""
    assert [
        *("languages.json", "preview.json", "redaction.json", "text/abbreviations.json", "trace.json"),
        "vivoka/languages.json",
    ] == FILES


@pytest.mark.parametrize("language", ["", *SPLIT])
def test_words(language: str) -> None:
    """Each language has words of known kinds, each once, and only what can be found."""
    kinds = load(WORDS)[language]
    assert isinstance(kinds, dict)
    assert {"abbreviations"} <= kinds.keys() <= KINDS
    for kind, lines in kinds.items():
        words = [word for line in lines for word in line.split()]
        assert len(set(words)) == len(words)
        if kind != "before_number":
            assert all(word == word.lower() or word.startswith("=") for word in words)
            assert all(word.removeprefix("=").isalpha() for word in words)


def test_languages_with_words() -> None:
    """These are all of them."""
    assert sorted(load(WORDS)) == ["", *SPLIT]


def test_sentences() -> None:
    """Each language has a sentence of its own, by the tag that language_tag() gives it."""
    sentences = load("preview.json")
    assert list(sentences) == sorted(sentences)
    assert len(set(sentences.values())) == len(sentences) == 37
    for language, sentence in sentences.items():
        assert language_tag(language) == language
        assert preview_text(f"{language}-XX") == sentence


def test_codes() -> None:
    """Each code of a language leads to a tag that stays as it is, each code of a region to another one."""
    codes = load("languages.json")
    assert set(codes) == {"languages", "regions"}
    languages, regions = codes["languages"], codes["regions"]
    assert isinstance(languages, dict)
    assert isinstance(regions, dict)
    assert all(language_tag(code) == language_tag(tag) == tag for code, tag in languages.items())
    assert all(language_tag(f"en-{code}") == f"en-{region}" for code, region in regions.items())
    tags = load("vivoka/languages.json")
    assert all(len(code) == 3 and code == code.lower() for code in tags)
    assert all(language_tag(str(tag)) for tag in tags.values())
