"""Abbreviations, ordinals, dates and times of all languages; the tables are in numbers/<language>.toml."""

from pathlib import Path
import tomllib

import pytest

from .test_splitter import split

TABLES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    for path in sorted(Path(__file__).with_name("numbers").glob("*.toml"))
}
CASES = [(language, case["text"], case["sentences"]) for language, cases in TABLES.items() for case in cases]
TRANSLATIONS = Path(__file__).parents[3] / "custom_components" / "websocket_tts" / "translations"


def test_every_language_has_a_table() -> None:
    """Each language that the integration is translated into has at least 40 cases."""
    assert set(TABLES) == {path.stem for path in TRANSLATIONS.glob("*.json")}
    assert min(map(len, TABLES.values())) >= 40


@pytest.mark.parametrize(("language", "text", "sentences"), CASES)
def test_sentences(language: str, text: str, sentences: list[str]) -> None:
    """A text is cut where its sentences end, whole and in chunks of any size."""
    assert split([text], language) == sentences
    for size in (1, 2, 3, 5, 7):
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        assert split(chunks, language) == sentences
